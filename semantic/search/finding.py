"""Finding what was nearly meant, as somebody who may know certain values.

The store gives candidates by meaning-bearing words and letters; plain string comparison is added, and stands alone
where there is no store. A value is only ever given out when it is in the reader's own dictionary.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process, utils

from semantic.model import SemanticModel
from semantic.search.entries import KINDS, Kind, SearchEntry, named, valued
from semantic.search.store import Data, Match, SearchStore, StoreError, content_of, is_loaded
from semantic.values import ValueDictionary, names_known_values

CANDIDATES = 60
"""Entries that are looked at for a few different things: each thing has many."""
_OF_SPELLING = 0.9
"""What the comparison of strings counts beside the vectors: found best over the suites' questions."""


_A_TYPO = 80
"""Of 100: letters of two texts that are one, mistyped."""


@dataclass(frozen=True)
class Hit:
    """A thing that was found: what it is, how it is called, by which of its texts, how near (0 to 1)."""

    kind: Kind
    name: str
    label: str
    text: str
    score: float
    dimension: str = ""


class Finder:
    """Search for one reader. `data` is the class of store that holds their values; None for a narrowed reader.

    Without a `root` there is no store. One that does not `wait` uses it only in a process that has the library of
    the store already: loading it takes longer than answering. `problem` says what is wrong with a store.
    """

    def __init__(
        self,
        root: Path | None,
        model: SemanticModel,
        values: ValueDictionary,
        data: Data | None,
        *,
        wait: bool = True,
    ) -> None:
        self._wait = wait
        self._root, self._model, self._values, self._data = root, model, values, data
        self._stores: dict[Data, SearchStore] = {}
        self._lock = threading.Lock()
        self._own: dict[bool, list[SearchEntry]] = {}
        self.problem = ""

    def find(self, text: str, kinds: Sequence[Kind] = KINDS, limit: int = 3) -> list[Hit]:
        """The nearest things, the best first; none for a text without words. Never raises for a broken store."""
        matches: list[Match] = []
        of_names: list[Kind] = [kind for kind in kinds if kind != "value"]
        if of_names:
            matches += self._found("names", text, of_names)
        if "value" in kinds:
            matches += self._found(self._data, text, ["value"])
        return _best((match for match in matches if self._known(match.entry)), limit)

    def _known(self, entry: SearchEntry) -> bool:
        if entry.kind == "value":
            return entry.name in self._values.values(entry.dimension)
        if entry.kind == "verified":
            verified = self._model.verified_queries.get(entry.name)
            return verified is not None and names_known_values(verified, self._model, self._values)
        return entry.name in (self._model.metrics if entry.kind == "metric" else self._model.dimensions)

    def _found(self, data: Data | None, text: str, kinds: Sequence[Kind]) -> list[Match]:
        spelled = self._spelled(text, kinds)
        store = self._store(data) if data else None
        if data is None or store is None:
            return _by_spelling_alone(text, spelled)
        try:
            near = store.find(text, kinds, CANDIDATES)
        except StoreError as error:
            self.problem = str(error)
            return _by_spelling_alone(text, spelled)
        return _weighed(text, near, spelled, store)

    def _store(self, data: Data) -> SearchStore | None:
        """The store as it is now; a build may have replaced the one that is open."""
        if self._root is None or not (self._wait or is_loaded()):
            return None
        content = content_of(self._root, data)
        with self._lock:
            held = self._stores.get(data)
            if held is not None and held.content == content:
                return held
            if held is not None:
                self._stores.pop(data).close()
            try:
                self._stores[data] = SearchStore(self._root, data)
            except StoreError as error:
                self.problem = str(error)
                return None
            return self._stores[data]

    def close(self) -> None:
        """Let go of the stores."""
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores.clear()

    def _spelled(self, text: str, kinds: Sequence[Kind]) -> list[Match]:
        """By string comparison alone."""
        of_values = "value" in kinds
        if of_values not in self._own:
            held = valued(self._model, self._values) if of_values else named(self._model)
            self._own[of_values] = held
        entries = [entry for entry in self._own[of_values] if entry.kind in kinds]
        found = process.extract(
            text,
            [entry.text for entry in entries],
            scorer=fuzz.token_sort_ratio if of_values else fuzz.token_set_ratio,
            processor=utils.default_process,
            limit=CANDIDATES,
        )
        return [Match(entries[at], score / 100) for _, score, at in found]


def _by_spelling_alone(text: str, spelled: Sequence[Match]) -> list[Match]:
    """Strings are alike in part more often than their meanings: squared, scores compare with a store's."""
    return [Match(match.entry, _with_typo(text, match.entry, match.score**2)) for match in spelled]


def _weighed(text: str, near: Sequence[Match], spelled: Sequence[Match], store: SearchStore) -> list[Match]:
    """The candidates of both, each by vectors and by spelling."""
    by_vector = {match.entry: match.score for match in near}
    by_spelling = {match.entry: match.score for match in spelled}
    both = dict.fromkeys((*by_vector, *by_spelling))
    nearness = store.nearness(text, [entry.text for entry in both if entry not in by_vector])
    found = []
    for entry in both:
        vector = by_vector[entry] if entry in by_vector else nearness[entry.text]
        spelling = by_spelling.get(entry)
        if spelling is None:
            spelling = fuzz.token_set_ratio(text, entry.text, processor=utils.default_process) / 100
        weighed = (vector + _OF_SPELLING * spelling) / (1 + _OF_SPELLING)
        found.append(Match(entry, _with_typo(text, entry, weighed)))
    return found


def _with_typo(text: str, entry: SearchEntry, score: float) -> float:
    """Two texts that differ by a typo are as near as their letters are."""
    alike = fuzz.ratio(text, entry.text, processor=utils.default_process, score_cutoff=_A_TYPO)
    return max(score, alike / 100)


def _best(matches: Iterable[Match], limit: int) -> list[Hit]:
    """One hit a thing, by its nearest text; among equals in the order of names."""
    best: dict[tuple[str, str, str], Match] = {}
    for match in matches:
        key = (match.entry.kind, match.entry.dimension, match.entry.name)
        if key not in best or match.score > best[key].score:
            best[key] = match
    ranked = sorted(best.items(), key=lambda item: (-item[1].score, item[0]))
    return [
        Hit(m.entry.kind, m.entry.name, m.entry.label, m.entry.text, round(m.score, 3), m.entry.dimension)
        for _, m in ranked[:limit]
    ]
