"""Stated purposes: what member rows may be read for, as `policy/purposes.yml` lists it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from warehouse.errors import DeniedError, UsageError
from warehouse.policy import load_policy
from warehouse.principal import Role, System

PURPOSES_FILE = Path(__file__).parent / "policy" / "purposes.yml"
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Purpose:
    """One entry of the list: `key` is what is written and audited, `also` what else it may be called."""

    key: str
    label: str
    says: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class PurposeList:
    """The list, and what a case reference and a break-glass reason must look like."""

    purposes: tuple[Purpose, ...]
    reference: re.Pattern[str]
    reference_says: str
    shortest_reason: int
    longest_reason: int

    def find(self, key: str) -> Purpose | None:
        """The purpose of that key."""
        return next((purpose for purpose in self.purposes if purpose.key == key), None)


@lru_cache(maxsize=4)
def load_purposes(file: Path = PURPOSES_FILE) -> PurposeList:
    """Read the list. Raises UsageError (exit 2) when the file is missing or malformed: then nobody reads rows."""
    try:
        entry = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        purposes = tuple(
            Purpose(key, found["label"], found["says"], tuple(found.get("also", ())))
            for key, found in entry["purposes"].items()
        )
        pattern, reason = re.compile(entry["reference"]["pattern"]), entry["reason"]
        return PurposeList(
            purposes, pattern, entry["reference"]["says"], int(reason["shortest"]), int(reason["longest"])
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, re.error) as error:
        raise UsageError(
            "The list of purposes cannot be read.", where=str(file), next_step="Restore the file."
        ) from error


def stated_purpose(key: str, reference: str) -> str:
    """What is audited, `grievance: case 123`. Raises UsageError that says what is wrong with either half."""
    known = load_purposes()
    if known.find(key) is None:
        raise _unknown(key, known)
    return f"{key}: {_reference(reference, known)}"


def parse_purpose(text: str) -> str:
    """The same from one text, `complaint: case 123`, as a command line gives it."""
    known = load_purposes()
    words = _SPACE.sub(" ", text).strip()
    names = {name: p.key for p in known.purposes for name in (p.key, p.label.lower(), *p.also)}
    for name in sorted(names, key=len, reverse=True):
        found = re.fullmatch(rf"{re.escape(name)}\b\s*[:,-]?\s*(.*)", words, re.IGNORECASE)
        if found:
            return f"{names[name]}: {_reference(found[1], known)}"
    raise _unknown(re.split(r"[:,]", words)[0], known)


def require_may_state(role: Role) -> None:
    """Raises DeniedError unless member rows can be opened to the role by a purpose."""
    if not load_policy().roles[role].member_rows:
        raise DeniedError(
            f"A purpose opens nothing to the role {role}: member rows are for member advocates.",
            code="role_without_member_rows",
            where="purpose",
            next_step="Ask about groups of members, or have a member advocate look.",
        )


def break_glass_reason(role: Role | System, text: str) -> str:
    """The reason as it is audited. Raises DeniedError for a role that may not, UsageError for a poor reason."""
    if not load_policy().roles[role].break_glass:
        raise DeniedError(
            f"The role {role} may not break the glass.",
            code="break_glass_not_allowed",
            where="break-glass",
            next_step="Ask a member advocate or a data engineer.",
        )
    known = load_purposes()
    reason = _SPACE.sub(" ", text).strip()
    if not reason.isprintable() or not known.shortest_reason <= len(reason) <= known.longest_reason:
        raise UsageError(
            f"A reason has {known.shortest_reason} to {known.longest_reason} characters.",
            where="break-glass reason",
            next_step="Say what happened and why it cannot wait, without names of members.",
        )
    if len(set(reason.lower())) < 8 or " " not in reason:
        raise UsageError(
            "That is no reason.",
            where="break-glass reason",
            next_step="Say in words what happened and why it cannot wait.",
        )
    return reason


def _reference(text: str, known: PurposeList) -> str:
    reference = _SPACE.sub(" ", text).strip()
    if not known.reference.fullmatch(reference):
        raise UsageError(
            f"A purpose names the case it is for: {known.reference_says}.",
            where="case reference",
            next_step='For example "grievance: case 123".',
        )
    return reference


def _unknown(key: str, known: PurposeList) -> UsageError:
    from rapidfuzz import process

    keys = [purpose.key for purpose in known.purposes]
    nearest = process.extractOne(key.lower(), keys)
    hint = f"Did you mean {nearest[0]}? " if nearest and nearest[1] > 60 else ""
    return UsageError(
        f"There is no purpose {key[:60]!r}.",
        where="purpose",
        next_step=f'{hint}Use one of: {", ".join(keys)}, each with its case: "grievance: case 123".',
    )
