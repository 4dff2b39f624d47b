"""Profiles: how much data a run writes. They are text (`profiles.toml`), read here into typed values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from warehouse.errors import UsageError


@dataclass(frozen=True)
class Profile:
    """Exact row counts per source, days of history, and the factor on the story's daily counts.

    With `watched` the company has random incidents instead of the story (`generator.watch`): `scale` is then the
    factor on its own levels, and calls and sessions are about as many as the profile says. `traces` are requests
    to the cost estimator; without any, no such file is written.
    """

    name: str
    about: str
    members: int
    days: int
    scale: float
    calls: int
    digital: int
    surveys: int
    claims: int
    pharmacy: int
    enrollment: int
    agents: int
    file_format: str
    monthly_parts: bool = False
    watched: bool = False
    traces: int = 0


@cache
def _text() -> dict[str, Any]:
    return tomllib.loads(files("generator").joinpath("profiles.toml").read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """All profile names, in the order of the file."""
    return tuple(_text()["profiles"])


def default_profile() -> str:
    """The profile that a run without a choice gets."""
    return str(_text()["default_profile"])


def default_seed() -> int:
    """The seed that a run without a choice gets."""
    return int(_text()["default_seed"])


def default_as_of() -> date:
    """The last complete day of data when nobody says otherwise."""
    day: date = _text()["default_as_of"]
    return day


def load(name: str) -> Profile:
    """The profile of that name; UsageError with the nearest name when there is none."""
    known = names()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UsageError(
            f"There is no profile '{name}'.",
            where="generator/profiles.toml",
            next_step=f"{hint}Choose one of: {', '.join(known)}.",
        )
    values = _text()["profiles"][name]
    allowed = {field.name for field in fields(Profile)}
    strange = sorted(set(values) - allowed)
    if strange:
        raise UsageError(
            f"Profile '{name}' has a setting that is not known: {strange[0]}.", where="generator/profiles.toml"
        )
    return Profile(name=name, **values)


def scaled(profile: Profile, interactions: int) -> Profile:
    """The same company over the same days with that many calls and sessions together, everything else in
    proportion.
    """
    factor = interactions / (profile.calls + profile.digital)
    counted = ("members", "calls", "digital", "surveys", "claims", "pharmacy", "enrollment", "agents")
    counts = {name: max(40, round(getattr(profile, name) * factor)) for name in counted}
    return replace(profile, scale=profile.scale * factor, traces=round(profile.traces * factor), **counts)
