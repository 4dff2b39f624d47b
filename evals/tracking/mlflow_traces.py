"""The traces of a run's cases in MLflow: the steps as they were timed, the outcome as an assessment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

KINDS = {
    "answer": "CHAIN", "supervisor": "CHAIN", "agent": "AGENT", "chat_model": "CHAT_MODEL", "tool": "TOOL",
    "query": "CHAIN", "guard": "GUARDRAIL", "statement": "RETRIEVER", "render": "PARSER",
}  # fmt: skip
"""MLflow's types of steps by ours."""


def log_traces(experiment: str, run: str, document: Mapping[str, Any]) -> int:
    """One trace a case that has steps, of the instance that the report shows; gives how many."""
    import mlflow

    began = int(datetime.fromisoformat(document["run"]["started"]).timestamp() * 1e9)
    cases = [case for case in document["cases"] if case["spans"]]
    for case in cases:
        trace = _trace(case, experiment, run, began)
        mlflow.log_feedback(
            trace_id=trace,
            name="outcome",
            value=case["outcome"],
            rationale="; ".join(case["notes"])[:1000] or None,
        )
    return len(cases)


def _trace(case: Mapping[str, Any], experiment: str, run: str, began: int) -> str:
    """The steps of one case, parents first as they are stored; gives the trace's id."""
    import mlflow

    steps: Sequence[Mapping[str, Any]] = case["spans"]
    tags = {"suite": case["suite"], "case": case["id"], "outcome": case["outcome"]}
    made: list[Any] = []
    for step in steps:
        first = not made
        made.append(
            mlflow.start_span_no_context(
                step["name"],
                span_type=KINDS.get(step["kind"], "UNKNOWN"),
                parent_span=None if first else made[max(0, min(int(step["parent"] or 0), len(made) - 1))],
                inputs={"question": case["question"]} if first else dict(step["content"]) or None,
                attributes={name: str(value) for name, value in step["attributes"].items()},
                tags=tags if first else None,
                metadata={"mlflow.sourceRun": run} if first else None,
                experiment_id=experiment if first else None,
                start_time_ns=began + int(step["start_ms"] * 1e6),
            )
        )
    for step, span in reversed(list(zip(steps, made, strict=True))):
        span.end(
            outputs={"text": case["text"]} if span is made[0] else None,
            status="ERROR" if step["status"] == "error" else "OK",
            end_time_ns=began + int((step["start_ms"] + step["ms"]) * 1e6),
        )
    return str(made[0].trace_id)
