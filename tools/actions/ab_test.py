"""The A/B read-out of a fix that only a part got, as a tool: its group against the others, with sample sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.query import DimensionFilter
from tools.actions.impact import not_there
from tools.actions.split import (
    CONFIDENCE,
    LEAST_AFTER,
    LEAST_BEFORE,
    SAME,
    WEEK,
    Split,
    SplitReading,
    read_split,
)
from tools.actions.subjects import Subject, meant
from tools.desk import Desk, Hidden
from tools.outcome import Column, Found, Outcome, PlainCell, Refusal, Table
from tools.periods import day_in_words
from tools.savings import computed

NO_FIX = "No such action is live and no such past fix went live inside the data, so there is no test to read."
BY_PART = (
    "A test can be read where only a part has the fix, such as one plan type: then the others are what it is held "
    "against."
)
NO_LOTS = "The groups were not drawn by lot: what changed at the time in only one of them counts as its effect."
_METHOD = (
    "Weekly log ratio of the two groups, before and since; what they share, and what always lay between them, "
    "falls out. The interval is as wide as the ratio moves from week to week."
)
_MORE = "Read is the one that went live last; ask by name for: {}."
MOST_NAMED = 5


@dataclass(frozen=True)
class Fix:
    """What a split is of, in words: the fix's name, empty for two groups that were named; since when."""

    name: str
    day: str


def read_ab_test(
    desk: Hidden, action: str = "", filters: tuple[DimensionFilter, ...] = (), assumptions: tuple[str, ...] = ()
) -> Outcome:
    """Read the A/B test (split) of a fix that only a part got, such as one plan: with it against without it.

    `action` names a live action or a past fix; without one the latest that has a split is taken. `filters` say
    which journey it should be of. Says so when there was no split, or when it is too early.
    """
    wanted = meant(desk, action, filters)
    return ab_test_of(wanted, desk, assumptions) if wanted else not_there(desk, action, NO_FIX)


def ab_test_of(wanted: list[Subject], desk: Desk, assumptions: tuple[str, ...] = ()) -> Outcome:
    """The A/B test of the latest of some fixes that has one, or why there is none."""
    if not wanted:
        return Refusal("nothing_live", NO_FIX)
    divided = [one for one in wanted if split_of(one, desk) is not None]
    if not divided:
        return _no_split(wanted, desk)
    subject = max(divided, key=lambda one: (_readable(one, desk), one.go_live))
    split = split_of(subject, desk)
    assert split is not None
    others = [one.name for one in divided if one is not subject]
    said = (_MORE.format(", ".join(others[:MOST_NAMED])),) if others else ()
    fix = Fix(subject.name, day_in_words(subject.go_live))
    return split_answer(split, desk, fix, (*assumptions, *said))


def split_of(subject: Subject, desk: Desk) -> Split | None:
    """The split of a fix that only some values of a dimension have; None for one that all got."""
    for entry in subject.where:
        others = tuple(v for v in desk.values.values(entry.dimension) if v not in entry.values)
        if entry.dimension != subject.donors_by and others and len(entry.values) == 1:
            rest = tuple(one for one in subject.where if one is not entry)
            return Split(subject.metric, entry.dimension, entry.values[0], others, subject.go_live, rest)
    return None


def split_answer(split: Split, desk: Desk, fix: Fix, assumptions: tuple[str, ...] = ()) -> Outcome:
    """The reading of one split with its tables. Raises UsageError for names that there are not."""
    found = read_split(split, desk)
    if isinstance(found, Refusal):
        lead = f"{fix.name} went live on {fix.day} for {split.treated} only. " if fix.name else ""
        when = f" It can be read from {day_in_words(_first_readable(split))} on." if _waits(split, desk) else ""
        return replace(found, reason=f"{lead}{found.reason}{when}")
    constants = {
        "before_days": float(found.weeks_before * WEEK),
        "after_days": float(found.weeks_since * WEEK),
        "interval_pct": 100 * CONFIDENCE,
    }
    said, course = _what_it_says(split, found, fix, desk), _course(found, split, desk)
    groups = [(split.treated, "With the fix"), (_others(split, desk), "Without the fix")]
    sides = computed(_sides(split, found, desk), groups, [said, course, *found.sides], constants)
    notes = (*assumptions, _METHOD, NO_LOTS)
    tables = (sides, said, course, *found.sides, *_each(split, found, desk))
    return Found(tables, "analysis", "split", assumptions=notes, constants=constants, follow_ups=_NEXT)


def _no_split(wanted: list[Subject], desk: Desk) -> Refusal:
    latest = max(wanted, key=lambda one: one.go_live)
    reason = (
        f"{latest.name} went live for everybody on {day_in_words(latest.go_live)}: no group was left without it, "
        f"so there is no A/B test to read. {BY_PART} What it brought can be held against what would have happened "
        "anyway."
    )
    return Refusal("no_split", reason, ("Did the fixes work?",))


def _readable(subject: Subject, desk: Desk) -> bool:
    return (desk.as_of - subject.go_live).days + 1 >= WEEK * LEAST_AFTER and (
        subject.go_live - desk.first_day
    ).days >= WEEK * LEAST_BEFORE


def _first_readable(split: Split) -> date:
    return split.start + timedelta(days=WEEK * LEAST_AFTER - 1)


def _waits(split: Split, desk: Desk) -> bool:
    """Whether time alone makes it readable: there are weeks before, and not yet enough since."""
    before = (split.start - desk.first_day).days // WEEK
    return before >= LEAST_BEFORE and (desk.as_of - split.start).days + 1 < WEEK * LEAST_AFTER


def _others(split: Split, desk: Desk) -> str:
    labels = [desk.values.label(split.dimension, value) for value in split.control]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _what_it_says(split: Split, found: SplitReading, fix: Fix, desk: Desk) -> Table:
    label = desk.semantic.metrics[split.metric].label
    row: tuple[PlainCell, ...] = (
        fix.name, fix.day, label, found.verdict, found.change, found.low, found.high, float(found.weeks_before),
        float(found.weeks_since),
    )  # fmt: skip
    return Table("What the split says", _SAID, (row,), interpretation=f"{label}, with the fix over without it")


def _course(found: SplitReading, split: Split, desk: Desk) -> Table:
    """Week by week both groups, and their ratio where the weeks before are 1."""
    additive = _additive(split, desk)
    per = WEEK if additive else 1
    usual = sum(treated / control for _, treated, control in found.weeks[: found.weeks_before])
    usual /= found.weeks_before
    unit = desk.semantic.metrics[split.metric].unit
    columns = (
        Column("week", "DATE", "", "time", "Week from"),
        Column("ratio", "DOUBLE", "", "metric", "With over without the fix (before: 1)"),
        Column("with_fix", "DOUBLE", unit, "derived", "With the fix, a day" if additive else "With the fix"),
        Column("without_fix", "DOUBLE", unit, "derived", "Without, a day" if additive else "Without"),
    )
    rows = tuple(
        (day.isoformat(), treated / control / usual, treated / per, control / per)
        for day, treated, control in found.weeks
    )
    return Table("Week by week", columns, rows, interpretation="Weekly figures of governed queries")


def _each(split: Split, found: SplitReading, desk: Desk) -> tuple[Table, ...]:
    """The change against each group without the fix by itself; nothing where there is only one."""
    rows = tuple((desk.values.label(split.dimension, name), change) for name, change in found.alone)
    said = "With the fix over each group without it alone: where they differ much, one had an event of its own"
    return (Table("Against each group alone", _EACH, rows, interpretation=said),) if len(rows) > 1 else ()


def _sides(split: Split, found: SplitReading, desk: Desk) -> Table:
    """Both groups: the figure before and since (a day, where it adds up), and how many it is of."""
    metric, additive = desk.semantic.metrics[split.metric], _additive(split, desk)
    columns = [
        Column("group", "VARCHAR", "", "text", "Group"),
        Column("side", "VARCHAR", "", "dimension", "Side"),
        Column("before", "DOUBLE", metric.unit, "metric", f"{metric.label}{' a day' if additive else ''}, before"),
        Column("since", "DOUBLE", metric.unit, "metric", f"{metric.label}{' a day' if additive else ''}, since"),
    ]
    formulas = {}
    for at, (name, days) in enumerate((("before", "before_days"), ("since", "after_days"))):
        for row in (0, 1):
            cell = f"cell:{3 + 2 * row + at}:0:{split.metric}"
            formulas[f"{name}[{row}]"] = f"div({cell}, query:{days})" if additive else f"mul({cell}, 1)"
        formulas[name] = formulas[f"{name}[0]"]
    sizes = [(split.metric, "count", metric.label)] if additive and metric.unit == "count" else []
    sizes += [(found.members, "members", "Members")] if found.members else []
    for source, short, label in sizes:
        for at, name in enumerate(("before", "since")):
            columns.append(Column(f"{short}_{name}", "DOUBLE", "count", "derived", f"{label} in all, {name}"))
            for row in (0, 1):
                formulas[f"{short}_{name}[{row}]"] = f"mul(cell:{3 + 2 * row + at}:0:{source}, 1)"
            formulas[f"{short}_{name}"] = formulas[f"{short}_{name}[0]"]
    return Table(
        "With the fix and without", tuple(columns), (), formulas=formulas,
        interpretation=f"{metric.label} by group, whole weeks before and since",
    )  # fmt: skip


def _additive(split: Split, desk: Desk) -> bool:
    return desk.semantic.metrics[split.metric].additive


def shows_effect(verdict: str) -> bool:
    """Whether a verdict says that the groups went apart."""
    return verdict != SAME


EACH = 7  # the part that holds the groups one by one, where there are several
_NEXT = ("Did the fix work?", "How sure are you?", "What is it based on?")
_EACH = (
    Column("group", "VARCHAR", "", "text", "Group without the fix"),
    Column("change", "DOUBLE", "rate", "derived", "Change against it"),
)
_SAID = (
    Column("fix", "VARCHAR", "", "text", "Fix"),
    Column("go_live", "VARCHAR", "", "text", "Live since"),
    Column("of", "VARCHAR", "", "text", "Read by"),
    Column("verdict", "VARCHAR", "", "text", "Verdict"),
    Column("change", "DOUBLE", "rate", "derived", "Change against the group without it"),
    Column("change_low", "DOUBLE", "rate", "derived", "Change, low"),
    Column("change_high", "DOUBLE", "rate", "derived", "Change, high"),
    Column("weeks_before", "DOUBLE", "weeks", "derived", "Weeks before"),
    Column("weeks_since", "DOUBLE", "weeks", "derived", "Weeks since"),
)
