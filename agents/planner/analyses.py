"""Questions that an analysis of its own answers: what agents have to do with it, what confuses members."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from agents.planner.draft import Draft
from agents.planner.normalise import tokenise
from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PlanKind
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

_FILE = Path(__file__).parent / "analyses.yml"
_LOOSE = re.compile(
    r"^(?:and|but|so|please|can you tell me|could you tell me|tell me|i wonder|or not|us|me|the|)$"
)


@dataclass(frozen=True)
class _Analysis:
    kind: PlanKind
    needs: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    trailing: re.Pattern[str] | None


def _read() -> tuple[_Analysis, ...]:
    body: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        _Analysis(
            cast(PlanKind, kind),
            tuple(entry["needs"]),
            tuple(re.compile(rf"(?<!\S)(?:{pattern})(?!\S)") for pattern in entry["patterns"]),
            re.compile(rf"(?<!\S)(?:{entry['trailing']})(?!\S)") if "trailing" in entry else None,
        )
        for kind, entry in body.items()
    )


_ANALYSES = _read()


def read_analysis(question: str, model: SemanticModel, drafted: Callable[[str], Draft]) -> Plan | None:
    """The plan of a question for one of these analyses, with the values and the period that it is limited to.

    None when the question is no such one, or says something beside it that is neither: nothing is left aside.
    """
    text = " ".join(token.text for token in tokenise(question))
    for analysis in _ANALYSES:
        if not set(analysis.needs) <= model.dimensions.keys():
            continue
        found = next((match for pattern in analysis.patterns if (match := pattern.search(text))), None)
        if found is None:
            continue
        rest = f"{text[: found.start()]} {text[found.end() :]}"
        if analysis.trailing:
            rest = analysis.trailing.sub(" ", rest)
        query = _limits(" ".join(rest.split()), model, drafted)
        if query is not None:
            return Plan(
                kind=analysis.kind,
                query=query if query.filters or query.time else None,
                agent=AGENTS[analysis.kind],
                route_reason=ROUTE_REASONS[analysis.kind],
            )
    return None


def _limits(rest: str, model: SemanticModel, drafted: Callable[[str], Draft]) -> SemanticQuery | None:
    """What the words beside the pattern limit it to, as a query over calls; None when they say anything else."""
    metric = "total_calls"
    if metric not in model.metrics:
        return None
    if _LOOSE.fullmatch(rest):
        return SemanticQuery(metrics=(metric,))
    draft = drafted(f"{model.metrics[metric].label} {rest}")
    query = draft.query()
    if draft.issues or query is None or query.metrics != (metric,) or query.dimensions or query.having:
        return None
    return SemanticQuery(metrics=(metric,), filters=query.filters, time=query.time)
