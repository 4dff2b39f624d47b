"""Cost estimates in depth: own days, several filters, cuts that drill down, export, and own statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from semantic.query import DimensionFilter, Order
from tools.metrics import plain
from tools.outcome import Column, Refusal, Table
from tools.periods import period_in_words
from ui.dashboard.access import load_access
from ui.dashboard.drawing import Line, lines
from ui.dashboard.estimate_panels import WITHOUT, absent
from ui.dashboard.overview import course_time, days_of, numbers_of
from ui.dashboard.panels import STATEMENT, Panel
from ui.dashboard.reading import SOURCE, Reading
from ui.dashboard.view import Content, View
from warehouse.door import QueryContext
from warehouse.errors import CommandCenterError, UsageError

TITLE = "Cost estimates: analysis"
TRACES = "cost_estimates.trace_id"
FIRST, SECOND = "estimate_exception_rate", "estimate_responses"
# What a click on a value leads to: the first of these that is neither chosen nor shown.
DRILL = ("network", "service_code", "provider_type", "exception_type", "provider", "specialty", "provider_tier",
         "benefit_product", "response_status", "http_status", "cost_band", "state")  # fmt: skip
MOST_ROWS = 60
MOST_CHARACTERS = 4000
EXAMPLE = (
    "SELECT network_id, COUNT(*) AS responses, SUM(is_exception) AS exceptions\n"
    "FROM gold.fact_response\nGROUP BY network_id\nORDER BY exceptions DESC"
)


@dataclass(frozen=True)
class Choice:
    """What the address chooses: metrics, cuts, and a value for each filtered dimension."""

    metrics: tuple[str, ...]
    cuts: tuple[str, ...]
    values: Mapping[str, str]

    @property
    def filters(self) -> tuple[DimensionFilter, ...]:
        """The chosen values as filters."""
        return tuple(DimensionFilter(dimension=name, values=(value,)) for name, value in self.values.items())

    def params(self, **more: str | None) -> dict[str, str | None]:
        """This choice as the address says it, with `more` set over it."""
        (metric, beside, *_), (by, second, *_) = (*self.metrics, ""), (*self.cuts, "", "")
        return {"metric": metric, "beside": beside, "by": by, "and": second, **self.values, **more}


@dataclass(frozen=True)
class Kept:
    """Addresses that keep the whole choice, for the exports of what is shown."""

    reading: Reading
    choice: Choice

    def address(self, path: str, **more: str | None) -> str:
        """The address with the same days, filters, figures, cuts and values; the statement if that is exported."""
        statement = {"sql": self.reading.params.get("sql")} if more.get("panel", "own") == "own" else {}
        return _address(self.reading, self.choice, path, **statement, **more)


def fill(reading: Reading) -> Content:
    """The chosen table with links that drill down, its course, and the answer to an own statement."""
    may_ask = load_access().may(reading.account, "query")
    words: dict[str, Any] = {"may_ask": may_ask, "example": EXAMPLE, "form": None}
    if lacking := absent(reading):
        return Content(TITLE, {}, words, (lacking.reason,))
    choice = _choice(reading)
    panels: dict[str, Panel] = {}
    problems: list[str] = []
    for found in (_table(reading, choice), _course(reading, choice), _own(reading) if may_ask else None):
        if isinstance(found, Refusal):
            problems.append(found.reason)
        elif found is not None:
            panels[found.key] = found
    words |= _words(reading, choice, panels)
    return Content(TITLE, panels, words, tuple(dict.fromkeys(problems)))


VIEW = View(
    "estimate_analysis", "/estimates/analysis", "estimate_analysis.html", fill, period="30d", without=WITHOUT
)


def _choice(reading: Reading) -> Choice:
    """What the address chooses. Raises UsageError for a name or a value that there is not."""
    known, params = metrics_of(reading), reading.params
    metrics = [_known(params.get("metric") or FIRST, known, "figure")]
    metrics += [_known(name, known, "figure") for name in (params.get("beside", SECOND),) if name]
    cuts = [
        _known(name, dict.fromkeys(DRILL), "cut")
        for name in (params.get("by", DRILL[0]), params.get("and"))
        if name
    ]
    values = {name: value for name in DRILL if (value := params.get(name))}
    for name, value in values.items():
        if value not in reading.desk.values.values(name):
            raise UsageError(
                f"There is no {name.replace('_', ' ')} {value[:60]!r}.", where=name, next_step="Choose another."
            )
    return Choice(tuple(dict.fromkeys(metrics)), tuple(dict.fromkeys(cuts)), values)


def metrics_of(reading: Reading) -> dict[str, str]:
    """The estimates' metrics and their labels."""
    return {
        name: metric.label for name, metric in reading.desk.semantic.metrics.items() if TRACES in metric.requires
    }


def _known(name: str, known: Mapping[str, object], word: str) -> str:
    if name not in known:
        raise UsageError(
            f"There is no {word} {name[:60]!r}.", where=word, next_step=f"Use one of {', '.join(known)}."
        )
    return name


def _table(reading: Reading, choice: Choice) -> Panel | Refusal:
    order = (Order(by=choice.metrics[0]),)
    return reading.panel("figures", "Figures", choice.metrics, dimensions=choice.cuts, filters=choice.filters,
                         order_by=order, limit=MOST_ROWS)  # fmt: skip


def _course(reading: Reading, choice: Choice) -> Panel | Refusal:
    return reading.panel("course", "Day by day", choice.metrics[:1], filters=choice.filters,
                         time=course_time(reading), time_grain="day")  # fmt: skip


def _own(reading: Reading) -> Panel | Refusal | None:
    """The reader's own statement, judged by the guard like any other and answered for groups of members only."""
    sql = reading.params.get("sql", "").strip()
    if not sql:
        return None
    if len(sql) > MOST_CHARACTERS:
        return Refusal("too_long", f"A statement has at most {MOST_CHARACTERS:,} characters.")
    context = QueryContext(f"own-{reading.account.name}", "", SOURCE, own=True)
    try:
        result = reading.desk.door.query(sql, reading.principal, context=context)
    except CommandCenterError as error:
        return Refusal("denied", f"Your statement was not run: {error.what} {error.next_step}".strip())
    table = Table(
        title="Your statement",
        columns=tuple(_column(column.name, column.type) for column in result.columns),
        rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
        sql=result.sql,
        interpretation="Your own statement, not a governed metric",
        truncated=result.truncated,
        suppressed=result.suppressed,
        small_cell=reading.desk.small_cell,
        asked=sql,
    )
    return Panel("own", table, (table,), trust=STATEMENT)


def _column(name: str, kind: str) -> Column:
    whole, broken = ("INT", "HUGEINT"), ("DOUBLE", "FLOAT", "DECIMAL")
    is_whole = any(part in kind.upper() for part in whole)
    is_number = is_whole or kind.upper().startswith(broken)
    return Column(
        name, kind, "count" if is_whole else "", "metric" if is_number else "dimension", name.replace("_", " ")
    )


def _words(reading: Reading, choice: Choice, panels: Mapping[str, Panel]) -> dict[str, Any]:
    """What the page shows beside the panels: the form as it is set, the links that drill down, the chart."""
    semantic, values = reading.desk.semantic, reading.desk.values
    filters = [(name, semantic.dimensions[name].label, [(v, values.label(name, v)) for v in values.values(name)])
               for name in DRILL]  # fmt: skip
    cuts = [(name, semantic.dimensions[name].label) for name in DRILL]
    course = panels.get("course")
    chart: Any = ""
    if course:
        column = course.column(choice.metrics[0])
        series = [Line(column.label, numbers_of(course, column.name))]
        chart = lines(days_of(course), series, column.unit, f"{column.label} by day")
    return {
        "form": {"metrics": metrics_of(reading), "cuts": cuts, "filters": filters, "choice": choice,
                 "start": reading.asked.time.start.isoformat(), "end": reading.asked.time.end.isoformat(),
                 "first": reading.desk.first_day.isoformat(), "last": reading.desk.last_day.isoformat()},
        "links": _links(reading, choice, panels.get("figures")),
        "chosen": [
            (semantic.dimensions[name].label, values.label(name, value), _address(reading, choice, **{name: None}))
            for name, value in choice.values.items()
        ],
        "chart": chart,
        "kept": Kept(reading, choice),
        "sql": reading.params.get("sql", ""),
        "period_words": period_in_words(reading.asked.time),
    }  # fmt: skip


def _links(reading: Reading, choice: Choice, panel: Panel | None) -> list[str]:
    """For each row the address that keeps its values and cuts by the next dimension; empty where none is left."""
    metric = choice.metrics[0]
    allowed = reading.desk.semantic.dimensions_of(metric)
    left = [name for name in DRILL if name in allowed and name not in choice.values and name not in choice.cuts]
    if panel is None or not choice.cuts or not left:
        return []
    found = []
    for row in range(len(panel.table.rows)):
        values = {name: panel.cell(row, name) for name in choice.cuts}
        fits = all(str(value) in reading.desk.values.values(name) for name, value in values.items())
        more = {name: str(value) for name, value in values.items()}
        found.append(_address(reading, choice, **more, by=left[0], **{"and": None}) if fits else "")
    return found


def _address(reading: Reading, choice: Choice, path: str | None = None, **more: str | None) -> str:
    """Empty is said too: without a word there would be the figure and the cut that one begins with."""
    asked = reading.asked
    given = {"period": asked.period, **asked.chosen, **choice.params(**more)}
    return f"{path or VIEW.address}?{urlencode({k: v for k, v in given.items() if v is not None})}"
