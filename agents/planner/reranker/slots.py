"""The trained slots: for each part of a query, how likely each of its values is, given a question's features.

Linear models over the same features (`features.py`), fitted by `evals.training` on labelled questions and kept in
`slots.npz`: `vocabulary` names the rows, `inverse` weighs rare features, and of each slot there are `classes`,
`weights` (features x classes) and `bias`. A slot of two classes has one column, for its second class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("slots.npz")
NEEDED = (
    "metric", "metrics", "grain", "compare", "direction", "limit", "threshold", "answerable", "value", "period",
)  # fmt: skip
"""The slots that a second reading asks for; beside them one for each dimension to break down by."""
LEAST = 1e-4
Probabilities = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Slots:
    """Vocabulary and, by slot, its classes, the first of its columns and their number."""

    vocabulary: Mapping[str, int]
    inverse: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    columns: Mapping[str, tuple[tuple[str, ...], int, int]]

    @classmethod
    def read(cls, path: Path = FILE) -> Slots | None:
        """From the file; None when there is none."""
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as found:
            names = [str(name) for name in found["vocabulary"]]
            scale = found["scale"].astype(np.float32)
            columns: dict[str, tuple[tuple[str, ...], int, int]] = {}
            for name, start, count in zip(found["slots"], found["starts"], found["counts"], strict=True):
                columns[str(name)] = (tuple(str(one) for one in found[f"classes {name}"]), int(start), int(count))
            return cls(
                {name: at for at, name in enumerate(names)},
                found["inverse"].astype(np.float32),
                found["weights"].astype(np.float32) * scale,
                found["bias"].astype(np.float32),
                columns,
            )

    def known(self, feature: str) -> bool:
        """Whether the labelled questions had it."""
        return feature in self.vocabulary

    def probabilities(
        self, found: Sequence[str], slots: Sequence[str] | None = None
    ) -> dict[str, dict[str, float]]:
        """By slot the probability of each class."""
        rows = [self.vocabulary[name] for name in found if name in self.vocabulary]
        values = self.inverse[rows]
        values = values / (float(np.sqrt((values**2).sum())) or 1.0)
        found_of = {}
        for name, (classes, start, count) in self.columns.items():
            if slots is None or name in slots:
                columns = slice(start, start + count)
                found_of[name] = _spread(classes, values @ self.weights[rows, columns] + self.bias[columns])
        return found_of


def log_of(chance: float) -> float:
    """The logarithm of a probability; what is all but impossible counts as one in ten thousand."""
    return math.log(max(chance, LEAST))


def _spread(classes: tuple[str, ...], scores: NDArray[Any]) -> dict[str, float]:
    if len(classes) == 2:
        second = float(1 / (1 + np.exp(-float(scores[0]))))
        return {classes[0]: 1 - second, classes[1]: second}
    powers = np.exp(scores - scores.max())
    return {name: float(value) for name, value in zip(classes, powers / powers.sum(), strict=True)}


@lru_cache(maxsize=1)
def packaged() -> Slots | None:
    """The slots that come with the program, read once."""
    return Slots.read()
