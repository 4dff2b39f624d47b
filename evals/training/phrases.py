"""Ways to say a figure or a breakdown, written by people who saw labels only: words without a whole question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.planner.normalise import tokenise
from agents.planner.reranker.features import of_words
from evals.case_shapes import checked_phrases
from evals.suites import questions

FOLDER = questions.OWN.parent / "phrases"
"""metrics_*.yml: a list of phrases for each metric; by_*.yml, notby_*.yml: for each dimension, asking for a
breakdown by it or only naming it."""
Said = tuple[list[str], str]
"""Features of a phrase, and the metric or dimension that it is about."""


@dataclass(frozen=True)
class Phrases:
    """Phrases for figures, phrases that ask for a breakdown, and phrases that name a dimension without asking."""

    metrics: Sequence[Said]
    asking: Sequence[Said]
    naming: Sequence[Said]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Phrases:
        """All that the folder has."""
        patterns = ("metrics_*.yml", "by_*.yml", "notby_*.yml")
        return cls(*(list(_read(folder, pattern)) for pattern in patterns))


def features_of(text: str) -> list[str]:
    """Words, pairs and pieces of a phrase, each once."""
    return list(dict.fromkeys(of_words([token.lemma for token in tokenise(text.lower())])))


def _read(folder: Path, pattern: str) -> Iterator[Said]:
    for path in sorted(folder.glob(pattern)):
        for name, phrases in checked_phrases(path).items():
            yield from ((features_of(str(phrase)), str(name)) for phrase in phrases)
