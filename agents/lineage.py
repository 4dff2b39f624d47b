"""Lineage of anything people can name: metrics, dimensions, columns, and answers down to their source files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from agents.answer import Answer, AnswerPart
from agents.answer_store import AnswerStore
from semantic.lineage import LineageReport, lineage_of_name, report
from semantic.loader import load_model
from semantic.model import SemanticModel
from warehouse.contract import load_contract
from warehouse.errors import CommandCenterError, MissingDataError
from warehouse.lineage import Column, Lineage, load_lineage
from warehouse.lineage.files import Days, days_by_source, files_of
from warehouse.lineage.relations import Step
from warehouse.principal import Principal
from warehouse.snapshots import current, read_snapshot

_NO_LONGER_KEPT = (
    "The answer's snapshot {snapshot} is no longer kept: these are all files of its source tables that the "
    "present snapshot knows."
)
_NO_TABLE = "The answer asked no table."
_OLD_FORMAT = "The snapshot has no segments (an older format): all files of the source tables are named."


def lineage_of(
    target: str,
    warehouse: Path,
    answers: AnswerStore | None = None,
    principal: Principal | None = None,
    *,
    model: SemanticModel | None = None,
    rules: Mapping[str, Any] | None = None,
) -> LineageReport:
    """The lineage of a metric, a dimension, a column or an answer's id; `rules` are the settings', to be shown.

    With a principal only their own answers are found, without one (on the command line) anybody's. Raises
    UsageError with the nearest name when there is none of that name.
    """
    answer = _answer(target, answers, principal)
    if answer:
        return answer_lineage(answer, warehouse, model)
    return replace(lineage_of_name(target, model), rules=rules or {})


def _answer(target: str, answers: AnswerStore | None, principal: Principal | None) -> Answer | None:
    if answers is None or len(target) != 32 or not target.isalnum():
        return None
    return answers.find(target, principal) if principal else answers.trace(target)


def answer_lineage(answer: Answer, warehouse: Path, model: SemanticModel | None = None) -> LineageReport:
    """From the columns of an answer, by the SQL that ran, to source columns and the files they came in."""
    lineage, spine = load_lineage(), (model or load_model()).spine.rpartition(".")[0]
    manifest, notes = _manifest(answer.snapshot, warehouse)
    parts = [part for part in answer.parts or [AnswerPart(sql=answer.sql)] if part.sql]
    roots: list[Column] = []
    spans: dict[str, Days] = {}
    for number, part in enumerate(parts, start=1):
        columns = _columns(answer, part, number if len(parts) > 1 else 0, lineage)
        read = frozenset(name for column in columns for name in column.value | column.selection)
        found = days_by_source(part.sql, read, lineage, manifest.get("rules", {}), calendar=spine)
        spans |= {table: spans[table].hull(days) if table in spans else days for table, days in found.items()}
        roots += columns
    if not roots:
        return LineageReport(answer.answer_id, "answer", "upstream", (), {}, notes=(_NO_TABLE,))
    files, narrowed = files_of(manifest, spans)
    notes += () if narrowed or notes else (_OLD_FORMAT,)
    traced = report(lineage, answer.answer_id, roots, kind="answer", notes=(*notes, *_spoken(spans)))
    return replace(traced, snapshot=answer.snapshot, files=files, rules=manifest.get("rules", {}))


def _manifest(snapshot: str, warehouse: Path) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The manifest of the answer's snapshot; of the present one without its segments when that is gone."""
    try:
        return read_snapshot(warehouse, snapshot).manifest, ()
    except MissingDataError:
        note = (_NO_LONGER_KEPT.format(snapshot=snapshot or "(none)"),)
    try:
        return {**current(warehouse).manifest, "segments": []}, note
    except MissingDataError as error:
        return {}, (*note, f"Nor is there another one. {error}")


def _columns(answer: Answer, part: AnswerPart, number: int, lineage: Lineage) -> list[Column]:
    prefix = f"{answer.answer_id}.{number}" if number else answer.answer_id
    try:
        outputs = lineage.trace_query(part.sql).columns
    except CommandCenterError as error:
        raise MissingDataError(
            f"The SQL of this answer does not fit the present model files: {error.what}",
            where=answer.answer_id,
            next_step="Ask the question again.",
        ) from error
    return [
        Column(
            f"{prefix}.{name}",
            "answer",
            traced.origins.value,
            traced.origins.selection,
            _without_values(traced.expression),
            tuple(Step(step.name, _without_values(step.expression), 0) for step in traced.origins.steps),
        )
        for name, traced in outputs.items()
    ]


def _without_values(expression: str) -> str:
    """An expression without the values somebody asked for: they may be personal data."""
    tree = sqlglot.parse_one(expression, dialect="duckdb")
    for literal in list(tree.find_all(exp.Literal)):
        if literal.is_string:
            literal.replace(exp.Literal.string("..."))
    return tree.sql(dialect="duckdb")


def _spoken(spans: Mapping[str, Days]) -> list[str]:
    """The days looked at, a sentence for each group of tables that share them; members have no days."""
    contract = load_contract()
    groups: dict[Days, list[str]] = {}
    for table, days in spans.items():
        if contract[table].belongs_to_member:
            groups.setdefault(days, []).append(table)
    return [
        f"{', '.join(tables)}: days {days.first or 'from the first'} to {days.last or 'the last'}"
        for days, tables in groups.items()
    ]
