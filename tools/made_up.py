"""Figures and names that a statement makes up instead of reading them.

A chat model that writes SQL could put a number of its own into the result: `999999 AS calls`. What a column
shows must come from columns of tables or from counting rows; numbers may only turn one unit into another. This
is a check of honesty, not of safety (the door guards). Arithmetic over real columns can still be meaningless: the
answer is labelled generated SQL, and shows the statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

_CONVERSIONS = frozenset((0, 1, 100, 1000, 1_000_000, 60, 24, 3600, 7, 12, 30, 365))
_CONDITIONS = (exp.Where, exp.Having, exp.Predicate, exp.Limit, exp.Order, exp.WindowSpec, exp.Interval, exp.Group)
_SETTINGS = (
    exp.Round,
    exp.Quantile,
    exp.PercentileCont,
    exp.DateAdd,
    exp.DateSub,
    exp.Substring,
    exp.Lag,
    exp.Lead,
)
# In a name or a text these would be told as findings: nothing computed stands behind them.
_AMOUNTS = re.compile(
    r"(?i)(?<![a-z])(?:half|halv\w+|doubl\w+|tripl\w+|quadrupl\w+|twice|thrice|\w+fold|\w*thousands?|\w*millions?|\w*billions?"
    r"|hundreds?|dozens?|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?![a-z])"
)
_MOVES = re.compile(
    r"(?i)\b(?:up|down|rose|rise|rises|rising|risen|fell|fall|falls|falling|fallen|grew|grown|growing|soar\w*|plung\w*|surg\w*"
    r"|jump\w*|drop\w*|declin\w*|increas\w*|decreas\w*|higher|lower|better|worse|best|worst|improv\w*|worsen\w*)\b"
)
_DIGITS = re.compile(r"\d+")
LONGEST_TEXT = 40
NUMBER = "A column of the result holds a number that comes from no table."
STATED = "A column of the result holds a text that comes from no table."
FINDING = "A text or a column's name in the statement states a finding."
TEXT = "A text or a column's name in the statement holds a number, or is longer than a name."
HINT = "Read figures from columns or count rows; name columns and groups in a few words without numbers."


def made_up(sql: str, question: str) -> str:
    """What in a statement's results would not be read from tables, in words; empty when nothing is."""
    try:
        statement = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return ""  # the door says what is wrong with it
    known = _numbers_known(statement, question)
    if statement.find(exp.Values) or any(_invents(shown) for shown in _shown(statement)):
        return NUMBER
    if isinstance(statement, exp.Select) and any(_is_text(entry.unalias()) for entry in statement.expressions):
        return STATED
    texts = [node.name for node in statement.find_all(exp.Literal) if node.is_string and not _in_condition(node)]
    names = [node.alias for node in statement.find_all(exp.Alias, exp.CTE)]
    if any(len(text) > LONGEST_TEXT or set(_DIGITS.findall(text)) - known for text in (*texts, *names)):
        return TEXT
    shown = [node.alias for node in statement.find_all(exp.Alias)]
    if any(_MOVES.search(text) for text in texts) or any(_AMOUNTS.search(text) for text in (*texts, *shown)):
        return FINDING
    return ""


def _is_text(shown: exp.Expr) -> bool:
    inner = shown.unnest()
    return isinstance(inner, exp.Literal) and inner.is_string


def _shown(statement: exp.Expr) -> Iterator[exp.Expr]:
    for select in statement.find_all(exp.Select):
        yield from (entry.unalias() for entry in select.expressions)


def _invents(shown: exp.Expr) -> bool:
    literals = [node for node in shown.find_all(exp.Literal) if not node.is_string and _counts(node)]
    if any(float(node.name) not in _CONVERSIONS for node in literals):
        return True
    if literals and not _reads(shown) and not isinstance(shown.parent_select, exp.Subquery):
        return not _tests_existence(shown)
    added = (side for node in shown.find_all(exp.Add, exp.Sub) for side in (node.left, node.right))
    return any(not _reads(side) and not _is_one(side) for side in added) or any(
        _is_zero(side) for node in shown.find_all(exp.Mul) for side in (node.left, node.right)
    )


def _counts(literal: exp.Literal) -> bool:
    """Whether a number may end up in a cell: not in a condition, and no setting of a function."""
    return not _in_condition(literal) and not isinstance(literal.parent, _SETTINGS)


def _in_condition(node: exp.Expr) -> bool:
    inside, above = node, node.parent
    while above is not None and not isinstance(above, exp.Select):
        chosen = isinstance(above, exp.If) and inside.arg_key == "this"
        if isinstance(above, _CONDITIONS) or chosen:
            return True
        inside, above = above, above.parent
    return isinstance(above, exp.Select) and isinstance(inside, _CONDITIONS)


def _reads(node: exp.Expr) -> bool:
    return bool(node.find(exp.Column, exp.Count))


def _tests_existence(node: exp.Expr) -> bool:
    """SELECT 1 inside EXISTS or IN."""
    select = node.parent_select
    return select is not None and isinstance(select.parent, exp.Exists)


def _is_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.name) == 0


def _is_one(node: exp.Expr) -> bool:
    """One minus a rate."""
    inner = node.unnest()
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.name) == 1


def _numbers_known(statement: exp.Expr, question: str) -> set[str]:
    """Digits that may stand in a name: those of the question, of the conditions and of the columns' own names."""
    read = [node.name for node in statement.find_all(exp.Column, exp.Table)]
    held = [node.name for node in statement.find_all(exp.Literal) if _in_condition(node)]
    return set(_DIGITS.findall(" ".join((question, *read, *held))))
