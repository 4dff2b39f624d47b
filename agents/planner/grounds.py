"""Clauses behind a question that say why it is asked: `..., because contracting will be in the room`.

They come after what is asked, and neither narrow it nor name a figure: `the COO does not believe the wider one`,
`A board member asked about it`, `I want to make a case for it`.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.words import DETERMINERS, PREPOSITIONS, word_set

_REASONS = word_set("because since as given considering although though")
_PURPOSES = (["so", "that"], ["so", "i"], ["so", "we"], ["in", "order"], ["now", "that"])
_NARROWING = word_set(
    """
    only exclude excluding except without ignore ignoring leave leaving omit omitting skip restrict restricted
    limit limited besides minus outside instead rather
    """
)
_REPORTS = word_set(
    """
    say says said want wants wanted think thinks thought believe believes ask asks asked insist insists argue
    argues doubt doubts need needs suspect suspects keep keeps told tell tells report reports quote quotes suggest
    suggests mention mentions mentioned raised brought claim claims expect expects hope hopes like likes assume
    assumes bet will would does do is are was were has have had shall should may might
    """
)
_OF_ONESELF = (
    ["i", "want", "to"], ["we", "want", "to"], ["i", "need", "to"], ["we", "need", "to"], ["i", "suspect"],
    ["i", "assume"], ["we", "assume"], ["i", "bet"], ["i", "expect"], ["we", "expect"], ["i", "think"],
    ["i", "believe"], ["we", "suspect"], ["i", "need", "a"], ["i", "need", "it"], ["i", "need", "this"],
    ["i", "need", "that"], ["we", "need", "it"], ["we", "need", "this"], ["i", "have", "to"], ["we", "have", "to"],
    ["i", "guess"], ["i", "am"], ["we", "are"], ["it", "should"], ["it", "will"], ["it", "is"], ["this", "is"],
)  # fmt: skip
_ASKING_VERBS = word_set("see know look compare understand hear get have split break include show")
_FAR = 5
_PEOPLE = word_set("i we they he she you it nobody everybody everyone")


def gives_grounds(words: Sequence[str], *, follows: bool, opens_period: bool, names: frozenset[str]) -> bool:
    """Whether a clause only says why something is asked.

    `follows`: a clause before it names a figure. `opens_period`: the clause begins with a period (`since June`).
    `names` are the kinds of what is named in it.
    """
    narrows = bool(names) and bool(set(words) & _NARROWING)
    if not follows or len(words) < 3 or narrows or opens_period:
        return False
    if words[0] in _REASONS or list(words[:2]) in _PURPOSES:
        return "metric" not in names and words[1] != "of" and (words[0] == "because" or _has_subject(words[1:]))
    if set(words) & _NARROWING:
        return False
    if _of_oneself(words):
        return not names
    return _reported(words) and not names & {"metric", "dimension"}


def _of_oneself(words: Sequence[str]) -> bool:
    """`I want to make a case for it`, not `I want to see it by state`."""
    led = next((opening for opening in _OF_ONESELF if list(words[: len(opening)]) == opening), None)
    return led is not None and words[len(led) : len(led) + 1] not in [[verb] for verb in _ASKING_VERBS]


def _reported(words: Sequence[str]) -> bool:
    """`the COO does not believe it`, `a board member asked`: somebody else who says, wants or does something."""
    if words[0] not in DETERMINERS | {"one", "someone", "somebody", "everyone", "everybody", "people"}:
        return False
    subject = words[1 : 1 + _FAR]
    verb = next((at for at, word in enumerate(subject) if word in _REPORTS), None)
    return verb is not None and not set(subject[:verb]) & (PREPOSITIONS - {"of"})


def _has_subject(words: Sequence[str]) -> bool:
    """`since each of the officers quotes another one`, `since we redesigned that flow`: somebody acts."""
    return words[0] in _PEOPLE or any(word in _REPORTS for word in words[1 : 1 + _FAR])
