"""Who is likely to call or to change plan, as an answer: groups with their score and what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tools.desk import Hidden
from tools.outcome import Column, Found, Outcome, Refusal, Table
from tools.propensity.fitting import LEAST_TOLD, Card
from tools.propensity.outlook import card_of, outlook
from tools.propensity.signals import OutcomeName, signals

By = Literal["segment", "plan_type", "tenure_bucket"]
CHANCE = 0.5
METHOD = "A logistic regression on groups of members alike in every signal, judged on days that it had not seen"
NOT_ALONE = "Scores are of groups of members; a single member's is for a member advocate with a purpose."


def member_outlook(
    desk: Hidden, outcome: OutcomeName, by: By = "segment", assumptions: tuple[str, ...] = ()
) -> Outcome:
    """Say which groups of members are likely to call (contact) or to change plan (plan_change) next, and why.

    `by` is what groups them. Never a single member. Where the model cannot tell members apart, that is the answer.
    """
    found = outlook(desk)
    if isinstance(found, Refusal):
        return found
    rules, made = signals(), found["outcomes"][outcome]
    card = card_of(made)
    if card.came < LEAST_TOLD:
        return Refusal("too_few", f"Too few members {rules.outcomes[outcome].does} in the data to learn from.")
    shown = made["groups"][by] if card.tells else []
    tables = [*([_scores(by, shown, made["usual"]), _reasons(shown)] if shown else []), _card(found, made, card)]
    looked = f"Looks {found['horizon']} days ahead, from what the {rules.window_days} days before held."
    caveat = rules.outcomes[outcome].caveat
    said = (*assumptions, looked, *([caveat] if caveat else []), NOT_ALONE)
    label = desk.semantic.dimensions[by].label if by in desk.semantic.dimensions else by
    asks = [
        f"Repeat call rate by {label.lower()}",
        f"Total calls by {label.lower()}",
        "What is breaking right now?",
    ]
    return Found(
        tuple(tables), "analysis", "outlook", outcome, said, follow_ups=tuple(asks),
        caveat="A score says who, not why: what sets a group apart need not be the cause.",
    )  # fmt: skip


def _scores(by: str, shown: list[dict[str, Any]], usual: float) -> Table:
    columns = (
        Column(by, "VARCHAR", "", "dimension", by.replace("_", " ").capitalize()),
        Column("members", "BIGINT", "count", "derived", "Members"),
        Column("score", "DOUBLE", "rate", "derived", "Likely"),
        Column("usual", "DOUBLE", "rate", "derived", "Of all members"),
    )
    rows = tuple((entry["value"], entry["members"], entry["score"], usual) for entry in shown)
    return Table("Likely, by group of members", columns, rows, interpretation=METHOD)


def _reasons(shown: list[dict[str, Any]]) -> Table:
    columns = (
        Column("group", "VARCHAR", "", "text", "Group"),
        Column("said", "VARCHAR", "", "text", "What sets it apart"),
        Column("share", "DOUBLE", "rate", "derived", "Of the group"),
        Column("usual", "DOUBLE", "rate", "derived", "Of all members"),
        Column("effect", "DOUBLE", "", "derived", "Log-odds it adds"),
    )
    rows = tuple(
        (entry["value"], reason["said"], reason["share"], reason["usual"], reason["effect"])
        for entry in shown
        for reason in entry["reasons"]
    )
    return Table("What sets the groups apart", columns, rows, interpretation=METHOD)


def _card(found: Mapping[str, Any], made: Mapping[str, Any], card: Card) -> Table:
    columns = (
        Column("does", "VARCHAR", "", "text", "What is foreseen"),
        Column("ahead", "VARCHAR", "", "text", "Looks ahead"),
        Column("members", "BIGINT", "count", "derived", "Members judged"),
        Column("came", "DOUBLE", "rate", "derived", "Did it"),
        Column("pairs", "DOUBLE", "rate", "derived", "Pairs told apart (AUC)"),
        Column("pairs_low", "DOUBLE", "rate", "derived", "Low"),
        Column("pairs_high", "DOUBLE", "rate", "derived", "High"),
        Column("chance", "DOUBLE", "rate", "derived", "By chance"),
        Column("gap", "DOUBLE", "rate", "derived", "Expected against observed"),
        Column("tells", "BOOLEAN", "", "text", "Tells members apart"),
    )
    does = signals().outcomes[_name(found, made)].does
    row = (
        does, f"{found['horizon']} days", card.members, card.came / max(card.members, 1), card.auc, card.low,
        card.high,        CHANCE, card.gap, card.tells,
    )  # fmt: skip
    return Table("How good the model is on days it had not seen", columns, (row,), interpretation=METHOD)


def _name(found: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    return next(str(name) for name, one in found["outcomes"].items() if one is made)
