"""How calls go: sentiment label and score, as quotas for the story's cells and for the whole day.

A day's share of calls that go badly is planned; which ones depends on topic, agent, repeat and transfer.
"""

from __future__ import annotations

import numpy as np

from generator.catalog import TOPICS, Flags, Floats, Ints, story
from generator.members import SEGMENTS

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
LABELS = ("negative", "neutral", "positive")
_LABEL_AT = 0.3
_CELL_SPREAD = 0.21
_POSITIVE_OF_OTHERS = 0.36


def cell_scores(rng: np.random.Generator, mean: float, quality: Floats) -> Floats:
    """Scores (-1..1, two decimals) of one cell with that average, worse for weaker agents."""
    scores = mean + rng.normal(0, _CELL_SPREAD, len(quality)) + 0.05 * (quality - quality.mean())
    for _ in range(8):
        scores = np.clip(scores + (mean - scores.mean()), -1, 1)
    return np.asarray(np.round(scores, 2))


def labels_of(scores: Floats) -> Ints:
    """The label that goes with a score."""
    return np.where(scores <= -_LABEL_AT, NEGATIVE, np.where(scores >= _LABEL_AT, POSITIVE, NEUTRAL))


def moods(topic: Ints, segment: Ints) -> Floats:
    """The mood that topic and member segment bring to a call; 0 is usual, higher is worse."""
    by_topic = np.array([story()["calls"][name]["mood"] for name in TOPICS])
    by_segment = np.array([story()["segment_moods"][name] for name in SEGMENTS])
    return np.asarray(by_topic[topic] + by_segment[segment])


def discontent(
    rng: np.random.Generator, mood: Floats, quality: Floats, repeat: Flags, leaked: Flags, transferred: Flags
) -> Floats:
    """A latent score: the higher, the likelier the call goes badly. `mood` is that of topic and member."""
    latent: Floats = mood - 0.55 * quality + 0.35 * repeat + 0.15 * leaked + 0.45 * transferred
    return latent + rng.normal(0, 1, len(mood))


def day_labels(latent: Floats, negatives: int) -> Ints:
    """Labels: the `negatives` most discontented are negative, about a third of the rest positive."""
    order = np.argsort(-latent, kind="stable")
    labels = np.full(len(latent), NEUTRAL, dtype=np.int64)
    bad = max(0, min(len(latent), negatives))
    labels[order[:bad]] = NEGATIVE
    labels[order[len(latent) - round(_POSITIVE_OF_OTHERS * (len(latent) - bad)) :]] = POSITIVE
    return labels


def label_scores(rng: np.random.Generator, labels: Ints) -> Floats:
    """A score that fits each label; only negative labels reach -0.5 and below."""
    share = rng.beta(1.6, 2.2, len(labels))
    negative, neutral, positive = -0.3 - 0.7 * share, 0.58 * (share - 0.5), 0.3 + 0.65 * share
    return np.round(np.choose(labels, [negative, neutral, positive]), 2)
