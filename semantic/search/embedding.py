"""Texts as vectors without a model to download: words and the letters inside them, hashed into fixed places.

Two texts are near when they share words, or parts of words (so typos and inflections are near), the rarer in the
indexed texts the nearer. The same text gives the same vector on every machine.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

SIZE = 512
VERSION = 2
"""Goes up when the same text would get another vector."""
_LETTERS = (3, 4)
_OF_LETTERS, _OF_PAIRS = 0.8, 0.35  # of a word's own weight
_LEAST_WEIGHT, _UNKNOWN_WEIGHT = 0.15, 1.0
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ed", "es", "s", "y", "e")
_SHORTEST_STEM = 4


def words_of(text: str) -> list[str]:
    """Words in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def stem(word: str) -> str:
    """A word without a common English ending, as long as enough of it is left."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


@dataclass(frozen=True)
class Embedding:
    """Vectors of `SIZE` numbers and length 1. `weights` say how telling a stem is, from 0 to 1."""

    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def over(cls, texts: Iterable[str]) -> Embedding:
        """Words that stand in many of the texts say little."""
        counts: Counter[str] = Counter()
        total = 0
        for text in texts:
            counts.update({stem(word) for word in words_of(text)})
            total += 1
        most = math.log(1 + total) or 1.0
        return cls({word: max(_LEAST_WEIGHT, 1 - math.log(count) / most) for word, count in counts.items()})

    def vector(self, text: str) -> list[float]:
        """The vector of a text; all zeros when it has no word."""
        found = [0.0] * SIZE
        stems = [stem(word) for word in words_of(text)]
        for name in dict.fromkeys(stems):
            weight = self.weights.get(name, _UNKNOWN_WEIGHT)
            _add(found, f"w:{name}", weight)
            grams = _grams(name)
            for gram in grams:
                _add(found, f"g:{gram}", _OF_LETTERS * weight / math.sqrt(len(grams)))
        for first, second in pairwise(stems):
            weight = min(self.weights.get(name, _UNKNOWN_WEIGHT) for name in (first, second))
            _add(found, f"p:{first} {second}", _OF_PAIRS * weight)
        length = math.sqrt(sum(number * number for number in found))
        return [number / length for number in found] if length else found


def _grams(word: str) -> list[str]:
    bounded = f"^{word}$"
    return [bounded[at : at + size] for size in _LETTERS for at in range(len(bounded) - size + 1)]


def _add(vector: list[float], feature: str, weight: float) -> None:
    place, sign = _place(feature)
    vector[place] += weight * sign


@lru_cache(maxsize=50_000)
def _place(feature: str) -> tuple[int, int]:
    hashed = int.from_bytes(blake2b(feature.encode(), digest_size=4).digest(), "big")
    return hashed % SIZE, 1 if hashed & 0x80000000 else -1
