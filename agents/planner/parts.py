"""Questions that ask several things: split into parts, each planned in the light of the parts before it.

A question stays whole when one query says all of it. A part is planned by the planner like a follow-up, so that
`and where?` takes the metric, filters and period of the part before; what no query expresses is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PlanKind, PriorTurn
from semantic.query import DimensionFilter, SemanticQuery, TimeRange

Planned = Callable[[str, Sequence[PriorTurn]], Plan]
MOST_PARTS, MOST_SIDE_BY_SIDE, MOST_CHARACTERS = 5, 5, 1000
# Refused as a whole, whatever else is asked beside it.
_OUTRIGHT = frozenset(("pii", "write", "language", "too_long", "empty", "sql"))

_AUXILIARY = r"is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|am|'s|s"
_WH = (
    r"(?:(?:at|in|on|for|with|by|to|from|of|through|during) )?"
    r"(?:what|which|whom|whose|how (?:many|much|often|long|far|big|bad|high|low|fast))\b"
)
_ASKS = (
    rf"why\b|how come\b|where\b|who\b|{_WH}|what's|whats|who's|where's|(?:how|when) (?:{_AUXILIARY})\b"
    rf"|whether\b|(?:{_AUXILIARY}) (?:it|that|this|they|those|these|there|we|our|the|any|he|she|you|new)\b"
    r"|(?:please )?(?:show|list|give|tell|compare|rank|explain|break|plot|chart|name|identify|split)\b"
    r"|top \w+ (?!by\b)\w"
)
_OPENS = re.compile(
    rf"(?:(?:and|but|also|then|plus|so|or|please|then also|and also|and then|and if so) )*(?:{_ASKS})"
)
_JOINED = re.compile(
    rf"(?:,| -|\u2013|\u2014)?\s+(?=(?:and|plus|but|then|also)(?: (?:also|then|if so,?))?\s+(?:{_ASKS}))"
    rf"|,\s+(?=(?:{_ASKS}))|;\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[?!])\s+|(?<=[^\W\d_]\.)\s+(?=[A-Z\"'])|\n+")
_CONDITION = re.compile(
    r"(?:if|once|because|unless|when|while|after|before|since|as|for|in|on|by|with|from|during|among|given|assuming|suppose)\b"
)
_CONJUNCTION = re.compile(r"^(?:(?:and|but|also|then|plus|so)\b,?\s*)+")
_BARE_WHY = re.compile(
    r"(?:and |but )*(?:why(?: (?:is|are|was|were) (?:that|it|they|this|these|those))?(?: so)?"
    r"|why(?: is)? (?:that|so)|how come|for what reasons?"
    r"|what(?: is| are)?(?: the)?(?: root)? (?:causes?|reasons?|drivers?)"
    r"|what(?:'s| is| are)? (?:driving|causing|behind|drives|causes|explains|drove|caused)"
    r"(?: (?:it|that|this|them|those|these))?)"
)
_BARE_WHERE = re.compile(
    r"(?:and |but |if so,? )*where(?: exactly| mostly| most| (?:is|does) (?:it|that|this) \w+(?: most)?)?"
)
_COMPARED = re.compile(
    r"\b(?:compare[sd]?|stack up|measure up)(?: \w+)? (?:with|to|against) (?:the )?([a-z0-9 ]+)(?:,| by |$)"
)
_ORDER = re.compile(r"(?:and |also |then |please )*(?:show|list|give|tell|rank|plot|chart|sort|order|draw|put)\b")
_COUNTED_BEFORE = re.compile(rf"(?:and )?how many (?:{_AUXILIARY}|of (?:them|those))\b")
_JOINT = re.compile(r",? (?:and|plus|as well as) ", re.IGNORECASE)
DIFFERENT_LENGTHS = "The two periods are not of the same length: compare rates, not counts."


def pieces_of(question: str) -> tuple[str, ...]:
    """The asks of a question in its own words.

    Statements before an ask go with it: `Billing is a mess. Why?` asks one thing; thanks at the end go too.
    """
    kept: list[str] = []
    pending = ""
    for sentence in filter(None, (part.strip() for part in _SENTENCE.split(question))):
        first, *others = _clauses(sentence)
        told = f"{pending} {first}".strip()
        if others or is_ask(first):
            kept += [told, *others]
            pending = ""
        else:
            pending = told
    if pending:
        kept[-1:] = [f"{kept[-1]} {pending}"] if kept else [pending]
    return tuple(kept)


def _clauses(sentence: str) -> list[str]:
    """A sentence at its joints; `in Q3` and `if we fix billing` only prepare the ask that follows."""
    kept: list[str] = []
    prepares = False
    for clause in filter(None, (part.strip() for part in _JOINED.split(sentence))):
        if prepares:
            kept[-1] = f"{kept[-1]}, {clause}"
        else:
            kept.append(clause)
        words = _CONJUNCTION.sub("", clause.lower())
        prepares = not words or (bool(_CONDITION.match(words)) and not _OPENS.match(words))
    return kept


def is_ask(piece: str) -> bool:
    """Whether a piece reads as something asked for: it opens like a question or an order, or ends in `?`."""
    words = piece.lower().strip(" \"'")
    return bool(_OPENS.match(words)) or piece.rstrip(" \"')").endswith("?")


def may_divide(question: str) -> bool:
    """Whether a question could have parts at all: cheap, before anything is planned."""
    return len(question) <= MOST_CHARACTERS and bool(_JOINT.search(question) or len(pieces_of(question)) > 1)


def leans(piece: str, planned: Planned) -> bool:
    """Whether a part means nothing without the part before it."""
    return planned(piece, ()).kind in ("clarify", "refuse")


@dataclass(frozen=True)
class Around:
    """What parts are read with.

    `planned` plans a question after earlier turns, `named` gives the names of the model (and `rate` for a share)
    that a text mentions, `read_period` reads a period's name into days, `period_said` gives the words of the
    period in a text, `window` the days of a query that names none.
    """

    planned: Planned
    named: Callable[[str], frozenset[str]]
    read_period: Callable[[str], TimeRange | None]
    period_said: Callable[[str], str]
    window: Callable[[SemanticQuery], TimeRange]


def parts_of(question: str, history: Sequence[PriorTurn], around: Around) -> tuple[str, ...]:
    """The parts of a question in order; one when a single query says all of it, or when nothing is gained."""
    whole = around.planned(question, history)
    if whole.verified or whole.refusal in _OUTRIGHT:
        return (question,)
    pieces = pieces_of(question)
    if len(pieces) < 2:
        pieces = split_at_metrics(question, whole, around.planned)
    if not 1 < len(pieces) <= MOST_PARTS:
        return (question,)
    plans = _in_turn(pieces, history, around)
    if plans[0] is None and not is_ask(pieces[0]):
        return (question,)
    if not any(plans) or any(plan and plan.refusal in _OUTRIGHT for plan in plans):
        return (question,)
    clean = whole.kind not in ("clarify", "refuse")
    if clean and None in plans[1:] and _leans_on_the_rest(plans[0], whole):
        return (question,)
    return (question,) if clean and (plans[0] is None or _says_all(whole, pieces, plans, around)) else pieces


def _leans_on_the_rest(first: Plan | None, whole: Plan) -> bool:
    """`How many calls and what cost did Billing have last week?`: what narrows the first part comes last."""
    if first is None or first.query is None or whole.query is None or whole.kind != "query":
        return False
    one, all_of_it = first.query, whole.query
    return (
        {*one.metrics} < {*all_of_it.metrics} and not one.filters and one.time is None and bool(all_of_it.filters)
    )


def _says_all(whole: Plan, pieces: Sequence[str], plans: Sequence[Plan | None], around: Around) -> bool:
    """Whether the whole question's plan says what each of its parts asks."""
    named: frozenset[str] = frozenset()
    for piece, plan in zip(pieces, plans, strict=True):
        names = around.named(piece)
        # What is asked must be something; an order such as `plot it` may add nothing but a manner.
        asks = names - named or _ORDER.match(piece.lower())
        if not (_within(plan, whole) if plan else asks and _said_in(names, whole)):
            return False
        named |= names
    return True


def _in_turn(pieces: Sequence[str], history: Sequence[PriorTurn], around: Around) -> list[Plan | None]:
    """The plan of every piece after those before it; None for one that is not understood or adds nothing."""
    turns = tuple(history)
    plans: list[Plan | None] = []
    for piece in pieces:
        plan = completed(piece, turns, around) or around.planned(piece, turns)
        understood = plan.kind not in ("clarify", "refuse") and not (plans and repeats(plan, turns))
        plans.append(plan if understood or plan.refusal in _OUTRIGHT else None)
        if understood:
            turns = (*turns, PriorTurn(piece, plan.kind, plan.query, plan.what_if_pct))
    return plans


def repeats(plan: Plan, turns: Sequence[PriorTurn]) -> bool:
    """Whether a part asks for nothing that the part before it has not given."""
    before = turns[-1] if turns else None
    if before is None or plan.query is None:
        return False
    said = (before.kind, before.query, before.what_if_pct)
    return (plan.kind, plan.query, plan.what_if_pct) == said


def _said_in(names: frozenset[str], whole: Plan) -> bool:
    """Whether the whole question's query has all that a part names: `and at what rate` means nothing alone."""
    query = whole.query
    if query is None:
        return False
    used = {*query.metrics, *query.dimensions, *(item.dimension for item in query.filters)}
    return names <= used | {"rate"}


def _within(part: Plan, whole: Plan) -> bool:
    """Whether the whole question's plan says what a part asks."""
    if part.kind != whole.kind or part.what_if_pct not in (None, whole.what_if_pct):
        return False
    one, all_of_it = part.query, whole.query
    if one is None or all_of_it is None:
        return one is None
    used = {*all_of_it.dimensions, *(item.dimension for item in all_of_it.filters)}
    return (
        {*one.metrics} <= {*all_of_it.metrics}
        and {*one.dimensions} <= used
        and {item.dimension for item in one.filters} <= used
        and one.time in (None, all_of_it.time)
        and one.time_grain in (None, all_of_it.time_grain)
        and one.compare_to in (None, all_of_it.compare_to)
        and (one.limit is None or one.limit == all_of_it.limit)
        # `what share of calls are repeat calls, and which topic is worst`: one row is not the figure over all
        and (all_of_it.limit is None or one.limit is not None or bool(one.dimensions) or not all_of_it.dimensions)
        and (not one.share_of_total or all_of_it.share_of_total)
    )


def split_at_metrics(question: str, whole: Plan, planned: Planned) -> tuple[str, ...]:
    """`total calls last month and repeat call rate by plan type`: two figures, each with slots of its own.

    Divided where both sides are questions of their own and the query for all of it lacks a figure of one of them.
    """
    had = set(whole.query.metrics) if whole.query and whole.kind == "query" else set()
    for joint in _JOINT.finditer(question):
        left, right = question[: joint.start()], question[joint.end() :]
        one, other = planned(left, ()), planned(right, ())
        if _own_slots(one) and other.kind == "query" and other.query and one.query:
            named = {*one.query.metrics, *other.query.metrics}
            apart = not {*one.query.metrics} & {*other.query.metrics}
            lacks = not named <= had and (bool(named & had) or not had)
            if apart and lacks and not (one.verified or other.verified):
                return left, f"and {right}"
    return ()


def _own_slots(plan: Plan) -> bool:
    query = plan.query
    return plan.kind == "query" and query is not None and bool(query.dimensions or query.time or query.filters)


def completed(piece: str, turns: Sequence[PriorTurn], around: Around) -> Plan | None:
    """The plan of a part that only points at the answer before it; None when the planner reads it itself.

    `why` after a ranking asks about the rows on top, `where` after a comparison about both sides of it, a
    comparison with another named period about that one.
    """
    before = turns[-1] if turns else None
    words = re.sub(r"[?!.,]+$", "", " ".join(piece.lower().split()))
    if before is None or before.query is None or before.kind != "query":
        return None
    if _BARE_WHY.fullmatch(words):
        return _why_on_top(before, before.query, around)
    if _BARE_WHERE.fullmatch(words):
        return _where(turns, before.query, around)
    if _COUNTED_BEFORE.match(words) and before.query.metrics[:1]:
        return _same_figure(piece, turns, before.query, around)
    return _against(piece, words, turns, before.query, around) or _without_course(
        piece, turns, before.query, around
    )


def _where(turns: Sequence[PriorTurn], query: SemanticQuery, around: Around) -> Plan | None:
    """`where` after a comparison of groups: both sides of it by place."""
    compared = [item.dimension for item in query.filters if item.op == "in" and len(item.values) > 1]
    several = [name for name in query.dimensions if name in compared]
    read = around.planned("and where?", turns)
    place = read.query.dimensions[:1] if read.kind == "query" and read.query else ()
    if not place or place[0] in several:
        return None
    kept = {"dimensions": (*place, *several), "limit": None, "order_by": ()}
    return _plan("query", query.model_copy(update=kept))


def _same_figure(piece: str, turns: Sequence[PriorTurn], query: SemanticQuery, around: Around) -> Plan | None:
    """`and how many did they make in September?`: the figure of the part before, whatever else changes."""
    read = around.planned(piece, turns)
    if read.query is None or read.kind != "query" or read.query.metrics == query.metrics:
        return None
    kept = {"metrics": query.metrics, "order_by": query.order_by if read.query.order_by else ()}
    return _plan("query", read.query.model_copy(update=kept))


def _without_course(piece: str, turns: Sequence[PriorTurn], query: SemanticQuery, around: Around) -> Plan | None:
    """`and which journey is worst?` after a course by week: a ranking over all of its days, not of one week."""
    read = around.planned(piece, turns)
    inherited = read.query is not None and read.query.time_grain and read.query.time_grain == query.time_grain
    if not inherited or read.query is None or read.query.limit is None or not read.query.dimensions:
        return None
    return _plan("query", read.query.model_copy(update={"time_grain": None}))


def _why_on_top(before: PriorTurn, query: SemanticQuery, around: Around) -> Plan | None:
    """Why the leading rows lead: the first one, or as many as the ranking asked for, side by side."""
    shown = before.shown
    if not query.order_by or not shown.rows or len(shown.dimensions) != 1 or query.time_grain:
        return None
    count = min(query.limit or 1, len(shown.rows), MOST_SIDE_BY_SIDE)
    name, values = shown.dimensions[0], tuple(row[0] for row in shown.rows[:count])
    kept = tuple(item for item in query.filters if item.dimension != name)
    narrowed = SemanticQuery(
        metrics=query.metrics[:1],
        dimensions=(name,) if count > 1 else (),
        filters=(*kept, DimensionFilter(dimension=name, values=values)),
        time=query.time or around.window(query),
        attribution=query.attribution,
    )
    return _plan("drivers", narrowed)


def _against(
    piece: str, words: str, turns: Sequence[PriorTurn], before: SemanticQuery, around: Around
) -> Plan | None:
    """`how does that compare with last month, by channel?` after last week: the figure for either period."""
    found = _COMPARED.search(words)
    if found is None or before.time is None:
        return None
    period = around.read_period(found[1])
    if period is None or (period.start, period.end) == (before.time.start, before.time.end):
        return None
    read = around.planned(piece, turns)
    if read.query is None or read.kind != "query":
        return None
    alike = period.end - period.start == before.time.end - before.time.start
    plain = read.query.model_copy(update={"compare_to": None, "time": period})
    own = (plain.model_copy(update={"time": before.time}),) if plain.dimensions != before.dimensions else ()
    said = () if alike else (DIFFERENT_LENGTHS,)
    queries = (*own, plain)
    return replace(_plan("query", queries[0]), parts=queries[1:], assumptions=said)


def _plan(kind: PlanKind, query: SemanticQuery) -> Plan:
    return Plan(kind, query, agent=AGENTS.get(kind, "genie"), route_reason=ROUTE_REASONS[kind])
