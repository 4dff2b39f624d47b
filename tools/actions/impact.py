"""What a fix brought, as a tool: before and after, against what would have happened anyway, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.actions.counterfactual import Effect, effect
from tools.actions.subjects import Subject, meant, subjects
from tools.actions.surroundings import surroundings
from tools.desk import Desk, Hidden
from tools.metrics import governed_table
from tools.outcome import Column, Found, Mendable, Outcome, PlainCell, Refusal, Table
from tools.periods import day_in_words
from tools.savings import DAYS_A_YEAR, computed

MOST_BEFORE, MOST_AFTER = 26, 13
LEAST_BEFORE, LEAST_AFTER = 4, 2
WEEK = 7
MOST_NAMED = 5
LEADING_ON = ("How sure are you?", "What is that based on?", "What should we fix next?")
_OTHERS = "Measured is the one that went live last, an approved action before a past fix; ask by name for: {}."
NOTHING_LIVE = (
    "No such action is live and no such past fix went live inside the data, so there is nothing to measure yet. "
    "Once an action goes live its calls are held against what would have happened anyway, from the second full "
    "week on."
)


def measure_impact(
    desk: Hidden, action: str = "", filters: tuple[DimensionFilter, ...] = (), assumptions: tuple[str, ...] = ()
) -> Outcome:
    """Measure what a fix brought since it went live, against a synthetic control, with a 95 % interval.

    `action` names a live action or a past fix; without one the latest that went live inside the data is taken.
    `filters` say which journey it should be of.
    """
    wanted = meant(desk, action, filters)
    if not wanted:
        return not_there(desk, action, NOTHING_LIVE)
    subject = latest(wanted, desk)
    others = [one.name for one in wanted if one is not subject]
    said = (_OTHERS.format(", ".join(others[:MOST_NAMED])),) if others else ()
    return measured(subject, desk, (*assumptions, *said))


def not_there(desk: Desk, action: str, nothing: str) -> Refusal:
    """Why nothing can be measured: no such name, and what the names are; or `nothing`, where nothing is live."""
    names = [one.name for one in subjects(desk)]
    if not action or not names:
        return Refusal("nothing_live", nothing)
    listed = f"{'; '.join(names[:MOST_NAMED])}{'; and others' if len(names) > MOST_NAMED else ''}"
    return Refusal(
        "no_such_fix", f"No action that is live and no past fix is called {action[:60]!r}. There are: {listed}."
    )


def latest(wanted: Sequence[Subject], desk: Desk) -> Subject:
    """The one that is measured of several: ready, an approved action first, then the last to go live."""
    ready = [subject for subject in wanted if whole_weeks(subject, desk)[1] >= LEAST_AFTER] or wanted
    return max(ready, key=lambda one: (one.expected is not None, one.go_live))


def whole_weeks(subject: Subject, desk: Desk) -> tuple[int, int]:
    """Whole weeks of data before the go-live and from it on, as far as they are looked at."""
    before = (subject.go_live - desk.first_day).days // WEEK
    after = ((desk.as_of - subject.go_live).days + 1) // WEEK
    return min(max(before, 0), MOST_BEFORE), min(max(after, 0), MOST_AFTER)


def measured(subject: Subject, desk: Desk, assumptions: tuple[str, ...] = ()) -> Outcome:
    """The measurement of one subject, or why there is none yet."""
    found = estimated(subject, desk)
    if isinstance(found, Refusal):
        return found
    return _answer(subject, found, desk, assumptions)


@dataclass(frozen=True)
class Estimate:
    """An effect with what it was estimated from: weekly counts, their weeks, how many of them lie before."""

    effect: Effect
    own: NDArray[np.float64]
    weeks: tuple[TimeRange, ...]
    before: int


def estimated(subject: Subject, desk: Desk) -> Estimate | Refusal:
    """The effect of one subject, or why there is no estimate yet."""
    before, after = whole_weeks(subject, desk)
    live = f"{subject.name} went live on {day_in_words(subject.go_live)}"
    if after < LEAST_AFTER:
        ready = subject.go_live + timedelta(days=WEEK * LEAST_AFTER)
        return Refusal(
            "too_early", f"{live}: too early to say. A first measurement needs data until {day_in_words(ready)}."
        )
    if before < LEAST_BEFORE:
        return Refusal("too_early", f"{live}, too soon after the data begins to know what was usual before.")
    weeks = [_week(subject, at) for at in range(-before, after)]
    treated = [_count(subject, period, desk) for period in weeks]
    donors = _donors(subject, weeks, desk)
    if any(count is None or count <= 0 for count in treated):
        return Refusal("too_few", f"{live}; in some weeks there are no such calls, or too few to be shown.")
    own = np.array(treated, dtype=np.float64)
    try:
        found = effect(own, donors, before)
    except ValueError:
        return Refusal("no_donors", f"{live}; there are too few other groups of calls to compare with.")
    return Estimate(found, own, tuple(weeks), before)


def _week(subject: Subject, at: int) -> TimeRange:
    start = subject.go_live + timedelta(days=WEEK * at)
    return TimeRange(start=start, end=start + timedelta(days=WEEK - 1))


def _count(subject: Subject, period: TimeRange, desk: Desk) -> float | None:
    table = governed_table(SemanticQuery(metrics=(subject.metric,), filters=subject.where, time=period), desk)
    cell = table.cell(0, subject.metric) if isinstance(table, Table) and table.rows else None
    return float(cell) if isinstance(cell, int | float) else None


def _donors(subject: Subject, weeks: list[TimeRange], desk: Desk) -> dict[str, NDArray[np.float64]]:
    """Weekly counts of the other cells of journey or topic and plan, those that have every week.

    Cells of the fix's own journey or topic are left out: a fix can move its calls to them.
    """
    own = {value for entry in subject.where if entry.dimension == subject.donors_by for value in entry.values}
    found: dict[str, list[float]] = {}
    for at, period in enumerate(weeks):
        query = SemanticQuery(metrics=(subject.metric,), dimensions=(subject.donors_by, "plan_type"), time=period)
        try:
            table = governed_table(query, desk)
        except Mendable:
            return {}
        if not isinstance(table, Table):
            return {}
        for row in range(len(table.rows)):
            group, count = str(table.cell(row, subject.donors_by)), table.cell(row, subject.metric)
            if group in own or not isinstance(count, int | float) or count <= 0:
                continue
            counts = found.setdefault(f"{group} / {table.cell(row, 'plan_type')}", [])
            if len(counts) == at:
                counts.append(float(count))
    return {name: np.array(counts) for name, counts in found.items() if len(counts) == len(weeks)}


def _answer(subject: Subject, estimate: Estimate, desk: Desk, assumptions: tuple[str, ...]) -> Outcome:
    found, weeks, before = estimate.effect, estimate.weeks, estimate.before
    spans = (
        TimeRange(start=weeks[0].start, end=weeks[before - 1].end, label=""),
        TimeRange(start=weeks[before].start, end=weeks[-1].end, label=""),
    )
    bases: list[Table] = []
    for title, span in zip(("Before the go-live", "Since the go-live"), spans, strict=True):
        table = governed_table(
            SemanticQuery(metrics=_beside(subject, desk), filters=subject.where, time=span), desk, title
        )
        if isinstance(table, Refusal):
            return table
        bases.append(table)
    constants = {
        "before_days": float(before * WEEK),
        "after_days": float((len(weeks) - before) * WEEK),
        "year_days": float(DAYS_A_YEAR),
        "planning_cost": desk.rules.planning_cost_per_call,
        "interval_pct": 95.0,
    }
    course, repeats = _course(estimate), _repeat_metric(bases[0])
    sides = replace(_SIDES, formulas=_side_formulas(subject.metric, repeats))
    known = replace(_CHANGE, columns=_CHANGE.columns[:8], rows=(_given(subject, found),))
    sides = computed(sides, [(name,) for name in SIDES], [known, course, *bases], constants)
    change = computed(
        replace(_CHANGE, formulas=_FORMULAS), [_given(subject, found)], [sides, course, *bases], constants, 1
    )
    beside = surroundings(subject, spans[0].start, spans[1].end, desk)
    said = (*assumptions, *beside, *_method(found, before, len(weeks) - before))
    tables = (sides, change, course, *bases)
    return Found(tables, "analysis", "impact", assumptions=said, constants=constants, follow_ups=LEADING_ON)


def _beside(subject: Subject, desk: Desk) -> tuple[str, ...]:
    """The count with its repeat rate and sentiment, as far as the model and the data have them."""
    leaked = subject.metric.startswith("leaked")
    beside = ("leaked_repeat_rate", "leaked_avg_sentiment") if leaked else ("repeat_call_rate", "avg_sentiment")
    known = [name for name in beside if name in desk.semantic.metrics]
    lacking = any("sentiment_score" in columns for columns in desk.missing_columns.values())
    return (subject.metric, *(name for name in known if not (lacking and name.endswith("sentiment"))))


def verdict(found: Effect, expected: float | None) -> str:
    """One of: worked, no effect, worse, too early to say."""
    if found.high < 0:
        return "worked"
    if found.low > 0:
        return "worse"
    if expected is not None and found.low > np.log1p(-expected):
        return "no effect"
    return "too early to say"


def _given(subject: Subject, found: Effect) -> tuple[PlainCell, ...]:
    return (
        subject.name, day_in_words(subject.go_live), verdict(found, subject.expected), float(np.expm1(found.log)),
        float(np.expm1(found.low)), float(np.expm1(found.high)),
        -subject.expected if subject.expected is not None else None, found.rank_p,
    )  # fmt: skip


def _repeat_metric(before: Table) -> str:
    """The repeat rate that stands beside the count; empty when there is none."""
    return next((column.name for column in before.columns if "repeat" in column.name), "")


def _side_formulas(metric: str, repeats: str) -> dict[str, str]:
    """Part 3 is the time before, part 4 the time since; the third row is what would have been without the fix."""
    count = "div(cell:{part}:0:{metric}, query:{days})"
    before = count.format(part=3, metric=metric, days="before_days")
    since = count.format(part=4, metric=metric, days="after_days")
    rates = [f"cell:{part}:0:{repeats}" if repeats else "query:none" for part in (3, 4)]
    return {
        "calls_per_day": before,
        "calls_per_day[1]": since,
        "calls_per_day[2]": f"div({since}, add(1, cell:1:0:effect))",
        "cost_per_day": "mul(cell:0:{row}:calls_per_day, query:planning_cost)",
        "repeat_rate": rates[0],
        "repeat_rate[1]": rates[1],
        "repeat_rate[2]": "query:none",
    }


def _course(estimate: Estimate) -> Table:
    """Week by week the calls a day and what they would have been."""
    rows = tuple(
        (week.start.isoformat(), float(count) / WEEK, float(np.exp(expected)) / WEEK)
        for week, count, expected in zip(estimate.weeks, estimate.own, estimate.effect.counterfactual, strict=True)
    )
    return replace(_COURSE, rows=rows)


def _method(found: Effect, before: int, after: int) -> tuple[str, ...]:
    kept = sorted(found.weights.items(), key=lambda item: -item[1])
    leading = ", ".join(name for name, weight in kept[:3] if weight > 0.01)
    said = [
        f"Compared with {len(kept)} other groups of calls, most like {leading}: synthetic "
        f"difference-in-differences on weekly log counts, {before} weeks before and {after} since. "
        "The interval comes from how far they stray.",
        f"Placebo check: of the groups without the fix, {found.rank_p:.0%} (this one counted) stray as far by "
        "chance.",
    ]
    said.append("Every action that goes live is measured like this, from its second full week on.")
    if found.strays:
        said.append(f"Left out of the comparison, for events of their own: {', '.join(found.strays)}.")
    return tuple(said)


SIDES = ("Before the go-live", "Since the go-live", "Without the fix")
_SIDES = Table(
    "Before and after",
    (
        Column("side", "VARCHAR", "", "dimension", "Period"),
        Column("calls_per_day", "DOUBLE", "count", "metric", "Calls per day"),
        Column("cost_per_day", "DOUBLE", "usd", "metric", "Cost per day"),
        Column("repeat_rate", "DOUBLE", "rate", "metric", "Repeat call rate"),
    ),
    (),
    interpretation="Daily averages of the weeks before and since; without the fix: the model's counterfactual",
)
_AVOIDED = "sub(div(cell:0:1:calls_per_day, add(1, cell:1:0:{end})), cell:0:1:calls_per_day)"
_FORMULAS = {
    **{f"avoided_{name}": _AVOIDED.format(end=end) for name, end in
       (("per_day", "effect"), ("low", "effect_high"), ("high", "effect_low"))},
    **{f"savings_{name}": f"mul(cell:1:0:avoided_{of}, query:planning_cost, query:year_days)" for name, of in
       (("per_year", "per_day"), ("low", "low"), ("high", "high"))},
}  # fmt: skip
_CHANGE = Table(
    "What the fix brought, with its interval",
    (
        Column("fix", "VARCHAR", "", "text", "Fix"),
        Column("go_live", "VARCHAR", "", "text", "Go-live"),
        Column("verdict", "VARCHAR", "", "text", "Verdict"),
        Column("effect", "DOUBLE", "rate", "derived", "Change against the counterfactual"),
        Column("effect_low", "DOUBLE", "rate", "derived", "Change, low"),
        Column("effect_high", "DOUBLE", "rate", "derived", "Change, high"),
        Column("expected", "DOUBLE", "rate", "derived", "Expected at approval"),
        Column("rank_p", "DOUBLE", "rate", "derived", "Groups without the fix that stray as far"),
        Column("avoided_per_day", "DOUBLE", "count", "derived", "Calls avoided per day"),
        Column("avoided_low", "DOUBLE", "count", "derived", "Calls avoided, low"),
        Column("avoided_high", "DOUBLE", "count", "derived", "Calls avoided, high"),
        Column("savings_per_year", "DOUBLE", "usd", "derived", "Savings per year"),
        Column("savings_low", "DOUBLE", "usd", "derived", "Savings per year, low"),
        Column("savings_high", "DOUBLE", "usd", "derived", "Savings per year, high"),
    ),
    (),
    interpretation="Measured against a synthetic control; how is said below the answer",
)
_COURSE = Table(
    "Week by week, with and without the fix",
    (
        Column("week", "DATE", "", "time", "Week from"),
        Column("actual_per_day", "DOUBLE", "count", "metric", "Calls per day"),
        Column("without_fix_per_day", "DOUBLE", "count", "metric", "Calls per day without the fix"),
    ),
    (),
    interpretation="Weekly counts of governed queries, and the model's counterfactual",
)
