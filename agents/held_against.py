"""Sentences for groups held against what is usual: teams and agents at equal topics, notices and what followed."""

from __future__ import annotations

from agents.answer import Fact
from agents.explaining import day_of
from agents.prose import Piece, Prose, number
from agents.rankings import UNSAYING
from agents.shapes import dimension_names
from agents.sight import Sight
from agents.voice import Voice, of_percent
from tools.agent_effects import SHRUNK
from tools.agent_spread import AGENTS, HIGHEST, LOW, LOWEST, SPREAD
from tools.confusion import AFTER, BEFORE, CHANGE, NOTICE, RATE_AFTER, RATE_BEFORE

NAMED = 3
CLEAR = 1.0
"""Points by which agents differ at least, of a difference that is worth telling as one."""
_MOVING = {"call_topic", "journey", "error_message"}


def agents(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Whether figures differ by who takes the call at equal topics: agents, teams, and that it proves no cause."""
    for at, voice in enumerate(voices):
        if voice.table.has(SHRUNK):
            after = voices[at + 1 : at + 2]
            spread = [one for one in after if one.table.has(SPREAD) and one.table.count]
            _differs(prose, voice, spread[0] if spread else None)
    if not prose.text:
        prose.write("No figure may be shown for teams here.")
    prose.write("What agents say or do is not recorded: a difference at equal topics is no proof of its cause.")


def _differs(prose: Prose, teams: Voice, spread: Voice | None) -> None:
    label = teams.table.column("observed").label
    metric = Fact(text=label, value="observed", source="query:metric:observed")
    if spread is not None:
        clearly = (spread.table.number(0, LOW) or 0.0) >= CLEAR
        prose.write(
            "{metric} {differs} by who takes the call: agents of one team, on the same topics, mostly lie between "
            "{tenth} {under} and {ninetieth} {over} what is usual ({count} agents, chance left out).",
            metric=metric, differs="differs clearly" if clearly else "hardly differs",
            tenth=_points(spread, 0, LOWEST), under=_side(spread, 0, LOWEST),
            ninetieth=_points(spread, 0, HIGHEST), over=_side(spread, 0, HIGHEST), count=spread.cell(0, AGENTS),
        )  # fmt: skip
    table = teams.table
    rows = [row for row in sorted(table.rows) if table.number(row, SHRUNK) is not None]
    if len(rows) < 2:
        return
    first, last = rows[0], rows[-1]
    prose.write(
        "{lead}{first} is {up} {above} and {last} {down} {below} what their topics give.",
        lead="Of the teams, " if spread is not None else [metric, " at equal topics: "],
        first=teams.value(first, "agent_team"), up=_size(teams, first), above=_side(teams, first),
        last=teams.value(last, "agent_team"), down=_size(teams, last), below=_side(teams, last),
    )  # fmt: skip


def _side(voice: Voice, row: int, name: str = SHRUNK) -> Fact:
    value = voice.table.number(row, name) or 0.0
    source = f"direction:cell:{voice.table.part}:{row}:{name}"
    return Fact(text="above" if value > 0 else "below", value=1 if value > 0 else -1, source=source)


def _size(voice: Voice, row: int) -> Fact:
    return _points(voice, row, SHRUNK)


def _points(voice: Voice, row: int, name: str) -> Fact:
    """2.5 percentage points: a cell that holds the difference of two rates, without its sign."""
    value, source = voice.table.number(row, name) or 0.0, f"cell:{voice.table.part}:{row}:{name}"
    return of_percent(number(abs(value), "points", f"formula:abs({source})"))


def confusion(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The notices after which negative calls went up, then what moved by topic, place and message; the caveat."""
    lead = next(voice for voice in voices if voice.table.has(NOTICE))
    rows = [row for row in sorted(lead.table.rows) if (lead.table.number(row, CHANGE) or 0.0) > 0]
    if rows:
        items = [_notice(lead, row) for row in rows[:NAMED]]
        apart = [piece for at, item in enumerate(items) for piece in ("; " if at else "", *item)]
        prose.write("Calls with negative emotion in the week from a notice against the week before: {items}.",
                    items=apart)  # fmt: skip
    else:
        prose.write("No recorded notice of a benefit or cost change stands out by the calls that followed it.")
    for voice in voices:
        moving = voice is not lead and voice.table.names("metric")
        if moving and _MOVING & set(voice.table.names("dimension")):
            _moved(prose, voice)
    prose.write("Confusion is not recorded as such, and what follows a notice need not come from it.")


def _notice(voice: Voice, row: int) -> list[Piece]:
    """A notice with its people and day, its negative calls then and before, and their share of all calls."""
    part = voice.table.part
    change = voice.table.number(row, CHANGE) or 0.0
    source = f"cell:{part}:{row}:{CHANGE}"
    return [
        '"', voice.value(row, NOTICE), '" (', voice.value(row, "plan"), ", ", day_of(voice, row, "sent"), "): ",
        voice.cell(row, AFTER), " after ", voice.cell(row, BEFORE), ", ", *voice.went(change, source),
        " (", voice.cell(row, RATE_AFTER), " of their calls on what it speaks of, before it ",
        voice.cell(row, RATE_BEFORE), ")",
    ]  # fmt: skip


def _moved(prose: Prose, voice: Voice) -> None:
    """Of topics or messages the one whose figure went up by the largest number."""
    table = voice.table
    metric = table.names("metric")[0]
    told = [row for row in sorted(table.rows) if (table.number(row, f"{metric}__change") or 0.0) > 0
            and not str(table.cell(row, table.names("dimension")[0])).startswith(UNSAYING)]  # fmt: skip
    if not told:
        return
    row = max(told, key=lambda row: table.number(row, f"{metric}__change") or 0.0)
    moved = voice.moved(row, metric, brief=True)
    if moved:
        prose.write(
            "By {by}, {metric} moved for {name}: {value}{period}, {moved}.",
            by=dimension_names(voice), metric=voice.metric(metric), name=voice.row_name(row),
            value=voice.cell(row, metric), period=voice.period(), moved=moved,
        )  # fmt: skip
