"""Fit the reranker on the labelled questions and write it beside the planner; prints how unseen authors fare."""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import track

from agents.planner import clauses
from agents.planner.reranker import judging, slots
from evals.training.examples import Example, as_asked, read
from evals.training.fitting import (
    Row,
    fit_clauses,
    fit_judge,
    fit_slots,
    is_material,
    rows_of,
    words_of,
    write_judge,
    write_slots,
)
from evals.training.phrases import Phrases
from evals.training.telling import of_all

FOLDS = 7
THRESHOLDS: dict[str, float] = json.loads(judging.THRESHOLDS.read_text(encoding="utf-8"))


def main() -> None:
    """Read, fit, judge across authors, write."""
    parser = argparse.ArgumentParser(prog="python -m evals.training", description=__doc__)
    parser.add_argument("--rows", type=Path, help="keep the judged candidates here, for a look at thresholds")
    options = parser.parse_args()
    console = Console(stderr=True)
    examples = read()
    model, phrases = examples[0].planner.model, Phrases.read()
    folds = authors_in_folds(examples)
    told = of_all(examples)
    examples = [
        one
        for fold in folds
        for one in as_asked(
            [example for example in examples if example.author in fold],
            fit_clauses([pair for author, pair in told if author not in fold]),
        )
    ]
    rows: list[Row] = []
    for fold in track(folds, "Fitting without some authors", console=console):
        fitted = fit_slots([one for one in examples if one.author not in fold], model, phrases)
        known = words_of(fitted)
        left_out = [(at, one) for at, one in enumerate(examples) if one.author in fold]
        rows += [row for at, one in left_out for row in rows_of(at, one, fitted, known)]
    console.print(_unseen(examples, rows, folds))
    if options.rows:
        options.rows.write_bytes(pickle.dumps(([(e.author, e.case) for e in examples], rows, folds)))
    write_slots(fit_clauses([pair for _, pair in told]), clauses.FILE)
    write_judge(fit_judge(rows, THRESHOLDS), judging.FILE)
    write_slots(fit_slots(examples, model, phrases), slots.FILE)
    console.print(f"Written: {slots.FILE.name} ({slots.FILE.stat().st_size / 1e6:.1f} MB), {judging.FILE.name}.")


def authors_in_folds(examples: list[Example]) -> list[set[str]]:
    """Authors dealt to folds of about equal size, the largest first; an author is in one fold only."""
    sizes = Counter(example.author for example in examples)
    folds: list[set[str]] = [set() for _ in range(FOLDS)]
    for author, _ in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        min(folds, key=lambda fold: sum(sizes[one] for one in fold)).add(author)
    return folds


def _unseen(examples: list[Example], rows: list[Row], folds: list[set[str]]) -> str:
    """Outcomes of questions by authors that neither the slots nor the judge saw."""
    counts: Counter[str] = Counter()
    for fold in folds:
        judge = fit_judge([row for row in rows if examples[row.example].author not in fold], THRESHOLDS)
        unseen = [row for row in rows if examples[row.example].author in fold]
        by_example: dict[int, list[tuple[float, Row]]] = {}
        for chance, row in zip(judge.probabilities([row.signs for row in unseen]), unseen, strict=True):
            by_example.setdefault(row.example, []).append((chance, row))
        for at, judged in by_example.items():
            counts[_outcome(examples[at], sorted(judged, key=lambda pair: -pair[0]))] += 1
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _outcome(example: Example, judged: list[tuple[float, Row]]) -> str:
    answers = judged[0][0] >= THRESHOLDS["answer"]
    if not example.asks_figures:
        return "unanswerable, answered" if answers else "unanswerable, not answered"
    if answers:
        wrong = judged[0][1].wrong
        return "exact" if not wrong else "wrong" if is_material(wrong) else "slightly wrong"
    return "offered" if any(not row.wrong for _, row in judged[:3]) else "not found"


main()
