"""Sentences for a single row, and the small phrases that all tables share."""

from __future__ import annotations

from dataclasses import dataclass

from agents.answer import Fact
from agents.disclosure import OR_GIVEN_AWAY
from agents.prose import Piece, Prose, series
from agents.voice import Voice
from agents.wording import at_start, in_sentence, is_plural, plural


@dataclass(frozen=True)
class Telling:
    """A table to tell, the answer's first table, how many tables there are and what was asked."""

    voice: Voice
    lead: Voice
    count: int = 1
    asked: str = ""

    @property
    def further(self) -> bool:
        """Whether the table comes after the first."""
        return self.voice.table.part != self.lead.table.part

    @property
    def same_frame(self) -> bool:
        """Whether the table speaks of the same metric, period and filters as the first."""
        here, first = self.voice.table.query, self.lead.table.query
        if here is None or first is None:
            return False
        return here.metrics[0] == first.metrics[0] and here.filters == first.filters and self.same_time

    @property
    def same_time(self) -> bool:
        """Whether the table speaks of the same period as the first."""
        here, first = self.voice.table.query, self.lead.table.query
        return here is not None and first is not None and here.time == first.time

    def unsaid(self) -> list[Piece]:
        """The table's filters and period as far as the first table's sentence has not said them."""
        here, first = self.voice.table.query, self.lead.table.query
        same_filters = here is not None and first is not None and here.filters == first.filters
        filters = [] if self.further and same_filters else self.voice.filters()
        return [*filters, *([] if self.further and self.same_time else self.voice.period())]


def single(prose: Prose, telling: Telling) -> None:
    """Repeat call rate was 23.5% in Q3 2026, up 1.2 percentage points from 22.3% (worse)."""
    voice = telling.voice
    table = voice.table
    metrics = [name for name in table.names("metric") if table.count and table.number(0, name) is not None]
    if not metrics:
        _all_hidden(prose, telling) if _hidden(voice) else nothing(prose, voice)
        return
    first = metrics[0]
    if table.number(0, first) == 0 and table.column(first).unit == "count" and len(metrics) == 1:
        told = (
            "{total}{filters}{period} were {zero}."
            if voice.metric(first).text.startswith("total ")
            else ("There were {no} {metric}{filters}{period}.")
        )
        prose.write(
            told,
            no=Fact(text="no", value=0, source=f"cell:{table.part}:0:{first}"),
            metric=voice.metric(first), total=voice.metric(first, start=True),
            zero=Fact(text="zero", value=0, unit="count", source=f"cell:{table.part}:0:{first}"),
            filters=voice.filters(), period=voice.period(),
        )  # fmt: skip
        _earlier_hidden(prose, voice, first)
        return
    said: list[list[Piece]] = [[voice.metric(first, start=True), *voice.filters(), were(voice, first),
                                voice.cell(0, first)]]  # fmt: skip
    said += [[voice.metric(name), " ", voice.cell(0, name)] for name in metrics[1:]]
    prose.write(
        "{said}{period}{moved}.",
        said=series(said),
        period=[] if telling.further and telling.same_time else voice.period(),
        moved=moved_clause(voice, 0, first),
    )
    hidden: list[list[Piece]] = [[voice.metric(name)] for name in _hidden(voice)]
    if hidden:
        prose.write(
            f"Not shown, because {{few}} are behind it, {OR_GIVEN_AWAY}: {{items}}.",
            few=voice.few(), items=series(hidden),
        )  # fmt: skip
    _earlier_hidden(prose, voice, first)


def _hidden(voice: Voice) -> list[str]:
    """The metrics of a single row that are not shown because too few members are behind them."""
    return [name for name in voice.table.names("metric") if voice.table.count and voice.table.hides(0, name)]


def _all_hidden(prose: Prose, telling: Telling) -> None:
    """Fewer than 11 members are behind this figure, or it would give such a figure away, so it is not shown."""
    voice = telling.voice
    several = len(_hidden(voice)) > 1
    few = voice.few()
    prose.write(
        f"{{lead}}{{few}} are behind {{what}}, {OR_GIVEN_AWAY}, so {{it}} not shown.",
        lead=[voice.metric(_hidden(voice)[0], start=True), *telling.unsaid(), ": "] if telling.further else "",
        few=few if telling.further else few.model_copy(update={"text": at_start(few.text)}),
        what="these figures" if several else "this figure",
        it="they are" if several else "it is",
    )


def _earlier_hidden(prose: Prose, voice: Voice, metric: str) -> None:
    """That there is nothing to compare with, where the earlier figure is not shown."""
    if voice.table.has(f"{metric}__previous") and voice.table.hides(0, f"{metric}__previous"):
        prose.write(
            f"The figure of {{before}} is not shown: {{few}} are behind it, {OR_GIVEN_AWAY}.",
            before=voice.before(), few=voice.few(),
        )  # fmt: skip


def were(voice: Voice, metric: str) -> str:
    """was or were, as the metric's label asks for."""
    return " were " if is_plural(voice.table.column(metric).label) else " was "


def moved_clause(voice: Voice, row: int, metric: str) -> list[Piece]:
    """, up 14.0% from 73,800 in the week before (worse): empty when nothing is compared."""
    moved = voice.moved(row, metric)
    return [", ", *moved] if moved else []


def nothing(prose: Prose, voice: Voice) -> None:
    """That nothing matches."""
    names = voice.table.names("metric")
    if voice.table.small_cell:
        # The same words whether there is nothing or too little: the difference would tell which.
        said = Prose()
        said.write(
            "No figure may be shown for {metric}{by}{thresholds}{filters}{period}: {few} are behind them, if any.",
            by=[" by ", *dimension_names(voice)] if voice.table.names("dimension") else "",
            metric=voice.metric(names[0]) if names else "this", thresholds=voice.thresholds(),
            filters=voice.filters(), period=voice.period(), few=voice.few(),
        )  # fmt: skip
        prose.add(said)
        return
    if voice.thresholds():
        prose.write(
            "There is no {noun}{thresholds}{filters}{period}.",
            noun=noun(voice), thresholds=voice.thresholds(), filters=voice.filters(), period=voice.period(),
        )  # fmt: skip
        return
    prose.write(
        "There is no data for {metric}{filters}{period}: nothing matches.",
        metric=voice.metric(names[0]) if names else "this", filters=voice.filters(), period=voice.period(),
    )  # fmt: skip


def noun(voice: Voice, *, several: bool = False) -> list[Piece]:
    """What a row is: journeys; combinations of plan type and tenure."""
    names = voice.table.names("dimension")
    known = voice.semantic.dimensions
    holding = {known[name].within for name in names if name in known}  # a county's state only says which county
    labels = [voice.table.column(name).label or name for name in names if name not in holding]
    nouns = [in_sentence(label) for label in labels]
    if len(nouns) == 1:
        if " or " in nouns[0]:
            return ["groups" if several else "group"]
        return [Fact(text=plural(nouns[0]) if several else nouns[0], value=labels[0], source="query:dimension")]
    return ["combinations of " if several else "combination of ", *dimension_names(voice)]


def dimension_names(voice: Voice) -> list[Piece]:
    """plan type and failure reason: the labels of the dimensions."""
    labels = [in_sentence(voice.table.column(name).label or name) for name in voice.table.names("dimension")]
    return series([[Fact(text=label, value=label, source="query:dimension")] for label in labels])
