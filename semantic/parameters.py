"""Parameters of verified queries: what a question may set in one, and the query that comes of it.

A parameter holds for the query and for every part of it: `limit` for the rows of the query, `period` for the time
of all, `value` as a filter of all, `metric` in place of its default in all, `percent` for the reduction that a
ranking of what to fix assumes. So none of them can be set for half of an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from semantic.model import Parameter, ParameterType, SemanticModel, VerifiedQuery
from semantic.query import TimeRange

Argument: TypeAlias = int | float | str | tuple[str, ...] | TimeRange
UNFILTERED = "unfiltered"
"""The key of a part that names dimensions of which it shows every value, whatever a parameter says."""
_LABELS: dict[ParameterType, str] = {
    "limit": "Rows", "period": "Period", "metric": "Ranked by", "percent": "Reduction"
}  # fmt: skip


@dataclass(frozen=True)
class Bound:
    """A verified query with its arguments in place, as mappings; `percent` is set where it takes one."""

    query: dict[str, Any]
    parts: tuple[dict[str, Any], ...] = ()
    percent: float | None = None


def default_of(parameter: Parameter) -> Argument | None:
    """What stands when a question does not say it; a period as its words. None for nothing."""
    if not parameter.default:
        return None
    first = parameter.default[0]
    if parameter.type == "limit":
        return int(first)
    if parameter.type == "percent":
        return float(first)
    return parameter.default if parameter.type == "value" else first


def label_of(parameter: Parameter, model: SemanticModel) -> str:
    """What the parameter is called for people."""
    if parameter.label:
        return parameter.label
    if parameter.type == "value":
        known = model.dimensions.get(parameter.dimension)
        return known.label if known else parameter.dimension
    return _LABELS[parameter.type]


def as_argument(value: object) -> Argument:
    """An argument from plain JSON: a period's days as a mapping, values as a list. Raises ValueError."""
    if isinstance(value, dict):
        return TimeRange.model_validate(value)
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not an argument: {value!r}")
    return value


def plain_argument(value: Argument) -> object:
    """An argument as plain JSON; `as_argument` reads it back."""
    if isinstance(value, TimeRange):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple) else value


def completed(verified: VerifiedQuery, arguments: Mapping[str, Argument]) -> dict[str, Argument]:
    """The arguments in the parameters' order, with defaults where none is given; unset ones are left out."""
    chosen = {name: arguments.get(name, default_of(p)) for name, p in verified.parameters.items()}
    return {name: value for name, value in chosen.items() if value is not None}


def bound(verified: VerifiedQuery, arguments: Mapping[str, Argument]) -> Bound:
    """The query and its parts with the arguments, and defaults where there are none."""
    query, parts = dict(verified.query), [dict(part) for part in verified.parts]
    percent: float | None = None
    for name, value in completed(verified, arguments).items():
        parameter = verified.parameters[name]
        if parameter.type == "percent":
            assert isinstance(value, int | float)
            percent = float(value)
        elif parameter.type == "limit":
            query["limit"] = value
        else:
            for body in (query, *parts):
                _SETTERS[parameter.type](body, parameter, value)
    return Bound(query, tuple({k: v for k, v in part.items() if k != UNFILTERED} for part in parts), percent)


def _set_period(body: dict[str, Any], parameter: Parameter, value: Argument) -> None:
    body["time"] = value


def _set_value(body: dict[str, Any], parameter: Parameter, value: Argument) -> None:
    assert isinstance(value, tuple)
    if parameter.dimension in (body.get(UNFILTERED) or ()):
        return
    others = [item for item in body.get("filters") or () if item["dimension"] != parameter.dimension]
    body["filters"] = [*others, {"dimension": parameter.dimension, "op": "in", "values": sorted(value)}]


def _set_metric(body: dict[str, Any], parameter: Parameter, value: Argument) -> None:
    """The chosen metric where the default stood; both change places where both are shown."""
    usual, chosen = parameter.default[0], str(value)
    swap = {usual: chosen, chosen: usual}
    body["metrics"] = [swap.get(name, name) for name in body["metrics"]]
    order = [dict(item) for item in body.get("order_by") or ()]
    for item in order:
        name, mark, column = str(item["by"]).partition("__")
        item["by"] = f"{chosen if name == usual else name}{mark}{column}"
    if order:
        body["order_by"] = order


_SETTERS = {"period": _set_period, "value": _set_value, "metric": _set_metric}


def problems_of(verified: VerifiedQuery, model: SemanticModel) -> Iterator[tuple[str, str]]:
    """What is wrong with the parameters: (parameter, sentence)."""
    bodies = (verified.query, *verified.parts)
    for name, parameter in verified.parameters.items():
        check = _CHECKS[parameter.type]
        yield from ((name, sentence) for sentence in check(verified, parameter, bodies, model))
    for body in verified.parts:
        lost = [name for name in _names(body.get(UNFILTERED)) if name not in _names(body.get("dimensions"))]
        if lost:
            yield next(iter(verified.parameters), ""), f"a part that is unfiltered by '{lost[0]}' must show it"
    taken: dict[tuple[str, str], str] = {}
    for name, parameter in verified.parameters.items():
        slot = (parameter.type, parameter.dimension)
        if slot in taken:
            yield name, f"'{name}' sets what '{taken[slot]}' sets already"
        taken[slot] = name


Bodies: TypeAlias = tuple[dict[str, object], ...]


def _metrics(body: Mapping[str, object]) -> list[str]:
    return _names(body.get("metrics"))


def _names(found: object) -> list[str]:
    return [str(name) for name in found] if isinstance(found, list | tuple) else []


def _check_limit(
    verified: VerifiedQuery, parameter: Parameter, bodies: Bodies, model: SemanticModel
) -> Iterator[str]:
    if "limit" in bodies[0]:
        yield f"the query has a limit of its own, which '{parameter.name}' sets: leave it out"
    yield from _number_fits(parameter, whole=True, top=1000)


def _check_percent(
    verified: VerifiedQuery, parameter: Parameter, bodies: Bodies, model: SemanticModel
) -> Iterator[str]:
    if verified.kind != "next_best_action":
        yield f"'{parameter.name}' has no use here: a percentage is the reduction of a next_best_action"
    yield from _number_fits(parameter, whole=False, top=100)


def _number_fits(parameter: Parameter, *, whole: bool, top: float) -> Iterator[str]:
    try:
        default = [float(text) for text in parameter.default]
    except ValueError:
        yield f"the default of '{parameter.name}' must be a number, not '{parameter.default[0]}'"
        return
    if len(default) > 1 or (whole and any(number != int(number) for number in default)):
        yield f"the default of '{parameter.name}' must be one {'whole ' if whole else ''}number"
    if not 0 < parameter.least <= parameter.most <= top:
        yield f"'{parameter.name}' must lie between least and most, within 1 and {top:g}"
    elif any(not parameter.least <= number <= parameter.most for number in default):
        yield f"the default of '{parameter.name}' must lie between {parameter.least:g} and {parameter.most:g}"


def _check_period(
    verified: VerifiedQuery, parameter: Parameter, bodies: Bodies, model: SemanticModel
) -> Iterator[str]:
    if verified.kind == "next_best_action":
        yield f"'{parameter.name}' has no use here: what to fix is ranked over the days of rules.trend_days"
    if any("time" in body for body in bodies):
        yield f"the query or a part has a time of its own, which '{parameter.name}' sets: leave it out"
    if len(parameter.default) > 1:
        yield f"the default of '{parameter.name}' must be one period, as people say it"
    for name in dict.fromkeys(name for body in bodies for name in _metrics(body)):
        if not any(model.datasets[source].time_column for source in model.datasets_of(name)):
            yield f"'{name}' is as of the last day and has no period"


def _check_value(
    verified: VerifiedQuery, parameter: Parameter, bodies: Bodies, model: SemanticModel
) -> Iterator[str]:
    dimension = model.dimensions.get(parameter.dimension)
    if dimension is None:
        return
    for name in dict.fromkeys(name for body in bodies for name in _metrics(body)):
        if dimension.name not in model.dimensions_of(name):
            yield f"'{name}' cannot be filtered by '{dimension.name}', which '{parameter.name}' sets"
    filters = [item for body in bodies for item in _filters(body)]
    if any(item.get("dimension") == dimension.name for item in filters):
        yield f"the query or a part filters by '{dimension.name}' itself, which '{parameter.name}' sets"
    unknown = [value for value in parameter.default if dimension.values and value not in dimension.values]
    if unknown:
        yield f"'{dimension.name}' has no value '{unknown[0]}'"


def _filters(body: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = body.get("filters")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list | tuple) else []


def _check_metric(
    verified: VerifiedQuery, parameter: Parameter, bodies: Bodies, model: SemanticModel
) -> Iterator[str]:
    if len(parameter.default) != 1 or parameter.default[0] not in parameter.choices:
        yield f"'{parameter.name}' needs a default that is one of its choices"
        return
    if verified.kind == "next_best_action" or parameter.default[0] not in _metrics(bodies[0]):
        yield f"the query does not have the metric '{parameter.default[0]}' that '{parameter.name}' replaces"
    for choice in parameter.choices:
        for body in bodies:
            names = _names(body.get("dimensions")) + [str(item.get("dimension")) for item in _filters(body)]
            lost = [name for name in names if choice in model.metrics and name not in model.dimensions_of(choice)]
            if lost and parameter.default[0] in _metrics(body):
                yield f"'{choice}' cannot be sliced by '{lost[0]}'"


_CHECKS = {
    "limit": _check_limit, "percent": _check_percent, "period": _check_period, "value": _check_value,
    "metric": _check_metric,
}  # fmt: skip
