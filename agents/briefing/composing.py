"""From the issues of a day to one reader's briefing: what they may see of it, in words bound to its tables.

Every issue is asked for again through the door with the reader's own rights. It becomes an item only when that
governed figure is shown to this reader and equals the scan's; the others are counted, not told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from agents.answer import Fact
from agents.assembly import as_part
from agents.briefing.document import Briefing, Passage
from agents.briefing.issue_table import Aligned, IssueVoice, constants_of, expectation_table, issue_table
from agents.briefing.item_text import costs_calls, item_of, what_happened
from agents.briefing.lifecycle import Issue
from agents.briefing.phrases import filled, owner_of
from agents.briefing.sheet import Sheet, Told
from agents.briefing.store import Made
from agents.disclosure import few_members
from agents.prose import Piece, number
from agents.wording import bucket_in_words, number_word
from tools.desk import Desk
from tools.formula import FormulaError, evaluate
from tools.metrics import governed_table
from tools.outcome import Column, Mendable, PlainCell, Table
from tools.scout.incident import Incident, visible_to
from tools.standing import is_favourable, rank

CauseOf = Callable[[Incident, Desk], Aligned | None]
SAME = 1e-6
GIVES_AWAY = "denied:too_close"  # with what this reader was shown before, it would single out too few members
COURSE_DAYS = 56
MOST_OTHERS = 8


def compose(
    made: Made,
    desk: Desk,
    *,
    most: int = 5,
    cause_of: CauseOf = lambda incident, desk: None,
    follows: Mapping[str, str] | None = None,
) -> Briefing:
    """One reader's briefing of a day. `desk` holds the reader; it reads the snapshot that the day was made from.

    `follows` narrows it to issues whose segment has these values, or says nothing of these dimensions.
    """
    sheet = Sheet(desk)
    issues, withheld = _visible(made.issues, desk, follows or {})
    unknown = [issue for issue in issues if not _has_words(issue.incident, desk)]
    issues = [issue for issue in issues if issue not in unknown]
    current = [issue for issue in issues if not issue.missed and issue.state != "resolved"]
    ranked = sorted(
        (issue for issue in current if not issue.incident.echo_of), key=lambda issue: rank(issue.incident)
    )
    basis = sheet.add(_basis(made))
    told: list[Told] = []
    unconfirmed = sum(not issue.missed and not issue.incident.echo_of for issue in unknown)
    rest: list[Issue] = []
    for issue in ranked:
        if len(told) == most:
            rest.append(issue)
            continue
        found = _tell(issue, sheet, cause_of)
        if isinstance(found, Told):
            told.append(found)
        elif found == "withheld":
            withheld += 1
        else:
            unconfirmed += 1
    gone = [issue for issue in issues if issue.missed and not issue.incident.echo_of]
    others = [*sorted(gone, key=lambda issue: issue.state != "resolved"), *rest]
    became = [_became(issue, sheet) for issue in others[:MOST_OTHERS]]
    headline = _headline(told, sheet, basis, made.day, followed=bool(follows))
    counts = {"withheld": withheld, "unconfirmed": unconfirmed, "further": len(others[MOST_OTHERS:])}
    notes = _notes(made, sheet, counts, len(told) + len(others) + withheld + unconfirmed, desk.small_cell)
    title = sheet.passage(filled("title", day=_basis_day(basis, made.day)), [basis], made.day)
    briefing = Briefing(
        day=made.day,
        revision=made.revision,
        snapshot=desk.snapshot,
        made_at=made.made_at,
        reader=desk.principal.user,
        role=desk.principal.role,
        audit_id=desk.answer_id,
        title=title,
        headline=headline,
        items=[item_of(entry, sheet) for entry in told],
        became=became,
        notes=notes,
        unconfirmed=unconfirmed,
        parts=[as_part(table) for table in sheet.tables],
        constants=sheet.constants,
    )
    return _numbered(briefing)


def _visible(issues: Sequence[Issue], desk: Desk, follows: Mapping[str, str]) -> tuple[list[Issue], int]:
    """The issues of a reader's rows and wishes, and how many of those are of too few members to be told of.

    Small cells are counted among those within the reader's row filters only.
    """
    within = {incident.id for incident in visible_to((i.incident for i in issues), desk.principal, 0)}
    enough = {i.id: i for i in visible_to((i.incident for i in issues), desk.principal, desk.small_cell)}
    wished = [issue for issue in issues if issue.id in within and _followed(issue.incident, follows)]
    shown = [Issue(enough[i.id], i.state, i.since, i.seen, i.peak, i.missed) for i in wished if i.id in enough]
    hidden = [issue for issue in wished if issue.id not in enough and not issue.incident.echo_of]
    return shown, len(hidden)


def _has_words(incident: Incident, desk: Desk) -> bool:
    """Whether the model knows the metric and what its segment goes by: agents have no place in it, and a model
    may have changed since a day was made.
    """
    known = desk.semantic.dimensions.keys()
    return incident.metric in desk.semantic.metrics and all(name in known for name, _ in incident.segment)


def _followed(incident: Incident, follows: Mapping[str, str]) -> bool:
    return all(incident.values.get(name, value) == value for name, value in follows.items())


def _tell(issue: Issue, sheet: Sheet, cause_of: CauseOf) -> Told | str:
    """The tables of an item, or why there is none: `withheld` or `unconfirmed`."""
    incident, desk = issue.incident, sheet.desk
    governed = _governed(incident, desk)
    if isinstance(governed, str):
        return governed
    course = _asked(incident, desk, by_day=True)
    if isinstance(course, str):
        return course
    if not _amount_holds(incident):
        return "unconfirmed"
    cause = cause_of(incident, desk)
    part = len(sheet.tables)
    told = _row(issue, sheet, cause)
    places = (sheet.add(governed), sheet.add(course), sheet.add(expectation_table(incident), _scan(incident)))
    return Told(issue, told.voice, (part, *places), told.owner, cause, *places)


def _row(issue: Issue, sheet: Sheet, cause: Aligned | None) -> Told:
    """The issue's own row, with its voice."""
    incident, semantic = issue.incident, sheet.desk.semantic
    metric = semantic.metrics[incident.metric]
    owner = owner_of(incident.metric, metric.owner, cause.kind if cause else "")
    part = len(sheet.tables)
    table = issue_table(issue, metric.label, owner, cause, part)
    sheet.add(table, _scan(incident))
    sheet.constants |= constants_of(incident, part)
    return Told(issue, IssueVoice(table, part, semantic, sheet.desk.values), (part,), owner, cause)


def _governed(incident: Incident, desk: Desk) -> Table | str:
    """The reader's own sight of the figure, or why it is not told."""
    table = _asked(incident, desk)
    if isinstance(table, str):
        return table
    if len(table.rows) != 1:
        return "unconfirmed"
    if table.hides(0, incident.metric):
        return "withheld"
    shown = table.cell(0, incident.metric)
    if not isinstance(shown, int | float):
        return "unconfirmed"
    same = math.isclose(shown, incident.observed, rel_tol=SAME, abs_tol=SAME)
    return table if same else "unconfirmed"


def _asked(incident: Incident, desk: Desk, *, by_day: bool = False) -> Table | str:
    """The reader's own sight of a figure or of its course, or why there is none."""
    if incident.metric not in desk.semantic.metrics:
        return "unconfirmed"
    days = min(max(len(incident.trend), 1), COURSE_DAYS) if by_day else 0
    try:
        found = governed_table(incident.query(by_day=by_day, days=days), desk)
    except Mendable:
        return "unconfirmed"
    if isinstance(found, Table):
        return found
    return "withheld" if found.code == GIVES_AWAY else "unconfirmed"


def _amount_holds(incident: Incident) -> bool:
    """Whether the dollars follow from their formula and inputs."""
    if incident.dollars is None:
        return True
    try:
        value = evaluate(incident.dollars.formula, (), incident.dollars.inputs)
    except FormulaError:
        return False
    return math.isclose(value, incident.dollars.amount.value, rel_tol=1e-9, abs_tol=1e-9)


def _scan(incident: Incident) -> str:
    return f"scan:{incident.id}"


def _became(issue: Issue, sheet: Sheet) -> Passage:
    """What became of an issue that is no item: resolved, not found, or still open."""
    told = _row(issue, sheet, None)
    voice = told.voice
    segment = voice.segment(tuple(name for name, _ in issue.incident.segment))
    words: dict[str, Piece | list[Piece]] = {
        "state": voice.text("state_word"),
        "metric": voice.text("metric_inside"),
        "segment": segment,
    }
    if issue.state == "resolved":
        pieces = filled("became.resolved", seen=voice.day("seen"), **words)
    elif issue.missed:
        pieces = filled("became.missed", seen=voice.day("seen"), **words)
    else:
        pieces = filled("became.open", since=voice.day("since"), **words)
    return sheet.passage(pieces, told.parts, issue.incident.as_of)


def _headline(told: list[Told], sheet: Sheet, basis: int, day: date, *, followed: bool) -> Passage:
    when = _basis_day(basis, day)
    if not told:
        return sheet.passage(filled("nothing_followed" if followed else "nothing", day=when), [basis], day)
    worse = [entry for entry in told if not is_favourable(entry.issue.incident)]
    leading = what_happened(told[0].voice, told[0].issue.incident, "metric_inside")
    if not worse:
        pieces = filled("headline.better", day=when, leading=leading)
        return sheet.passage(pieces, [basis, *told[0].parts], day)
    listed = sheet.add(_attention(worse))
    count = Fact(text=number_word(len(worse)), value=len(worse), source=f"formula:rows:{listed}")
    name = "headline.one" if len(worse) == 1 else "headline.many"
    pieces = filled(name, day=when, count=count, total=_total(worse, listed), leading=leading)
    return sheet.passage(pieces, [basis, listed, *told[0].parts], day)


def _attention(worse: list[Told]) -> Table:
    """The issues that need attention, each with its part of the cost that no other one counts."""
    columns = (Column("issue", "VARCHAR", "", "dimension"), Column("effect", "VARCHAR", "", "dimension"))
    rows: list[tuple[PlainCell, ...]] = [
        (e.issue.id, str(e.voice.table.cell(0, "effect")), e.issue.incident.dollars.counted
         if e.issue.incident.dollars else None)
        for e in worse
    ]  # fmt: skip
    return Table("Needs attention", (*columns, Column("counted", "DOUBLE", "usd")), tuple(rows))


def _total(worse: list[Told], listed: int) -> list[Piece]:
    """What they cost together, counting no call twice; nothing when one of them has no amount or saves money."""
    amounts = [entry.issue.incident.dollars for entry in worse]
    known = [dollars for dollars in amounts if dollars is not None and dollars.amount.value > 0]
    total = sum(dollars.counted for dollars in known)
    if len(known) < len(worse) or total <= 0:
        return []
    effect = Fact(
        text=str(worse[0].voice.table.cell(0, "effect")),
        value=str(worse[0].voice.table.cell(0, "effect")),
        source=f"cell:{listed}:0:effect",
    )
    of_calls = all(costs_calls(entry.issue.incident) for entry in worse)
    cost = number(total, "usd", f"formula:sum:{listed}:counted")
    return filled("headline.total" if of_calls else "headline.total_other", effect=effect, cost=cost)


def _basis(made: Made) -> Table:
    """The day and the revision themselves."""
    columns = (Column("day", "DATE", "", "time"), Column("revision", "INTEGER", "count"))
    return Table("Briefing", columns, ((made.day.isoformat(), made.revision),), sql="")


def _basis_day(basis: int, day: date) -> Fact:
    return Fact(text=bucket_in_words(day, "day"), value=day.isoformat(), source=f"cell:{basis}:0:day")


def _notes(made: Made, sheet: Sheet, counts: Mapping[str, int], every: int, small_cell: int) -> list[Passage]:
    """What a reader should know of how the briefing was made."""
    texts: dict[str, str] = {"few": few_members(small_cell)} if counts["withheld"] else {}
    days = {name: str(made.notes[name]) for name in ("first", "last", "cut_before") if made.notes.get(name)}
    columns = [
        *(Column(name, "INTEGER", "count") for name in (*counts, "every", "revision")),
        *(Column(name, "VARCHAR", "", "dimension") for name in texts),
        *(Column(name, "DATE", "", "time") for name in (*days, "day")),
    ]
    row: tuple[PlainCell, ...] = (*counts.values(), every, made.revision, *texts.values(), *days.values(),
                                  made.day.isoformat())  # fmt: skip
    part = sheet.add(Table("Notes", tuple(columns), (row,)))
    at = f"cell:{part}:0:"

    def count(name: str, value: int) -> Fact:
        return number(value, "count", at + name)

    def day(name: str, raw: str) -> Fact:
        return Fact(text=bucket_in_words(date.fromisoformat(raw), "day"), value=raw, source=at + name)

    said: list[list[Piece]] = []
    if counts["withheld"]:
        few = Fact(text=texts["few"], value=texts["few"], source=at + "few")
        said.append(filled("notes.withheld", number=count("withheld", counts["withheld"]),
                           all=count("every", every), few=few))  # fmt: skip
    if counts["unconfirmed"]:
        said.append(filled("notes.unconfirmed", number=count("unconfirmed", counts["unconfirmed"]),
                           all=count("every", every)))  # fmt: skip
    if counts["further"]:
        said.append(filled("notes.further", number=count("further", counts["further"])))
    if "first" in days and days["first"] == days.get("last"):
        said.append(filled("notes.made_up_one", first=day("first", days["first"])))
    elif "first" in days:
        said.append(filled("notes.made_up", first=day("first", days["first"]), last=day("last", days["last"])))
    if "cut_before" in days:
        said.append(filled("notes.left_out", first=day("cut_before", days["cut_before"])))
    if made.revision > 1:
        said.append(filled("notes.revision", revision=count("revision", made.revision)))
    said.append(filled("notes.basis", day=day("day", made.day.isoformat())))
    return [sheet.passage(pieces, [part], made.day) for pieces in said]


def _numbered(briefing: Briefing) -> Briefing:
    """Every fact with its place."""
    for place, fact in enumerate(briefing.facts(), start=1):
        fact.id = f"f{place}"
    return briefing
