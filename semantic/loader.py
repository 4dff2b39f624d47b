"""Loads the semantic model from YAML files; every mistake is told at once, with file, line and a suggestion."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from semantic.components import Metrics
from semantic.model import SemanticModel
from semantic.names import is_plain
from semantic.overlay import is_synonyms, overlay_files, overlay_files_there, read_synonyms
from semantic.parameters import UNFILTERED, problems_of
from semantic.parsing import Draft, Reference, read_file
from semantic.query import SemanticQuery
from semantic.reading import Place, Problems, did_you_mean, read_block
from semantic.relationships import relationships_are_sound, with_reached
from warehouse.errors import UsageError

PACKAGED_MODEL = Path(__file__).parent / "models"


def load_reviewed(folder: Path | None, overlay: Path) -> tuple[SemanticModel, str]:
    """The model with what reviewers accepted; without the files, and why, that do not fit the model any more.

    Raises UsageError as `load_model` does when the model itself is wrong.
    """
    load_model(folder)
    try:
        return load_model(folder, overlay), ""
    except UsageError as error:
        problem = error.what
    return load_model(folder, None, dict(fitting_files(folder, overlay))), problem


def fitting_files(folder: Path | None, overlay: Path) -> tuple[tuple[str, str], ...]:
    """The accepted files that fit the model and each other, in their order."""
    own = _own_files(folder)
    kept: list[tuple[str, str]] = []
    for file in overlay_files_there(overlay):
        with suppress(UsageError):
            _parse((*own, *kept, file))
            kept.append(file)
    return tuple(kept)


def load_model(
    folder: Path | None = None, overlay: Path | None = None, instead: Mapping[str, str] | None = None
) -> SemanticModel:
    """The checked model of all `*.yml` under a folder but its `policy`, by default the packaged one.

    `overlay` is a folder of accepted entries that are loaded with it (`semantic.overlay`); `instead` are texts by
    file name, in place of its files or beside them. Unchanged files are parsed once in a process. Raises
    UsageError that lists `file:line: message` for every mistake, and when the folder holds no model.
    """
    accepted = {**dict(overlay_files(overlay)), **(instead or {})}
    return _parse((*_own_files(folder), *sorted(accepted.items())))


def model_files(folder: Path | None = None, overlay: Path | None = None) -> dict[str, str]:
    """The text of each file that `load_model` reads, by its name within the folder."""
    return {**dict(_own_files(folder)), **dict(overlay_files(overlay))}


def _own_files(folder: Path | None) -> tuple[tuple[str, str], ...]:
    root = folder or PACKAGED_MODEL
    files = sorted(file for file in root.rglob("*.yml") if file.relative_to(root).parts[0] != "policy")
    if not files:
        next_step = "Name a folder of *.yml files."
        raise UsageError("There is no semantic model here.", where=str(root), next_step=next_step)
    return tuple((str(file.relative_to(root)), file.read_text(encoding="utf-8")) for file in files)


@lru_cache(maxsize=16)
def _parse(files: tuple[tuple[str, str], ...]) -> SemanticModel:
    problems = Problems()
    draft = Draft(problems)
    blocks = [block for name, text in files if (block := read_block(text, name, problems))]
    blocks.sort(key=lambda block: "dimension_sets" not in block)
    for block in blocks:
        if not is_synonyms(block):
            read_file(block, draft)
    for block in filter(is_synonyms, blocks):
        read_synonyms(block, draft)
    for check in CHECKS:
        check(draft)
    problems.raise_if_any()
    _parameters_fit(draft)
    problems.raise_if_any()
    digest = hashlib.sha256("\x00".join(part for file in files for part in file).encode()).hexdigest()
    return _model(draft, digest[:12])


def _model(draft: Draft, version: str) -> SemanticModel:
    distinct = {name for name, measure in draft.measures.items() if measure.aggregation not in ("sum", "count")}
    metrics = Metrics(
        (name, replace(metric, distinct=any(measure in distinct for measure, _ in metric.numerator)))
        for name, metric in draft.metrics.items()
    )
    return SemanticModel(
        name=draft.name,
        version=version,
        datasets=with_reached(draft.datasets, draft.bridges),
        marts=tuple(draft.marts),
        measures=draft.measures,
        metrics=metrics,
        dimensions=draft.dimensions,
        verified_queries=draft.verified_queries,
        events=tuple(draft.events),
        topics=tuple(draft.topics),
        defaults=draft.defaults,
        spine=draft.spine,
        members_today=draft.members_today,
        bridges=draft.bridges,
        as_of=draft.as_of,
    )


def _names_exist(draft: Draft) -> None:
    known = {
        "dataset": list(draft.datasets),
        "measure": list(draft.measures),
        "metric": list(draft.metrics),
        "dimension": list(draft.dimensions),
        "dimension set": list(draft.dimension_sets),
        "bridge": list(draft.bridges),
    }
    for reference in dict.fromkeys(draft.references):
        if reference.name not in known[reference.kind]:
            hint = did_you_mean(reference.name, known[reference.kind])
            draft.problems.add(reference.place, f"there is no {reference.kind} '{reference.name}'{hint}")


def _names_are_plain(draft: Draft) -> None:
    """Names become columns and tables of SQL."""
    for key, place in draft.places.items():
        kind, _, name = key.partition(" ")
        if kind in ("dataset", "measure", "name", "bridge") and not is_plain(name):
            draft.problems.add(
                place, f"'{name}' is no name: small letters, digits and underscores, and no word of SQL"
            )


def _members_today_are_members(draft: Draft) -> None:
    people = draft.datasets.get(draft.members_today)
    if people and (people.time_column or not people.member_column):
        place = draft.places[f"dataset {people.name}"]
        draft.problems.add(place, f"'{people.name}' is what members are today: it needs 'member' and no 'time'")


def _marts_fit_their_dataset(draft: Draft) -> None:
    for mart in draft.marts:
        dataset = draft.datasets.get(mart.dataset)
        place = next((r.place for r in draft.references if r == Reference("dataset", mart.dataset, r.place)), None)
        if dataset is None or place is None:
            continue
        for dimension in mart.columns.keys() - dataset.columns.keys():
            draft.problems.add(place, f"{mart.table}: the dataset '{mart.dataset}' has no dimension '{dimension}'")
        for name in mart.measures:
            measure = draft.measures.get(name)
            if measure and (measure.dataset != mart.dataset or measure.aggregation not in ("sum", "count")):
                draft.problems.add(place, f"{mart.table}: '{name}' is no summed measure of '{mart.dataset}'")


def _metrics_are_sound(draft: Draft) -> None:
    reached = with_reached(draft.datasets, draft.bridges)
    for name, metric in draft.metrics.items():
        place = draft.places[f"name {name}"]
        used = [draft.measures[m] for m, _ in metric.numerator + metric.denominator if m in draft.measures]
        if metric.per_day and metric.denominator:
            draft.problems.add(place, f"the metric '{name}' is either per day or a ratio, not both")
        if metric.unit == "rate" and not metric.denominator:
            draft.problems.add(place, f"the rate '{name}' needs a denominator")
        shared = [set(reached[m.dataset].columns) for m in used if m.dataset in reached]
        if shared and not set.intersection(*shared):
            draft.problems.add(place, f"the metric '{name}' cannot be sliced by any dimension")


def _verified_queries_are_queries(draft: Draft) -> None:
    for name, verified in draft.verified_queries.items():
        place = draft.places[f"verified query {name}"]
        for query in (verified.query, *verified.parts):
            _query_is_valid(name, query, place, draft)


def _query_is_valid(name: str, query: dict[str, object], place: Place, draft: Draft) -> None:
    try:
        SemanticQuery.model_validate({k: v for k, v in query.items() if k not in ("time", "title", UNFILTERED)})
    except ValidationError as error:
        for item in error.errors():
            where = ".".join(map(str, item["loc"]))
            draft.problems.add(place, f"the verified query '{name}' is no semantic query: {where}: {item['msg']}")


def _parameters_fit(draft: Draft) -> None:
    """After the names: what a parameter may set depends on metrics and dimensions that exist."""
    model = _model(draft, "")
    for name, verified in draft.verified_queries.items():
        for parameter, sentence in problems_of(verified, model):
            place = draft.places.get(f"parameter {name} {parameter}", draft.places[f"verified query {name}"])
            draft.problems.add(place, f"the verified query '{name}': {sentence}")


CHECKS = (
    _names_exist,
    _names_are_plain,
    relationships_are_sound,
    _members_today_are_members,
    _marts_fit_their_dataset,
    _metrics_are_sound,
    _verified_queries_are_queries,
)
