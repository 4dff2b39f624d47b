"""Three questions that lead on from an answer: another cut, a comparison, the course over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.disclosure import shows_nothing
from agents.wording import at_start, in_sentence
from semantic.echo import heading
from semantic.query import SemanticQuery, TimeRange
from tools.opportunities import HIGH_PCT, LOW_PCT
from tools.outcome import Found
from tools.periods import days_in

if TYPE_CHECKING:
    from tools.desk import Desk

COUNT = 3
COARSER = 2
LONGER_DAYS = (30, 90)


def follow_ups_for(
    found: Found, desk: Desk, planned: list[str], answerable: Callable[[str], bool] = lambda _: True
) -> list[str]:
    """Follow-up questions in the reader's words, each answerable in the same conversation.

    `planned` are the planner's own, which it has checked; without any, they follow from the query. Where figures
    were not shown, questions over more members come first, as far as they are `answerable`.
    """
    lead = next((table for table in found.tables if table.query), None)
    query, held_back = (lead.query, lead.query if lead.withholds else None) if lead else (None, None)
    most = COARSER if shows_nothing(found.tables) else 1
    coarser = [text for text in _coarser(held_back, desk) if answerable(text)][:most] if held_back else []
    given = [*coarser, *found.follow_ups]
    if found.shape == "what_if":
        asked = found.constants.get("reduce_pct")
        given += [f"What if we cut it by {HIGH_PCT if asked == LOW_PCT else LOW_PCT:g}%?", "Why is it happening?"]
    elif found.shape in ("opportunities", "briefing"):
        return [at_start(text) for text in dict.fromkeys([*given, *_leading_on(found, desk), *planned])][:COUNT]
    given += planned
    if query is not None and not planned:
        given += _from_query(query, desk)
    return list(dict.fromkeys(at_start(text) for text in given))[:COUNT]


def _leading_on(found: Found, desk: Desk) -> list[str]:
    """What is asked after a ranking: its first place's upside, the causes, whom it hits."""
    said = ["What is causing the leakage?"]
    where, who = desk.semantic.defaults.where_dimension, desk.semantic.defaults.who_dimension
    if where not in {column.name for column in found.tables[0].columns}:
        return []  # another company's model: what left its expectation, and no ranking of leaks
    ranked, base = found.tables[0], found.tables[1].query
    if ranked.rows:
        place = desk.values.label(where, str(ranked.cell(0, where)))
        said.append(f"If we fix {place} this week, what's the upside?")
    if base and base.time and who:
        again = SemanticQuery(metrics=base.metrics[:1], dimensions=(who,))
        said.append(f"{heading(again, desk.semantic)} in the {base.time.label}")
    return said


def _coarser(query: SemanticQuery, desk: Desk) -> list[str]:
    """The same figures with more members behind each: fewer dimensions, no filter, longer periods.

    Only the second lets a filter go; one that has no short words lets all others go.
    """
    bare = SemanticQuery(metrics=query.metrics[:1], time_grain=query.time_grain, dimensions=query.dimensions)
    when = f" {_in_words(query.time)}" if query.time and query.time.label else ""
    of = _of(query, desk)
    said = []
    if of is None:
        return [heading(bare, desk.semantic) + when] if not query.time_grain else []
    if query.time_grain in ("day", "week"):
        said.append(heading(SemanticQuery(metrics=query.metrics[:1]), desk.semantic) + of + " by month")
    if query.dimensions:
        kept = query.dimensions[:-1]
        said.append(heading(bare.model_copy(update={"dimensions": kept}), desk.semantic) + of + when)
    if query.filters and not query.time_grain:
        said.append(heading(bare, desk.semantic) + when)
    if query.time and not query.time_grain:
        reach = (desk.as_of - desk.first_day).days
        lengths = [days for days in LONGER_DAYS if days_in(query.time) < days <= reach]
        said += [f"{heading(bare, desk.semantic)}{of} in the last {days} days" for days in lengths]
    return said


def _of(query: SemanticQuery, desk: Desk) -> str | None:
    """for journey Billing: the query's filters, as a question says them; None where that takes more words."""
    said = []
    for entry in query.filters:
        if entry.op != "in" or len(entry.values) != 1:
            return None
        value = desk.values.label(entry.dimension, entry.values[0])
        said.append(f" for {in_sentence(desk.semantic.dimensions[entry.dimension].label)} {value}")
    return "".join(said)


def _in_words(period: TimeRange) -> str:
    label = period.label.removeprefix("the ")
    return f"in the {label}" if label[:5] == "last " and label[5:6].isdigit() else label


def _from_query(query: SemanticQuery, desk: Desk) -> list[str]:
    said = []
    cut = _next_cut(query, desk)
    if cut:
        said.append(f"And by {in_sentence(desk.semantic.dimensions[cut].label)}?")
    if query.compare_to is None and query.time_grain is None:
        said.append("How does that compare to the previous period?")
    if query.time_grain is None:
        said.append("Show it by week")
    return said


def _next_cut(query: SemanticQuery, desk: Desk) -> str:
    """The next of the model's own default dimensions that the query neither shows nor fixes."""
    defaults = desk.semantic.defaults
    used = {*query.dimensions, *(entry.dimension for entry in query.filters)}
    allowed = frozenset.intersection(*(desk.semantic.dimensions_of(metric) for metric in query.metrics))
    wanted = (defaults.who_dimension, "plan_type", defaults.where_dimension, defaults.problem_dimension)
    return next((name for name in wanted if name and name in allowed - used), "")
