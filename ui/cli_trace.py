"""The command about traces: what happened while a question was answered, step by step."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import JsonOption, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.tracing.store import KeptTrace
    from agents.tracing.trace import Span

_BAR = 32  # characters of the longest bar


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(trace)


def trace(
    answer_id: Annotated[str, typer.Argument(help="An answer's id, or how it begins (default: a list).")] = "",
    content: Annotated[
        bool, typer.Option("--content", help="Also the question, tool arguments and statements.")
    ] = False,
    otlp: Annotated[bool, typer.Option("--otlp", help="OpenTelemetry JSON, as a collector takes it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every step of an answer with its duration: supervisor, agent, chat model, tools, guard, statement."""
    from agents.tracing.otlp import as_otlp
    from agents.tracing.store import TRACES, TraceStore

    if otlp and not answer_id:
        raise UsageError("An export is of one answer.", where="--otlp", next_step="Give the answer's id.")
    with closing(TraceStore(load_settings().state / TRACES)) as store:
        if not answer_id:
            _list(store.latest(), as_json=as_json)
            return
        kept = store.find(answer_id.lower(), content=content)
    if otlp:
        print_json(as_otlp(kept, content=content))
    elif as_json:
        print_json(document(kept, content=content))
    else:
        _print(kept, content=content)


def document(kept: KeptTrace, *, content: bool) -> dict[str, object]:
    """A trace as JSON values; without `content` no words of anybody's."""
    left_out = () if content else ("content",)
    spans = [{k: v for k, v in asdict(span).items() if k not in left_out} for span in kept.spans]
    return {**_line(kept), "spans": spans, "dropped": kept.dropped}


def _list(traces: list[KeptTrace], *, as_json: bool) -> None:
    if as_json:
        print_json([_line(kept) for kept in traces])
        return
    from rich.table import Table

    table = Table("answer", "at (UTC)", "role", "agent", "status", "trust", "steps", "ms")
    for kept in traces:
        head = kept.header
        table.add_row(
            kept.answer_id, kept.at[:19], head.role, head.agent, head.status, head.trust, str(len(kept.spans)),
            f"{kept.total_ms:,.0f}",
        )  # fmt: skip
    console().print(table)


def _line(kept: KeptTrace) -> dict[str, object]:
    return {"answer_id": kept.answer_id, "at": kept.at, **asdict(kept.header), "total_ms": kept.total_ms}


def _print(kept: KeptTrace, *, content: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from agents.tracing.shape import depths

    head = kept.header
    title = f"{kept.answer_id}  {head.status}  {head.agent}  {kept.total_ms:,.1f} ms"
    table = Table("step", "ms", "when", "what", title=title, title_justify="left")
    for span, depth in zip(kept.spans, depths(kept.spans), strict=True):
        style = "red" if span.status == "error" else ""
        step = Text(f"{'  ' * depth}{span.name}", style=style)
        table.add_row(step, f"{span.duration_ms:,.1f}", _bar(span, kept.total_ms), Text(_told(span)))
    console().print(table)
    if kept.dropped:
        console().print(f"{kept.dropped} further steps were not kept.")
    for span in kept.spans if content else ():
        for name, text in span.content.items():
            console().print(f"{span.name} {name}: {text}", markup=False, highlight=False)


def _bar(span: Span, total: float) -> str:
    per = _BAR / total if total else 0.0
    start, length = int(span.start_ms * per), max(1, round(span.duration_ms * per))
    return " " * min(start, _BAR - 1) + "#" * min(length, _BAR - min(start, _BAR - 1))


def _told(span: Span) -> str:
    return ", ".join(f"{name} {value}" for name, value in span.attributes.items() if value not in ("", False))
