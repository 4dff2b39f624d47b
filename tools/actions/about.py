"""What may be asked about an answer on actions, impact or savings, as a tool: basis, doubt, order, go-live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from semantic.query import DimensionFilter
from tools.actions.ab_test import ab_test_of
from tools.actions.candidates import Candidate
from tools.actions.impact import NOTHING_LIVE, latest, measured
from tools.actions.recommend import recommend_actions
from tools.actions.recommendations import Recommendations, basis_of, constants_of, recommendations
from tools.actions.standings import standing
from tools.actions.subjects import Subject, meant
from tools.actions.views import ranked
from tools.desk import Desk, Hidden
from tools.outcome import Column, Found, Outcome, PlainCell, Refusal, Shape, Table
from tools.periods import day_in_words
from tools.savings import project_savings

Of = Literal["actions", "issue", "impact", "split", "savings"]
Aspect = Literal["basis", "sure", "order", "live", "owner"]
GONE = "That action is not among today's recommendations: what leaked then no longer leads to it."


def about_answer(
    desk: Hidden,
    of: Of,
    aspect: Aspect,
    actions: tuple[str, ...] = (),
    asked: str = "",
    metric: str = "leaked_calls",
    filters: tuple[DimensionFilter, ...] = (),
    reduce_pct: float = 10.0,
) -> Outcome:
    """Say what an earlier answer is based on, how sure it is, why in that order, since when it is live, whose.

    `of` is the kind of that answer; `actions` are names as it listed them. Without names, `live` of actions tells
    which of them stand in the review as the question `asked` says. For impact and split `asked` is the earlier
    question, for savings give the `metric`, `filters` and `reduce_pct` that it had.
    """
    if of == "actions":
        return _of_actions(desk, aspect, actions, asked)
    if of == "issue":
        compared = recommend_actions(desk, "one_issue", filters)
        return replace(compared, shape="issue_sure") if isinstance(compared, Found) else compared
    if of == "savings":
        return _of_savings(desk, aspect, metric, filters, reduce_pct)
    wanted = meant(desk, asked=asked)
    if not wanted:
        return Refusal("nothing_live", NOTHING_LIVE)
    if aspect in ("live", "owner"):
        shape: Shape = "fix_live" if aspect == "live" else "fix_owner"
        return Found((_fix(latest(wanted, desk), desk),), "analysis", shape)
    found = ab_test_of(wanted, desk) if of == "split" else measured(latest(wanted, desk), desk)
    return replace(found, shape=cast(Shape, f"{of}_{aspect}")) if isinstance(found, Found) else found


def _of_savings(
    desk: Desk, aspect: Aspect, metric: str, filters: tuple[DimensionFilter, ...], reduce_pct: float
) -> Outcome:
    if aspect == "owner":
        return recommend_actions(desk, "by_owner", filters)
    found = project_savings(reduce_pct, desk, metric=metric, filters=filters)
    shape: Shape = "what_if_basis" if aspect == "basis" else "what_if_sure"
    return replace(found, shape=shape) if isinstance(found, Found) else found


def _of_actions(desk: Desk, aspect: Aspect, actions: Sequence[str], asked: str) -> Outcome:
    if aspect in ("live", "owner"):
        return standing(desk, actions, asked)
    found = recommendations(desk)
    if isinstance(found, Refusal):
        return found
    known = {candidate.title: candidate for candidate in found.ranked}
    chosen = [known[name] for name in actions if name in known]
    if not chosen:
        return Refusal("not_recommended", GONE, ("What should we change first?",))
    if aspect == "order":
        chosen = _beside(found, chosen[0])
    tables = (*ranked(found, chosen), *found.leaks.tables)
    shape = cast(Shape, f"action_{aspect}")
    return Found(tables, "analysis", shape, assumptions=basis_of(found), constants=constants_of(found))


def _beside(found: Recommendations, chosen: Candidate) -> list[Candidate]:
    """An action and what it is held against: the leading one, or of the leading one the next."""
    first, *others = found.ranked
    if chosen.key != first.key:
        return [first, chosen]
    return [first, *others[:1]]


def _fix(subject: Subject, desk: Desk) -> Table:
    """What is known of a live fix: its name, whose it is, since when."""
    row: tuple[PlainCell, ...] = (
        subject.name, subject.owner or "nobody that the data name", day_in_words(subject.go_live),
        day_in_words(desk.as_of),
    )  # fmt: skip
    return Table("The fix", _FIX, (row,), interpretation="The history of fixes and the review; not a query")


_FIX = (
    Column("fix", "VARCHAR", "", "text", "Fix"),
    Column("owner", "VARCHAR", "", "text", "Owner"),
    Column("go_live", "VARCHAR", "", "text", "Live since"),
    Column("until", "VARCHAR", "", "text", "Data until"),
)
