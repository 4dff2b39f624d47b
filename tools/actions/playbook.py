"""The playbook (`playbook.yml`): what can be done about a leak, when it applies, and what is known beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from semantic.reading import Block, Problems, did_you_mean, read_block
from warehouse.errors import UsageError

PACKAGED_PLAYBOOK = Path(__file__).with_name("playbook.yml")
DRIVERS = ("error_message", "failure_reason", "step", "platform", "plan_type", "member_tenure", "language")
FILLERS = ("journey", "message", *DRIVERS)
HISTORY_LEVERS = ("Digital", "IVR", "Comms", "Training", "QA")
_FILLER = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Lever:
    """A kind of action. `reduction` and `spread` are its prior, as shares of the calls that an action reaches."""

    name: str
    label: str
    group: str
    history: str
    owner: str
    reduction: float
    spread: float
    day_cost: float


@dataclass(frozen=True)
class PlaybookAction:
    """One entry: `drivers` are least shares by dimension, `only` and `unless` values of a driver.

    `not_with` and `needs` are other entries: no plan holds it with one of the former or without one of the latter.
    """

    key: str
    lever: Lever
    name: str
    text: str
    owner: str
    effort_days: float
    weeks: float
    cx: int
    cx_basis: str
    drivers: dict[str, float] = field(default_factory=dict)
    journeys: tuple[str, ...] = ()
    repeat_rate: float = 0.0
    reaches: str = ""
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unless: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_with: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class HistoryPriors:
    """What is assumed of past fixes where the file does not say it (see `playbook.yml`)."""

    high_start: float
    high_start_spread: float
    window_days: float
    usual_movement: float
    overdispersion: float
    fix_spread: float
    journey_spread: float
    shared_spread: float
    cx_per_reduction: float
    cx_spread: float
    interval: float


@dataclass(frozen=True)
class Playbook:
    """The whole playbook. `capacity` holds sprint_days, sprints and budget of a quarter.

    `called` are the words that people use for an owner beside the name.
    """

    levers: dict[str, Lever]
    actions: dict[str, PlaybookAction]
    messages: dict[str, re.Pattern[str]]
    history: HistoryPriors
    ranking: dict[str, float]
    capacity: dict[str, float]
    called: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whoever a lever or an action names as its owner, by name."""
        named = {lever.owner for lever in self.levers.values()} | {one.owner for one in self.actions.values()}
        return tuple(sorted(named))

    def message_noun(self, text: str) -> str:
        """What an error text is about, in a word; empty when no pattern knows it."""
        return next((noun for noun, pattern in self.messages.items() if pattern.search(text)), "")


def load_playbook(file: Path | None = None) -> Playbook:
    """The checked playbook. Raises UsageError that lists `file:line: message` for every mistake."""
    path = file or PACKAGED_PLAYBOOK
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("The playbook cannot be read.", where=str(path), next_step="Correct the file.") from error
    return _parse(text, path.name)


@lru_cache(maxsize=4)
def _parse(text: str, name: str) -> Playbook:
    problems = Problems()
    block = read_block(text, name, problems)
    if block is None:
        if not problems.found:
            raise UsageError("The playbook is empty.", where=name, next_step="Restore the file.")
        problems.raise_if_any("The playbook is not valid")
    assert block is not None
    levers = {key: _lever(key, part) for key, part in _named(block.block("levers"))}
    actions = {key: _action(key, part, levers) for key, part in _named(block.block("actions"))}
    called = block.block("called")
    book = Playbook(
        levers=levers,
        actions={key: action for key, action in actions.items() if action},
        messages=_messages(block.block("messages")),
        history=_history(block.block("history")),
        ranking=_numbers(block.block("ranking"), ("savings", "cx", "speed")),
        capacity=_numbers(block.block("capacity"), ("sprint_days", "sprints", "budget")),
        called={owner: called.texts(owner) for owner in called.names()},
    )
    for key, part in _named(block.block("actions")):
        for other in (*part.texts("not_with"), *part.texts("needs")):
            if other not in actions or other == key:
                problems.add(part.place, f"there is no other action '{other}'{did_you_mean(other, [*actions])}")
    for owner in called.names():
        if owner not in book.owners:
            problems.add(
                called.place_of(owner), f"'{owner}' owns no action{did_you_mean(owner, list(book.owners))}"
            )
    if not actions:
        problems.add(block.place, "there is no action")
    if sum(book.ranking.values()) <= 0:
        problems.add(block.place_of("ranking"), "the weights must not all be 0")
    block.finish()
    problems.raise_if_any("The playbook is not valid")
    return book


def _named(block: Block) -> list[tuple[str, Block]]:
    return [(name, block.block(name)) for name in block.names()]


def _lever(name: str, block: Block) -> Lever:
    history = block.choice("history", HISTORY_LEVERS, "")
    lever = Lever(
        name=name,
        label=block.text("label"),
        group=block.text("group"),
        history=history,
        owner=block.text("owner"),
        reduction=_within(block, "reduction", 0.0, 0.95),
        spread=_within(block, "spread", 0.001, 1.0),
        day_cost=_within(block, "day_cost", 0.0, 1e6),
    )
    block.finish()
    return lever


def _within(block: Block, key: str, least: float, most: float) -> float:
    """A number between two bounds. A missing or an impossible one is a problem at its line."""
    if key not in block:
        block.problems.add(block.place, f"'{key}' is missing")
        return least
    value = block.number(key, least)
    if not least <= value <= most:
        block.problems.add(block.place_of(key), f"'{key}' must lie between {least:g} and {most:g}, not {value:g}")
    return min(max(value, least), most)


def _numbers(block: Block, names: tuple[str, ...]) -> dict[str, float]:
    found = {name: _within(block, name, 0.0, 1e9) for name in names}
    block.finish()
    return found


def _action(key: str, block: Block, levers: dict[str, Lever]) -> PlaybookAction | None:
    lever = block.text("lever")
    when = block.block("when")
    conditions = when.block("drivers")
    drivers = {name: _within(conditions, name, 0.0, 1.0) for name in conditions.names()}
    journeys, repeats = when.texts("journeys"), when.number("repeat_rate", 0.0)
    when.finish()
    reaches = block.text("reaches", "")
    for name in (*drivers, *([reaches] if reaches else [])):
        _known(block, "when", name, DRIVERS, "driver")
    if reaches and reaches not in drivers:
        block.problems.add(block.place_of("reaches"), f"'{reaches}' must have a least share under 'when'")
    action = PlaybookAction(
        key=key,
        lever=levers.get(lever) or next(iter(levers.values())),
        name=block.text("name"),
        text=_text(block, drivers),
        owner=block.text("owner", "") or (levers[lever].owner if lever in levers else ""),
        effort_days=_within(block, "effort", 0.5, 1000),
        weeks=_within(block, "weeks", 0.2, 104),
        cx=int(_within(block, "cx", 1, 5)),
        cx_basis=block.text("cx_basis"),
        drivers=drivers,
        journeys=journeys,
        repeat_rate=repeats,
        reaches=reaches,
        only=_values(block.block("only")),
        unless=_values(block.block("unless")),
        not_with=block.texts("not_with"),
        needs=block.texts("needs"),
    )
    if lever not in levers:
        block.problems.add(block.place_of("lever"), f"there is no lever '{lever}'{did_you_mean(lever, [*levers])}")
    block.finish()
    return action if lever in levers else None


def _text(block: Block, drivers: dict[str, float]) -> str:
    """The template: known names, paired brackets, no figures; outside brackets only what `when` makes sure of."""
    text = block.text("text")
    place = "text"
    if _DIGIT.search(text):
        block.problems.add(block.place_of(place), "a text holds no figures: they come from result cells")
    bare = _OPTIONAL.sub("", text)
    if set("[]") & set(bare) or set("{}") & set(_FILLER.sub("", text)):
        block.problems.add(block.place_of(place), "a bracket is not closed")
    for name in dict.fromkeys(_FILLER.findall(text)):
        _known(block, place, name, FILLERS, "name to fill in")
    sure = {"journey", *drivers} | ({"message"} if "error_message" in drivers else set())
    for name in dict.fromkeys(_FILLER.findall(bare)):
        if name in FILLERS and name not in sure:
            block.problems.add(block.place_of(place), f"{{{name}}} needs a least share under 'when', or brackets")
    return text


def _known(block: Block, key: str, name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        block.problems.add(block.place_of(key), f"'{name}' is no {what}{did_you_mean(name, list(known))}")


def _values(block: Block) -> dict[str, tuple[str, ...]]:
    found = {}
    for name in block.names():
        _known(block, name, name, DRIVERS, "driver")
        found[name] = block.texts(name)
    return found


def _messages(block: Block) -> dict[str, re.Pattern[str]]:
    found = {}
    for noun in block.names():
        try:
            found[noun] = re.compile(block.text(noun), re.IGNORECASE)
        except re.error as error:
            block.problems.add(block.place_of(noun), f"'{noun}' is no pattern: {error}")
    return found


def _history(block: Block) -> HistoryPriors:
    priors = HistoryPriors(
        high_start=_within(block, "high_start", 0.0, 0.5),
        high_start_spread=_within(block, "high_start_spread", 0.001, 0.5),
        window_days=_within(block, "window_days", 1, 366),
        usual_movement=_within(block, "usual_movement", 0.0, 1.0),
        overdispersion=_within(block, "overdispersion", 1.0, 100.0),
        fix_spread=_within(block, "fix_spread", 0.001, 1.0),
        journey_spread=_within(block, "journey_spread", 0.001, 1.0),
        shared_spread=_within(block, "shared_spread", 0.0, 2.0),
        cx_per_reduction=_within(block, "cx_per_reduction", 0.0, 1000.0),
        cx_spread=_within(block, "cx_spread", 0.01, 1000.0),
        interval=_within(block, "interval", 0.1, 0.99),
    )
    block.finish()
    return priors


def filled(template: str, names: dict[str, str]) -> str:
    """A text with its names filled in; a bracket whose name has no value falls away."""

    def optional(match: re.Match[str]) -> str:
        wanted = _FILLER.findall(match[1])
        return match[1] if all(names.get(name) for name in wanted) else ""

    text = _OPTIONAL.sub(optional, template)
    return " ".join(_FILLER.sub(lambda match: names.get(match[1], ""), text).split())
