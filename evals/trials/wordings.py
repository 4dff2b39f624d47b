"""Other ways to put a question, made by rule and seed: what a hurried or polite person would have typed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_LONG = re.compile(r"[A-Za-z]{6,}")
_LEAD = ("Hi, could you tell me: ", "Please show me: ", "Quick one - ")
_PERIOD = re.compile(
    r"\b(?:in the last \d+ days|last \d+ days|last week|last month|this month|this week|yesterday|today)\b", re.I
)


def _typo(question: str, rng: random.Random) -> str:
    """One letter of a long word doubled, dropped or swapped; never its first or last."""
    words = list(_LONG.finditer(question))
    if not words:
        return question
    match = rng.choice(words)
    at = match.start() + rng.randrange(1, len(match.group()) - 2)
    kind = rng.choice(("double", "drop", "swap"))
    if kind == "double":
        return question[:at] + question[at] + question[at:]
    if kind == "drop":
        return question[:at] + question[at + 1 :]
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]


def _courtesy(question: str, rng: random.Random) -> str:
    return rng.choice(_LEAD) + question[0].lower() + question[1:].rstrip("?") + ", please?"


def _shouted(question: str, _: random.Random) -> str:
    return question.upper()


def _bare(question: str, _: random.Random) -> str:
    return re.sub(r"[?.,!']", "", question).lower()


def _period_first(question: str, _: random.Random) -> str:
    """The period in front: `last week leaked calls by journey`."""
    match = _PERIOD.search(question)
    if match is None:
        return question
    rest = f"{question[: match.start()].rstrip()} {question[match.end() :].lstrip()}".strip().rstrip("?.")
    return f"{match.group()} {rest}"


def _spaced(question: str, _: random.Random) -> str:
    return "  " + question.replace(" ", "  ") + " \n"


WORDINGS: dict[str, Callable[[str, random.Random], str]] = {
    "typo": _typo,
    "courtesy": _courtesy,
    "shouted": _shouted,
    "bare": _bare,
    "period_first": _period_first,
    "spaced": _spaced,
}


def worded(question: str, how: str, seed: int = 0) -> str:
    """A question in another wording; the same arguments give the same text. Raises KeyError for an unknown one."""
    return WORDINGS[how](question, random.Random(f"{how}-{seed}-{question}"))
