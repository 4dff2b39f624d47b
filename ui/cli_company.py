"""Another company's model and file on the command line: which are meant, and what its owner should know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from warehouse.errors import UsageError

if TYPE_CHECKING:
    from semantic.company import Company
    from warehouse.settings import Settings


def company_of(
    settings: Settings,
    model: Path | None,
    warehouse: Path | None,
    snapshot: str | None = None,
    only: list[str] | None = None,
) -> Company | None:
    """The company that the options name, or else the settings; None for the member warehouse.

    Raises UsageError for half of the pair and for options that another company's file has no use for.
    """
    folder = model or (settings.company.model if warehouse is None else None)
    if folder is None:
        return None
    file = warehouse or settings.company.warehouse
    if file is None:
        raise UsageError("A model needs its file.", where="--model", next_step="Add --warehouse FILE.duckdb.")
    if file.is_dir():
        raise UsageError(
            "--model goes with a DuckDB file, not a folder.", where=str(file), next_step="Name the file."
        )
    if snapshot or only:
        name = "--snapshot" if snapshot else "--only"
        raise UsageError(f"{name} is for the member warehouse.", where=name, next_step="Leave it out.")
    from semantic.company import open_company

    company = open_company(folder, file, settings)
    for note in company.notes:
        typer.echo(note, err=True)
    return company


def model_folder(settings: Settings, model: Path | None) -> Path | None:
    """The model folder that is meant; None for the packaged model."""
    return model or settings.company.model
