"""Rewriting a text by rules, most of which a look for a few letters rules out.

Making a lexicon puts thousands of short phrases through all rules, and hardly one of them has anything to rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Replacement = str | Callable[[re.Match[str]], str]
_MOST = 8  # texts to look for: with more of them the rule itself is as quick
_PARSER: Any = getattr(re, "_parser", None)  # the parser of `re`, which has no public name


@dataclass(frozen=True)
class Rule:
    """A pattern and what takes the place of its matches. A match has at least one of the `needed` texts in it."""

    pattern: re.Pattern[str]
    replacement: Replacement
    needed: tuple[str, ...]

    @classmethod
    def of(cls, pattern: str | re.Pattern[str], replacement: Replacement) -> Rule:
        """A rule whose needed texts are read off its pattern; none where nothing sure can be said."""
        compiled = re.compile(pattern)
        return cls(compiled, replacement, _needed_texts(compiled))


def rewritten(text: str, rules: Iterable[Rule]) -> str:
    """The text after one rule after the other."""
    for rule in rules:
        for needed in rule.needed:
            if needed in text:
                break
        else:
            if rule.needed:
                continue
        text = rule.pattern.sub(rule.replacement, text)
    return text


def _needed_texts(pattern: re.Pattern[str]) -> tuple[str, ...]:
    if _PARSER is None or pattern.flags & re.IGNORECASE:
        return ()
    found = _of_sequence(_PARSER.parse(pattern.pattern, pattern.flags))
    return tuple(sorted(found)) if len(found) <= _MOST else ()


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """Of all that every match must have, what is quickest to rule out: few texts, and long ones."""
    found, letters = [], ""
    for kind, argument in (*items, (None, None)):
        if str(kind) == "LITERAL":
            letters += chr(argument)
            continue
        found += [frozenset({letters})] if letters else []
        found.append(_of_item(str(kind), argument))
        letters = ""
    known = [texts for texts in found if texts]
    return max(known, key=lambda texts: (len(texts) < 5, min(map(len, texts)), -len(texts)), default=frozenset())


def _of_item(kind: str, argument: Any) -> frozenset[str]:
    if kind == "SUBPATTERN":
        return _of_sequence(argument[3])
    if kind == "BRANCH":
        branches = [_of_sequence(branch) for branch in argument[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    if kind in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
        return _of_sequence(argument[2])
    if kind == "ASSERT":
        return _of_sequence(argument[1])
    if kind == "IN" and all(str(part) == "LITERAL" for part, _ in argument):
        return frozenset(chr(letter) for _, letter in argument)
    return frozenset()
