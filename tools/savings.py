"""What fewer calls are worth: a projection whose every figure is a formula over governed cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.desk import Desk, Hidden
from tools.formula import FormulaError, HiddenCell, evaluate, formula_for
from tools.metrics import governed_table
from tools.nps_lift import basis as basis_of_nps
from tools.nps_lift import nps_tables
from tools.outcome import Column, Found, Outcome, PlainCell, Refusal, Table
from tools.periods import days_in, last_days, period_in_words

CostModel = Literal["planning", "fully_loaded"]
COST_MODELS: tuple[CostModel, ...] = get_args(CostModel)
PRESETS = (5.0, 10.0)
DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Lever:
    """A volume that a fix could shrink: its count metric, its repeats, its fully loaded cost, what means it.

    `per_call` is the cost metric of one call where the volume has no cost metric of its own; `wider` the lever to
    fall back on when nothing is counted.
    """

    count: str
    repeats: str
    loaded_cost: str
    per_call: str
    named_by: tuple[str, ...]
    wider: str = ""


LEVERS = (
    Lever(
        "leaked_calls", "leaked_repeat_calls", "avoidable_fully_loaded_cost", "",
        ("leaked_calls", "avoidable_calls", "leakage_rate", "avoidable_call_cost", "annualized_cost",
         "avoidable_fully_loaded_cost", "abandon_leaked_calls", "abandon_to_call_rate", "leaked_share_of_calls"),
        "leaked_calls_24h",
    ),
    Lever("leaked_calls_24h", "", "", "cost_per_call",
          ("leaked_calls_24h", "leakage_rate_24h", "avoidable_call_cost_24h")),
    Lever("repeat_calls", "", "repeat_call_cost", "", ("repeat_calls", "repeat_call_rate", "repeat_call_cost")),
    Lever("total_calls", "repeat_calls", "call_cost", "", ("total_calls", "call_cost", "cost_per_call")),
)  # fmt: skip
_SIZES = "above 0 and at most 100 percent"
_NEGATIVE = re.compile(r"\bby [-\u2212] ?(\d+(?:\.\d+)?) ?(?:%|percent)", re.IGNORECASE)
_NO_SIZE = re.compile(r"[+-]?\b(inf(?:inity|inite)?|nan|\d+e\d+) ?(?:%|percent)", re.IGNORECASE)
_NO_LEVER = (
    "A saving can be projected for fewer leaked calls, fewer repeat calls or fewer calls overall; "
    "what {metric} would bring in dollars is not modelled."
)


def project_savings(
    reduce_pct: float,
    desk: Hidden,
    journey: str = "",
    metric: str = "leaked_calls",
    filters: tuple[DimensionFilter, ...] = (),
    cost_model: CostModel = "planning",
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Project what reducing a volume of calls by a percentage saves, per day and per year.

    `metric` says which calls shrink: leaked_calls (the default), repeat_calls or total_calls. `journey` and
    `filters` narrow them. `cost_model` is planning (a flat cost per call) or fully_loaded (with handle time).
    """
    negative = _NEGATIVE.search(desk.question)
    if negative:
        reduce_pct = -float(negative[1])
    if no_size := _NO_SIZE.search(desk.question):
        return Refusal("bad_reduction", f"{no_size[1]} is no size of a reduction: {_SIZES}.")
    if not 0 < reduce_pct <= 100:
        reason = f"A reduction must be {_SIZES}, not {reduce_pct:g}."
        return Refusal("bad_reduction", reason)
    lever = next((lever for lever in LEVERS if metric in lever.named_by), None)
    if lever is None and not any(known.count in desk.semantic.metrics for known in LEVERS):
        return Refusal("not_modelled", "This model holds no volume that savings could be projected for.")
    if lever is None or lever.count not in desk.semantic.metrics:
        return Refusal("no_metric", _NO_LEVER.format(metric=_label(metric, desk)))
    if journey:
        where = desk.semantic.defaults.where_dimension
        filters = (*filters, DimensionFilter(dimension=where, values=(journey,)))
    return _projected(lever, filters, reduce_pct, cost_model, desk, assumptions)


def _label(metric: str, desk: Desk) -> str:
    known = desk.semantic.metrics.get(metric)
    return known.label.lower() if known else metric.replace("_", " ")


def _projected(
    lever: Lever,
    filters: tuple[DimensionFilter, ...],
    reduce_pct: float,
    cost_model: CostModel,
    desk: Desk,
    assumptions: tuple[str, ...],
) -> Outcome:
    today = TimeRange(start=desk.as_of, end=desk.as_of, label="today")
    week = last_days(desk.rules.trend_days, desk.as_of)
    bases: list[Table] = []
    for period in (today, week):
        title = f"{_label(lever.count, desk).capitalize()}, {period.label}"
        base = governed_table(_base_query(lever, filters, period, cost_model, desk), desk, title)
        if isinstance(base, Refusal):
            return base
        bases.append(base)
    wider = next((other for other in LEVERS if other.count == lever.wider), None)
    if wider and not bases[1].cell(0, lever.count):
        lead = "Too little to be shown" if bases[1].withholds else "Nothing"
        said = f"{lead} is counted as {_label(lever.count, desk)}; {_label(wider.count, desk)} are used instead."
        return _projected(wider, filters, reduce_pct, cost_model, desk, (*assumptions, said))
    journey = _one_journey(filters, desk) if lever.count.startswith(LEVERS[0].count) else ""
    rating = nps_tables(desk, journey, filters, today) if journey else None
    return _projection(lever, [*bases, *(rating or ())], week, reduce_pct, cost_model, desk, assumptions)


def _one_journey(filters: tuple[DimensionFilter, ...], desk: Desk) -> str:
    """The journey that the filters keep, when it is a single one."""
    where = desk.semantic.defaults.where_dimension
    kept = [entry.values for entry in filters if entry.dimension == where and entry.op == "in"]
    return kept[0][0] if len(kept) == 1 and len(kept[0]) == 1 else ""


def _base_query(
    lever: Lever, filters: tuple[DimensionFilter, ...], period: TimeRange, cost_model: CostModel, desk: Desk
) -> SemanticQuery:
    wanted = [lever.count, lever.repeats, lever.loaded_cost]
    if cost_model == "fully_loaded":
        wanted.append(lever.loaded_cost or lever.per_call)
    metrics = tuple(dict.fromkeys(name for name in wanted if name in desk.semantic.metrics))
    return SemanticQuery(metrics=metrics, filters=filters, time=period)


def _projection(
    lever: Lever,
    bases: list[Table],
    week: TimeRange,
    reduce_pct: float,
    cost_model: CostModel,
    desk: Desk,
    assumptions: tuple[str, ...],
) -> Found:
    constants = {
        "days": float(days_in(week)),
        "year_days": float(DAYS_A_YEAR),
        "planning_cost": desk.rules.planning_cost_per_call,
        "reduce": reduce_pct / 100,
        "reduce_pct": reduce_pct,
    }
    formulas = _formulas(lever, cost_model)
    rated = len(bases) > NPS_BASE
    if rated:
        formulas |= _NPS_FORMULAS
    columns = (Column("reduction", "DOUBLE", "rate", "dimension", "Reduction"), *_columns(formulas, week))
    given = [(percent / 100,) for percent in sorted({*PRESETS, reduce_pct})]
    basis = f"Projection over: {bases[0].interpretation}"
    empty = Table("Projected savings", columns, (), interpretation=basis, formulas=formulas)
    table = computed(empty, given, bases, constants)
    said = (
        f"Based on the level of the last complete day, times {DAYS_A_YEAR} for a year; "
        f"beside it the daily average of the {period_in_words(week)}.",
        _cost_sentence(cost_model, desk),
        *((basis_of_nps(desk),) if rated else ()),
    )
    return Found((table, *bases), "analysis", "what_if", assumptions=(*assumptions, *said), constants=constants)


def computed(
    empty: Table,
    given: Sequence[tuple[PlainCell, ...]],
    bases: Sequence[Table],
    constants: dict[str, float],
    part: int = 0,
) -> Table:
    """A computed table: in each row the given cells, then each formula over it and the answer's other tables.

    `part` is its place among them. What follows from a cell that is not shown is not shown either.
    """
    rows: list[tuple[PlainCell, ...]] = []
    hidden: set[tuple[int, int]] = set()
    for row, cells in enumerate(given):
        for at in range(len(cells), len(empty.columns)):
            # A formula may use the cells to its left, so the row grows as it is computed.
            so_far = replace(
                empty, columns=empty.columns[:at], rows=((),) * row + (cells,), suppressed=frozenset(hidden)
            )
            formula = formula_for(empty.formulas, empty.columns[at].name, row)
            value: PlainCell = None
            try:
                value = evaluate(formula, [*bases[:part], so_far, *bases[part:]], constants)
            except HiddenCell:
                hidden.add((row, at))
            except FormulaError:
                pass
            cells = (*cells, value)
        rows.append(cells)
    small_cell = max((base.small_cell for base in bases), default=0)
    return replace(empty, rows=tuple(rows), suppressed=frozenset(hidden), small_cell=small_cell)


def _formulas(lever: Lever, cost_model: CostModel) -> dict[str, str]:
    """Part 1 is today, part 2 the last week."""
    planning = cost_model == "planning"
    reduction = "cell:0:{row}:reduction"
    formulas = {"calls_avoided_per_day": f"mul(cell:1:0:{lever.count}, {reduction})"}
    if planning:
        formulas["savings_per_day"] = "mul(cell:0:{row}:calls_avoided_per_day, query:planning_cost)"
        weekly = f"mul(cell:2:0:{lever.count}, query:planning_cost)"
    elif lever.loaded_cost:
        formulas["savings_per_day"] = f"mul(cell:1:0:{lever.loaded_cost}, {reduction})"
        weekly = f"mul(cell:2:0:{lever.loaded_cost}, 1)"
    else:
        formulas["savings_per_day"] = f"mul(cell:0:{{row}}:calls_avoided_per_day, cell:1:0:{lever.per_call})"
        weekly = f"mul(cell:2:0:{lever.count}, cell:2:0:{lever.per_call})"
    formulas["savings_per_year"] = "mul(cell:0:{row}:savings_per_day, query:year_days)"
    if lever.repeats:
        formulas["repeat_calls_avoided_per_day"] = f"mul(cell:1:0:{lever.repeats}, {reduction})"
    if planning and lever.loaded_cost:
        formulas["savings_per_year_loaded"] = f"mul(cell:1:0:{lever.loaded_cost}, {reduction}, query:year_days)"
    if not planning:
        formulas["savings_per_year_planning"] = (
            "mul(cell:0:{row}:calls_avoided_per_day, query:planning_cost, query:year_days)"
        )
    formulas["savings_per_year_on_average"] = f"mul(div({weekly}, query:days), {reduction}, query:year_days)"
    return formulas


NPS_BASE = 2  # the bases ahead of those of the NPS estimate: today and the week
_NPS_FORMULAS = {
    "nps_gain": "sub(cell:4:0:nps, cell:3:0:nps)",
    "nps_lift": "mul(cell:0:{row}:nps_gain, div(cell:0:{row}:calls_avoided_per_day, cell:5:0:total_calls))",
}
_LABELS = {
    "calls_avoided_per_day": ("Calls avoided per day", "count"),
    "savings_per_day": ("Savings per day", "usd"),
    "savings_per_year": ("Savings per year", "usd"),
    "repeat_calls_avoided_per_day": ("Repeat calls avoided per day", "count"),
    "savings_per_year_loaded": ("Savings per year, fully loaded", "usd"),
    "savings_per_year_planning": ("Savings per year at planning cost", "usd"),
    "nps_gain": ("NPS gain of a member who need not call", "points"),
    "nps_lift": ("NPS lift over all who call on the topic", "points"),
    "savings_per_year_on_average": ("Savings per year at the average of the {period}", "usd"),
}


def _columns(formulas: dict[str, str], week: TimeRange) -> tuple[Column, ...]:
    return tuple(
        Column(name, "DOUBLE", _LABELS[name][1], "derived", _LABELS[name][0].format(period=week.label))
        for name in formulas
    )


def _cost_sentence(cost_model: CostModel, desk: Desk) -> str:
    if cost_model == "planning":
        return f"Planning cost: ${desk.rules.planning_cost_per_call:,.2f} a call."
    per_call, per_minute = desk.rules.cost_per_call, desk.rules.cost_per_minute
    return f"Fully loaded cost: ${per_call:,.2f} a call plus ${per_minute:,.2f} a handled minute."
