"""Other ways to put a question, made by rule and seed: what a hurried or polite person would have typed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

SWAPS = Path(__file__).with_name("swaps.yml")
_LONG = re.compile(r"[A-Za-z]{6,}")
_LEAD = ("Hi, could you tell me: ", "Please show me: ", "Quick one - ")
_ASIDE = ("It is for the board deck.", "Thanks a lot!", "I need it for a slide.", "Thank you in advance.")
_DAYS = r"(?:in|over|for)?\s*(?:the\s+)?(?:last|past) \d+ days"
_PERIOD = re.compile(rf"\b(?:{_DAYS}|last week|last month|this month|this week|yesterday|today)\b", re.I)
_BREAKDOWN = re.compile(rf"\s+(?:by|per|for each) ([a-z]+(?: [a-z]+)??)(?=[,?.]|\s+{_PERIOD.pattern}|$)", re.I)
_BOUND = re.compile(r"\b(?:against|compared?|versus|than|and|top|most|least)\b", re.I)
"""With one of these in it, a question means something else, or nothing, with its clauses in another order."""
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _mistyped(question: str, rng: random.Random, kinds: tuple[str, ...], times: int = 1) -> str:
    """So many long words with one letter wrong in each; never their first or last."""
    words = list(_LONG.finditer(question))
    for match in sorted(rng.sample(words, min(times, len(words))), key=lambda word: -word.start()):
        at = match.start() + rng.randrange(1, len(match.group()) - 2)
        question = _slipped(question, at, rng.choice(kinds), rng)
    return question


def _slipped(question: str, at: int, kind: str, rng: random.Random) -> str:
    """One letter doubled, dropped, swapped with the next, or struck on the key beside its own."""
    if kind == "double":
        return question[:at] + question[at] + question[at:]
    if kind == "drop":
        return question[:at] + question[at + 1 :]
    if kind == "beside":
        row = next(row for row in _KEYS if question[at].lower() in row)
        near = row.index(question[at].lower()) + rng.choice((-1, 1))
        return question[:at] + row[near if 0 <= near < len(row) else 1] + question[at + 1 :]
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


def _typo(question: str, rng: random.Random) -> str:
    return _mistyped(question, rng, ("double", "drop", "swap"))


def _two_typos(question: str, rng: random.Random) -> str:
    return _mistyped(question, rng, ("double", "drop", "swap"), 2)


def _wrong_key(question: str, rng: random.Random) -> str:
    return _mistyped(question, rng, ("beside",))


def _courtesy(question: str, rng: random.Random) -> str:
    return rng.choice(_LEAD) + question[0].lower() + question[1:].rstrip("?") + ", please?"


def _aside(question: str, rng: random.Random) -> str:
    """With a sentence behind it that changes nothing."""
    return f"{question if question[-1] in '?.' else question + '.'} {rng.choice(_ASIDE)}"


def _shouted(question: str, _: random.Random) -> str:
    return question.upper()


def _titled(question: str, _: random.Random) -> str:
    return re.sub(r"\b[a-z]", lambda letter: letter.group().upper(), question)


def _bare(question: str, _: random.Random) -> str:
    return re.sub(r"[?.!']|,(?!\d)", "", question).lower()


def _period_first(question: str, _: random.Random) -> str:
    """The period in front: `last week leaked calls by journey`."""
    match = _PERIOD.search(question)
    if match is None:
        return question
    return f"{match.group().strip()} {_without(question, match)}"


def _period_last(question: str, _: random.Random) -> str:
    """The period at the end, behind a comma."""
    match = _PERIOD.search(question)
    if match is None or _BOUND.search(question[match.end() :]):
        return question
    return f"{_without(question, match)}, {match.group().strip()}"


def _breakdown_first(question: str, _: random.Random) -> str:
    """The breakdown in front: `By journey: leaked calls last week`."""
    match = _BREAKDOWN.search(question)
    if match is None or _BOUND.search(question):
        return question
    rest = _without(question, match)
    small = rest if rest[:2].isupper() else rest[0].lower() + rest[1:]
    return f"By {match.group(1)}: {small}"


def _without(question: str, match: re.Match[str]) -> str:
    """The question without a clause and without the comma before it."""
    before, after = question[: match.start()].rstrip(" ,"), question[match.end() :].strip(" ,?.")
    between = ", " if question[match.end() :].startswith((",", "?")) else " "
    return f"{before}{between}{after}".strip(" ,?.")


def _spaced(question: str, _: random.Random) -> str:
    return "  " + question.replace(" ", "  ") + " \n"


def _swapped(question: str, rng: random.Random) -> str:
    """Every plain English phrase of `swaps.yml` in other words of the same meaning."""
    for pattern, others in _swaps():
        question = pattern.sub(rng.choice(others), question)
    return question[0].upper() + question[1:]


@cache
def _swaps() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    table: dict[str, list[str]] = yaml.safe_load(SWAPS.read_text(encoding="utf-8"))
    return tuple((re.compile(rf"\b{one}\b", re.I), tuple(others)) for one, others in table.items())


WORDINGS: dict[str, Callable[[str, random.Random], str]] = {
    "typo": _typo,
    "two_typos": _two_typos,
    "wrong_key": _wrong_key,
    "courtesy": _courtesy,
    "aside": _aside,
    "shouted": _shouted,
    "titled": _titled,
    "bare": _bare,
    "period_first": _period_first,
    "period_last": _period_last,
    "breakdown_first": _breakdown_first,
    "spaced": _spaced,
    "swapped": _swapped,
}


def worded(question: str, how: str, seed: int = 0) -> str:
    """A question in another wording; the same arguments give the same text. Raises KeyError for an unknown one."""
    return WORDINGS[how](question, random.Random(f"{how}-{seed}-{question}"))
