"""What a failed session says: reason, error code, message and step, by interaction type."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from generator.catalog import INTERACTION_TYPES, Flags, Ints, catalog, story, weighted
from generator.files import words

SUCCESS, FAILURE, ABANDONED = 0, 1, 2
OUTCOMES = ("success", "failure", "abandoned")
_TEXT: dict[str, list[list[str]]] = catalog()["failures"]
_ELIGIBILITY = story()["eligibility_message"]
_ENTRIES = [(name, row) for name, rows in _TEXT.items() for row in rows]
ELIGIBILITY = len(_ENTRIES)
"""Index of the eligibility message among all messages."""
SILENT = ELIGIBILITY + 1
"""Index that stands for no message."""
_SILENT_ABANDONS = 0.5
_SPANISH_CARD = "id_card_download_spanish"


def messages(rng: np.random.Generator, kinds: Ints, spanish: Flags) -> Ints:
    """A message index for each failed session of type `kinds`; Spanish speakers meet other card errors."""
    chosen = np.empty(len(kinds), dtype=np.int64)
    for kind in np.unique(kinds):
        name = INTERACTION_TYPES[kind]
        inside = kinds == kind
        chosen[inside] = _of_type(rng, name, int(inside.sum()))
        if name == "id_card_download":
            inside &= spanish
            chosen[inside] = _of_type(rng, _SPANISH_CARD, int(inside.sum()))
    return chosen


def _of_type(rng: np.random.Generator, name: str, size: int) -> Ints:
    first = next(index for index, (entry, _) in enumerate(_ENTRIES) if entry == name)
    return first + weighted(rng, [float(row[4]) for row in _TEXT[name]], size)


def endings(rng: np.random.Generator, message: Ints) -> tuple[Ints, Ints]:
    """Outcome and final message of failed sessions: half of those who give up saw no message at all."""
    eligibility = message == ELIGIBILITY
    gave_up = rng.random(len(message)) < np.where(eligibility, 0.70, 0.38)
    silent = gave_up & ~eligibility & (rng.random(len(message)) < _SILENT_ABANDONS)
    return np.where(gave_up, ABANDONED, FAILURE), np.where(silent, SILENT, message)


def message_columns(
    rng: np.random.Generator, message: Ints, first_step: Ints, loose: Flags
) -> dict[str, pa.Array]:
    """Columns failure_reason, error_code, error_message, step; in `loose` rows a few optional ones are missing."""
    rows = [row for _, row in _ENTRIES]
    eligibility = [_ELIGIBILITY[key] for key in ("failure_reason", "error_code", "error_message", "step")]
    lost_code = loose & (rng.random(len(message)) < 0.02)
    lost_step = loose & (rng.random(len(message)) < 0.02)
    texts = [tuple([row[part] for row in rows] + [eligibility[part], None]) for part in range(4)]
    steps = texts[3][:-1] + tuple(catalog()["first_steps"][name] for name in INTERACTION_TYPES) + ("completed",)
    step = np.where(message == SILENT, ELIGIBILITY + 1 + first_step, message)
    return {
        "failure_reason": words(message, texts[0]),
        "error_code": words(message, texts[1], missing=lost_code),
        "error_message": words(message, texts[2], missing=lost_code),
        "step": words(step, steps, missing=lost_step),
    }
