"""Verified queries: a question that says the same as one an owner has checked gets that query, and only then.

Its numbers, period and values may be others than in the owner's wording when a parameter takes them. Whatever the
question names that no parameter takes makes it another question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock, clip
from agents.planner.plan import AGENTS, Plan, PlanKind, PriorTurn
from agents.planner.reading import Token
from agents.planner.slots import Key, Slots, read_slots, words_of
from agents.planner.times import read_span
from semantic.model import Parameter, SemanticModel, VerifiedQuery
from semantic.parameters import Argument, bound, completed
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from semantic.values import names_known_values

REASON = "The question repeats a verified query."
_SOME_DAY = date(2026, 1, 15)  # a period of an example only has to be one; which days it means is asked later


@dataclass(frozen=True)
class Example:
    """One wording of a verified query, its slots read on no particular day."""

    verified: VerifiedQuery
    tokens: tuple[Token, ...]
    slots: Slots
    metric: Parameter | None

    @property
    def key(self) -> Key:
        """The words that a question must have; those of a metric that may be chosen are not among them."""
        return self.slots.bare if self.metric else self.slots.key


@dataclass
class Verified:
    """The wordings of all verified queries. `read` is filled with the first question, by the words' key."""

    model: SemanticModel
    lexicon: Lexicon
    read: dict[Key, list[Example]] = field(default_factory=dict)

    @classmethod
    def of(cls, model: SemanticModel, lexicon: Lexicon) -> Verified:
        """Read every example question, but of queries about values that the reader may not know."""
        found = cls(model, lexicon)
        for verified in model.verified_queries.values():
            if not names_known_values(verified, model, lexicon.values):
                continue
            for question in verified.questions:
                for example in examples_of(verified, question, lexicon, model):
                    found.read.setdefault(example.key, []).append(example)
        return found


def examples_of(
    verified: VerifiedQuery, question: str, lexicon: Lexicon, model: SemanticModel
) -> tuple[Example, ...]:
    """A wording as it stands, and with its metric open where that is a parameter."""
    clock = Clock(_SOME_DAY, date(_SOME_DAY.year - 2, 1, 1), events=model.events)
    tokens = tuple(tokenise(question))
    slots = read_slots(list(tokens), lexicon, clock)
    chosen = next((p for p in verified.parameters.values() if p.type == "metric"), None)
    plain = Example(verified, tokens, slots, None)
    named = {target.name for target in slots.metrics}
    opens = chosen is not None and len(named) == 1 and named <= set(chosen.choices)
    return (plain, Example(verified, tokens, slots, chosen)) if opens else (plain,)


def match_verified(tokens: list[Token], verified: Verified, clock: Clock, *, follows: bool = False) -> Plan | None:
    """The plan of the verified query that the question repeats, with its arguments; None otherwise.

    `follows`: there are turns before, so a question that points at them is not taken for a complete one.
    """
    words = words_of(tokens)
    if not any(key <= words for key in verified.read):
        return None
    slots = read_slots(tokens, verified.lexicon, clock)
    if slots.doubt:
        return None
    for key in dict.fromkeys((slots.key, slots.bare)):
        for example in verified.read.get(key, ()):
            if (example.metric is None) != (key == slots.key) and slots.key != slots.bare:
                continue
            if follows and slots.leaning - example.slots.leaning:
                continue
            arguments = _arguments(slots, example, verified, clock)
            plan = None if arguments is None else plan_of(example.verified, arguments, clock)
            if plan:
                return plan
    return None


def _arguments(slots: Slots, example: Example, verified: Verified, clock: Clock) -> dict[str, Argument] | None:
    """What the question sets, when all that it names is taken and it names all that the wording does."""
    return arguments_for(slots, example, _read_again(example, verified, clock), clock)


def arguments_for(slots: Slots, example: Example, own: Slots, clock: Clock) -> dict[str, Argument] | None:
    """What slots set in a wording whose own slots are `own`; None when one of them is not taken, or lacks."""
    found: dict[str, Argument] = {}
    if not _take_period(slots, own, example, found, clock):
        return None
    for take in (_take_values, _take_number, _take_percent, _take_metric):
        if not take(slots, own, example, found):
            return None
    return found


def _read_again(example: Example, verified: Verified, clock: Clock) -> Slots:
    """The wording's slots on the day of the question: `this quarter` means the same days in both."""
    if example.slots.period is None:
        return example.slots
    return read_slots(list(example.tokens), verified.lexicon, clock)


def _parameter(example: Example, type_: str, dimension: str = "") -> Parameter | None:
    found = example.verified.parameters.values()
    return next((p for p in found if p.type == type_ and p.dimension == dimension), None)


def _take_values(slots: Slots, own: Slots, example: Example, found: dict[str, Argument]) -> bool:
    """Values go into parameters of their dimension; those that none takes must stand in the wording as well."""
    required = {name for targets in own.values for name in [_taker(targets, example)] if name}
    fixed = sorted(targets for targets in own.values if not _taker(targets, example))
    given = sorted(targets for targets in slots.values if not _taker(targets, example))
    if fixed != given:
        return False
    for targets in slots.values:
        name = _taker(targets, example)
        if not name:
            continue
        dimension = example.verified.parameters[name].dimension
        values = {target.value for target in targets if target.name == dimension}
        before = found.get(name, ())
        assert isinstance(before, tuple)
        if len(values) != 1:
            return False
        found[name] = tuple(sorted({*before, *values}))
    return required <= found.keys()


def _taker(targets: Iterable[Any], example: Example) -> str:
    """The one parameter that takes a value; empty for none or several."""
    names = {target.name for target in targets}
    takers = [p.name for p in example.verified.parameters.values() if p.type == "value" and p.dimension in names]
    return takers[0] if len(takers) == 1 else ""


def _take_period(slots: Slots, own: Slots, example: Example, found: dict[str, Argument], clock: Clock) -> bool:
    parameter = _parameter(example, "period")
    if parameter is None:
        days = [(s.period.start, s.period.end) if s.period else None for s in (slots, own)]
        return days[0] == days[1]
    if slots.period is None:
        return own.period is None
    clipped = clip(slots.period, clock)
    if clipped.start > clipped.end:
        return False
    found[parameter.name] = clipped.range()
    return True


def _take_number(slots: Slots, own: Slots, example: Example, found: dict[str, Argument]) -> bool:
    one = slots.single and not own.single and _parameter(example, "limit") is not None
    return _numeric("limit", slots.number or (1 if one else None), own.number, example, found)


def _take_percent(slots: Slots, own: Slots, example: Example, found: dict[str, Argument]) -> bool:
    return _numeric("percent", slots.percent, own.percent, example, found)


def _numeric(
    type_: str, given: float | None, own: float | None, example: Example, found: dict[str, Argument]
) -> bool:
    parameter = _parameter(example, type_)
    if parameter is None:
        return given == own
    if given is None:
        return own is None
    if not parameter.least <= given <= parameter.most:
        return False
    found[parameter.name] = given
    return True


def _take_metric(slots: Slots, own: Slots, example: Example, found: dict[str, Argument]) -> bool:
    parameter = example.metric or _parameter(example, "metric")
    if parameter is None:
        return True
    named = {target.name for target in slots.metrics} & set(parameter.choices)
    if example.metric and (len(named) != 1 or {t.name for t in slots.metrics} - named):
        return False
    if len(named) == 1:
        found[parameter.name] = next(iter(named))
    return True


def plan_of(verified: VerifiedQuery, arguments: Mapping[str, Argument], clock: Clock) -> Plan | None:
    """The plan of a verified query with arguments; None when its period is not in the data."""
    chosen = _placed(verified, arguments, clock)
    if chosen is None:
        return None
    whole = bound(verified, chosen)
    query = build(whole.query, clock)
    if query is None:
        return None
    kind: PlanKind = verified.kind
    return Plan(
        kind=kind,
        query=query,
        parts=tuple(part for body in whole.parts if (part := build(body, clock))),
        verified=verified.name,
        parameters=tuple(chosen.items()),
        what_if_pct=whole.percent if _sets_percent(verified, arguments) else None,
        assumptions=(verified.note,) if verified.note else (),
        agent=AGENTS.get(kind, "genie"),
        route_reason=REASON,
    )


def _sets_percent(verified: VerifiedQuery, arguments: Mapping[str, Argument]) -> bool:
    return any(verified.parameters[name].type == "percent" for name in arguments)


def _placed(
    verified: VerifiedQuery, arguments: Mapping[str, Argument], clock: Clock
) -> dict[str, Argument] | None:
    """The arguments with defaults, periods as days of the data; None when there are no such days."""
    chosen = completed(verified, arguments)
    for name, value in chosen.items():
        if verified.parameters[name].type != "period":
            continue
        period = _resolve(value, clock) if isinstance(value, str) else _clipped(value, clock)
        if period is None:
            return None
        chosen[name] = period
    return chosen


def still_verified(plan: Plan, turns: Iterable[PriorTurn], model: SemanticModel, clock: Clock) -> Plan:
    """A changed answer of a verified query: verified still when only parameters changed, else said not to be."""
    if plan.kind not in ("query", "next_best_action") or plan.query is None or plan.verified:
        return plan
    for turn in reversed([turn for turn in turns if turn.verified in model.verified_queries]):
        verified = model.verified_queries[turn.verified]
        arguments = fits(plan.query, verified, clock)
        again = None if arguments is None else plan_of(verified, arguments | _percent(plan, turn, verified), clock)
        if again and again.kind == plan.kind:
            said = tuple(dict.fromkeys((*plan.assumptions, *again.assumptions)))
            return replace(again, assumptions=said, route_reason=plan.route_reason)
    return plan


def _percent(plan: Plan, turn: PriorTurn, verified: VerifiedQuery) -> dict[str, Argument]:
    """The reduction, which no query holds: the one that is asked for now, or else the turn's."""
    return {
        name: plan.what_if_pct or value
        for name, value in turn.parameters
        if name in verified.parameters and verified.parameters[name].type == "percent"
    }


def led_on(plan: Plan, prior: PriorTurn, model: SemanticModel, clock: Clock) -> Plan:
    """A follow-up of a verified query: verified while only its parameters change, else said not to be.

    `only Florida` after a ranking of what to fix asks for that ranking, not for the figures under it.
    """
    ranked = prior.verified and prior.kind == "next_best_action" and plan.kind == "query"
    if ranked and plan.query and prior.query:
        bare = plan.query.model_copy(update={"filters": prior.query.filters})
        again = still_verified(replace(plan, kind="next_best_action"), (prior,), model, clock)
        if again.verified and _content(bare) == _content(prior.query):
            return again
    return beyond(still_verified(plan, (prior,), model, clock), prior, model)


def beyond(plan: Plan, prior: PriorTurn, model: SemanticModel) -> Plan:
    """The plan with a word on the verified query that a follow-up has left; as it is when it left none."""
    verified = model.verified_queries.get(prior.verified)
    if verified is None or plan.verified or plan.kind not in ("query", "drivers"):
        return plan
    left = f"This goes beyond the verified query '{verified.title}': nobody has checked it as such."
    return replace(plan, assumptions=(left, *plan.assumptions))


def fits(query: SemanticQuery, verified: VerifiedQuery, clock: Clock) -> dict[str, Argument] | None:
    """The arguments with which a verified query is this query; None when there are none."""
    arguments: dict[str, Argument] = {}
    for name, parameter in verified.parameters.items():
        value = _said(query, parameter)
        if value is not None:
            arguments[name] = value
    whole = bound(verified, arguments)
    built = build(whole.query, clock)
    if built is None:
        return None
    if verified.kind == "next_best_action":
        return arguments if _filters(built.filters) == _filters(query.filters) else None
    return arguments if _content(built) == _content(query) else None


def _said(query: SemanticQuery, parameter: Parameter) -> Argument | None:
    """What a query says in a parameter's place."""
    if parameter.type == "limit":
        limit = query.limit
        return limit if limit is not None and parameter.least <= limit <= parameter.most else None
    if parameter.type == "period":
        return query.time
    if parameter.type == "metric":
        ranked = query.order_by[0].by.partition("__")[0] if query.order_by else query.metrics[0]
        return ranked if ranked in parameter.choices else None
    if parameter.type == "value":
        kept = [item for item in query.filters if item.dimension == parameter.dimension and item.op == "in"]
        return tuple(kept[0].values) if len(kept) == 1 else None
    return None


def _content(query: SemanticQuery) -> tuple[object, ...]:
    time = (query.time.start, query.time.end) if query.time else None
    return (
        frozenset(query.metrics), query.dimensions, _filters(query.filters), frozenset(query.having), time,
        query.time_grain, query.compare_to, query.share_of_total, query.order_by, query.limit, query.limit_by,
        query.average_per,
        query.attribution,
    )  # fmt: skip


def _filters(filters: Iterable[DimensionFilter]) -> frozenset[tuple[str, str, frozenset[str]]]:
    return frozenset((item.dimension, item.op, frozenset(item.values)) for item in filters)


def turn_as_asked(turn: PriorTurn, model: SemanticModel, clock: Clock) -> PriorTurn:
    """A turn that a verified query answered, with the query as it was asked: no default period in it."""
    verified = model.verified_queries.get(turn.verified)
    if verified is None:
        return turn
    query = build(bound(verified, dict(turn.parameters)).query, clock)
    return turn if query is None else replace(turn, kind=verified.kind, query=query)


def build(body: dict[str, Any], clock: Clock) -> SemanticQuery | None:
    """A semantic query from a verified mapping whose `time` may be a phrase."""
    values = {key: value for key, value in body.items() if key != "title"}
    time = values.pop("time", None)
    values["time"] = _resolve(time, clock) if isinstance(time, str) else time
    if isinstance(time, str) and values["time"] is None:
        return None
    return SemanticQuery.model_validate(values)


def _resolve(text: str, clock: Clock) -> TimeRange | None:
    words = [token.text for token in tokenise(text)]
    found = read_span(words, 0, clock)
    if not found or found[0] != len(words):
        return None
    period = found[1]
    if period.start > clock.today or period.end < clock.first_day:
        return None
    return clip(period, clock).range()


def _clipped(value: Argument, clock: Clock) -> TimeRange | None:
    """A period cut to the data, as the planner cuts those of other questions."""
    assert isinstance(value, TimeRange)
    last = clock.partial_day or clock.today
    start, end = max(value.start, clock.first_day), min(value.end, last)
    if value.start > clock.today or start > end:
        return None
    return TimeRange(start=start, end=end, label=value.label)
