"""What the door writes down: a typed record for each event, so that a fact left out is a type error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

DataClass = Literal["", "aggregate", "member_rows", "raw"]
"""What kind of data a statement reads: published totals and reference tables, member by member, or the lake."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A statement before it runs. Texts are given as they are; the trail redacts them.

    `plan` is the semantic query as JSON, empty for written SQL; `sql_in` what was asked, `sql_out` what would run.
    `readable` says that a parser understood `sql_in`, so that its literals can be told from the rest.
    `code` and `layer` name the rule that refused; both are empty where nothing did.
    """

    user: str
    role: str
    attributes: Mapping[str, str]
    purpose: str
    break_glass: str
    source: str
    answer: str
    question: str
    plan: str
    sql_in: str
    sql_out: str
    readable: bool
    tables: Sequence[str]
    data_class: DataClass
    policy: str
    snapshot: str
    verdict: Literal["allow", "deny"]
    code: str
    layer: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A statement that ran: rows handed out, cells suppressed in them, milliseconds, the result's hash."""

    of: int
    rows: int
    suppressed: int
    ms: float
    result: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A statement that did not end well: `outcome` is a fixed word (a code, an error's name, `killed`)."""

    of: int
    outcome: str
    ms: float
