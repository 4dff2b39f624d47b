"""The traces of a run's cases in MLflow: the steps as they were timed, the outcome as an assessment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

KINDS = {
    "answer": "CHAIN", "supervisor": "CHAIN", "agent": "AGENT", "chat_model": "CHAT_MODEL", "tool": "TOOL",
    "query": "CHAIN", "guard": "GUARDRAIL", "statement": "RETRIEVER", "render": "PARSER",
}  # fmt: skip
"""MLflow's types of steps by ours."""
AT_ONCE = 8
"""Traces that are sent side by side to a server: each waits for three replies. A file of SQLite takes one."""


def log_traces(
    experiment: str,
    run: str,
    document: Mapping[str, Any],
    *,
    at_once: int = 1,
) -> int:
    """One trace a case that has steps, of the instance that the report shows; gives how many.

    `at_once` are sent side by side; all are there when it returns, and the first error ends it.
    """
    began = int(datetime.fromisoformat(document["run"]["started"]).timestamp() * 1e9)
    cases = [case for case in document["cases"] if case["spans"]]
    with ThreadPoolExecutor(at_once) as senders:
        try:
            list(senders.map(partial(_send, experiment=experiment, run=run, began=began), cases))
        except BaseException:
            senders.shutdown(wait=False, cancel_futures=True)
            raise
    return len(cases)


def _send(case: Mapping[str, Any], *, experiment: str, run: str, began: int) -> None:
    import mlflow

    mlflow.log_feedback(
        trace_id=_trace(case, experiment, run, began),
        name="outcome",
        value=case["outcome"],
        rationale="; ".join(case["notes"])[:1000] or None,
    )


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
