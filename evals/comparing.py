"""Runs of the same suites held against the first of them, case by case: chat models, prompts, before and after."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.asked import scored
from evals.confidence import holm, median_difference, paired_difference, two_sided
from evals.reporting.page import comparison_html
from evals.reporting.report import compared, gate, summary
from evals.reporting.scoring import ScoredCase
from evals.trials.records import Records, Run
from warehouse.errors import UsageError

FOLDER = "comparisons"
"""Beside the folder of all runs."""
_PROGRAM = ("code", "semantic_model", "recipe")
Cases = Mapping[str, ScoredCase]


def comparison(records: Records, runs: Sequence[Run]) -> dict[str, Any]:
    """Each run by itself and against the first, over the cases that all of them have, by today's scorers.

    Raises UsageError (exit 2) for fewer than two runs, or when they have no case in common.
    """
    if len(runs) < 2:
        raise UsageError("One run is no comparison.", where="eval compare", next_step="Name two or more.")
    every = [{case.key: case for case in scored(records, run)} for run in runs]
    common = [key for key in every[0] if all(key in cases for cases in every)]
    if not common:
        raise UsageError(
            "The runs have no case in common.", where=", ".join(run.id for run in runs),
            next_step="Run the same suites.",
        )  # fmt: skip
    of_all = [{key: cases[key] for key in common} for cases in every]
    suites = list(dict.fromkeys(case.suite for case in of_all[0].values()))
    pairs = [
        _pair(runs[0], run, of_all[0], cases, suites) for run, cases in zip(runs[1:], of_all[1:], strict=True)
    ]
    _adjust(pairs)
    return {
        "runs": [_named(run, len(cases)) for run, cases in zip(runs, every, strict=True)],
        "cases": len(common),
        "suites": suites,
        "contenders": [_alone(cases, suites) for cases in of_all],
        "pairs": pairs,
        "tags": dict(_tags(of_all)),
        "differing": [_case(key, of_all) for key in common if _differs(key, of_all)],
        "gate": [f"{pair['model']} ({pair['run']}), {line}" for pair in pairs for line in pair["gate"]],
    }  # fmt: skip


def keep(records: Records, document: Mapping[str, Any]) -> Path:
    """Write a comparison and its page beside the runs; gives the page's path."""
    ids = "+".join(run["id"] for run in document["runs"])
    folder = records.folder.parent / FOLDER / hashlib.sha256(ids.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    page = folder / "comparison.html"
    page.write_text(comparison_html(document), encoding="utf-8")
    return page


def _named(run: Run, cases: int) -> dict[str, Any]:
    return {"id": run.id, "model": run.model, "prompts": run.prompts_version, "started": run.started,
            "code": run.code, "prompts_folder": run.prompts_folder, "cases": cases}  # fmt: skip


def _alone(cases: Cases, suites: Sequence[str]) -> dict[str, Any]:
    of = {name: [case for case in cases.values() if case.suite == name] for name in suites}
    return {"all": summary(list(cases.values())), "suites": {name: summary(of[name]) for name in suites}}


def _pair(first: Run, run: Run, before: Cases, now: Cases, suites: Sequence[str]) -> dict[str, Any]:
    """One run against the first one; a question with its wordings is one group."""
    outcomes = {key: case.outcome for key, case in before.items()}
    of = {name: [key for key in now if now[key].suite == name] for name in suites}
    return {
        "run": run.id, "model": run.model,
        "prompts_changed": [n for n in run.prompts if run.prompts[n] != first.prompts.get(n)],
        "program_changed": [n for n in _PROGRAM if getattr(run, n) != getattr(first, n)],
        "all": _differences(list(now), before, now),
        "suites": {name: _differences(of[name], before, now) for name in suites},
        "moves": [
            {"before": one, "now": other, "cases": count}
            for (one, other), count in Counter((outcomes[key], now[key].outcome) for key in now).most_common()
        ],
        "gate": [
            line for name in suites for line in gate(name, [now[key] for key in of[name]], outcomes, run.model)
        ],
    }  # fmt: skip


def _differences(keys: Sequence[str], before: Cases, now: Cases) -> dict[str, Any]:
    """Of some cases: how many are worse and better, and differences with 95 % intervals."""
    test, _, _ = compared([now[key] for key in keys], {key: before[key].outcome for key in keys})
    groups = [f"{now[key].suite}:{now[key].id.partition('/')[0]}" for key in keys]

    def shares(outcome: str) -> tuple[list[bool], list[bool]]:
        return [before[key].outcome == outcome for key in keys], [now[key].outcome == outcome for key in keys]

    times = [(_mean(before[key].milliseconds), _mean(now[key].milliseconds)) for key in keys]
    return {
        "cases": len(keys), "groups": len(set(groups)),
        "worse": test.worse, "better": test.better, "p_worse": test.p_worse,
        "p": two_sided(*shares("correct"), groups),
        **{name: asdict(paired_difference(*shares(name), groups)) for name in ("correct", "wrong_in_silence")},
        "ms": asdict(median_difference([one for one, _ in times], [other for _, other in times])),
        "tokens": sum(now[key].tokens - before[key].tokens for key in keys),
        "cost_usd": round(sum(now[key].cost_usd - before[key].cost_usd for key in keys), 6),
    }  # fmt: skip


def _mean(times: Sequence[float]) -> float:
    return sum(times) / len(times) if times else 0.0


def _adjust(pairs: Sequence[dict[str, Any]]) -> None:
    """Note what each chance is with all suites of all runs looked at; whole runs are a family by themselves."""
    for family in ([pair["all"] for pair in pairs], [body for pair in pairs for body in pair["suites"].values()]):
        for body, chance in zip(family, holm([body["p"] for body in family]), strict=True):
            body["p_holm"] = chance


def _tags(of_all: Sequence[Cases]) -> Iterator[tuple[str, Any]]:
    tags = sorted({tag for case in of_all[0].values() for tag in case.tags})
    for tag in tags:
        keys = [key for key, case in of_all[0].items() if tag in case.tags]
        yield tag, {"cases": len(keys), "correct": [_correct(cases, keys) for cases in of_all]}


def _correct(cases: Cases, keys: Sequence[str]) -> float:
    return sum(cases[key].outcome == "correct" for key in keys) / len(keys)


def _differs(key: str, of_all: Sequence[Cases]) -> bool:
    return len({cases[key].outcome for cases in of_all}) > 1


def _case(key: str, of_all: Sequence[Cases]) -> dict[str, Any]:
    first = of_all[0][key]
    said = [
        {
            "outcome": case.outcome,
            "failures": list(case.failures),
            "notes": list(case.notes[:3]),
            "text": case.text,
        }
        for case in (cases[key] for cases in of_all)
    ]
    return {"suite": first.suite, "id": first.id, "question": first.question, "said": said}
