"""Reviewing suggested synonyms: what a word may mean is decided by a data engineer, and can be taken back.

An accepted one is written as YAML beside the model and is understood from the next question on. A word that means
something already, or that questions are built with, is not accepted: it would change how others are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.planner import Planner
from agents.planner.lexicon import is_grammar
from agents.planner.normalise import tokenise
from agents.planner.reading import Target
from agents.planner.words import FILLER, FUNCTION, KNOWN, POPULATION, TIME_WORDS
from agents.reviews import Entry, ReviewStore, State, require_reviewer
from agents.unanswered import SYNONYM, Meant
from semantic.lint import COMMON
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.overlay import SYNONYMS, read_overlay, write_overlay
from semantic.values import ValueDictionary
from warehouse.errors import UsageError
from warehouse.principal import Principal

_SHAPE = re.compile(r"[^\W_][\w' -]{1,58}[^\W_]")
_MOST_WORDS = 5
_HEADING = "Words that reviewers have accepted (`command-center synonyms`); each decision is in state/reviews.db."
_SECTIONS = {"metric": "metrics", "dimension": "dimensions"}


@dataclass(frozen=True)
class Suggestion:
    """A suggestion as it is reviewed: the words, what they may mean (or nothing yet), why that cannot be."""

    entry: Entry
    words: str
    meant: str
    problems: tuple[str, ...]


class SynonymReview:
    """The review list over one model. `values` are those that the reviewer may know."""

    def __init__(
        self,
        store: ReviewStore,
        planner: Planner,
        values: ValueDictionary,
        overlay: Path,
        folder: Path | None = None,
    ) -> None:
        self._store, self._planner, self._values = store, planner, values
        self._model: SemanticModel = planner.model
        self._overlay, self._folder = overlay, folder

    def suggestions(self, state: State | None, by: Principal) -> list[Suggestion]:
        """What is on the list, the most often asked first. Raises DeniedError for other roles."""
        require_reviewer(by)
        return [self._suggestion(entry) for entry in self._store.entries(SYNONYM, state)]

    def accept(self, name: str, by: Principal, at: datetime, meant: str = "", detail: str = "") -> Suggestion:
        """Write a synonym beside the model. `meant` says what for, where the suggestion does not or says wrong.

        Raises UsageError that says what the words mean already, DeniedError for other roles.
        """
        require_reviewer(by)
        entry = self._store.find(SYNONYM, name)
        words, target = str(entry.payload["words"]), meant or str(entry.payload["meant"])
        if not target:
            raise UsageError(
                f"Nobody has shown what {words!r} means.",
                where=entry.id,
                next_step="Say it: --as metric:NAME, dimension:NAME or value:DIMENSION=VALUE.",
            )
        problems = tuple(self.problems(words, target))
        if problems:
            raise UsageError(
                " ".join(problems), where=words, next_step="Reject it, or accept it for what it means."
            )
        before = read_overlay(self._overlay, SYNONYMS)
        self._write(_with(before, words, parse_meant(target)), before)
        return self._suggestion(
            self._store.decide(SYNONYM, entry.id, "accept", by, at, f"{target} {detail}".strip())
        )

    def reject(self, name: str, by: Principal, at: datetime, detail: str = "") -> Suggestion:
        """Take a suggestion off the list; it does not come back by being asked again."""
        return self._suggestion(self._store.decide(SYNONYM, name, "reject", by, at, detail))

    def undo(self, name: str, by: Principal, at: datetime, detail: str = "") -> Suggestion:
        """Take a decision back: an accepted word is not understood any more."""
        require_reviewer(by)
        entry = self._store.find(SYNONYM, name)
        if entry.state == "accepted":
            before = read_overlay(self._overlay, SYNONYMS)
            self._write(_without(before, str(entry.payload["words"])), before)
        return self._suggestion(self._store.decide(SYNONYM, entry.id, "undo", by, at, detail))

    def problems(self, words: str, target: str) -> Iterator[str]:
        """Why words cannot stand for a target (`metric:leakage_rate`), in sentences."""
        meant = parse_meant(target)
        yield from self._target_problems(meant)
        tokens = tokenise(words)
        if not _SHAPE.fullmatch(words) or not 0 < len(words.split()) <= _MOST_WORDS:
            yield f"{words!r} is no short phrase of plain words."
            return
        texts = [token.text for token in tokens]
        common = FUNCTION | FILLER | TIME_WORDS | POPULATION | KNOWN | COMMON | self._planner.lexicon.noise
        if all(text in common for text in texts) or is_grammar(words):
            yield f"{words!r} is what questions are built with."
        if tuple(texts) in self._planner.lexicon.topics:
            yield f"{words!r} is refused by name, because the data cannot say it."
        others = sorted(named for named in self._known_as(words) if named != meant.spelled)
        if others:
            yield f"{words!r} already means {', '.join(others)}."

    def _target_problems(self, meant: Meant) -> Iterator[str]:
        known = self._model.metrics if meant.kind == "metric" else self._model.dimensions
        if meant.name not in known:
            yield f"There is no {'metric' if meant.kind == 'metric' else 'dimension'} {meant.name!r}."
        elif meant.kind == "value" and meant.value not in self._values.values(meant.name):
            yield f"{meant.name} has no value {meant.value!r}."

    def _known_as(self, words: str) -> set[str]:
        lexicon = self._planner.lexicon
        key = tuple(token.lemma for token in tokenise(words))
        found = set(lexicon.exact.get(key, ())) | set(lexicon.bag.get(tuple(sorted(key)), ()))
        return {_spelled(target) for target in found}

    def _suggestion(self, entry: Entry) -> Suggestion:
        words, meant = str(entry.payload["words"]), str(entry.payload["meant"])
        problems = tuple(self.problems(words, meant)) if meant and entry.state == "open" else ()
        return Suggestion(entry, words, meant, problems)

    def _write(self, document: dict[str, Any], before: dict[str, Any]) -> None:
        """Write and load; what does not load is put back."""
        write_overlay(self._overlay, SYNONYMS, document, _HEADING)
        try:
            load_model(self._folder, self._overlay)
        except UsageError:
            write_overlay(self._overlay, SYNONYMS, before, _HEADING)
            raise


def parse_meant(text: str) -> Meant:
    """`metric:leakage_rate`, `dimension:plan_type` or `value:plan_type=MAPD`. Raises UsageError."""
    kind, _, rest = text.partition(":")
    name, _, value = rest.partition("=")
    if kind in _SECTIONS and name and not value:
        return Meant(kind, name)
    if kind == "value" and name and value:
        return Meant(kind, name, value)
    raise UsageError(
        f"{text[:60]!r} names nothing.",
        where="--as",
        next_step="Write metric:NAME, dimension:NAME or value:DIMENSION=VALUE.",
    )


def _spelled(target: Target) -> str:
    return Meant(target.kind, target.name, target.value).spelled


def _with(document: dict[str, Any], words: str, meant: Meant) -> dict[str, Any]:
    entries = {kind: dict(held) for kind, held in (document.get("synonyms") or {}).items()}
    if meant.kind == "value":
        of_dimension = dict(entries.setdefault("values", {}).get(meant.name) or {})
        of_dimension[meant.value] = sorted({*(of_dimension.get(meant.value) or ()), words})
        entries["values"][meant.name] = of_dimension
    else:
        section = entries.setdefault(_SECTIONS[meant.kind], {})
        section[meant.name] = sorted({*(section.get(meant.name) or ()), words})
    return {**document, "synonyms": entries}


def _without(document: dict[str, Any], words: str) -> dict[str, Any]:
    """The document without the words, wherever they stand, and without what is empty then."""

    def pruned(held: Any) -> Any:
        if isinstance(held, dict):
            kept = {name: inner for name, entry in held.items() if (inner := pruned(entry))}
            return kept or None
        return [entry for entry in held or () if entry != words] or None

    return pruned(document) or {}
