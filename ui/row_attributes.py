"""Row filters of a person: `plan_type=HMO` as text, checked against the policy and the values in the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import UsageError
from warehouse.policy import load_policy

if TYPE_CHECKING:
    from semantic.company import Company
    from warehouse.settings import Settings

ValuesOf = Callable[[str], tuple[str, ...]]
"""The values that the warehouse holds of an attribute."""


def parse_attributes(
    entries: Iterable[str], values_of: ValuesOf, known_filters: tuple[str, ...] | None = None
) -> dict[str, str]:
    """From `attribute=value` texts. Raises UsageError that names the nearest attribute or value.

    `known_filters` are the row filters of another company's policy; without, those of the member warehouse.
    """
    attributes: dict[str, str] = {}
    for entry in entries:
        name, equals, value = (part.strip() for part in entry.partition("="))
        if not equals or not value:
            raise UsageError(
                f"{entry[:80]!r} is no row filter.", where="--only", next_step='Write it as "plan_type=HMO".'
            )
        known = attribute_of(name) if known_filters is None else _known(name, known_filters, "row filter")
        attributes[known] = value_of(known, value, values_of)
    return attributes


def attribute_of(name: str) -> str:
    """The attribute by its name. Raises UsageError with the nearest one."""
    return _known(name, load_policy().row_filters, "row filter")


def value_of(attribute: str, value: str, values_of: ValuesOf) -> str:
    """A value as the data spells it. Raises UsageError with the nearest one."""
    values = values_of(attribute)
    if not values:
        raise UsageError(
            f"The warehouse holds no values of {attribute}.", where=attribute, next_step="Use another row filter."
        )
    return _known(value, values, attribute)


def described(attributes: Mapping[str, str]) -> str:
    """In words for a reader: `HMO, FL only`; empty without any."""
    return f"{', '.join(attributes.values())} only" if attributes else ""


def values_in(warehouse: Path, settings: Settings) -> ValuesOf:
    """Looks values up in a warehouse. Raises MissingDataError (exit 4) when there is none to look in."""

    def look(attribute: str) -> tuple[str, ...]:
        from contextlib import closing

        from semantic.loader import load_model
        from semantic.values import dictionary_queries
        from warehouse.audit import AuditLog
        from warehouse.door import Warehouse
        from warehouse.principal import Principal

        query = dictionary_queries(load_model()).get(attribute)
        reader = Principal("value-dictionary", "analyst")
        with closing(Warehouse(warehouse, settings, AuditLog.of(settings))) as door:
            door.snapshot()
            rows = door.query(query, reader).rows if query else []
        return tuple(str(row[0]) for row in rows if row[0] is not None)

    return look


def values_at(company: Company, settings: Settings) -> ValuesOf:
    """Looks values up in another company's file."""

    def look(attribute: str) -> tuple[str, ...]:
        from contextlib import closing

        from semantic.values import dictionary_queries
        from warehouse.audit import AuditLog
        from warehouse.principal import Principal

        query = dictionary_queries(company.model).get(attribute)
        with closing(company.door(AuditLog.of(settings))) as door:
            rows = door.query(query, Principal("value-dictionary", "analyst")).rows if query else []
        return tuple(str(row[0]) for row in rows if row[0] is not None)

    return look


def _known(name: str, known: tuple[str, ...], kind: str) -> str:
    exact = next((value for value in known if value.lower() == name.lower()), None)
    if exact is not None:
        return exact
    from rapidfuzz import process

    nearest = process.extractOne(name, known)
    listed = ", ".join(known[:12])
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {listed}."
    raise UsageError(f"There is no {kind} {name[:60]!r}.", where=kind, next_step=hint)
