"""One answer, whole: chat, dashboard, command line, evals and replay all render this same object."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["answered", "clarify", "refused", "error"]
Trust = Literal["verified_query", "governed_metric", "generated_sql", "analysis", "none"]
Cell = str | int | float | bool | None
ChartKind = Literal["bar", "line", "grouped_bar", "stat"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerColumn(_Model):
    """A result column. `unit` is the semantic unit (count, rate, usd, ...) or empty for a dimension.

    `role` tells dimensions from metrics and from columns derived from a metric; `label` is for people.
    """

    name: str
    type: str
    unit: str = ""
    label: str = ""
    role: Literal["time", "dimension", "metric", "derived"] = "metric"


class Chart(_Model):
    """A declarative chart over an answer's own columns; never code. `part` names the part it belongs to."""

    kind: ChartKind
    title: str
    x: str = ""
    y: tuple[str, ...] = ()
    series: str | None = None
    unit: str = ""
    part: int = 0


class Choice(_Model):
    """One way to settle an ambiguous question: a click asks `question`."""

    label: str
    question: str


class ChipOption(_Model):
    """An alternative to what a chip says: sending `question` in the same thread sets it."""

    label: str
    question: str


class Chip(_Model):
    """One thing that was understood of the question, and how to change it in the same thread.

    `{"kind": "filter", "label": "Plan type", "value": "MAPD", "remove": "Drop the plan type filter",
    "options": [{"label": "PPO", "question": "Only plan type PPO"}]}`. `kind` is the slot of the semantic query
    that it stands for, `label` and `value` are for people. `remove` is the question that drops it, empty where an
    answer needs it; `options` (at most 5) set something else in its place. A `parameter` of a verified query
    can be set to something else and the answer stays verified.
    """

    kind: Literal["metric", "dimension", "filter", "period", "comparison", "order", "limit"]
    label: str
    value: str
    parameter: bool = False
    remove: str = ""
    options: list[ChipOption] = Field(default_factory=list)


class AnswerParameter(_Model):
    """A parameter of a verified query and what it was run with, in words; nothing where it is not set.

    `usual` says that this is what stands when a question does not say it.
    """

    name: str
    type: Literal["limit", "period", "value", "metric", "percent"]
    label: str
    value: str = ""
    usual: bool = True


class VerifiedBy(_Model):
    """The verified query that an answer is of: whose it is, the day (ISO) it was last checked, its parameters.

    `checked_by` is who approved it, for one that was promoted from an answer.
    """

    name: str
    title: str
    owner: str
    checked: str = ""
    checked_by: str = ""
    parameters: list[AnswerParameter] = Field(default_factory=list)


class Fact(_Model):
    """A number the text may use: a result cell or a declared formula over cells, as it is written.

    `text` is the exact rendering in the prose; `source` is `cell:<part>:<row>:<column>`, `query:<slot>` for a
    constant of the question (top 3, last 7 days), or `formula:<name>(...)` over other sources.
    """

    text: str
    value: float | int | str
    unit: str = ""
    source: str


class AnswerPart(_Model):
    """One governed query of the answer: the first part is the main table.

    `formulas` says how a computed column follows from other cells (`tools.formula`); governed columns have none.
    `compared_with` is the earlier period of a comparison: start, end, label. `suppressed` are the (row, column)
    cells that are null because fewer than `small_cell` members are behind them (0: the reader may see all), and
    `left_out` is the number of rows that a ranking does without for that reason. `asked` is the statement as it
    was written, before the guard, of a part without a semantic query. `question` is what of the question this part
    answers, in the reader's words, where the question asks for several things.
    """

    title: str = ""
    columns: list[AnswerColumn] = Field(default_factory=list)
    rows: list[list[Cell]] = Field(default_factory=list)
    sql: str = ""
    semantic_query: dict[str, Any] | None = None
    interpretation: str = ""
    truncated: bool = False
    formulas: dict[str, str] = Field(default_factory=dict)
    compared_with: dict[str, Any] | None = None
    suppressed: list[tuple[int, int]] = Field(default_factory=list)
    small_cell: int = 0
    left_out: int = 0
    asked: str = ""
    question: str = ""


class Answer(_Model):
    """What the assistant says, and everything needed to check it.

    Rows: dimensions first, then metrics; rates as fractions 0..1, money in dollars, NPS in points, dates ISO.
    `chips` say how the question was read, slot by slot; `verified` is the verified query of an answer that has the
    trust of one, or ranks by one. `constants` are the numbers of the question and the rules
    that formulas use (reduce, days, planning_cost).
    `suppressed` are the (row, column) cells of `rows` that are null because too few members are behind them.
    """

    id: str = ""
    question: str
    status: Status
    agent: str = ""
    route_reason: str = ""
    trust: Trust = "none"
    trust_reason: str = ""
    verified: VerifiedBy | None = None
    text: str = ""
    interpretation: str = ""
    chips: list[Chip] = Field(default_factory=list)
    columns: list[AnswerColumn] = Field(default_factory=list)
    rows: list[list[Cell]] = Field(default_factory=list)
    suppressed: list[tuple[int, int]] = Field(default_factory=list)
    sql: str = ""
    semantic_query: dict[str, Any] | None = None
    parts: list[AnswerPart] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    constants: dict[str, float] = Field(default_factory=dict)
    assumptions: list[str] = Field(default_factory=list)
    choices: list[Choice] = Field(default_factory=list)
    refusal_code: str = ""
    as_of: date | None = None
    snapshot: str = ""
    answer_id: str = ""
    thread: str = ""
    role: str = ""
    follow_ups: list[str] = Field(default_factory=list)
    charts: list[Chart] = Field(default_factory=list)
    steps: list[str] = Field(default_factory=list)
    timings_ms: dict[str, float] = Field(default_factory=dict)
