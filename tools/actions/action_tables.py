"""The tables of actions: every figure a governed cell, a score of the model, or a formula over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tools.actions.candidates import Candidate
from tools.actions.portfolio import chances
from tools.actions.recommendations import Recommendations, constants_of, interpretation_of
from tools.outcome import Column, PlainCell, Table
from tools.savings import computed

BASE = 3  # the answer's tables ahead of the governed ones
TOP = 5
SAVED = ("savings_per_year", "savings_low", "savings_high")  # what a table of actions is about


def action_tables(found: Recommendations, shown: Sequence[Candidate], part: int) -> tuple[Table, Table]:
    """Two tables, `part` and the one after it: one row an action, and what each action's figures rest on."""
    details = _details(found, shown, part + 1)
    own, basis = f"cell:{part}:{{row}}", f"cell:{part + 1}:{{row}}"
    saved = f"mul({own}:calls_per_day, {basis}:%s, query:planning_cost, query:year_days)"
    formulas = {
        "calls_per_day": f"div({_reached(found, shown[0])}, query:days)",
        "savings_per_year": saved % "reduction",
        "savings_low": saved % "reduction_low",
        "savings_high": saved % "reduction_high",
        "score": _SCORE.format(own=own, basis=basis),
    }
    for row, candidate in enumerate(shown):
        formulas[f"calls_per_day[{row}]"] = f"div({_reached(found, candidate)}, query:days)"
    given = [(c.title, c.action.owner, c.action.effort_days, c.action.weeks) for c in shown]
    empty = Table(
        "Recommended actions", _ACTION_COLUMNS, (), interpretation=interpretation_of(found), formulas=formulas
    )
    others = [details, empty] if part == 0 else [empty, details]
    return computed_table(found, empty, given, part, others).led_by(*SAVED), details


def _details(found: Recommendations, shown: Sequence[Candidate], part: int) -> Table:
    """What to change, the scores, and which part of its leak each action reaches."""
    parts = [f"div({_reached(found, candidate)}, {_leak(found, candidate)})" for candidate in shown]
    formulas = {"part_of_leak": parts[0], **{f"part_of_leak[{row}]": text for row, text in enumerate(parts)}}
    empty = replace(_DETAILS, formulas=formulas)
    top = _chance_of_top(found)
    given = [_detail(candidate, top[candidate.key]) for candidate in shown]
    return computed_table(found, empty, given, part, [empty] * (BASE - 1))


def _reached(found: Recommendations, candidate: Candidate) -> str:
    """The governed cell of the calls that an action reaches."""
    reach = candidate.reach
    return f"cell:{BASE + reach.table}:{reach.row}:{found.leaks.metric}" if reach else _leak(found, candidate)


def _leak(found: Recommendations, candidate: Candidate) -> str:
    return f"cell:{BASE}:{candidate.leak.row}:{found.leaks.metric}"


def _detail(candidate: Candidate, chance: float) -> tuple[PlainCell, ...]:
    action = candidate.action
    return (
        candidate.title, candidate.text, action.lever.label, candidate.reduction, candidate.low, candidate.high,
        candidate.past_fixes, candidate.cost, candidate.cx_lift, float(action.cx), action.cx_basis, chance,
    )  # fmt: skip


def _chance_of_top(found: Recommendations) -> dict[str, float]:
    """Of each candidate, how likely it is among the five that save the most."""
    values = np.stack([found.dollars(c) * c.calls / c.leak.calls * c.draws for c in found.ranked], axis=1)
    return dict(zip([c.key for c in found.ranked], chances(values, TOP).tolist(), strict=True))


def computed_table(
    found: Recommendations,
    empty: Table,
    given: Sequence[tuple[PlainCell, ...]],
    part: int,
    others: Sequence[Table],
) -> Table:
    """The computed table at its place; `others` are the answer's tables ahead of the governed ones, without it."""
    return computed(empty, given, [*others, *found.leaks.tables], constants_of(found), part)


_SCORE = (
    "mul(100, add(mul(query:weight_savings, div({own}:savings_per_year, query:best_savings)), "
    "mul(query:weight_cx, div({basis}:cx_lift, query:best_cx)), "
    "mul(query:weight_speed, div(query:fastest, {own}:weeks))))"
)
_ACTION = Column("action", "VARCHAR", "", "dimension", "Action")
_ACTION_COLUMNS = (
    _ACTION,
    Column("owner", "VARCHAR", "", "dimension", "Owner"),
    Column("effort_days", "DOUBLE", "days", "derived", "Effort"),
    Column("weeks", "DOUBLE", "weeks", "derived", "Weeks to impact"),
    Column("calls_per_day", "DOUBLE", "count", "derived", "Leaked calls reached per day"),
    Column("savings_per_year", "DOUBLE", "usd", "derived", "Expected savings per year"),
    Column("savings_low", "DOUBLE", "usd", "derived", "Savings per year, low"),
    Column("savings_high", "DOUBLE", "usd", "derived", "Savings per year, high"),
    Column("score", "DOUBLE", "", "derived", "Score"),
)
_DETAILS = Table(
    "What to change, and what the figures rest on",
    (
        _ACTION,
        Column("change", "VARCHAR", "", "text", "What to change"),
        Column("lever", "VARCHAR", "", "text", "Lever"),
        Column("reduction", "DOUBLE", "rate", "derived", "Calls stopped, of those reached"),
        Column("reduction_low", "DOUBLE", "rate", "derived", "Calls stopped, low"),
        Column("reduction_high", "DOUBLE", "rate", "derived", "Calls stopped, high"),
        Column("past_fixes", "INTEGER", "count", "derived", "Past fixes of the lever"),
        Column("cost", "DOUBLE", "usd", "derived", "Cost of the work"),
        Column("cx_lift", "DOUBLE", "points", "derived", "Expected CX lift"),
        Column("cx_score", "DOUBLE", "", "derived", "CX score, of 5"),
        Column("cx_basis", "VARCHAR", "", "text", "Why that CX score"),
        Column("chance_top", "DOUBLE", "rate", "derived", "Chance to be among the best five"),
        Column("part_of_leak", "DOUBLE", "rate", "derived", "Part of its leak that it reaches"),
    ),
    (),
    interpretation="The playbook's entries, filled from the drivers below and scored on past fixes",
)
