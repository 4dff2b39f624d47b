"""A decision is a value with a reason: a fixed text, never database text, never the statement's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Layer = Literal["lex", "ast", "resource", "scope", "column", "rewrite", "binder", "result"]

# code: (layer, reason)
REASONS: dict[str, tuple[Layer, str]] = {
    "too_long": ("resource", "The statement is longer than the limit."),
    "not_plain_text": ("lex", "The statement holds characters other than printable ASCII, tabs and line ends."),
    "not_one_statement": ("lex", "Exactly one statement is accepted."),
    "not_understood": ("lex", "The statement cannot be parsed by both parsers."),
    "not_a_select": ("ast", "Only SELECT statements are accepted."),
    "construct_not_allowed": ("ast", "The statement uses a construct that is not on the list."),
    "function_not_allowed": ("ast", "The statement uses a function that is not on the list."),
    "function_without_bound": ("resource", "The statement uses a function whose cost the data do not bound."),
    "table_function_not_allowed": ("ast", "The statement reads from a function that is not on the list."),
    "name_not_plain": ("ast", "A table is named by a file, a path or characters that are not on the list."),
    "catalog_not_allowed": ("ast", "The database's own catalog may not be read."),
    "literal_not_plain": ("lex", "Texts are written in plain quotes, without escapes."),
    "type_not_allowed": ("ast", "The statement casts to a type that is not on the list."),
    "parameters_not_allowed": ("ast", "Placeholders are reserved for the semantic compiler."),
    "alias_not_allowed": (
        "column",
        "A column's name or alias has characters that are not on the list, or is too long.",
    ),
    "too_complex": ("resource", "The statement is larger than the limits allow."),
    "join_not_bounded": ("resource", "A join needs a column condition between its two sides."),
    "join_without_day": ("resource", "A join of two daily tables needs a condition on their dates."),
    "series_not_bounded": (
        "resource",
        "A series needs literal bounds within the limit and steps of a day or more.",
    ),
    "table_not_allowed": (
        "scope",
        "The statement names a table that does not exist or that the role may not read.",
    ),
    "name_is_governed": ("scope", "A CTE may not carry the name of a governed table or of another CTE."),
    "parsers_disagree": ("scope", "The two parsers do not see the same tables."),
    "column_not_allowed": (
        "column",
        "A column does not exist, is ambiguous, or is not one that the role may read.",
    ),
    "member_rows": (
        "column",
        "Member-level tables may be read only as counts, sums and averages by listed dimensions.",
    ),
    "identifier_use": ("column", "Identifiers may stand only inside a count."),
    "member_link": (
        "column",
        "Events may be joined with gold.members on the member's id only to count by the members' dimensions.",
    ),
    "filter_not_allowed": (
        "column",
        "Member-level tables may be filtered and grouped only by dimensions and whole days.",
    ),
    "aggregate_not_allowed": (
        "column",
        "Only COUNT, SUM and AVG over a plain column may read member-level tables.",
    ),
    "purpose_required": ("column", "Member-level rows need a stated purpose."),
    "row_filter_impossible": ("rewrite", "The table has no column for the reader's row filter."),
    "selects_small_cells": (
        "result",
        "The statement compares a count with a number that only counts too small to be shown can meet.",
    ),
    "running_small_cells": (
        "result",
        "A running total over the rows of a mart would show counts too small to be shown by their differences.",
    ),
    "weighted_sum": (
        "result",
        "A sum that gives rows different weights would show a small count by its digits; sum each part by itself.",
    ),
    "single_cells": (
        "result",
        "An aggregate that names one value shows single rows of a mart; use a sum, an average or a count.",
    ),
    "member_rollup": (
        "result",
        "A roll-up of member-level rows would let a hidden count be found by subtracting; ask for one level.",
    ),
    "narrow_slice": (
        "result",
        "So narrow a slice of one day holds counts too small to be shown, as far as is known before it runs.",
    ),
    "small_cells": (
        "result",
        "Some figures are counts too small to be shown, and the statement mixes them with others; ask simpler.",
    ),
    "too_close": (
        "result",
        "Together with an answer that was given before, this one would single out too few members.",
    ),
    "budget_spent": ("result", "The figures that one person may ask for in a day are used up."),
    "disclosure_unavailable": ("result", "What was shown before cannot be looked up, so nothing is shown."),
    "unknown_role": ("scope", "The role does not exist."),
    "no_snapshot": ("binder", "These tables can be read only with a published warehouse."),
    "binder_disagrees": ("binder", "The database sees other tables than the guard."),
    "does_not_fit": (
        "binder",
        "A type, an argument or a grouping does not fit the tables that the statement reads.",
    ),
    "guard_failure": ("ast", "The guard could not finish its work, so the statement is refused."),
}


MIXED = "rows"
"""The events of a release that come from a query over several tables."""


@dataclass(frozen=True)
class Release:
    """A set of members' rows that a statement says something about, by groups.

    `table` names the events; `base` is the text that selects their members as m, `rows` the same with the group
    keys as k0, k1, ... and whether a row counts under each of `conditions` as c0, c1, ...; `keys` says what the
    keys are, `names` what the statement calls them. `days` are the conditions on days; `only_days` says that no
    other condition narrows the rows.
    """

    table: str
    base: str
    rows: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    conditions: tuple[str, ...]
    days: str
    only_days: bool


@dataclass(frozen=True)
class Disclosure:
    """The forms of a statement that makes cells, for a reader from whom small ones are hidden.

    `probe` selects one number, 0 when every cell is large and the statement may run as it is; None when only the
    exact form will do. `exact` is the statement with small cells as NaN, or empty when its clauses cannot be
    followed. `hidden` are the positions of result columns that can hold such cells; `keyed` says that the other
    columns tell which row is which. `leaves_out` says that `exact` lists no groups of few members.
    """

    probe: str | None
    exact: str
    hidden: tuple[int, ...]
    keyed: bool
    releases: tuple[Release, ...] = ()
    leaves_out: bool = False


@dataclass(frozen=True)
class Allow:
    """May run, but only as `sql`: the text the guard generated, not the text it was given.

    With a `disclosure` it runs as that says.
    """

    sql: str
    reasons: tuple[str, ...]
    tables: tuple[str, ...]
    disclosure: Disclosure | None = None


@dataclass(frozen=True)
class Deny:
    """May not run. `layer` names where it failed; `reason` is the code's fixed text."""

    code: str
    layer: Layer
    reason: str


Decision = Allow | Deny


class Refused(Exception):
    """Raised inside a layer to leave it at once; the guard turns it into a `Deny`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def deny(code: str) -> Deny:
    """The denial of this code with its fixed layer and reason."""
    layer, reason = REASONS[code]
    return Deny(code, layer, reason)
