"""Another company's model and file on the command line: which are meant, and what its owner should know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from warehouse.errors import UsageError

if TYPE_CHECKING:
    from semantic.company import Company
    from semantic.model import SemanticModel
    from semantic.places import Entry
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
    if snapshot:
        raise UsageError("--snapshot is for the member warehouse.", where="--snapshot", next_step="Leave it out.")
    from semantic.company import open_company

    company = open_company(folder, file, settings)
    if only and not company.policy.row_filters:
        raise UsageError(
            "This company's policy names no row filters.",
            where="--only",
            next_step="Name them in policy/roles.yml of the model folder: `row_filters: [region]`.",
        )
    for note in company.notes:
        typer.echo(note, err=True)
    return company


def model_folder(settings: Settings, model: Path | None) -> Path | None:
    """The model folder that is meant; None for the packaged model."""
    return model or settings.company.model


_SAID = {
    "shared_by_metrics": "'{phrase}' names several metrics: {entries}; a question with it is asked back",
    "shared_by_dimensions": "'{phrase}' names several dimensions: {entries}; a question with it is asked back",
    "metric_and_dimension": "'{phrase}' names a metric and a dimension: {entries}",
    "also_a_value": "'{phrase}' of {first} is also a value: {others}",
    "common_word": "'{phrase}' of {entries} is a common word and would be found in most questions",
    "only_noise": "'{phrase}' of {entries} has only common words",
    "no_rate": "{phrase} is a count without a rate among its siblings: who asks for it may mean a share",
    "hides_a_breakdown": "'{phrase}' of {entries} ends in a breakdown: who asks it would get one figure for all",
    "few_words": "{phrase} has fewer than three synonyms: people may not find it",
}


def validate(settings: Settings, folder: Path | None, warehouse: Path | None, *, words: bool) -> None:
    """Check a model, with its file when one is named; print what it holds and which words may confuse.

    Raises UsageError with every mistake. A remark about words is no mistake.
    """
    from semantic.loader import load_model, model_files
    from semantic.overlay import overlay_folder
    from semantic.places import entries_of

    own = folder or settings.company.model
    overlay = None if own else overlay_folder(settings)
    model = load_model(own, overlay)
    if warehouse is not None and folder is not None:
        company_of(settings, folder, warehouse)
    remarks = _needing_review(model) + (_remarks(model, entries_of(model_files(own, overlay))) if words else [])
    for remark in remarks:
        typer.echo(f"warning: {remark}")
    found = f"{len(remarks)} warnings" if remarks else "No problems"
    typer.echo(
        f"{model.name} {model.version}: {len(model.metrics)} metrics, {len(model.dimensions)} dimensions, "
        f"{len(model.verified_queries)} verified queries. {found}."
    )


def _needing_review(model: SemanticModel) -> list[str]:
    from agents.promotion.freshness import is_stale

    return [
        f"the promoted verified query {name} compiles to another plan than the approved one and is not served"
        for name, verified in model.verified_queries.items()
        if is_stale(verified, model)
    ]


def _remarks(model: SemanticModel, entries: Mapping[str, Entry]) -> list[str]:
    """A line for each remark, with the file and line that says the phrase."""
    from semantic.lint import lint
    from semantic.places import place_of

    said = []
    for remark in lint(model):
        place = place_of(remark.phrase, remark.entries, entries)
        told = _SAID[remark.finding].format(
            phrase=remark.phrase,
            entries=", ".join(remark.entries),
            first=remark.entries[0] if remark.entries else "",
            others=", ".join(remark.entries[1:]),
        )
        said.append(f"{place}: {told}" if place else told)
    return said
