"""What programs are given: typed documents with the same names over MCP and HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.answer import Cell


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MetricEntry(_Document):
    """A governed metric: what it means, in which unit, which way is better, whose it is, what it can go by."""

    name: str
    label: str
    description: str
    unit: str
    better: Literal["higher", "lower", "neutral"]
    owner: str
    notes: str = ""
    dimensions: list[str] = Field(description="What it can be sliced and filtered by.")


class DimensionEntry(_Document):
    """A dimension with the values that this reader may know, the most frequent first, at most 40."""

    name: str
    label: str
    description: str
    values: list[str]


class MetricsPage(_Document):
    """A page of the catalogue. `total` is the number of metrics in all; `as_of` the last complete day of data."""

    metrics: list[MetricEntry]
    total: int
    offset: int
    as_of: str
    first_day: str
    snapshot: str


class MetricDescription(_Document):
    """One metric and every dimension that it can go by."""

    metric: MetricEntry
    dimensions: list[DimensionEntry]


class Match(_Document):
    """Something that a search found: a metric, a dimension, a value or a question that a data owner checked."""

    kind: Literal["metric", "dimension", "value", "verified"]
    name: str
    label: str
    found_by: str = Field(description="Which of its texts came near.")
    score: float = Field(description="How near, 0 to 1.")
    dimension: str = Field(default="", description="Of a value: the dimension that it belongs to.")


class Matches(_Document):
    """What a search found, the nearest first."""

    matches: list[Match]


class TableColumn(_Document):
    """A result column: rates are fractions 0..1, usd dollars, NPS points; dimensions have no unit."""

    name: str
    label: str
    unit: str
    role: Literal["time", "dimension", "metric", "derived"]


class ResultTable(_Document):
    """A governed table. `hidden` are the [row, column] cells that are null because few members are behind them.

    `row_count` counts the rows of the result, of which `rows` may hold the first ones only.
    """

    title: str
    columns: list[TableColumn]
    rows: list[list[Cell]]
    row_count: int
    hidden: list[list[int]]
    truncated: bool
    interpretation: str
    formulas: dict[str, str]
    semantic_query: dict[str, Any] | None
    sql: str


class AnswerChoice(_Document):
    """One way to settle an ambiguous question: ask `question`."""

    label: str
    question: str


class Answered(_Document):
    """An answer with its tables. `status` clarify asks back (see `choices`), refused says why in `text`."""

    answer_id: str
    status: Literal["answered", "clarify", "refused", "error"]
    text: str
    trust: str
    trust_reason: str
    as_of: str
    snapshot: str
    tables: list[ResultTable]
    assumptions: list[str]
    follow_ups: list[str]
    choices: list[AnswerChoice]
    refusal_code: str
    thread: str
    next_step: str = Field(description="What to do when there is no answer yet.")


class BriefingItem(_Document):
    """One issue of a briefing. `view` is the page with its figures, below the web server's address."""

    state: str
    metric: str
    segment: dict[str, str]
    title: str
    sentences: list[str]
    owner: str
    view: str


class DailyBriefing(_Document):
    """A day's briefing as its reader may see it."""

    day: str
    revision: int
    snapshot: str
    headline: str
    items: list[BriefingItem]
    became: list[str]
    notes: list[str]


class ActionTicket(_Document):
    """The ticket of an action in its owner's tracker.

    `delivery` is sent, waiting, held (it may have arrived) or refused; `status` what the tracker says, since when.
    """

    tracker: str
    delivery: str
    reference: str
    url: str
    status: str
    said_at: str


class ActionEntry(_Document):
    """A proposed action as it stands: what to change, who does it, what is expected, how it was decided.

    `reduction` is the part of `calls_per_day` that is expected to stop, with the range of `interval`; money is
    dollars a year, `cost` dollars once. `version` counts decisions: name the one you looked at when you decide.
    """

    id: str
    state: str
    version: int
    title: str
    change: str
    owner: str
    lever: str
    journey: str
    effort_days: float
    weeks: float
    cost: float
    calls_per_day: float
    reduction: float
    reduction_low: float
    reduction_high: float
    savings_per_year: float
    savings_low: float
    savings_high: float
    interval: float
    past_fixes: int
    go_live: str
    duplicate_of: str
    created_at: str
    as_of: str
    snapshot: str
    edited: list[str]
    ticket: ActionTicket | None = None


class ActionEvent(_Document):
    """A decision on an action: when, who in which role, what and why; `undone` when it was taken back."""

    at: str
    user: str
    role: str
    action: str
    reason: str
    version: int
    undone: bool


class ActionsPage(_Document):
    """A page of proposed actions, those that save the most first."""

    actions: list[ActionEntry]
    total: int
    offset: int


class Proposed(_Document):
    """What is recommended now. `kept` says whether it was put before the reviewers by this call."""

    actions: list[ActionEntry]
    kept: bool
    note: str


class Decided(_Document):
    """Proposals after a decision, or with `preview` as they would become.

    A preview comes with a `confirmation`: the same call with it makes the decision.
    """

    actions: list[ActionEntry]
    preview: bool
    confirmation: str
    note: str
