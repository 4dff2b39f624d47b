"""Fields of somebody's YAML by their kind, and files by their name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import UsageError

MOST_BYTES = 5_000_000


def read_text(file: Path) -> str:
    """The text of a file. Raises UsageError for one that is missing, huge or no text."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError("This file is too large to be a semantic model.", where=str(file))
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("This file cannot be read.", where=str(file), next_step="Name a text file.") from error


def documents(files: Iterable[tuple[str, str]]) -> list[tuple[str, Any]]:
    """(file name, document) of each YAML document. Raises UsageError with the line of a mistake."""
    found = []
    for name, content in files:
        try:
            found += [(name, document) for document in yaml.safe_load_all(content) if document is not None]
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{name}:{mark.line + 1}" if mark else name
            raise UsageError("This is no YAML.", where=where, next_step="Mend the line.") from error
    return found


def text(entry: Mapping[Any, Any], key: str) -> str:
    """A field as text; empty without it. Raises UsageError for a list or mapping."""
    value = entry.get(key)
    if isinstance(value, list | dict):
        raise UsageError(f"'{key}' must be a text.", where=str(entry.get("name", "")))
    return "" if value is None else str(value)


def texts(entry: Mapping[Any, Any], key: str) -> list[str]:
    """A field as a list of texts; empty without it."""
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or any(isinstance(item, list | dict) for item in value):
        raise UsageError(f"'{key}' must be a list of texts.", where=str(entry.get("name", "")))
    return [str(item) for item in value]


def mappings(entry: Mapping[Any, Any], key: str) -> list[dict[str, Any]]:
    """A field as a list of mappings; empty without it."""
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UsageError(f"'{key}' must be a list of entries.", where=str(entry.get("name", "")))
    return value
