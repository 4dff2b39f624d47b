"""What a tool hands back: governed tables, a question to the person, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from semantic.query import SemanticQuery, TimeRange

if TYPE_CHECKING:
    from semantic.compiler import CompiledColumn
    from semantic.model import VerifiedQuery
    from semantic.parameters import Argument

Provenance = Literal["verified_query", "governed_metric", "generated_sql", "analysis"]
Shape = Literal[
    "query",
    "drivers",
    "what_if",
    "opportunities",
    "briefing",
    "actions",
    "actions_by_owner",
    "issue",
    "levers",
    "review",
    "impact",
    "split",
    "action_basis",
    "action_sure",
    "action_order",
    "action_live",
    "fix_live",
    "fix_owner",
    "impact_basis",
    "impact_sure",
    "split_basis",
    "split_sure",
    "what_if_basis",
    "what_if_sure",
    "issue_sure",
    "journey",
    "agents",
    "confusion",
    "outlook",
]
PlainCell = str | int | float | bool | None
ROWS_SHOWN = 50


@dataclass(frozen=True)
class Column:
    """A result column as people meet it. `unit` and `role` as in `semantic.compiler.CompiledColumn`."""

    name: str
    type: str
    unit: str = ""
    role: str = "metric"
    label: str = ""

    @classmethod
    def of(cls, compiled: CompiledColumn) -> Column:
        """The same column without its compiler."""
        return cls(compiled.name, compiled.type, compiled.unit, compiled.role, compiled.label)


@dataclass(frozen=True)
class Table:
    """One governed result. Cells are plain (dates as ISO text). `compared_with` is a comparison's earlier period.

    `formulas` maps a computed column to its formula over other cells of the answer, in the language of
    `tools.formula`; `{row}` in it stands for the row's number. Governed columns have none.

    `small_cell` is the least number of members that a shown figure has behind it, 0 where the reader may see all.
    `suppressed` are the (row, column) cells that are blank for that reason, `left_out` the number of rows that a
    ranking does without because of it; `leaves_out` says that a statement may do without some. `asked` is the
    statement as it was written, before the guard, where there is no query.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[PlainCell, ...], ...]
    sql: str = ""
    query: SemanticQuery | None = None
    interpretation: str = ""
    truncated: bool = False
    compared_with: TimeRange | None = None
    formulas: dict[str, str] = field(default_factory=dict)
    suppressed: frozenset[tuple[int, int]] = frozenset()
    small_cell: int = 0
    left_out: int = 0
    leaves_out: bool = False
    asked: str = ""

    def column(self, name: str) -> int:
        """Position of a column by name."""
        return next(i for i, column in enumerate(self.columns) if column.name == name)

    def cell(self, row: int, name: str) -> PlainCell:
        """The value in a row and a named column."""
        return self.rows[row][self.column(name)]

    def hides(self, row: int, name: str) -> bool:
        """Whether a cell is blank because too few members are behind it."""
        return (row, self.column(name)) in self.suppressed

    def led_by(self, *names: str) -> Table:
        """The same table with these columns first, after those that say what a row is."""
        keys = [at for at, column in enumerate(self.columns) if column.role in ("dimension", "time")]
        first = [*keys, *(self.column(name) for name in names)]
        order = [*first, *(at for at in range(len(self.columns)) if at not in first)]
        return replace(
            self,
            columns=tuple(self.columns[at] for at in order),
            rows=tuple(tuple(row[at] for at in order) for row in self.rows),
            suppressed=frozenset((row, order.index(at)) for row, at in self.suppressed),
        )

    @property
    def withholds(self) -> bool:
        """Whether anything of the result is not shown because too few members are behind it, or may not be.

        Without any figure the reader is not told whether there are none or too few.
        """
        return bool(self.suppressed or self.left_out or self.leaves_out or (self.small_cell and not self._figures))

    @property
    def _figures(self) -> bool:
        metrics = [at for at, column in enumerate(self.columns) if column.role == "metric"]
        return any(row[at] is not None for row in self.rows for at in metrics) if metrics else bool(self.rows)


@dataclass(frozen=True)
class VerifiedUse:
    """The verified query behind a result and its arguments, with the defaults of those that were not said."""

    query: VerifiedQuery
    arguments: Mapping[str, Argument] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Tables that answer. `shape` tells the narrator what they are; `constants` are the question's own numbers.

    `caveat` is a sentence about how far to trust it that goes with the reason for its trust. `verified` is the
    verified query that it is the answer of.
    """

    tables: tuple[Table, ...]
    provenance: Provenance
    shape: Shape = "query"
    name: str = ""
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    follow_ups: tuple[str, ...] = ()
    caveat: str = ""
    verified: VerifiedUse | None = None


@dataclass(frozen=True)
class Clarification:
    """A question back, with at most three (label, question) choices, each one click."""

    question: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Refusal:
    """Why there is no answer: a fixed code, a reason in words and the nearest questions that can be asked.

    `chosen`: a chat model refused; otherwise a tool did, in words of the program's own.
    """

    code: str
    reason: str
    nearest: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True)
class Listing:
    """Names and meanings from the semantic model: help for a chat model on its way, never an answer."""

    entries: tuple[dict[str, object], ...]


Outcome = Found | Clarification | Refusal | Listing


class Mendable(Exception):
    """A tool call that the chat model can put right itself. `hint` says how; `nearest` names what exists."""

    def __init__(self, code: str, reason: str, hint: str = "", nearest: tuple[str, ...] = ()) -> None:
        self.code = code
        self.reason = reason
        self.hint = hint
        self.nearest = nearest
        super().__init__(reason)
