"""What a claim of a sentence is about: the rows and the metrics that are named beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from agents.claims import Claim
from agents.grounding import Evidence
from agents.plain_words import metric_words
from agents.quantities import same_date
from tools.outcome import Column, Table

Places = frozenset[tuple[int, int]]
"""Rows: number of the table, number of the row."""


@dataclass(frozen=True)
class Near:
    """What a claim can be about: rows by the names and days beside it, and the metrics that are named there."""

    rows: Places
    metrics: frozenset[str]
    """Empty when none is named: then any."""

    def admits(self, column: Column) -> bool:
        """Whether a column is of these metrics; one that is of no metric may always be meant."""
        return not self.metrics or column.name.split("__")[0] in self.metrics


@dataclass(frozen=True)
class Bearings:
    """Finds what claims are about in some evidence."""

    evidence: Evidence

    @cached_property
    def all_rows(self) -> Places:
        tables = self.evidence.tables
        return frozenset((part, row) for part, table in enumerate(tables) for row in range(len(table.rows)))

    def near(
        self, said: list[Claim], at: int, named: list[tuple[int, frozenset[str]]], way: tuple[bool, ...],
        before: list[Claim],
    ) -> Near:  # fmt: skip
        by_name = self._rows_beside(said, at, "name", way[0], self.rows_named) or self._rows_of(before)
        by_day = self._rows_beside(said, at, "date", way[1], self._rows_dated)
        place = said[at].start
        ahead = [metrics for start, metrics in named if start < place]
        after = [metrics for start, metrics in named if start > place]
        metrics = (ahead[-1:] or after[:1]) if way[2] else (after[:1] or ahead[-1:])
        return Near((by_name or self.all_rows) & (by_day or self.all_rows), metrics[0] if metrics else frozenset())

    def _rows_beside(
        self, said: list[Claim], at: int, kind: str, backwards: bool, rows_of: Callable[[str], Places]
    ) -> Places:
        """Rows of the nearest claim of a kind in this direction, else in the other; empty if there is none."""
        ahead = [claim for claim in reversed(said[:at]) if claim.kind == kind]
        after = [claim for claim in said[at + 1 :] if claim.kind == kind]
        for claim in (*ahead, *after) if backwards else (*after, *ahead):
            if rows := rows_of(claim.text):
                return rows
        return frozenset()

    def _rows_of(self, names: list[Claim]) -> Places:
        return frozenset().union(*(self.rows_named(claim.text) for claim in names)) if names else frozenset()

    def rows_named(self, name: str) -> Places:
        labels = self.evidence.values
        return frozenset(
            (part, index)
            for part, table in enumerate(self.evidence.tables)
            for index, row in enumerate(table.rows)
            if any(
                column.role == "dimension" and labels.label(column.name, str(cell)) == name
                for column, cell in zip(table.columns, row, strict=True)
            )
        )

    def _rows_dated(self, text: str) -> Places:
        return frozenset(
            (part, index)
            for part, table in enumerate(self.evidence.tables)
            for index, row in enumerate(table.rows)
            if any(same_date(text, day) for day in days_of(table, row))
        )

    def metrics_named(self, sentence: str, said: list[Claim]) -> list[tuple[int, frozenset[str]]]:
        """Where a sentence names metrics of the results, and which: `calls` may be all calls or repeat calls."""
        called: dict[str, frozenset[str]] = {}
        for table in self.evidence.tables:
            called |= metric_words(table, self.evidence)
        if len(called) < 2:
            return []
        words, found = frozenset().union(*called.values()), []
        names = [claim for claim in said if claim.kind == "name"]
        for run in _runs(sentence, words):
            if any(name.start <= run[0][0] < name.end for name in names):
                continue
            spoken = {word for _, word in run}
            fitting = frozenset(name for name, own in called.items() if spoken <= own)
            if fitting:
                found.append((run[0][0], fitting))
        return found


def days_of(table: Table, row: tuple[object, ...]) -> Iterator[date]:
    for column, cell in zip(table.columns, row, strict=True):
        if column.role == "time" and cell:
            yield date.fromisoformat(str(cell)[:10])


def _runs(sentence: str, words: frozenset[str]) -> Iterator[list[tuple[int, str]]]:
    """Stretches of words of a set that stand beside one another, each word with its place."""
    run: list[tuple[int, str]] = []
    for match in re.finditer(r"\w+", sentence):
        if match.group().lower() in words:
            run.append((match.start(), match.group().lower()))
        elif run:
            yield run
            run = []
    if run:
        yield run
