"""Spelling repair: an unknown word becomes the one known word it almost is; English words never change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma
from agents.planner.reading import Token
from agents.planner.words import (
    AVERAGE,
    CUE_WORDS,
    FILLER,
    FUNCTION,
    POPULATION,
    PREPOSITIONS,
    TIME_WORDS,
    UNITS,
    UNSUPPORTED_STATISTICS,
    carriers,
    english,
    harmless,
)


@dataclass(frozen=True)
class Speller:
    """Known words (never repaired) and the words a typo may stand for, by first letter."""

    known: frozenset[str]
    targets: dict[str, tuple[str, ...]]
    names: frozenset[str] = frozenset()
    """The words that values are written in: a name is one of them, mistyped, rather than any other word."""
    begun: frozenset[str] = frozenset()
    """Those of values that are no member's: `mary` is somebody, and not the beginning of Maryland."""

    @classmethod
    def of(cls, lexicon: Lexicon) -> Speller:
        """Index the vocabulary's words beside the cue and function words."""
        plain = {word for word in FILLER if len(word) > 4}
        words = {
            word
            for word in lexicon.words | CUE_WORDS | TIME_WORDS | FUNCTION | POPULATION | AVERAGE | plain
            if word.isalpha()
        }
        targets: dict[str, list[str]] = {}
        for word in sorted(words):
            targets.setdefault(word[0], []).append(word)
        lemmas = {lemma(word) for word in lexicon.words}
        common = {lemma(word) for word in english()}
        named = [phrase for event in lexicon.model.events for phrase in (event.name, *event.synonyms)]
        named += [phrase for topic in lexicon.model.topics for phrase in topic.phrases]
        common |= {word for phrase in named for word in phrase.lower().replace("-", " ").split()}
        common |= UNSUPPORTED_STATISTICS | harmless() | carriers()
        known = frozenset(lexicon.words | lemmas | english() | common | lexicon.noise)
        names = frozenset(word for phrase in lexicon.written_values() for word in phrase)
        people = lexicon.model.member_dimensions
        begun = frozenset(
            word
            for phrase, targets_of in lexicon.surfaces.items()
            if any(target.kind == "value" and target.name not in people for target in targets_of)
            for word in phrase
        )
        return cls(known, {letter: tuple(found) for letter, found in targets.items()}, names, begun)

    def repair(
        self, tokens: Sequence[Token], named: frozenset[str] = frozenset()
    ) -> tuple[list[Token], list[tuple[str, str]]]:
        """Tokens with typos replaced, and what was replaced by what. `named` are words that are names."""
        repaired, changes = [], []
        for at, token in enumerate(tokens):
            before_unit = at + 1 < len(tokens) and tokens[at + 1].text in UNITS
            better = self._better(token, before_unit=before_unit) or _unit_meant(tokens, at)
            if token.text in named and better not in self.names and OSA.distance(token.text, better) > 1:
                better = ""  # `Spokane` is no `spoken`
            if better:
                changes.append((token.text, better))
                token = Token(better, lemma(better), better)
            repaired.append(token)
        return repaired, changes

    def _better(self, token: Token, *, before_unit: bool) -> str:
        word = token.text
        if not word.isalpha() or len(word) < 3 or word in self.known:
            return ""
        if any(base in self.known for base in _bases(word)):
            return self._inflected(word)
        if swapped_first := self._swapped_first(word):
            return swapped_first
        if begun := self._begun(word):
            return begun
        limit = 1 if len(word) < 7 else 2
        scored = sorted(
            (OSA.distance(word, target, score_cutoff=limit), target)
            for target in self.targets.get(word[0], ())
            if abs(len(target) - len(word)) <= limit and len(target) > 2
        )
        close = [(distance, target) for distance, target in scored if distance <= limit]
        close = [(d, t) for d, t in close if t not in FUNCTION or len(t) > 4 or sorted(t) == sorted(word)]
        if len(word) == 3:
            close = [(distance, target) for distance, target in close if _shortened(word, target)]
        if not close:
            return ""
        best = [target for distance, target in close if distance == close[0][0]]
        swapped = [target for target in best if sorted(target) == sorted(word)]
        missing = [target for target in best if len(target) == len(word) + 1 and target[-1] == word[-1]]
        best = (
            swapped
            or (missing if len(missing) == 1 else [])
            or (["last"] if before_unit and "last" in best else best)
        )
        return best[0] if len({lemma(target) for target in best}) == 1 else ""

    def _begun(self, word: str) -> str:
        """`derm`, `ortho`: the beginning of the one word that values are written with."""
        meant = [name for name in self.begun if name.startswith(word) and len(name) > len(word) + 1]
        one = len(word) > 3 and len({lemma(name) for name in meant}) == 1
        return min(meant, key=lambda name: (len(name), name)) if one else ""

    def _swapped_first(self, word: str) -> str:
        """`lForida`: a word whose first two letters changed places."""
        meant = word[1] + word[0] + word[2:]
        return meant if len(word) > 4 and meant in self.targets.get(meant[0], ()) else ""

    def _inflected(self, word: str) -> str:
        """`transfered`: a known word misspelt in its ending becomes the one form of it that the vocabulary has."""
        forms = [
            target
            for target in self.targets.get(word[0], ())
            if target.endswith("ed") and word.endswith("ed") and lemma(target) == lemma(word)
        ]
        return forms[0] if len(forms) == 1 and OSA.distance(word, forms[0]) == 1 else ""


def names_in(question: str) -> frozenset[str]:
    """Capitalised words right after small ones, or after `For`: something's name, in small letters."""
    words = re.findall(r"[^\W\d_]+", question)
    return frozenset(
        word.lower()
        for before, word in pairwise(words)
        if (before.islower() or before.lower() in PREPOSITIONS) and word.istitle() and len(word) > 1
    )


def _unit_meant(tokens: Sequence[Token], at: int) -> str:
    """`last weak`, `this moth`: right after a word for a period, a word almost like a unit is that unit."""
    word, before = tokens[at].text, tokens[at - 1].text if at else ""
    if before not in ("last", "this", "past", "previous") or word in UNITS or len(word) < 4:
        return ""
    close = [unit for unit in ("week", "month", "quarter", "year") if OSA.distance(word, unit) == 1]
    return (
        close[0]
        if len(close) == 1 and word in ("weak", "weeek", "moth", "mouth", "yaer", "tear", "quartz")
        else ""
    )


_ENDINGS = {
    "ies": ("y",),
    "es": ("", "e"),
    "s": ("",),
    "ed": ("", "e"),
    "ing": ("", "e"),
    "er": ("", "e"),
    "est": ("", "e"),
    "ly": ("",),
}


def _bases(word: str) -> tuple[str, ...]:
    """What a word may be an inflection of. The lemma is too rough here: that of `sates` is that of `sat`."""
    bases: list[str] = []
    for ending, replacements in _ENDINGS.items():
        if word.endswith(ending):
            root = word[: -len(ending)]
            if ending == "es" and not root.endswith(("s", "x", "z", "ch", "sh", "o")):
                continue
            bases += [root + replacement for replacement in replacements]
            if ending in ("ed", "ing") and len(root) > 3 and root[-1] == root[-2]:
                bases.append(root[:-1])
    return tuple(base for base in bases if len(base) > 2)


def _shortened(word: str, target: str) -> bool:
    """Three letters are repaired only when two are swapped (`teh`) or one is missing (`lst`, `tme`, `cal`).

    The missing letter is a vowel or doubles its neighbour.
    """
    if sorted(word) == sorted(target):
        return True
    return len(target) == 4 and any(
        target[:at] + target[at + 1 :] == word and (target[at] in "aeiou" or target[at] == target[at - 1])
        for at in range(1, 4)
    )
