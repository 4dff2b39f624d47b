"""Layer 1: the text itself, before any parser sees it."""

from __future__ import annotations

import re

from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement

_PLAIN = re.compile(r"[\x20-\x7e\n\t]+")


def lex(statement: Statement) -> None:
    """Length and alphabet. Other characters hide from one parser what another one sees."""
    if len(statement.sql) > statement.policy.limits.characters:
        raise Refused("too_long")
    if not statement.sql.strip():
        raise Refused("not_one_statement")
    if not _PLAIN.fullmatch(statement.sql):
        raise Refused("not_plain_text")
    if _parentheses(statement.sql) > statement.policy.limits.parentheses:
        raise Refused("too_complex")  # both parsers recurse


def _parentheses(sql: str) -> int:
    deepest = depth = 0
    for character in re.findall(r"[()]", sql):
        depth += 1 if character == "(" else -1
        deepest = max(deepest, depth)
    return deepest
