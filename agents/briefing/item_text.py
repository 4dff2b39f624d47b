"""The passages of one item: what happened and what it costs, the figures, since when, why, and who should look."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from agents.answer import Fact
from agents.briefing.document import Item, Passage
from agents.briefing.issue_table import IssueVoice
from agents.briefing.phrases import filled
from agents.briefing.sheet import Sheet, Told
from agents.prose import Piece, number
from agents.wording import days_in_words, lead_in
from tools.scout.incident import Incident
from tools.standing import is_favourable

VIEW = "/view"
Writer = Callable[..., Passage]


def item_of(told: Told, sheet: Sheet) -> Item:
    issue, incident = told.issue, told.issue.incident

    def passage(name: str, **given: Piece | list[Piece]) -> Passage:
        return sheet.passage(filled(name, **given), told.parts, incident.as_of)

    return Item(
        id=issue.id,
        state=issue.state,
        metric=incident.metric,
        label=sheet.desk.semantic.metrics[incident.metric].label,
        unit=incident.unit,
        segment=incident.values,
        favourable=is_favourable(incident),
        title=_lead(told, passage),
        sentences=[_figures(told, sheet, passage), *_range(told, passage), _began(told, passage),
                   *_calendar(told, passage), _cause(told, passage),
                   passage("owner", owner=told.voice.text("owner")), _standing(told, passage)],
        owner=told.owner,
        view=view_address(incident),
        course=told.course,
        expectation=told.expectation,
    )  # fmt: skip


def what_happened(voice: IssueVoice, incident: Incident, metric: str) -> list[Piece]:
    """Failed digital sessions increased 14.0% in Billing for MAPD / New members."""
    segment = voice.segment(tuple(name for name, _ in incident.segment))
    if incident.kind == "count" and incident.change is None:
        return filled("unexpected", metric=voice.text(metric), segment=segment)
    kind = incident.kind
    return filled(
        kind, metric=voice.text(metric), direction=voice.direction(kind), size=voice.size(kind), segment=segment
    )


def _lead(told: Told, passage: Writer) -> Passage:
    what = what_happened(told.voice, told.issue.incident, "metric_name")
    if told.issue.incident.dollars is None:
        return passage("lead", title=what)
    name = "lead_cost" if costs_calls(told.issue.incident) else "lead_cost_other"
    return passage(name, title=what, effect=told.voice.text("effect"), cost=told.voice.cost())


def costs_calls(incident: Incident) -> bool:
    """Whether the amount is the cost of calls."""
    return incident.dollars is not None and "call" in incident.dollars.formula


def _figures(told: Told, sheet: Sheet, passage: Writer) -> Passage:
    incident = told.issue.incident
    table = sheet.tables[told.governed]
    column = table.columns[table.column(incident.metric)]
    shown = table.cell(0, incident.metric)
    assert isinstance(shown, int | float)
    assert table.query is not None
    assert table.query.time is not None
    before, after = lead_in(table.query.time)
    period = Fact(
        text=f"{before}{days_in_words(table.query.time)}{after}",
        value=f"{table.query.time.start.isoformat()}/{table.query.time.end.isoformat()}",
        source=f"query:period:{told.governed}",
    )
    observed = number(shown, column.unit, f"cell:{told.governed}:0:{incident.metric}")
    return passage("figures", period=[" ", period], observed=observed, expected=told.voice.figure("expected"))


def _range(told: Told, passage: Writer) -> list[Passage]:
    dollars = told.issue.incident.dollars
    if dollars is None:
        return []
    name = "cost_range" if dollars.amount.value > 0 else "saving_range"
    return [passage(name, low=told.voice.figure("low"), high=told.voice.figure("high"))]


def _began(told: Told, passage: Writer) -> Passage:
    start, voice = told.issue.incident.start, told.voice
    if start.open:
        return passage("began_earlier", start=voice.day("start"))
    if start.earliest == start.latest:
        return passage("began", start=voice.day("start"))
    return passage(
        "began_between", start=voice.day("start"), earliest=voice.day("earliest"), latest=voice.day("latest")
    )


def _calendar(told: Told, passage: Writer) -> list[Passage]:
    return [passage("calendar", calendar=told.voice.text("calendar"))] if told.issue.incident.calendar else []


def _cause(told: Told, passage: Writer) -> Passage:
    if told.cause is None:
        return passage("no_cause", cause=told.voice.text("cause"))
    voice = told.voice
    return passage("cause", event=voice.text("cause"), kind=voice.text("cause_kind"), date=voice.day("cause_day"))


def _standing(told: Told, passage: Writer) -> Passage:
    voice = told.voice
    words = {"state": voice.text("state_word"), "confidence": voice.text("confidence_word")}
    if told.issue.state == "new":
        return passage("standing_new", **words)
    return passage("standing", since=voice.day("since"), **words)


def view_address(incident: Incident) -> str:
    """The path of the view with an issue's figures: metric, days and filters in its query string."""
    period = incident.period
    asked = {"metric": incident.metric, "from": period.start.isoformat(), "to": period.end.isoformat()}
    return f"{VIEW}?{urlencode({**asked, **incident.values})}"
