"""YAML as people would write it: in our order, one text a line."""

from __future__ import annotations

from typing import Any

import yaml


def yaml_text(document: Any, heading: str = "") -> str:
    """A document with a comment above it. Keys that YAML 1.1 takes for truth values (`on`) are quoted."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return f"# {heading}\n{text}" if heading else text


def without_empty(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry without fields that say nothing."""
    return {key: value for key, value in entry.items() if value not in (None, "", [], {}, ())}
