"""A trace as OpenTelemetry JSON (OTLP), as a collector takes it. The trace id is the answer's id.

Names follow the semantic conventions for generative AI and databases. What people or data said is left out unless
`content` is asked for.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from agents.tracing.store import KeptTrace
from agents.tracing.trace import Plain, Span, SpanKind

SCOPE = "command-center"
_INTERNAL, _CLIENT = 1, 3
_OK, _ERROR = 1, 2
_OPERATIONS: dict[SpanKind, str] = {
    "chat_model": "chat",
    "tool": "execute_tool",
    "agent": "invoke_agent",
    "supervisor": "invoke_agent",
}
_NAMES = {
    "tool": "gen_ai.tool.name",
    "agent": "gen_ai.agent.name",
    "model": "gen_ai.request.model",
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "completion_tokens": "gen_ai.usage.output_tokens",
    "rows": "db.response.returned_rows",
    "tables": "db.collection.name",
    "error": "error.type",
    "sql": "db.query.text",
    "arguments": "gen_ai.tool.call.arguments",
    "question": "gen_ai.input.messages",
}


def as_otlp(kept: KeptTrace, *, content: bool = False) -> dict[str, Any]:
    """`{"resourceSpans": [...]}` of one trace. Ids are hex, times nanoseconds since 1970 as text."""
    began = datetime.fromisoformat(kept.at) - timedelta(milliseconds=kept.total_ms)
    header = {f"{SCOPE}.{k}": v for k, v in vars(kept.header).items() if v != ""}
    spans = [_span(span, kept.answer_id, began, header, content=content) for span in kept.spans]
    scope = {"scope": {"name": SCOPE}, "spans": spans}
    resource = {"attributes": _attributes({"service.name": SCOPE})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(
    span: Span, answer_id: str, began: datetime, header: dict[str, Plain], *, content: bool
) -> dict[str, Any]:
    start = began + timedelta(milliseconds=span.start_ms)
    end = start + timedelta(milliseconds=span.duration_ms)
    told: dict[str, Plain] = {f"{SCOPE}.step": span.kind}
    told |= {"gen_ai.operation.name": _OPERATIONS[span.kind]} if span.kind in _OPERATIONS else {}
    told |= {"db.system.name": "duckdb"} if span.kind in ("query", "statement") else {}
    told |= header if span.parent < 0 else {}
    told |= {_name(name): value for name, value in span.attributes.items()}
    told |= {_name(name): text for name, text in span.content.items() if name != "error"} if content else {}
    return {
        "traceId": trace_id(answer_id),
        "spanId": span_id(answer_id, span.number),
        **({"parentSpanId": span_id(answer_id, span.parent)} if span.parent >= 0 else {}),
        "name": span.name,
        "kind": _CLIENT if span.kind in ("chat_model", "query", "statement") else _INTERNAL,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": _attributes(told),
        "status": {"code": _ERROR, **_message(span, content=content)} if span.status == "error" else {"code": _OK},
    }


def _message(span: Span, *, content: bool) -> dict[str, str]:
    return {"message": span.content["error"]} if content and "error" in span.content else {}


def trace_id(answer_id: str) -> str:
    """16 bytes in hex: the answer's id where it is that already."""
    plain = len(answer_id) == 32 and set(answer_id) <= set("0123456789abcdef") and set(answer_id) != {"0"}
    return answer_id if plain else hashlib.sha256(answer_id.encode()).hexdigest()[:32]


def span_id(answer_id: str, number: int) -> str:
    """8 bytes in hex, the same for the same span each time it is exported."""
    return hashlib.sha256(f"{answer_id}-{number}".encode()).hexdigest()[:16]


def _name(own: str) -> str:
    return _NAMES.get(own, f"{SCOPE}.{own}")


def _nanoseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000) * 1000)


def _attributes(told: dict[str, Plain]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in told.items()]


def _value(value: Plain) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
