"""The kinds of case files: where each lies, its shape, and the JSON Schema that editors have of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from evals import case_shapes as shapes
from evals.case_reading import read_body
from evals.trials.case_files import CaseFile, read_cases
from warehouse.errors import UsageError

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Kind:
    """Files of one shape: the patterns of their names under `evals/cases`, and the file of their schema."""

    name: str
    patterns: tuple[str, ...]
    shape: type[BaseModel]

    @property
    def schema_path(self) -> Path:
        """Where the schema is kept; that of suites lies beside them all, where their first lines look for it."""
        return CASES / "schema.json" if self.name == "suite" else CASES / "schemas" / f"{self.name}.json"

    def schema_text(self) -> str:
        """The JSON Schema of such a file."""
        said = self.shape.model_json_schema(by_alias=True)
        if self.shape is shapes.PhrasesFile:
            said = {"title": said["title"], "description": said["description"], **said["properties"]["names"]}
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **said}
        return json.dumps(schema, indent=1, sort_keys=True) + "\n"

    def files(self) -> list[Path]:
        """The files that there are."""
        return sorted(path for pattern in self.patterns for path in CASES.glob(pattern))


_SINGLE = (
    "own.yml", "last.yml", "blind.yml", "voices_*.yml", "strangers_*.yml", "estimates.yml", "authors/*.yml",
    "held/*.yml",
)  # fmt: skip
KINDS = (
    Kind("suite", ("suites/*.yml",), CaseFile),
    Kind("questions", _SINGLE, shapes.QuestionFile),
    Kind("conversations", ("conversations/*.yml",), shapes.ConversationsFile),
    Kind("paraphrases", ("paraphrases.yml",), shapes.ParaphrasesFile),
    Kind("phrases", ("phrases/*.yml",), shapes.PhrasesFile),
    Kind("mapping", ("mapping.yml",), shapes.MappingFile),
    Kind("scout", ("scout.yml",), shapes.ScoutFile),
    Kind("actions", ("actions.yml",), shapes.ActionsFile),
    Kind("owners", ("questions/*.jsonl",), shapes.OwnersCase),
)


def problems(paths: Sequence[Path] = ()) -> Iterator[tuple[Path, UsageError | None]]:
    """The case files named, or all there are, each with what is wrong with it."""
    for path in paths or [path for kind in KINDS for path in kind.files()]:
        try:
            _check(path, kind_of(path))
        except UsageError as error:
            yield path, error
        else:
            yield path, None


_BY_KEY = (
    ("suite", "suite"), ("conversations", "conversations"), ("questions", "paraphrases"), ("cases", "questions"),
    ("companies", "scout"), ("seeds", "actions"), ("overrides", "mapping"),
)  # fmt: skip
"""Kinds by a key at the top of such a file."""


def kind_of(path: Path) -> Kind:
    """The kind of a file by where it lies, else by what it says. Raises UsageError (exit 2) for one of none."""
    for kind in KINDS:
        if path.resolve() in {file.resolve() for file in kind.files()}:
            return kind
    by_name = {kind.name: kind for kind in KINDS}
    if path.suffix == ".jsonl":
        return by_name["owners"]
    body = read_body(path)
    found = next((name for key, name in _BY_KEY if isinstance(body, dict) and key in body), "")
    if not found and isinstance(body, dict) and body and all(isinstance(value, list) for value in body.values()):
        found = "phrases"
    if not found:
        raise UsageError(
            "This is no case file.", where=str(path), next_step="See docs/evals.md for the kinds that there are."
        )
    return by_name[found]


def _check(path: Path, kind: Kind) -> None:
    if kind.name == "suite":
        read_cases(path)
    elif kind.name == "owners":
        _check_lines(path)
    elif kind.name == "phrases":
        shapes.checked_phrases(path)
    else:
        shapes.checked_body(path, kind.shape)


def _check_lines(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            shapes.OwnersCase.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            raise UsageError(
                f"Line {number}, {'.'.join(map(str, first['loc']))}: {first['msg']}.", where=str(path),
                next_step="Correct the line.",
            ) from error  # fmt: skip
