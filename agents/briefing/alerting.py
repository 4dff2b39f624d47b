"""An alert in words: which indicator passed which level, bound to the governed figure as its reader sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.answer import Fact
from agents.assembly import as_part
from agents.briefing.check import Ungrounded
from agents.briefing.document import Passage
from agents.briefing.health import Alert, Indicator, Reading
from agents.briefing.phrases import filled
from agents.briefing.sheet import Sheet
from agents.claims import Names
from agents.grounding import Evidence, problems
from agents.prose import number
from agents.wording import days_in_words, lead_in
from tools.desk import Desk
from tools.outcome import Column, Table


@dataclass(frozen=True)
class AlertText:
    """An alert as one reader sees it: a title, a sentence, and the tables behind their figures."""

    id: str
    title: Passage
    text: Passage
    document: dict[str, Any]


def alert_text(alert: Alert, reading: Reading, desk: Desk) -> AlertText:
    """What is said of an alert's change. `reading` is the reader's own sight of the indicator.

    Raises Ungrounded when the words do not follow from the figures.
    """
    sheet, indicator = Sheet(desk), reading.indicator
    governed = sheet.add(reading.table)
    level = sheet.add(_level_table(indicator, desk.semantic.metrics[indicator.metric].label))
    parts, day = [governed, level], alert.day
    label = desk.semantic.metrics[indicator.metric].label
    words = _words(reading, label, governed, level)
    titled = filled(f"alert.{alert.change}_title", metric=words["metric"], colour=words["colour"])
    title = sheet.passage(titled, parts, day)
    kind = "trend" if indicator.trend else "level"
    text = sheet.passage(filled(f"alert.{alert.change}_{kind}", **words), parts, day)
    evidence = Evidence(desk.semantic, desk.values, day, names=Names(()), tables=tuple(sheet.tables))
    wrong = [problem for passage in (title, text) for problem in problems(passage.text, passage.facts, evidence)]
    if wrong:
        raise Ungrounded(f"An alert does not hold against its figures: {'; '.join(wrong[:3])}.", where=alert.id)
    document = {
        "id": alert.id,
        "indicator": alert.indicator,
        "change": alert.change,
        "day": day.isoformat(),
        "facts": [fact.model_dump(mode="json") for fact in (*title.facts, *text.facts)],
        "parts": [as_part(table).model_dump(mode="json") for table in sheet.tables],
    }
    return AlertText(f"{alert.id}-{alert.change}", title, text, document)


def _words(reading: Reading, label: str, governed: int, level: int) -> dict[str, Any]:
    indicator, table = reading.indicator, reading.table
    at = f"cell:{governed}:0:{indicator.column}"
    difference = f"sub({at}, cell:{level}:0:level)"
    beyond = reading.value > indicator.level
    period = table.query.time if table.query else None
    assert period is not None
    before, after = lead_in(period)
    size = number(abs(reading.value), "rate", f"formula:abs({at})")
    up = reading.value >= 0
    return {
        "metric": Fact(text=label, value=label, source=f"cell:{level}:0:metric_name"),
        "colour": Fact(text=indicator.colour, value=indicator.colour, source=f"cell:{level}:0:colour"),
        "value": number(reading.value, indicator.unit, at),
        "size": size,
        "moved": Fact(text="up" if up else "down", value=1 if up else -1, source=f"direction:{at}"),
        "side": Fact(text="above" if beyond else "below", value=1 if beyond else -1,
                     source=f"direction:formula:{difference}"),
        "level": number(indicator.level, indicator.unit, f"cell:{level}:0:level"),
        "period": Fact(text=f"{before}{days_in_words(period)}{after}",
                       value=f"{period.start.isoformat()}/{period.end.isoformat()}",
                       source=f"query:period:{governed}"),
    }  # fmt: skip


def _level_table(indicator: Indicator, label: str) -> Table:
    columns = (
        Column("metric_name", "VARCHAR", "", "dimension"),
        Column("colour", "VARCHAR", "", "dimension"),
        Column("level", "DOUBLE", indicator.unit),
    )
    return Table(f"Level: {indicator.name}", columns, ((label, indicator.colour, indicator.level),))
