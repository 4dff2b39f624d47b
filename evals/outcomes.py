"""Scoring one planned question against what its author expected: the outcome, and why it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from agents.planner import Plan, PriorTurn
from semantic.query import SemanticQuery, TimeRange

Outcome = Literal[
    "exact", "helpful_clarify", "right_refusal", "over_abstained", "wrong", "materially_wrong", "missed_refusal"
]
OUTCOMES: tuple[Outcome, ...] = (
    "exact", "helpful_clarify", "right_refusal", "over_abstained", "wrong", "materially_wrong", "missed_refusal"
)  # fmt: skip
_KINDS = {
    "query": "query", "drivers": "drivers", "what_if": "what_if", "briefing": "briefing",
    "next_best_action": "next_best_action", "impact_tracker": "impact", "journey_playback": "journey",
    "clarify": "clarify", "out_of_scope": "refuse",
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """What the author accepts: kind and slots; `time` is None for the default window."""

    kind: str
    metrics: frozenset[str] = frozenset()
    dimensions: frozenset[str] = frozenset()
    filters: frozenset[tuple[str, str, tuple[str, ...]]] = frozenset()
    having: frozenset[tuple[str, str, float]] = frozenset()
    time: tuple[date, date] | None = None
    grain: str | None = None
    compare_to: str | None = None
    direction: str | None = None
    limit: int | None = None
    limit_by: str | None = None
    pct: float | None = None
    share: bool = False
    attribution: str = "at_event"

    @classmethod
    def read(cls, body: dict[str, Any]) -> Expected:
        """From the owner's JSON form."""
        filters, having = [], []
        for item in body.get("filters") or []:
            if "dim" in item:
                filters.append((item["dim"], item.get("op", "in"), tuple(sorted(item["values"]))))
            else:
                having.append((item["metric"], item["op"], round(float(item["value"]), 4)))
        time = body.get("time")
        return cls(
            kind=_KINDS[body["intent"]],
            metrics=frozenset(body.get("metrics") or ()),
            dimensions=frozenset(body.get("dimensions") or ()),
            filters=frozenset(filters),
            having=frozenset(having),
            time=(date.fromisoformat(str(time[0])), date.fromisoformat(str(time[1]))) if time else None,
            grain=body.get("grain"),
            compare_to=body.get("compare_to"),
            direction=body.get("order_by"),
            limit=body.get("limit"),
            pct=body.get("what_if_pct"),
            share=bool(body.get("share")),
            attribution=body.get("attribution", "at_event"),
        )


def compact(item: dict[str, Any]) -> Expected:
    """From the short form of our own cases (see `cases/own.yml`)."""
    filters = frozenset(
        (name.removeprefix("not_"), "not_in" if name.startswith("not_") else "in", tuple(sorted(map(str, values))))
        for name, values in item.get("f", {}).items()
    )
    return Expected(
        kind=item.get("kind", "query"),
        metrics=frozenset(item.get("m", ())),
        dimensions=frozenset(item.get("d", ())),
        filters=filters,
        having=frozenset((name, op, round(float(value), 4)) for name, op, value in item.get("h", ())),
        time=(item["t"][0], item["t"][1]) if "t" in item else None,
        grain=item.get("g"),
        compare_to=days_of(item.get("c")),
        direction=item.get("o"),
        limit=item.get("l"),
        limit_by=item.get("e"),
        pct=item.get("pct"),
        share=item.get("share", False),
        attribution=item.get("a", "at_event"),
    )


def days_of(compared: str | TimeRange | Sequence[date] | None) -> str | None:
    """A comparison as expectations have it: its name, or the first and last day of the other period."""
    if compared is None or isinstance(compared, str):
        return compared
    start, end = (compared.start, compared.end) if isinstance(compared, TimeRange) else compared
    return f"{start} to {end}"


def of_query(kind: str, query: SemanticQuery | None, pct: float | None = None) -> Expected:
    """A plan's query in the form that expectations have."""
    if query is None:
        return Expected(kind, pct=pct)
    return Expected(
        kind=kind,
        metrics=frozenset(query.metrics),
        dimensions=frozenset(query.dimensions),
        filters=frozenset((f.dimension, f.op, tuple(sorted(f.values))) for f in query.filters),
        having=frozenset((h.metric, h.op, round(h.value, 4)) for h in query.having),
        time=(query.time.start, query.time.end) if query.time else None,
        grain=query.time_grain,
        compare_to=days_of(query.compare_to),
        direction=query.order_by[0].direction if query.order_by else None,
        limit=query.limit,
        limit_by=query.limit_by,
        pct=pct,
        share=query.share_of_total,
        attribution=query.attribution,
    )


@dataclass(frozen=True)
class Case:
    """A question with the turns before it and every form its author accepts."""

    id: str
    question: str
    history: tuple[PriorTurn, ...]
    accepted: tuple[Expected, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """One question's outcome; `differences` are the slots that differ from the closest accepted form."""

    id: str
    question: str
    outcome: Outcome
    differences: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    plan: Plan | None = field(default=None, compare=False, repr=False)
    milliseconds: float = 0.0


_MATERIAL = {"metrics", "filters", "time", "having", "limit_by", "pct", "kind"}
_WITHOUT_METRIC = {"briefing", "next_best_action", "impact", "journey"}


def differences(actual: Expected, wanted: Expected, all_days: tuple[date, date] | None = None) -> tuple[str, ...]:
    """Names of the slots that differ. What the author left open is not compared: an order, all days."""
    if wanted.time is None and actual.time is not None and actual.time == all_days:
        actual = replace(actual, time=None)
    if wanted.kind in _WITHOUT_METRIC:
        names = ["kind", "filters", "time", *(["metrics"] if wanted.metrics else [])]
    else:
        left_open = {name for name in ("direction", "limit_by") if not getattr(wanted, name)}
        names = [field for field in Expected.__dataclass_fields__ if field not in left_open]
    return tuple(name for name in names if getattr(actual, name) != getattr(wanted, name))


Whole = Mapping[str, frozenset[str]]


def without_whole(form: Expected, whole: Whole) -> Expected:
    """Without filters that list every value of a dimension that is broken down anyway: they narrow nothing."""
    kept = frozenset(
        (name, op, values)
        for name, op, values in form.filters
        if not (op == "in" and name in form.dimensions and whole.get(name) and whole[name] <= set(values))
    )
    return replace(form, filters=kept)


def score(
    case: Case, plan: Plan, choices: list[Expected], whole: Whole | None = None,
    all_days: tuple[date, date] | None = None,
) -> Scored:  # fmt: skip
    """The outcome of a plan. `choices` are the plans of its choices, `whole` every dimension's values.

    `all_days` are the first and the last day of data: authors who want them all name no period.
    """
    known = whole or {}
    case = replace(case, accepted=tuple(without_whole(wanted, known) for wanted in case.accepted))
    choices = [without_whole(choice, known) for choice in choices]
    answerable = [wanted for wanted in case.accepted if wanted.kind not in ("clarify", "refuse")]
    if plan.kind in ("clarify", "refuse"):
        return _scored(case, plan, _abstention(case, plan, answerable, choices, all_days))
    if not answerable:
        return _scored(case, plan, "missed_refusal", ("kind",))
    actual = without_whole(of_query(plan.kind, plan.query, plan.what_if_pct), known)
    closest = min((_beside(plan, differences(actual, wanted, all_days), wanted) for wanted in answerable), key=len)
    if not closest:
        return _scored(case, plan, "exact")
    return _scored(case, plan, "materially_wrong" if _MATERIAL & set(closest) else "wrong", closest)


def _beside(plan: Plan, differing: tuple[str, ...], wanted: Expected) -> tuple[str, ...]:
    """A verified query may show more figures than asked, as long as it is led by one that is."""
    shown = plan.query.metrics if plan.query else ()
    more = plan.verified and shown and shown[0] in wanted.metrics and wanted.metrics <= set(shown)
    own_period = plan.verified and wanted.kind in _WITHOUT_METRIC and wanted.time is None
    fine = {name for name, is_fine in (("metrics", more), ("time", own_period)) if is_fine}
    return tuple(name for name in differing if name not in fine)


def _abstention(
    case: Case, plan: Plan, answerable: list[Expected], choices: list[Expected],
    all_days: tuple[date, date] | None,
) -> Outcome:  # fmt: skip
    if not answerable or any(wanted.kind == plan.kind for wanted in case.accepted):
        return "right_refusal"
    helpful = any(not differences(choice, wanted, all_days) for choice in choices for wanted in answerable)
    return "helpful_clarify" if helpful else "over_abstained"


def _scored(case: Case, plan: Plan, outcome: Outcome, slots: tuple[str, ...] = ()) -> Scored:
    return Scored(case.id, case.question, outcome, slots, case.tags, plan)
