"""Traces that a build must set aside, beside the good ones: five of each kind."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from generator.catalog import stream

_EACH = 5
KINDS = ("broken_json", "missing_span", "two_roots", "broken_body", "unknown_member", "duplicate")


def add_bad_traces(path: Path, seed: int) -> int:
    """Append spoiled copies of traces to a gzipped file; returns how many lines."""
    with gzip.open(path, "rt", encoding="utf-8") as written:
        sound = [line for _, line in zip(range(400), written, strict=False)]
    chosen = stream(seed, "estimates", "dirt").choice(len(sound), _EACH * len(KINDS), replace=False)
    lines = [_spoiled(sound[int(row)], KINDS[place % len(KINDS)], place) for place, row in enumerate(chosen)]
    with path.open("ab") as whole, gzip.GzipFile(fileobj=whole, mode="wb", mtime=0, filename="") as packed:
        packed.write("".join(lines).encode())
    return len(lines)


def _spoiled(line: str, kind: str, place: int) -> str:
    if kind == "duplicate":
        return line
    if kind == "broken_json":
        return line[: len(line) // 2].rstrip() + "\n"
    trace: dict[str, Any] = json.loads(line)
    trace["traceId"] = f"{0xBAD:024x}{place:08x}"
    root = trace["spans"][0]
    if kind == "missing_span":
        trace["spans"] = trace["spans"][1:]
    elif kind == "two_roots":
        trace["spans"].append({**root, "spanId": f"{place:016x}"})
    elif kind == "broken_body":
        root["events"] = []
        root["attributes"]["response.body"] = root["attributes"]["request.body"][:-7]
    else:
        for event in root["events"]:
            event["attributes"]["body"] = _strange_member(event["attributes"]["body"], place)
    return json.dumps(trace, separators=(",", ":")) + "\n"


def _strange_member(body: str, place: int) -> str:
    content = json.loads(body)
    if "membershipId" in content:
        content["membershipId"] = f"M-9{place:05d}99"
    return json.dumps(content, separators=(",", ":"))
