"""Reads case files: YAML that says nothing twice, of a known shape; errors are told with file, case and key."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz

from warehouse.errors import UsageError

Shape = TypeVar("Shape", bound=BaseModel)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOLD = 5  # errors of one file
_ALIKE = 60  # per cent


class _Once(_Loader):  # type: ignore[misc]
    """A loader for which a key that stands twice in one mapping is an error: YAML keeps the last, in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def read_body(path: Path) -> Any:
    """What a YAML file says. Raises UsageError (exit 2) for one that is none, or says something twice."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Once)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            f"The cases cannot be read: {error}.", where=str(path), next_step="Correct the file."
        ) from error


def read_shape(path: Path, shape: type[Shape], known: Mapping[str, Iterable[str]] | None = None) -> Shape:
    """A case file of this shape; `known` are names that the shape looks up.

    Raises UsageError (exit 2) with the file and, of the first five errors, the case, the key, what is wrong and,
    for a key or name that there is none of, the nearest.
    """
    return shaped(read_body(path), path, shape, known)


def shaped(body: Any, path: Path, shape: type[Shape], known: Mapping[str, Iterable[str]] | None = None) -> Shape:
    """What was read of a file, in this shape; raises as `read_shape` does."""
    context = {kind: frozenset(names) for kind, names in (known or {}).items()}
    try:
        return shape.model_validate(body, context=context)
    except ValidationError as error:
        said = [_told(dict(one), body, shape) for one in _causes(error)]
        more = f"; {len(said) - _TOLD} more" if len(said) > _TOLD else ""
        raise UsageError(
            f"{'; '.join(said[:_TOLD])}{more}.",
            where=str(path),
            next_step="See docs/evals.md, or `command-center eval schema`.",
        ) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another, a beginning alike counting more; empty when none is."""

    def likeness(other: str) -> float:
        begins = other.startswith(name[:3]) and len(other) > 1
        return fuzz.ratio(name, other) + (begins and (100 if len(name) < 4 else 30))

    found = max(sorted(known), key=likeness, default="")
    return found if found and likeness(found) >= _ALIKE else ""


def _causes(error: ValidationError) -> Iterator[ErrorDetails]:
    """Without lists that are only too short because their items are wrong."""
    errors = error.errors()
    for one in errors:
        inside = any(other["loc"][: len(one["loc"])] == one["loc"] and other is not one for other in errors)
        if not (one["type"] == "too_short" and inside):
            yield one


def _told(error: dict[str, Any], body: Any, shape: type[BaseModel]) -> str:
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        key, keys = str(location[-1]), _keys_at(shape, location[:-1])
        spelled = {**{spoken: own for own, spoken in keys.items() if spoken}, **{own: own for own in keys}}
        found = spelled.get(nearest(key, spelled), "")
        hint = f"the nearest is {found!r}" if found else f"known are {', '.join(sorted(keys))}"
        return f"{_where(location[:-1], body)}: there is no key {key!r}, {hint}"
    return f"{_where(location, body)}: {error['msg'].removeprefix('Value error, ')}"


def _keys_at(shape: type[BaseModel], location: tuple[int | str, ...]) -> dict[str, str]:
    """The keys that may stand at a place in a file of this shape, each with its name in words, if it has one."""
    here = shape
    for step in location:
        if not isinstance(step, str):
            continue
        field = next((f for name, f in here.model_fields.items() if step in (name, f.alias)), None)
        inner = next(_models_in(field.annotation), None) if field is not None else None
        here = inner or here
    return {field.alias or name: field.title or "" for name, field in here.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _where(location: tuple[int | str, ...], body: Any) -> str:
    """Case and key of a place: `case a1-003, or.0.m`."""
    rest = list(location)
    if len(rest) < 2 or not isinstance(rest[1], int):
        return ".".join(map(str, rest)) or "the file"
    kind = {"cases": "case", "conversations": "conversation"}.get(str(rest[0]), str(rest[0]))
    case = body[rest[0]][rest[1]]
    name = case.get("id") if isinstance(case, dict) else None
    return f"{kind} {name or f'number {rest[1] + 1}'}, {'.'.join(map(str, rest[2:])) or 'the whole'}"
