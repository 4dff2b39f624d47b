"""YAML with line numbers: reads mappings, texts and lists, and collects every problem with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeAlias

import yaml

from warehouse.errors import UsageError

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def did_you_mean(name: str, known: Iterator[str] | list[str]) -> str:
    """A suffix such as "; did you mean 'repeat_calls'?", or nothing when no known name is close."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


@dataclass(frozen=True)
class Place:
    """Where a line of the model stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Problems:
    """Everything found wrong with a model, told at once."""

    def __init__(self) -> None:
        self.found: list[tuple[Place, str]] = []

    def add(self, place: Place, message: str) -> None:
        self.found.append((place, message))

    def raise_if_any(self, what: str = "The semantic model is not valid") -> None:
        """Raises UsageError with one `file:line: message` a line, in file order."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda item: (item[0].file, item[0].line, item[1]))
        lines = [f"{place}: {message}" for place, message in ordered]
        raise UsageError(
            f"{what}:\n" + "\n".join(lines),
            where=str(ordered[0][0]),
            next_step="Correct the lines named above.",
        )


class Block:
    """One mapping of a file. Each field is read once, by type; `finish` reports fields nobody reads."""

    def __init__(self, node: yaml.Node, file: str, problems: Problems) -> None:
        self._start = node.start_mark
        self.place = Place(file, node.start_mark.line + 1)
        self.problems = problems
        self._nodes: dict[str, yaml.Node] = {}
        self._keys: dict[str, Place] = {}
        self._known: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            problems.add(self.place, "expected 'name: value' lines here")
            return
        for key, value in node.value:
            place = Place(file, key.start_mark.line + 1)
            if key.value in self._nodes:
                problems.add(place, f"'{key.value}' is given twice")
            self._nodes[key.value] = value
            self._keys[key.value] = place

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def place_of(self, key: str) -> Place:
        return self._keys.get(key, self.place)

    def names(self) -> tuple[str, ...]:
        """The keys, in file order, when the block is a mapping of names to things."""
        self._known |= self._nodes.keys()
        return tuple(self._nodes)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default the field is needed."""
        node = self._take(key, needed=default is None)
        if node is None:
            return default or ""
        if not isinstance(node, yaml.ScalarNode):
            self.problems.add(self.place_of(key), f"'{key}' must be a text")
            return ""
        return " ".join(node.value.split())

    def number(self, key: str, default: float) -> float:
        """A number, also written as a fraction such as 1/60."""
        text = self.text(key, "")
        try:
            return float(Fraction(text)) if text else default
        except (ValueError, ZeroDivisionError):
            self.problems.add(self.place_of(key), f"'{key}' must be a number, not '{text}'")
            return default

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the allowed words."""
        text = self.text(key, default)
        if text in allowed or not text:
            return text
        hint = did_you_mean(text, list(allowed)) or f"; one of {', '.join(allowed)}"
        self.problems.add(self.place_of(key), f"'{text}' is not a {key}{hint}")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a missing field is an empty list."""
        node = self._take(key, needed=False)
        return () if node is None else self._sequence(key, node)

    def block(self, key: str) -> Block:
        """A mapping; a missing field is an empty one."""
        node = self._take(key, needed=False)
        if node is None:
            return Block(yaml.MappingNode("", [], self._start), self.place.file, self.problems)
        return Block(node, self.place.file, self.problems)

    def blocks(self, key: str) -> list[Block]:
        """A list of mappings; a missing field is an empty list."""
        node = self._take(key, needed=False)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.problems.add(self.place_of(key), f"'{key}' must be a list")
            return []
        return [Block(item, self.place.file, self.problems) for item in node.value]

    def named(self, key: str) -> dict[str, str]:
        """`{name: column}`, or a list of names that are their own column, or one name."""
        node = self._take(key, needed=False)
        if isinstance(node, yaml.MappingNode):
            inner = Block(node, self.place.file, self.problems)
            return {name: inner.text(name) for name in inner.names()}
        if isinstance(node, yaml.ScalarNode):
            return {node.value: node.value}
        return {} if node is None else {name: name for name in self._sequence(key, node)}

    def plain(self, key: str) -> Plain:
        """Anything, as plain Python values (numbers and booleans read as YAML does)."""
        node = self._take(key, needed=True)
        return None if node is None else plain(node)

    def finish(self) -> None:
        """Reports fields that mean nothing here."""
        for key in self._nodes.keys() - self._known:
            hint = did_you_mean(key, sorted(self._known))
            self.problems.add(self._keys[key], f"'{key}' means nothing here{hint}")

    def _take(self, key: str, *, needed: bool) -> yaml.Node | None:
        self._known.add(key)
        node = self._nodes.get(key)
        if node is None and needed:
            self.problems.add(self.place, f"'{key}' is missing")
        return node

    def _sequence(self, key: str, node: yaml.Node) -> tuple[str, ...]:
        items = node.value if isinstance(node, yaml.SequenceNode) else None
        if items is None or not all(isinstance(item, yaml.ScalarNode) for item in items):
            self.problems.add(self.place_of(key), f"'{key}' must be a list of texts")
            return ()
        return tuple(" ".join(item.value.split()) for item in items)


def plain(node: yaml.Node) -> Plain:
    """A YAML node as plain Python values."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "int":
        return int(node.value)
    if kind == "float":
        return float(node.value)
    if kind == "bool":
        return bool(node.value.lower() in ("true", "yes", "on"))
    return None if kind == "null" else str(node.value)


def read_block(text: str, file: str, problems: Problems) -> Block | None:
    """The top mapping of one YAML file, or nothing when it is empty or broken (then a problem is added)."""
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(Place(file, line), f"not readable as YAML: {error.problem}")
        return None
    return None if node is None else Block(node, file, problems)
