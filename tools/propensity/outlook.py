"""Fit, judge and apply: what each group of members is likely to do next, and which signals say so."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tools.desk import Desk
from tools.outcome import Refusal
from tools.propensity.fitting import Card, Weights, as_plain, fitted, judged
from tools.propensity.groups import Groups, groups_at
from tools.propensity.signals import OUTCOMES, Signals, signals

FOLDER = "propensity"
LEAST_HIDDEN = 11


def outlook(desk: Desk, *, again: bool = False) -> dict[str, Any] | Refusal:
    """The models of the served snapshot, fitted now unless they were or with `again`, and what they say of groups.

    By outcome: `base` and `bands` (the weights), `card`, `usual` (the company's own score) and `groups`, by
    dimension a list of value, members, score and reasons. For a reader with a row filter all of it is of their
    part. Kept beside the review, by snapshot. Raises what the door raises.
    """
    file = _file(desk)
    if file is not None and file.exists() and not again:
        known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return known
    rules = signals()
    horizon = rules.horizon((desk.as_of - desk.first_day).days + 1)
    if isinstance(horizon, Refusal):
        return horizon
    found = _fitted(desk, rules, horizon)
    if file is not None:
        _keep(file, found)
    return found


def _fitted(desk: Desk, rules: Signals, horizon: int) -> dict[str, Any]:
    earlier, later, today = (
        groups_at(desk, desk.as_of - timedelta(days=back * horizon), horizon if back else 0) for back in (2, 1, 0)
    )
    made: dict[str, Any] = {}
    for name in OUTCOMES:
        card = judged(fitted(name, [earlier], rules.names), name, later, rules)
        weights = fitted(name, [earlier, later], rules.names)
        made[name] = as_plain(weights, card) | _told(weights, today, rules)
    return {"snapshot": desk.snapshot, "as_of": desk.as_of.isoformat(), "horizon": horizon, "outcomes": made}


def weights_of(found: Mapping[str, Any]) -> Weights:
    """The weights of one outcome of an outlook."""
    return Weights(found["base"], found["bands"])


def card_of(found: Mapping[str, Any]) -> Card:
    """The card of one outcome of an outlook."""
    return Card(**found["card"])


def _told(weights: Weights, today: Groups, rules: Signals) -> dict[str, Any]:
    score = weights.scores(today)
    usual = float(np.average(score, weights=today.members)) if today.total else 0.0
    told = {by: _by(by, weights, today, score, usual, rules) for by in rules.groups}
    return {"usual": usual, "members": int(today.total), "groups": told}


def _by(
    by: str, weights: Weights, today: Groups, score: np.ndarray[Any, Any], usual: float, rules: Signals
) -> list[dict[str, Any]]:
    """The groups of a dimension that have enough members, the likeliest first."""
    own = np.array(today.bands[by])
    sizes = {value: float(today.members[own == value].sum()) for value in sorted(set(own))}
    made = []
    for value in _shown(sizes, rules.least_members):
        inside = own == value
        likely = float(np.average(score[inside], weights=today.members[inside]))
        reasons = _reasons(by, weights, today, inside, likely > usual, rules)
        made.append({"value": str(value), "members": int(sizes[value]), "score": likely, "reasons": reasons})
    return sorted(made, key=lambda entry: (-entry["score"], entry["value"]))


def _shown(sizes: Mapping[str, float], least: int) -> list[str]:
    """The values of enough members, without one where what is left out could be told from the rest."""
    order = sorted(sizes, key=lambda value: (-sizes[value], value))
    shown = [value for value in order if sizes[value] >= least]
    hidden = sum(size for value, size in sizes.items() if value not in shown)
    return shown[:-1] if 0 < hidden < LEAST_HIDDEN else shown


def _reasons(
    by: str, weights: Weights, today: Groups, inside: np.ndarray[Any, Any], above: bool, rules: Signals
) -> list[dict[str, Any]]:
    """What sets a group apart in the direction of its score: bands that it has more or less of than the company.

    `share` and `usual` are parts of the members; `effect` is in log-odds. Bands of too few members are not told.
    """
    found: list[dict[str, Any]] = []
    size, total = float(today.members[inside].sum()), today.total
    for name in (name for name in rules.names if name != by):
        own = np.array(today.bands[name])
        for band in sorted(set(own)):
            here = float(today.members[inside & (own == band)].sum())
            if here < LEAST_HIDDEN or 0 < size - here < LEAST_HIDDEN:
                continue
            share, usual = here / size, float(today.members[own == band].sum()) / total
            effect = (share - usual) * weights.bands[name].get(band, 0.0)
            if (effect > 0) == above and effect:
                said = rules.said(name, band)
                found.append({"said": said, "share": share, "usual": usual, "effect": effect})
    return sorted(found, key=lambda entry: (-abs(entry["effect"]), entry["said"]))[: rules.reasons]


def _file(desk: Desk) -> Path | None:
    """Where the outlook of this snapshot and this reader's part is kept; None where there is no such place."""
    if desk.review is None:
        return None
    part = json.dumps([desk.snapshot, sorted(desk.principal.attributes.items()), _version()])
    return Path(desk.review.state) / FOLDER / f"{hashlib.sha256(part.encode()).hexdigest()[:16]}.json"


def _version() -> str:
    """What the signals are read and said by: a changed file makes the models anew."""
    files = sorted(Path(__file__).parent.glob("*"))
    texts = [file.read_bytes() for file in files if file.suffix in (".yml", ".sql", ".py")]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _keep(file: Path, found: Mapping[str, Any]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = file.with_suffix(f".{os.getpid()}.tmp")
    waiting.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")
    waiting.chmod(0o600)
    waiting.replace(file)
