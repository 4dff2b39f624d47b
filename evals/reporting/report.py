"""A run's report as JSON values: counts with intervals by suite and tag, regressions, the gate, the trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evals.confidence import Paired, paired, wilson
from evals.reporting.scoring import ScoredCase
from evals.trials.judging import OUTCOMES
from evals.trials.records import Run

DETERMINISTIC = ("embedded", "recorded")
"""Chat models that say the same to the same: for them one case that turns wrong in silence is no noise."""
Before = Mapping[str, str]
"""Outcomes of an earlier run or a baseline by `suite:case`."""


def summary(cases: Sequence[ScoredCase]) -> dict[str, Any]:
    """Counts, shares and 95 % intervals of the outcomes; failures; milliseconds; tokens and dollars."""
    counted = Counter(case.outcome for case in cases)
    times = sorted(ms for case in cases for ms in case.milliseconds)
    return {
        "cases": len(cases),
        "outcomes": {name: _share(counted[name], len(cases)) for name in OUTCOMES},
        "failures": dict(Counter(failure for case in cases for failure in case.failures).most_common()),
        "p50_ms": _percentile(times, 0.5),
        "p95_ms": _percentile(times, 0.95),
        "tokens": sum(case.tokens for case in cases),
        "cost_usd": round(sum(case.cost_usd for case in cases), 6),
    }


def _share(count: int, total: int) -> dict[str, float]:
    low, high = wilson(count, total)
    share = count / total if total else 0.0
    return {"count": count, "share": round(share, 4), "low": round(low, 4), "high": round(high, 4)}


def _percentile(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


def compared(cases: Iterable[ScoredCase], before: Before) -> tuple[Paired, list[ScoredCase], list[ScoredCase]]:
    """Cases that both have, held against each other; those that got worse and those that got better."""
    both = [(case, before[case.key]) for case in cases if case.key in before]
    ranks = {name: at for at, name in enumerate(OUTCOMES)}
    then, now = [ranks.get(b, 0) for _, b in both], [ranks[case.outcome] for case, _ in both]  # type: ignore[call-overload]
    worse = [case for (case, _), a, b in zip(both, then, now, strict=True) if b > a]
    better = [case for (case, _), a, b in zip(both, then, now, strict=True) if b < a]
    return paired(then, now), worse, better


def gate(suite: str, cases: Sequence[ScoredCase], before: Before, model: str) -> list[str]:
    """What is worse than before beyond noise, in words; empty when the suite may pass."""
    test, worse, _ = compared(cases, before)
    found = []
    if test.beyond_noise:
        found.append(f"{suite}: {test.worse} cases worse, {test.better} better (p = {test.p_worse:.3f})")
    if model.partition(":")[0] in DETERMINISTIC:
        silent = [case for case in worse if case.outcome == "wrong_in_silence"]
        found += [f"{suite}: {case.id} was {before[case.key]}, is wrong in silence" for case in silent]
    broken = [case for case in cases if "BROKEN_CASE" in case.failures]
    return found + [f"{suite}: {case.id} is a broken case ({'; '.join(case.notes)})" for case in broken]


def report(
    run: Run, cases: Sequence[ScoredCase], before: Before, worse: Sequence[str], trend: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Everything that a report shows; `worse` is what the gates say, `trend` the shares of earlier runs."""
    suites = list(dict.fromkeys(case.suite for case in cases))
    of = {name: [case for case in cases if case.suite == name] for name in suites}
    _, regressed, improved = compared(cases, before)
    return {
        "run": {**asdict(run), "prompts_version": run.prompts_version},
        "gate": {"passed": not worse, "worse": list(worse)},
        "regressions": [{**_brief(case), "before": before[case.key]} for case in regressed],
        "improvements": [{**_brief(case), "before": before[case.key]} for case in improved],
        "suites": {name: {**summary(of[name]), "by_tag": _by_tag(of[name])} for name in suites},
        "cases": [asdict(case) for case in cases],
        "trend": list(trend),
    }


def _by_tag(cases: Sequence[ScoredCase]) -> dict[str, Any]:
    tags = sorted({tag for case in cases for tag in case.tags})
    return {tag: summary([case for case in cases if tag in case.tags]) for tag in tags}


def _brief(case: ScoredCase) -> dict[str, Any]:
    return {"suite": case.suite, "id": case.id, "question": case.question, "outcome": case.outcome,
            "failures": list(case.failures), "notes": list(case.notes)}  # fmt: skip


def outcomes_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The outcomes of a report's cases by `suite:case`."""
    return {f"{case['suite']}:{case['id']}": case["outcome"] for case in document["cases"]}


def trend_point(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a trend shows of one run."""
    run = document["run"]
    return {
        "run": run["id"], "started": run["started"], "model": run["model"], "prompts": run["prompts_version"],
        "quick": run["quick"],
        "suites": {
            name: {key: body["outcomes"][key]["share"] for key in ("correct", "wrong_in_silence")}
            | {"cases": body["cases"]}
            for name, body in document["suites"].items()
        },
    }  # fmt: skip
