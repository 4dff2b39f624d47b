"""The YAML of promoted queries in the folder that is loaded beside the semantic model: one file a query."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from agents.promotion.store import Proposal
from semantic.loader import fitting_files, load_model
from semantic.model import SemanticModel
from semantic.overlay import PLACE, write_overlay
from warehouse.errors import UsageError

_HEADING = (
    "A verified query that was promoted from an answer; `command-center verified show {name}` tells its story."
)


def file_of(name: str) -> str:
    """The file of a promoted query."""
    return f"verified-{name}.yml"


def document_of(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The whole file's content."""
    return {"verified_queries": {name: dict(entry)}}


def text_of(name: str, entry: Mapping[str, Any]) -> str:
    """The entry as YAML, as it will stand in the file."""
    return yaml.safe_dump(document_of(name, entry), sort_keys=True, allow_unicode=True, width=110)


def file_entry(folder: Path, proposal: Proposal) -> None:
    """Write an approved query's file, or take away a retired one's. Raises UsageError when it cannot."""
    name = file_of(proposal.name)
    if proposal.state == "approved":
        heading = _HEADING.format(name=proposal.name)
        write_overlay(folder, name, document_of(proposal.name, proposal.document), heading)
        return
    try:
        (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"The file cannot be removed ({error.strerror}).", where=str(folder / name), next_step="Remove it."
        ) from error


def model_with(name: str, entry: Mapping[str, Any], overlay: Path) -> SemanticModel:
    """The model as it would be with an entry. Raises UsageError with `file:line: message` for its mistakes."""
    others = dict(fitting_files(None, overlay))
    return load_model(None, None, {**others, f"{PLACE}/{file_of(name)}": text_of(name, entry)})
