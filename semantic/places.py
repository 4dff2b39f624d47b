"""Where the entries of a model stand in its files, for whoever is told about one that is valid but confuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from semantic.reading import Loader, Place

SECTIONS = ("metrics", "dimensions", "topics")


@dataclass(frozen=True)
class Entry:
    """A metric, dimension or topic: its first line and the lines that it takes, as they are written."""

    place: Place
    lines: tuple[str, ...]

    def line_of(self, phrase: str) -> Place:
        """The line on which the entry says a phrase, in any case; its first one where none does."""
        for number, line in enumerate(self.lines):
            if phrase.lower() in line.lower():
                return Place(self.place.file, self.place.line + number)
        return self.place


def entries_of(files: Mapping[str, str]) -> dict[str, Entry]:
    """The entries by name, of files (by name their text) that a model has been loaded from."""
    found: dict[str, Entry] = {}
    for file, text in files.items():
        node, lines = yaml.compose(text, Loader), text.splitlines()
        for section, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if section.value in SECTIONS and isinstance(value, yaml.MappingNode):
                for key, body in value.value:
                    start, end = key.start_mark.line, max(body.end_mark.line, key.start_mark.line + 1)
                    found.setdefault(key.value, Entry(Place(file, start + 1), tuple(lines[start:end])))
    return found


def place_of(phrase: str, names: tuple[str, ...], entries: Mapping[str, Entry]) -> Place | None:
    """Where a phrase is said, in the first of the entries that says it; else where the first of them begins."""
    known = [entries[name] for name in (*names, phrase) if name in entries]
    for entry in known:
        if (line := entry.line_of(phrase)) != entry.place:
            return line
    return known[0].place if known else None
