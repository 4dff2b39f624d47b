"""The shapes of the case files in short form: what each may say, for the loader, for editors and for `eval check`.

Metrics and dimensions are looked up in the semantic model that a file is about; a name that it has not is refused,
for a case that can never be right says nothing about who answers it.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from evals.case_reading import nearest, read_body, shaped
from semantic.loader import load_model
from semantic.query import Attribution, Comparison, TimeGrain
from warehouse.errors import UsageError

METRICS, DIMENSIONS = "metric", "dimension"
"""The kinds of names that are looked up, as `read_shape` is given them."""
Kind = Literal[
    "query", "drivers", "what_if", "briefing", "next_best_action", "impact", "journey", "clarify", "refuse"
]
Value = str | int | float | bool


def _known(kind: str, *, negated: bool = False) -> AfterValidator:
    def checked(name: str, info: ValidationInfo) -> str:
        names = (info.context or {}).get(kind)
        plain = name.removeprefix("not_") if negated else name
        if names is not None and plain not in names:
            raise ValueError(f"there is no {kind} {plain!r}{_hint(plain, names)}")
        return name

    return AfterValidator(checked)


def _hint(name: str, known: frozenset[str]) -> str:
    near = nearest(name, known)
    return f", the nearest is {near!r}" if near else ""


Metric = Annotated[str, _known(METRICS)]
Dimension = Annotated[str, _known(DIMENSIONS)]
Filtered = Annotated[str, _known(DIMENSIONS, negated=True)]
Threshold = tuple[Metric, Literal[">", ">=", "<", "<=", "="], float]


class Part(BaseModel):
    """A piece of a case file: a key that it has not is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(Part):
    """What an answer must be, slot by slot. `f` may have `not_` before a dimension: all but these values."""

    kind: Kind = "query"
    m: tuple[Metric, ...] | None = Field(default=None, title="metrics")
    d: tuple[Dimension, ...] | None = Field(default=None, title="dimensions")
    f: dict[Filtered, tuple[Value, ...]] | None = Field(default=None, title="filters")
    h: tuple[Threshold, ...] | None = Field(default=None, title="having")
    t: tuple[date, date] | None = Field(default=None, title="time")
    g: TimeGrain | None = Field(default=None, title="grain")
    c: Comparison | tuple[date, date] | None = Field(default=None, title="compare_to")
    o: Literal["asc", "desc"] | None = Field(default=None, title="order")
    l: int | None = Field(default=None, ge=1, title="limit")  # noqa: E741 - the files' name for it
    e: Dimension | TimeGrain | None = Field(default=None, title="limit_by")
    a: Attribution | None = Field(default=None, title="attribution")
    pct: float | None = Field(default=None, title="what_if_pct")
    share: bool | None = Field(default=None, title="share_of_total")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Form:
        if self.t and self.t[0] > self.t[1]:
            raise ValueError(f"t ends on {self.t[1]}, before it begins on {self.t[0]}")
        return self


class Question(Form):
    """A question `q` after the questions `after`, and the forms that are right: its own slots, or one of `or`."""

    q: str = Field(title="question")
    id: str = ""
    after: tuple[str, ...] = ()
    others: tuple[Form, ...] = Field(default=(), alias="or")

    @model_validator(mode="after")
    def _drops_nothing(self) -> Question:
        for form in (self, *self.others):
            if empty := [name for name in form.model_fields_set if getattr(form, name) is None]:
                raise ValueError(f"{', '.join(sorted(empty))}: only a turn of a conversation can drop a slot")
        return self


class _Dated(Part):
    as_of: date
    first_day: date

    @model_validator(mode="after")
    def _has_days(self) -> _Dated:
        if self.first_day > self.as_of:
            raise ValueError("first_day is after as_of")
        return self


class QuestionFile(_Dated):
    """Single questions: `own.yml`, `authors/`, `held/` and their like. `values` are those that only data have."""

    label: str = ""
    values: dict[Dimension, tuple[Value, ...]] = Field(default_factory=dict)
    cases: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> QuestionFile:
        names = [case.id for case in self.cases if case.id]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cases are called {', '.join(twice)}")
        return self


class Turn(Form):
    """A turn names what differs from the answered turn before it: null drops a slot, `new` starts from nothing.

    `shown` are the key values of the answer's first rows, by dimension; `v` the verified query that answers.
    """

    q: str = Field(min_length=1, title="question")
    new: bool = False
    shown: dict[Dimension, tuple[Value, ...]] | None = None
    v: str | None = Field(default=None, title="verified")
    others: tuple[Form, ...] = Field(default=(), alias="or")


class Talk(Part):
    """A conversation."""

    turns: tuple[Turn, ...] = Field(min_length=1)


class ConversationsFile(_Dated):
    """Conversations: `conversations/`. `values` are those that only data have."""

    label: str
    values: dict[Dimension, tuple[Value, ...]] = Field(default_factory=dict)
    conversations: tuple[Talk, ...] = Field(min_length=1)


class ParaphrasesFile(_Dated):
    """Wordings of one question each, the owner's own first: `paraphrases.yml`."""

    questions: dict[str, Annotated[tuple[str, ...], Field(min_length=2)]] = Field(min_length=1)


class PhrasesFile(BaseModel):
    """Ways to say a metric or dimension, by its name: `phrases/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    names: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _is_all_names(cls, body: Any) -> Any:
        return {"names": body}


class _MappedMetrics(Part):
    missing: tuple[str, ...] = ()
    named: dict[str, tuple[Metric, ...]] = Field(default_factory=dict)
    also: dict[str, tuple[Metric, ...]] = Field(default_factory=dict)


class _MappedDimension(Part):
    name: Dimension | None = None
    values: dict[Value, Value] | None = None
    otherwise: Dimension | None = None
    otherwise_values: dict[Value, Value] | None = None


class _Override(Part):
    q: str
    accept: tuple[Form, ...] = Field(min_length=1)


class MappingFile(Part):
    """The owner's vocabulary in the names of the packaged model: `mapping.yml`."""

    metrics: _MappedMetrics
    dimensions: dict[str, _MappedDimension]
    overrides: dict[str, _Override] = Field(default_factory=dict)


class _Seen(Part):
    own: tuple[str, ...]
    related: tuple[str, ...]


class _Watched(Part):
    profile: str
    seeds: tuple[int, ...] = Field(min_length=1)
    as_of: date
    spread_days: int = Field(ge=0)
    quiet: bool = False


class ScoutFile(Part):
    """Which companies the scout watches, what counts as seen, and the goals: `scout.yml`."""

    kinds: dict[str, _Seen]
    counts: tuple[Metric, ...]
    falling: tuple[Metric, ...]
    companies: dict[str, _Watched]
    scan_from: int = Field(ge=1)
    every: dict[str, int]
    after_days: int = Field(ge=0)
    early_days: int = Field(ge=0)
    goals: dict[str, float]
    gates: dict[str, float]


class _Drawn(Part):
    forms: dict[str, int]


class _DrawnFixes(_Drawn):
    past: tuple[int, ...]
    past_quick: tuple[int, ...]
    ahead: int = Field(ge=1)


class ActionsFile(Part):
    """How many fixes and go-lives are drawn, from which seeds, and what is held: `actions.yml`."""

    seeds: dict[str, int]
    actions: _DrawnFixes
    impact: _Drawn
    goals: dict[str, float | tuple[float, float]]
    gates: dict[str, float]


class _OwnersFilter(Part):
    dim: str | None = None
    metric: str | None = None
    op: str
    values: tuple[Value, ...] | None = None
    value: float | None = None


class _OwnersQuery(Part):
    intent: str
    about: str | None = None
    reason: str | None = None
    metrics: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    filters: tuple[_OwnersFilter, ...] = ()
    time: tuple[date, date] | None = None
    grain: str | None = None
    compare_to: str | None = None
    order_by: str | None = None
    limit: int | None = None
    what_if_pct: float | None = None


class _OwnersTurn(Part):
    question: str
    query: _OwnersQuery


class OwnersCase(Part):
    """A line of the owner's question files: `questions/*.jsonl`."""

    id: str
    question: str
    history: tuple[_OwnersTurn, ...] = ()
    expected: _OwnersQuery
    also_accept: tuple[_OwnersQuery, ...] = ()
    tags: tuple[str, ...] = ()


@cache
def known_names() -> dict[str, frozenset[str]]:
    """The metrics and dimensions that cases over the packaged semantic model may name."""
    model = load_model()
    return {METRICS: frozenset(model.metrics), DIMENSIONS: frozenset(model.dimensions)}


def checked_body(path: Path, shape: type[BaseModel]) -> Any:
    """What a case file says, as it stands there. Raises UsageError (exit 2) when it does not fit its shape, or
    names what the packaged semantic model has not.
    """
    body = read_body(path)
    shaped(body, path, shape, known_names())
    return body


def checked_phrases(path: Path) -> dict[str, list[str]]:
    """The phrases of a file by metric (`metrics_*.yml`) or dimension. Raises UsageError as `checked_body` does."""
    body: dict[str, list[str]] = checked_body(path, PhrasesFile)
    kind = METRICS if path.name.startswith("metrics") else DIMENSIONS
    if unknown := sorted(set(body) - known_names()[kind]):
        raise UsageError(
            f"There is no {kind} {unknown[0]!r}{_hint(unknown[0], known_names()[kind])}.", where=str(path),
            next_step="Correct the name.",
        )  # fmt: skip
    return body
