"""What the assistant knows of one snapshot: semantic model, values in the data, planner, narrator, chat model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.assembly import Assembler
from agents.grounding import known_names
from agents.narrator import Narrator
from agents.planner import Planner
from agents.planner.periods import Clock
from agents.planner.verified import build
from agents.tracing.trace import Trace, TracedDoor
from semantic.loader import load_model
from semantic.model import SemanticModel, VerifiedQuery
from semantic.query import TimeRange
from semantic.readership import Readership, counts_members, values_of
from semantic.search.finding import Finder
from semantic.values import ValueDictionary
from tools.desk import Desk
from tools.periods import day_in_words
from warehouse.ledger import lacking_columns
from warehouse.principal import Principal
from warehouse.settings import Rules, Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from agents.context import Context
    from warehouse.door import Warehouse
    from warehouse.snapshots import Snapshot

READER = Principal(user="value-dictionary", role="analyst")
VALUES_SHOWN = 12
ANSWER_SECONDS_PER_CALL = 4


@dataclass(frozen=True)
class Words:
    """What is made of the semantic model and the values in the data, whatever the day."""

    semantic: SemanticModel
    values: ValueDictionary
    planner: Planner
    narrator: Narrator
    assembler: Assembler
    finder: Finder


@dataclass
class Knowledge:
    """Everything that stays the same until the next snapshot. `values_of` is the snapshot the values come from.

    The chat model is made when somebody asks: a briefing is written without one, and what it is made with takes
    longer to import than the briefing to write.
    """

    snapshot: str
    values_of: str
    words: Words
    semantic: SemanticModel
    values: ValueDictionary
    planner: Planner
    settings: Settings
    rules: Rules
    as_of: date
    first_day: date
    partial_day: date | None
    missing_columns: dict[str, list[str]]
    assembler: Assembler
    prompt_names: dict[str, str]
    bound: dict[str, Any] = field(default_factory=dict)
    _chat_model: BaseChatModel | None = None
    _choosing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def chat_model(self) -> BaseChatModel:
        """What reads questions. Raises UsageError when the settings lack what it needs."""
        with self._choosing:
            if self._chat_model is None:
                from agents.chat_models.choosing import chat_model

                days = (self.as_of, self.first_day, self.partial_day)
                self._chat_model = chat_model(self.settings, self.words.planner, self.words.narrator, *days)
            return self._chat_model

    def context(
        self,
        question: str,
        principal: Principal,
        door: Warehouse,
        on_step: Callable[[str], None],
        answer_id: str,
        source: str,
    ) -> Context:
        """The surroundings of one question; what its door is asked is traced."""
        from agents.context import Context

        trace = Trace()
        desk = self.desk(question, principal, TracedDoor(door, trace), answer_id, source)
        seconds = self.settings.chat_model.timeout_seconds * ANSWER_SECONDS_PER_CALL
        deadline = time.monotonic() + seconds
        told_rows = bool(getattr(self.chat_model, "governed", False)) or self.settings.chat_model.rows_in_prompts
        return Context(
            desk, self.chat_model, self.prompt_names, self.bound, on_step, self.planner, self.clock, deadline,
            rows_in_prompts=told_rows, prompts=self.settings.chat_model.prompts, trace=trace,
        )  # fmt: skip

    def desk(
        self, question: str, principal: Principal, door: Warehouse | TracedDoor, answer_id: str, source: str
    ) -> Desk:
        """What tools work with for one question, or for a text that nobody asked for."""
        return Desk(
            semantic=self.semantic,
            values=self.values,
            door=door,
            principal=principal,
            rules=self.rules,
            questions=self.settings.questions,
            as_of=self.as_of,
            first_day=self.first_day,
            snapshot=self.snapshot,
            read_period=self.read_period,
            partial_day=self.partial_day,
            missing_columns=self.missing_columns,
            answer_id=answer_id,
            question=question,
            source=source,
            finder=self.words.finder,
            small_cell=0 if counts_members(principal, door.policy) else self.settings.limits.small_cell,
        )

    @property
    def clock(self) -> Clock:
        """Today and the calendar that questions are read with."""
        return Clock(
            self.as_of,
            self.first_day,
            self.settings.questions.fiscal_year_start_month,
            self.semantic.events,
            self.partial_day,
        )

    def read_period(self, phrase: str) -> TimeRange | None:
        """A relative period of a verified query, in days."""
        query = build({"metrics": ["any"], "time": phrase}, self.clock)
        return query.time if query else None


def load_knowledge(
    settings: Settings,
    door: Warehouse,
    snapshot: Snapshot,
    known: Sequence[Knowledge] = (),
    semantic: SemanticModel | None = None,
    reader: Principal = READER,
    search: Path | None = None,
) -> Knowledge:
    """Read the semantic model and the values of a snapshot that a reader, and all like them, may know.

    `search` is the folder of the stores to search in, if there are any. When one of `known` (of another snapshot,
    or of other readers) has the same values, what was made of them is taken over.
    """
    semantic = semantic or load_model()
    readership = Readership.of(reader, door.policy, settings.limits.small_cell)
    values = values_of(readership, semantic, door, snapshot, settings.state)
    for alike in known:
        if alike.values == values and (words := _taken_over(alike.words, semantic)):
            return _of_snapshot(settings, snapshot, words, snapshot.id)
    planner = Planner(semantic, values, settings.questions)
    narrator = Narrator(semantic, values)
    finder = Finder(search, semantic, values, None if readership.attributes else readership.data, wait=False)
    words = Words(semantic, values, planner, narrator, Assembler(narrator, known_names(semantic, values)), finder)
    return _of_snapshot(settings, snapshot, words, snapshot.id)


def _taken_over(words: Words, semantic: SemanticModel) -> Words | None:
    """The words of a model that is the same, or the same but for its verified queries; None otherwise."""
    known = words.semantic
    if known is semantic:
        return words
    if replace(known, version=semantic.version, verified_queries=semantic.verified_queries) != semantic:
        return None
    return replace(words, semantic=semantic, planner=words.planner.with_verified(semantic))


def carried_over(settings: Settings, snapshot: Snapshot, known: Knowledge) -> Knowledge:
    """What is known at once of a snapshot that goes on from the known one: its days, with the values so far."""
    return _of_snapshot(settings, snapshot, known.words, known.values_of)


def _of_snapshot(settings: Settings, snapshot: Snapshot, words: Words, values_of: str) -> Knowledge:
    manifest = snapshot.manifest
    as_of, first_day = snapshot.as_of, snapshot.first_day
    partial_day = _partial_day(manifest)
    return Knowledge(
        snapshot=snapshot.id,
        values_of=values_of,
        words=words,
        semantic=words.semantic,
        values=words.values,
        planner=words.planner,
        settings=settings,
        rules=Rules.model_validate(manifest.get("rules") or settings.rules.model_dump()),
        as_of=as_of,
        first_day=first_day,
        partial_day=partial_day,
        missing_columns=lacking_columns(manifest),
        assembler=words.assembler,
        prompt_names=prompt_names(words.semantic, words.values, as_of, first_day),
    )


def _partial_day(manifest: Mapping[str, Any]) -> date | None:
    day = manifest.get("partial_day")
    return date.fromisoformat(day) if day else None


def prompt_names(semantic: SemanticModel, values: ValueDictionary, as_of: date, first_day: date) -> dict[str, str]:
    """What the prompts' placeholders stand for: the day and the semantic model's own names; nothing from rows."""
    return {
        "as_of": day_in_words(as_of),
        "first_day": day_in_words(first_day),
        "verified": "\n".join(_offered(query) for query in semantic.verified_queries.values()),
        "metrics": "\n".join(
            f"- {name}: {metric.label} ({metric.unit}). {metric.description}"
            for name, metric in semantic.metrics.items()
        ),
        "dimensions": "\n".join(
            f"- {name}: {dimension.label}. Values: {', '.join(_declared(name, semantic, values)[:VALUES_SHOWN])}"
            for name, dimension in semantic.dimensions.items()
        ),
    }


def _declared(dimension: str, semantic: SemanticModel, values: ValueDictionary) -> list[str]:
    return [value for value in semantic.dimensions[dimension].values if values.knows(dimension, value)]


def _offered(query: VerifiedQuery) -> str:
    """A verified query in a prompt, with what can be set in it."""
    parameters = [f"{p.name} ({p.type})" for p in query.parameters.values()]
    return f"- {query.name}: {query.title}." + (f" Parameters: {', '.join(parameters)}." if parameters else "")
