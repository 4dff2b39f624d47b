"""The command `lineage`."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from ui.terminal import JsonOption, WarehouseOption, console, load_settings, print_json


def lineage(
    target: Annotated[
        str,
        typer.Argument(
            help="A metric, a dimension, an answer's id, gold.table or gold.table.column; or a source column, "
            "a rule or a seed column to see what depends on it."
        ),
    ],
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """From a metric, a column or an answer to its source columns and files; or what depends on a source column."""
    from agents.answer_store import AnswerStore
    from agents.lineage import lineage_of
    from ui.lineage_view import print_lineage

    settings = load_settings()
    with closing(AnswerStore(settings.state / "answers.db")) as answers:
        rules = settings.rules.model_dump()
        report = lineage_of(target, warehouse or settings.warehouse, answers, rules=rules)
    if as_json:
        print_json(report.document())
    else:
        print_lineage(report, console())


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(lineage)
