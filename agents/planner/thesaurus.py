"""Words that people use for one another: the model's groups, found in any run of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agents.planner.normalise import tokenise
from agents.planner.reading import Token
from agents.planner.words import FUNCTION
from semantic.model import SemanticModel

_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One word, or several that are one of a group: `word` is its lemma, or the name of its group."""

    word: str
    start: int
    end: int
    grouped: bool
    light: bool
    mark: bool = False


@dataclass(frozen=True)
class Thesaurus:
    """Lemmas of a word or phrase to the name of its group."""

    groups: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: SemanticModel) -> Thesaurus:
        """The model's groups; those that share a word are one."""
        merged: list[set[tuple[str, ...]]] = []
        for group in model.defaults.same_words:
            keys = {tuple(token.lemma for token in tokenise(word)) for word in group}
            touching = [known for known in merged if known & keys]
            merged = [known for known in merged if not known & keys]
            merged.append(keys.union(*touching))
        return cls({key: "=" + " ".join(min(group)) for group in merged for key in group})

    def pieces(self, tokens: Sequence[Token]) -> list[Piece]:
        """The tokens in order, the longest phrases of a group taken as one piece."""
        found, at = [], 0
        lemmas = [token.lemma for token in tokens]
        while at < len(tokens):
            end = next(self._ends(lemmas, at), 0)
            if end:
                found.append(Piece(self.groups[tuple(lemmas[at:end])], at, end, True, False))
            else:
                text = tokens[at].text
                found.append(Piece(lemmas[at], at, at + 1, False, text in FUNCTION, tokens[at].is_mark))
            at = end or at + 1
        return found

    def _ends(self, lemmas: Sequence[str], at: int) -> Iterator[int]:
        longest = min(len(lemmas), at + _LONGEST)
        return (end for end in range(longest, at, -1) if tuple(lemmas[at:end]) in self.groups)
