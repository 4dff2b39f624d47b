"""What reviewers have accepted, as YAML beside the semantic model: synonyms, promoted verified queries.

An overlay is a folder of the deployment, not of the program: an upgrade does not touch it. Its files are loaded
with the model's own and checked with them; a broken one is set aside and the model answers without it.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from semantic.reading import Loader, did_you_mean
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from semantic.parsing import Draft
    from semantic.reading import Block
    from warehouse.settings import Settings

SYNONYMS = "synonyms.yml"
PLACE = "reviewed"
"""How the overlay's files are called in messages: `reviewed/synonyms.yml:4`."""
Stamp = tuple[tuple[str, int, int], ...]


def overlay_folder(settings: Settings, model_folder: Path | None = None) -> Path:
    """Where accepted entries of a model lie: of the packaged one, or of another company's folder."""
    root = settings.var / "model"
    if model_folder is None:
        return root / "packaged"
    known = hashlib.sha256(str(model_folder.resolve()).encode()).hexdigest()[:8]
    return root / f"{model_folder.resolve().name}-{known}"


def overlay_files(folder: Path | None) -> tuple[tuple[str, str], ...]:
    """Name and text of the overlay's files, as messages call them; empty without any.

    Raises UsageError when one cannot be read as text.
    """
    found = []
    for file in _files(folder):
        try:
            found.append((f"{PLACE}/{file.name}", file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "An accepted entry cannot be read.", where=str(file), next_step="Restore the file or remove it."
            ) from error
    return tuple(found)


def overlay_files_there(folder: Path | None) -> tuple[tuple[str, str], ...]:
    """The files that can be read, without those that cannot."""
    found = []
    for file in _files(folder):
        with suppress(OSError, UnicodeDecodeError):
            found.append((f"{PLACE}/{file.name}", file.read_text(encoding="utf-8")))
    return tuple(found)


def stamp(folder: Path | None) -> Stamp:
    """Changes whenever a file of the overlay does: cheap enough to be looked at for every question."""
    found = []
    for file in _files(folder):
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((file.name, state.st_mtime_ns, state.st_size))
    return tuple(found)


def _files(folder: Path | None) -> list[Path]:
    return sorted(folder.glob("*.yml")) if folder and folder.is_dir() else []


def read_overlay(folder: Path, name: str) -> dict[str, Any]:
    """One file of the overlay as plain values; empty when there is none. Raises UsageError when it is no YAML."""
    file = folder / name
    try:
        loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=Loader)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            "The accepted entries cannot be read.", where=str(file), next_step="Restore the file or remove it."
        ) from error
    return loaded if isinstance(loaded, dict) else {}


def write_overlay(folder: Path, name: str, document: dict[str, Any], heading: str = "") -> None:
    """Replace one file of the overlay in one step. Raises UsageError when the folder cannot be written."""
    text = yaml.safe_dump(document, sort_keys=True, allow_unicode=True, width=110) if document else ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / f".{name}.{os.getpid()}.part"
        whole.write_text(f"# {heading}\n{text}" if heading else text, encoding="utf-8")
        with whole.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(whole, folder / name)
    except OSError as error:
        raise UsageError(
            f"The accepted entries cannot be written ({error.strerror}).",
            where=str(folder),
            next_step="Make the folder writable, or free some space.",
        ) from error


def is_synonyms(block: Block) -> bool:
    """Whether a block is the overlay's file of synonyms, which has a form of its own."""
    return block.place.file == f"{PLACE}/{SYNONYMS}"


def read_synonyms(block: Block, draft: Draft) -> None:
    """`synonyms: {metrics: {name: [words]}, dimensions: {name: [words]}, values: {dimension: {value: [words]}}}`.

    Words for values count where a reader may see the value; they do not make a value known. A word that the model
    has meanwhile for something else is a problem.
    """
    taken = _meanings(draft)
    entries = block.block("synonyms")
    metrics, dimensions, values = (entries.block(kind) for kind in ("metrics", "dimensions", "values"))
    for name in metrics.names():
        if metric := draft.metrics.get(name):
            words = _new_words(metrics, name, f"metric {name}", taken, draft)
            draft.metrics[name] = replace(metric, synonyms=(*metric.synonyms, *words))
        else:
            _unknown("metric", name, metrics, draft)
    for name in dimensions.names():
        if dimension := draft.dimensions.get(name):
            words = _new_words(dimensions, name, f"dimension {name}", taken, draft)
            draft.dimensions[name] = replace(dimension, synonyms=(*dimension.synonyms, *words))
        else:
            _unknown("dimension", name, dimensions, draft)
    for name in values.names():
        of_values = values.block(name)
        if dimension := draft.dimensions.get(name):
            found = {
                value: _new_words(of_values, value, f"value {name}={value}", taken, draft)
                for value in of_values.names()
            }
            draft.dimensions[name] = replace(dimension, value_words={**dimension.value_words, **found})
        else:
            _unknown("dimension", name, values, draft)
    entries.finish()
    block.finish()


def _meanings(draft: Draft) -> dict[str, set[str]]:
    """What every word and phrase of the model itself means, in small letters."""
    found: dict[str, set[str]] = {}
    for metric in draft.metrics.values():
        for phrase in (metric.label, metric.name.replace("_", " "), *metric.synonyms):
            found.setdefault(phrase.lower(), set()).add(f"metric {metric.name}")
    for dimension in draft.dimensions.values():
        for phrase in (dimension.label, dimension.name.replace("_", " "), *dimension.synonyms):
            found.setdefault(phrase.lower(), set()).add(f"dimension {dimension.name}")
        for value, synonyms in dimension.values.items():
            for phrase in (value, dimension.value_labels.get(value, value), *synonyms):
                found.setdefault(phrase.lower(), set()).add(f"value {dimension.name}={value}")
    return found


def _new_words(block: Block, name: str, meant: str, taken: dict[str, set[str]], draft: Draft) -> tuple[str, ...]:
    """The accepted words that the model has not got by itself; one that it has for something else is a problem."""
    words = block.texts(name)
    for word in words:
        if others := taken.get(word.lower(), set()) - {meant}:
            draft.problems.add(block.place_of(name), f"'{word}' already means {', '.join(sorted(others))}")
    return tuple(word for word in words if word.lower() not in taken)


def _unknown(kind: str, name: str, block: Block, draft: Draft) -> None:
    hint = did_you_mean(name, list(draft.metrics if kind == "metric" else draft.dimensions))
    draft.problems.add(block.place_of(name), f"there is no {kind} '{name}'{hint}")
    block.texts(name)
