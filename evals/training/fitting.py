"""Fitting the slots and the judge.

Every probability that the judge learns from comes of slots that never saw the question's author.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from agents.planner import clauses
from agents.planner.normalise import tokenise
from agents.planner.reranker.candidates import Evidence, candidates
from agents.planner.reranker.features import of_words
from agents.planner.reranker.judging import Judge, Trees, signs
from agents.planner.reranker.several import kinds_of
from agents.planner.reranker.slots import Slots
from evals.outcomes import differences, of_query, without_whole
from evals.training.examples import Example
from evals.training.phrases import Phrases
from semantic.model import SemanticModel

LEAST = 5
"""Questions and phrases that must share a feature for it to count."""
LEAST_OF_CLASS = 6
"""Questions that kinds of figures must have to be a class of their own."""
OF_NAMES = 0.15
"""Weight of a metric's own name or synonym beside a question."""
OF_PHRASES = {"metric": 0.9, "by": 0.5}
"""Weights of a phrase for a figure, and for or against a breakdown, beside a question."""
_SHARPNESS = 8.0
"""What a margin between metrics counts for when margins are turned into probabilities."""
_STRENGTH = {"value": 3.0, "period": 3.0, "left": 3.0}
_MATERIAL = {"metrics", "filters", "time", "having", "kind"}


@dataclass(frozen=True)
class Row:
    """A candidate of an example: what speaks for it and the slots in which it is wrong."""

    example: int
    signs: dict[str, float]
    wrong: tuple[str, ...]


def fit_slots(examples: Sequence[Example], model: SemanticModel, written: Phrases) -> Slots:
    """The slots fitted on these examples, on the names of the model's metrics, and on phrases for its parts."""
    periods = [pair for example in examples if example.asks_figures for pair in example.periods()]
    names = [(feature, name) for name in model.metrics for feature in _of_names(model, name)]
    phrases = [pair for pair in written.metrics if pair[1] in model.metrics]
    sides = [*written.asking, *written.naming]
    said = [example.features() for example in examples]
    values = [pair for example in examples if example.asks_figures for pair in example.values()]
    left = [pair for example in examples for pair in example.left]
    parts = [found for found, _ in (*values, *periods, *left)]
    short = [found for found, _ in [*names, *phrases, *sides]]
    vocabulary = _vocabulary([*said, *short, *parts])
    inverse = _inverse([*said, *parts], vocabulary)
    asked = [at for at, example in enumerate(examples) if example.gold.kind == "query" and example.gold.metrics]
    known = [at for at in asked if examples[at].gold.metrics <= set(model.metrics)]
    matrix = _matrix(said, vocabulary, inverse)
    of_names = _matrix([found for found, _ in names], vocabulary, inverse)
    of_phrases = _matrix([found for found, _ in phrases], vocabulary, inverse)
    of_sides = _matrix([found for found, _ in sides], vocabulary, inverse)
    columns: dict[str, tuple[tuple[str, ...], int, int]] = {}
    weights: list[Any] = []
    bias: list[Any] = []

    def keep(slot: str, classes: Sequence[Any], weighed: Any, added: Any) -> None:
        columns[slot] = (tuple(map(str, classes)), sum(len(one) for one in bias), len(added))
        weights.append(weighed)
        bias.append(added)

    def add(slot: str, rows: Any, classes: Sequence[str], weighing: Sequence[float] | None = None) -> None:
        fitted = LogisticRegression(C=_STRENGTH.get(slot, 10.0), max_iter=80, tol=1e-3)
        with threadpool_limits(limits=1):  # threads that wait for each other cost six times the work here
            fitted.fit(rows, classes, sample_weight=weighing)
        keep(slot, fitted.classes_, fitted.coef_, fitted.intercept_)

    several = [(at, name) for at in known for name in sorted(examples[at].gold.metrics)]
    asked_for = sparse.vstack([matrix[[at for at, _ in several]], of_names, of_phrases])
    figures = [name for _, name in [*several, *names, *phrases]]
    weighing = [1 / len(examples[at].gold.metrics) for at, _ in several]
    weighing += [OF_NAMES] * len(names) + [OF_PHRASES["metric"]] * len(phrases)
    margins = LinearSVC(random_state=0).fit(asked_for, figures, sample_weight=weighing)
    keep("metric", margins.classes_, margins.coef_ * _SHARPNESS, margins.intercept_ * _SHARPNESS)
    for slot, of in _SLOTS.items():
        classes = [of(examples[at]) for at in known]
        add(slot, matrix[known], _without_rare(classes) if slot == "kinds" else classes)
    for dimension in model.dimensions:
        classes = ["yes" if dimension in examples[at].gold.dimensions else "no" for at in known]
        if classes.count("yes") >= LEAST:
            others = [
                "yes" if at < len(written.asking) and name == dimension else "no"
                for at, (_, name) in enumerate(sides)
            ]
            weighing = [1.0] * len(classes) + [OF_PHRASES["by"]] * len(others)
            add(f"by {dimension}", sparse.vstack([matrix[known], of_sides]), [*classes, *others], weighing)
    add("answerable", matrix, ["yes" if example.is_answerable else "no" for example in examples])
    add("value", _matrix([found for found, _ in values], vocabulary, inverse), [use for _, use in values])
    add("period", _matrix([found for found, _ in periods], vocabulary, inverse), [use for _, use in periods])
    add("left", _matrix([found for found, _ in left], vocabulary, inverse), [use for _, use in left])
    return Slots(
        vocabulary,
        inverse.astype(np.float32),
        np.vstack(weights).T.astype(np.float32),
        np.concatenate(bias).astype(np.float32),
        columns,
    )


_SLOTS: dict[str, Callable[[Example], str]] = {
    "grain": lambda one: one.gold.grain or "none",
    "compare": lambda one: one.gold.compare_to or "none",
    "direction": lambda one: one.gold.direction or "none",
    "limit": lambda one: {None: "none", 1: "one"}.get(one.gold.limit, "many"),
    "metrics": lambda one: "several" if len(one.gold.metrics) > 1 else "one",
    "threshold": lambda one: "yes" if one.gold.having else "no",
    "kinds": lambda one: kinds_of(tuple(one.gold.metrics), one.planner.model),
}


def fit_clauses(labelled: Sequence[tuple[list[str], str]]) -> Slots:
    """The slot that tells clauses that ask from clauses that only tell, fitted on labelled clauses."""
    found = [features for features, _ in labelled]
    vocabulary = _vocabulary(found)
    inverse = _inverse(found, vocabulary)
    fitted = LogisticRegression(C=3.0, max_iter=200)
    with threadpool_limits(limits=1):
        fitted.fit(_matrix(found, vocabulary, inverse), [use for _, use in labelled])
    columns = {clauses.SLOT: (tuple(map(str, fitted.classes_)), 0, 1)}
    weights = fitted.coef_.T.astype(np.float32)
    return Slots(vocabulary, inverse.astype(np.float32), weights, fitted.intercept_.astype(np.float32), columns)


def _without_rare(classes: Sequence[str]) -> list[str]:
    """Classes of too few questions to be learnt count as one."""
    counts = Counter(classes)
    return [name if counts[name] >= LEAST_OF_CLASS else "others" for name in classes]


def _of_names(model: SemanticModel, name: str) -> list[list[str]]:
    metric = model.metrics[name]
    texts = [metric.label.lower(), *(synonym.lower() for synonym in metric.synonyms)]
    return [
        [*dict.fromkeys(of_words([token.lemma for token in tokenise(text)])), f"metric {name}"] for text in texts
    ]


def _vocabulary(found: Sequence[Sequence[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for names in found:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return {name: at for at, name in enumerate(sorted(name for name, count in counts.items() if count >= LEAST))}


def _inverse(found: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> Any:
    counts = np.ones(len(vocabulary))
    for names in found:
        for name in names:
            if name in vocabulary:
                counts[vocabulary[name]] += 1
    return np.log((1 + len(found)) / counts) + 1


def _matrix(found: Sequence[Sequence[str]], vocabulary: dict[str, int], inverse: Any) -> Any:
    rows, columns, values = [], [], []
    for at, names in enumerate(found):
        known = [vocabulary[name] for name in names if name in vocabulary]
        length = float(np.sqrt((inverse[known] ** 2).sum())) or 1.0
        rows += [at] * len(known)
        columns += known
        values += [inverse[one] / length for one in known]
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(found), len(vocabulary)))


def rows_of(at: int, example: Example, slots: Slots, known: frozenset[str]) -> list[Row]:
    """Every candidate of an example, held against the forms that are right; `known` are the slots' words."""
    if example.intent.kind != "query":
        return []
    lexicon = example.planner.lexicon
    evidence = Evidence.of(example.reading, example.intent, slots, example.planner.lexicon, example.clock)
    own, found = candidates(evidence, lexicon, example.clock)
    whole = {name: frozenset(lexicon.values.values(name)) for name in lexicon.model.dimensions}
    right = [without_whole(form, whole) for form in example.case.accepted if form.kind == "query"]
    days = (example.clock.first_day, example.clock.today)
    rows = []
    for one in found:
        form = without_whole(of_query("query", one.draft.query()), whole)
        wrong = min((differences(form, wanted, days) for wanted in right), key=len, default=("kind",))
        rows.append(Row(at, signs(one, own, evidence, lexicon, known), wrong))
    return rows


def words_of(slots: Slots) -> frozenset[str]:
    """The words that the labelled questions had."""
    return frozenset(name[2:] for name in slots.vocabulary if name.startswith("1 "))


def fit_judge(rows: Sequence[Row], thresholds: Mapping[str, float]) -> Judge:
    """The trees over the rows' signs."""
    names = tuple(sorted({name for row in rows for name in row.signs}))
    matrix = np.array([[row.signs.get(name, 0.0) for name in names] for row in rows], dtype=np.float32)
    fitted = HistGradientBoostingClassifier(
        max_iter=220, learning_rate=0.07, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    with threadpool_limits(limits=1):
        fitted.fit(matrix, [not row.wrong for row in rows])
    return Judge(names, _trees(fitted), float(fitted._baseline_prediction[0][0]), **thresholds)


def _trees(fitted: Any) -> Trees:
    """The trees of a fitted model; it keeps them in attributes that are its own."""
    nodes = [made[0].nodes for made in fitted._predictors]
    width = max(len(one) for one in nodes)
    shape = (len(nodes), width)
    sign, left, right = np.full(shape, -1, np.int16), np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    at, value = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, tree in enumerate(nodes):
        inner = tree["is_leaf"] == 0
        found = slice(0, len(tree))
        sign[row, found] = np.where(inner, tree["feature_idx"], -1)
        at[row, found] = np.where(inner, tree["num_threshold"], 0)
        left[row, found], right[row, found] = tree["left"], tree["right"]
        value[row, found] = np.where(inner, 0, tree["value"])
    return Trees(sign, at, left, right, value, int(max(tree["depth"].max() for tree in nodes)) + 1)


def is_material(wrong: Sequence[str]) -> bool:
    """Whether another figure would be shown."""
    return bool(_MATERIAL & set(wrong))


def write_slots(slots: Slots, path: Path) -> None:
    """Keep the slots with weights of eight bits, each slot's column in a scale of its own."""
    scale = np.maximum(np.abs(slots.weights).max(0), 1e-6) / 127
    arrays: dict[str, Any] = {
        "vocabulary": np.array(list(slots.vocabulary)),
        "inverse": slots.inverse.astype(np.float16),
        "weights": np.round(slots.weights / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": slots.bias,
        "slots": np.array(list(slots.columns)),
        "starts": np.array([start for _, start, _ in slots.columns.values()]),
        "counts": np.array([count for _, _, count in slots.columns.values()]),
    }
    arrays |= {f"classes {name}": np.array(classes) for name, (classes, _, _) in slots.columns.items()}
    np.savez_compressed(path, **arrays)


def write_judge(judge: Judge, path: Path) -> None:
    """Keep the trees."""
    trees = judge.trees
    np.savez_compressed(
        path, names=np.array(judge.names), bias=np.array(judge.bias), depth=np.array(trees.depth),
        sign=trees.sign, at=trees.at, left=trees.left, right=trees.right, value=trees.value,
    )  # fmt: skip
