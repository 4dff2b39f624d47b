"""What can be measured: live actions of the review, and past fixes that went live inside the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from semantic.query import DimensionFilter
from tools.actions.proposals import FILE, Proposals
from tools.desk import Desk
from tools.nps_lift import topic_of
from warehouse.door import QueryContext
from warehouse.errors import DeniedError


@dataclass(frozen=True)
class Subject:
    """A fix that is live: the calls that it should have reduced, from when, and what was expected of it.

    `donors_by` is the dimension that, with the plan type, makes the cells it is compared with. `source` is the
    proposal's id or the fix's, `lever` and `journey` what the scoring knows it by, `owner` who did it.
    """

    name: str
    metric: str
    where: tuple[DimensionFilter, ...]
    donors_by: str
    go_live: date
    expected: float | None = None
    source: str = ""
    lever: str = ""
    journey: str = ""
    owner: str = ""


def subjects(desk: Desk) -> list[Subject]:
    """Live actions of the review, then past fixes whose go-live lies inside the data."""
    found: list[Subject] = []
    if desk.review is not None and not desk.principal.attributes:
        store = Proposals(desk.review.state / FILE)
        try:
            live = [p for p in store.all() if p.go_live and p.state in ("live", "measured")]
        finally:
            store.close()
        for proposal in live:
            frozen = proposal.frozen or proposal.document
            where = tuple(
                DimensionFilter(dimension=k, values=(str(v),)) for k, v in sorted(frozen["where"].items())
            )
            found.append(
                Subject(
                    str(proposal.now["title"]),
                    str(frozen["metric"]),
                    where,
                    desk.semantic.defaults.where_dimension,
                    date.fromisoformat(proposal.go_live),
                    float(frozen["reduction"]),
                    proposal.id,
                    proposal.key.partition(":")[0],
                    str(frozen["journey"]),
                    str(proposal.now["owner"]),
                )
            )
    return [*found, *_past(desk)]


def _past(desk: Desk) -> list[Subject]:
    """Fixes of the history that went live inside the data; a plan before a colon in the title is whose it is."""
    sql = (
        exp.select("fix_id", "lever", "title", "journey", "go_live_date", "owner")
        .from_("gold.fixes")
        .order_by("fix_id")
        .sql(dialect="duckdb")
    )
    try:
        rows = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        ).rows
    except DeniedError:
        return []
    found = []
    for fix, lever, title, journey, day, owner in rows:
        if not isinstance(day, date) or not desk.first_day < day <= desk.as_of:
            continue
        topic, plan = topic_of(desk, str(journey)), str(title).partition(":")[0]
        where = [DimensionFilter(dimension="call_topic", values=(topic,))]
        if plan in desk.values.values("plan_type"):
            where.append(DimensionFilter(dimension="plan_type", values=(plan,)))
        if topic:
            found.append(
                Subject(
                    str(title),
                    "total_calls",
                    tuple(where),
                    "call_topic",
                    day,
                    None,
                    str(fix),
                    str(lever),
                    str(journey),
                    str(owner or ""),
                )
            )
    return found


def concerns(subject: Subject, filters: tuple[DimensionFilter, ...]) -> bool:
    """Whether a subject's calls are among those that the filters keep; unknown dimensions decide nothing."""
    own = {"journey": {subject.journey}} | {entry.dimension: set(entry.values) for entry in subject.where}
    return all(
        own[entry.dimension] & set(entry.values)
        for entry in filters
        if entry.op == "in" and entry.dimension in own
    )


_WORD = re.compile(r"\w+")
# Words that many titles or any question about fixes hold: they name none of them.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "all an and any are before by call calls change changed changes did do does effect fix fixes for from get "
        "go had has how if in is it later live made members more of on or our page pages past people results show "
        "shows since test tests text that the there they this to was we well went were what when which who with "
        "work worked working",
    )
)


def meant(
    desk: Desk, action: str = "", filters: tuple[DimensionFilter, ...] = (), asked: str = ""
) -> list[Subject]:
    """The subjects that a request is about: by a part of the name `action`, else by the words that were asked.

    `asked` is the question that named them, where it is not the one at hand.
    """
    known = [one for one in subjects(desk) if concerns(one, filters)]
    if action:
        return [one for one in known if action.lower() in one.name.lower()]
    return named(known, asked or desk.question, desk)


def named(known: Sequence[Subject], text: str, desk: Desk) -> list[Subject]:
    """The subjects that a text names: of the journeys that it names, by the most telling words of their titles.

    All of them where it names none; none where it names a journey that none of them is of.
    """
    said = _words(text)
    where = desk.semantic.defaults.where_dimension
    places = {one for one in desk.values.values(where) if _words(desk.values.label(where, one)) <= said}
    kept = [one for one in known if not places or one.journey in places]
    telling = {one: (_words(one.name) - _words(one.journey) - _COMMON) & said for one in kept}
    most = max((len(words) for words in telling.values()), default=0)
    return [one for one in kept if len(telling[one]) == most]


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if len(word) > 1}
