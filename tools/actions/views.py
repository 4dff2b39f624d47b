"""What may be asked of recommendations: the ranked actions, the issues side by side, the levers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tools.actions.action_tables import BASE, SAVED, action_tables, computed_table
from tools.actions.candidates import Candidate
from tools.actions.portfolio import Array, Bundle, best_plan, chances, stopped
from tools.actions.recommendations import Recommendations, interpretation_of
from tools.outcome import Column, PlainCell, Table


def ranked(found: Recommendations, shown: Sequence[Candidate]) -> tuple[Table, ...]:
    """The actions, what each rests on, and what they save together."""
    actions, details = action_tables(found, shown, 0)
    return actions, details, _together(found, shown, [actions, details])


def _together(found: Recommendations, shown: Sequence[Candidate], ahead: Sequence[Table]) -> Table:
    """By journey, what the shown actions that may be done together stop of its leak, no call counted twice."""
    rows, members = [], _by_journey(shown)
    for journey in members:
        sensible = _compatible(members[journey])
        rows.append((journey, len(sensible), *_interval(found, stopped(sensible))))
    empty = Table("Together, no call counted twice", _TOGETHER_COLUMNS, ())
    return _journey_table(found, rows, members, empty, len(ahead), ahead)


def _by_journey(shown: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for candidate in shown:
        found.setdefault(candidate.leak.journey, []).append(candidate)
    return found


def _compatible(members: Sequence[Candidate]) -> list[Candidate]:
    """The actions, best first, without those that an earlier one rules out."""
    kept: list[Candidate] = []
    for member in members:
        others = {other.action.key for other in kept}
        ruled_out = any(member.action.key in other.action.not_with for other in kept)
        if not ruled_out and not others & set(member.action.not_with):
            kept.append(member)
    return kept


def _interval(found: Recommendations, draws: Array) -> tuple[float, float, float]:
    tail = (1 - found.playbook.history.interval) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(draws.mean()), float(low), float(high)


def _journey_table(
    found: Recommendations,
    rows: Sequence[tuple[PlainCell, ...]],
    members: dict[str, list[Candidate]],
    empty: Table,
    part: int,
    others: Sequence[Table],
) -> Table:
    """One row a journey: what its leak costs, and what of that is saved."""
    cell = f"cell:{part}:{{row}}"
    formulas = {"leaked_per_day": "", "leak_per_year": _PER_YEAR.format(cell=cell)}
    for row, journey in enumerate(members):
        at = members[journey][0].leak.row
        formulas[f"leaked_per_day[{row}]"] = f"div(cell:{BASE}:{at}:{found.leaks.metric}, query:days)"
    formulas["leaked_per_day"] = formulas["leaked_per_day[0]"]
    for end in ("per_year", "low", "high"):
        of = "stopped" if end == "per_year" else f"stopped_{end}"
        formulas[f"savings_{end}"] = f"mul({cell}:leak_per_year, {cell}:{of})"
    empty = replace(empty, interpretation=interpretation_of(found), formulas=formulas)
    return computed_table(found, empty, rows, part, others).led_by(*SAVED)


def issues(found: Recommendations, shown: Sequence[Candidate]) -> tuple[Table, ...]:
    """The issues by what fixing each with the quarter's capacity saves, and the actions that this takes."""
    plans = _plan_of_each(found, shown)
    worth = {journey: found.dollars(plan.members[0]) for journey, plan in plans.items()}
    order = sorted(plans, key=lambda journey: -float(plans[journey].stopped.mean()) * worth[journey])
    best = chances(np.stack([plans[journey].stopped * worth[journey] for journey in order], axis=1), 1)
    rows = [
        (journey, len(plan.members), plan.days, plan.cost, *_interval(found, plan.stopped), float(chance))
        for journey, plan, chance in zip(order, [plans[j] for j in order], best, strict=True)
    ]
    members = {journey: list(plans[journey].members) for journey in order}
    rank = {candidate.key: at for at, candidate in enumerate(found.ranked)}
    chosen = [c for journey in order for c in sorted(members[journey], key=lambda c: rank[c.key])]
    actions, details = action_tables(found, chosen, 1)
    empty = Table("What fixing each issue saves", _ISSUE_COLUMNS, ())
    return _journey_table(found, rows, members, empty, 0, [actions, details]), actions, details


def _plan_of_each(found: Recommendations, shown: Sequence[Candidate]) -> dict[str, Bundle]:
    """Of each leak the best set of actions with the whole quarter for it; its first action where nothing fits."""
    plans = {}
    for journey, members in _by_journey(shown).items():
        plan = best_plan(members, {journey: found.dollars(members[0])}, found.quarter)
        plans[journey] = plan[0] if plan else Bundle((members[0],), stopped(members[:1]))
    return plans


def levers(found: Recommendations, shown: Sequence[Candidate]) -> tuple[Table, ...]:
    """For each journey the best action of each group of levers, side by side."""
    actions, details = action_tables(found, shown, 1)
    groups = tuple(dict.fromkeys(lever.group for lever in found.playbook.levers.values()))
    groups = tuple(group for group in groups if any(c.action.lever.group == group for c in shown))
    formulas, rows = dict.fromkeys(map(_group_column, groups), "query:none"), []
    journeys = _by_journey(shown)
    for row, journey in enumerate(sorted(journeys, key=lambda j: -max(map(found.savings, journeys[j])))):
        rows.append((journey, max(journeys[journey], key=found.savings).action.lever.group))
        for candidate in journeys[journey]:
            name = _group_column(candidate.action.lever.group)
            formulas[f"{name}[{row}]"] = f"cell:1:{list(shown).index(candidate)}:savings_per_year"
    figures = (Column(_group_column(g), "DOUBLE", "usd", "derived", g) for g in groups)
    empty = Table(
        "Savings per year of the leading action of each kind",
        (*_LEVER_COLUMNS, *figures), (), interpretation=interpretation_of(found), formulas=formulas,
    )  # fmt: skip
    return computed_table(found, empty, rows, 0, [actions, details]), actions, details


def _group_column(group: str) -> str:
    return f"{group.lower()}_savings"


_PER_YEAR = "mul({cell}:leaked_per_day, query:planning_cost, query:year_days)"
_LEVER_COLUMNS = (
    Column("journey", "VARCHAR", "", "dimension", "Issue"),
    Column("best_lever", "VARCHAR", "", "dimension", "Best solved by"),
)
_JOURNEY_FIGURES = (
    Column("stopped", "DOUBLE", "rate", "derived", "Part of the leak stopped"),
    Column("stopped_low", "DOUBLE", "rate", "derived", "Part stopped, low"),
    Column("stopped_high", "DOUBLE", "rate", "derived", "Part stopped, high"),
)
_JOURNEY_SAVINGS = (
    Column("leaked_per_day", "DOUBLE", "count", "derived", "Leaked calls per day"),
    Column("leak_per_year", "DOUBLE", "usd", "derived", "Cost of the leak per year"),
    Column("savings_per_year", "DOUBLE", "usd", "derived", "Expected savings per year"),
    Column("savings_low", "DOUBLE", "usd", "derived", "Savings per year, low"),
    Column("savings_high", "DOUBLE", "usd", "derived", "Savings per year, high"),
)
_TOGETHER_COLUMNS = (
    Column("journey", "VARCHAR", "", "dimension", "Journey"),
    Column("actions", "INTEGER", "count", "derived", "Actions that fit together"),
    *_JOURNEY_FIGURES,
    *_JOURNEY_SAVINGS,
)
_ISSUE_COLUMNS = (
    Column("journey", "VARCHAR", "", "dimension", "Issue"),
    Column("actions", "INTEGER", "count", "derived", "Actions"),
    Column("effort_days", "DOUBLE", "days", "derived", "Effort"),
    Column("cost", "DOUBLE", "usd", "derived", "Cost of the work"),
    *_JOURNEY_FIGURES,
    Column("chance_best", "DOUBLE", "rate", "derived", "Chance to be the one that saves the most"),
    *_JOURNEY_SAVINGS,
)
