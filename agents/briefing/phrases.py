"""The briefing's words: the sentences of `wording.yml`, the owners of `owners.yml`, and how a segment is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from agents.prose import Piece, series
from warehouse.errors import UsageError

_FOLDER = Path(__file__).parent
TEMPLATES: dict[str, frozenset[str]] = {
    "title": frozenset({"day"}),
    "nothing": frozenset({"day"}),
    "nothing_followed": frozenset({"day"}),
    "headline.one": frozenset({"day", "count", "total", "leading"}),
    "headline.many": frozenset({"day", "count", "total", "leading"}),
    "headline.better": frozenset({"day", "leading"}),
    "headline.total": frozenset({"effect", "cost"}),
    "headline.total_other": frozenset({"effect", "cost"}),
    "count": frozenset({"metric", "direction", "size", "segment"}),
    "rate": frozenset({"metric", "direction", "size", "segment"}),
    "score": frozenset({"metric", "direction", "size", "segment"}),
    "unexpected": frozenset({"metric", "segment"}),
    "lead": frozenset({"title"}),
    "lead_cost": frozenset({"title", "effect", "cost"}),
    "lead_cost_other": frozenset({"title", "effect", "cost"}),
    "figures": frozenset({"period", "observed", "expected"}),
    "cost_range": frozenset({"low", "high"}),
    "saving_range": frozenset({"low", "high"}),
    "began": frozenset({"start"}),
    "began_between": frozenset({"start", "earliest", "latest"}),
    "began_earlier": frozenset({"start"}),
    "cause": frozenset({"event", "kind", "date"}),
    "no_cause": frozenset({"cause"}),
    "calendar": frozenset({"calendar"}),
    "owner": frozenset({"owner"}),
    "standing": frozenset({"state", "since", "confidence"}),
    "standing_new": frozenset({"state", "confidence"}),
    "became.resolved": frozenset({"state", "metric", "segment", "seen"}),
    "became.missed": frozenset({"state", "metric", "segment", "seen"}),
    "became.open": frozenset({"state", "metric", "segment", "since"}),
    "notes.withheld": frozenset({"number", "all", "few"}),
    "notes.unconfirmed": frozenset({"number", "all"}),
    "notes.further": frozenset({"number"}),
    "notes.made_up": frozenset({"first", "last"}),
    "notes.made_up_one": frozenset({"first"}),
    "notes.left_out": frozenset({"first"}),
    "notes.revision": frozenset({"revision"}),
    "notes.basis": frozenset({"day"}),
    "alert.raised_title": frozenset({"metric", "colour"}),
    "alert.raised_level": frozenset({"metric", "value", "period", "side", "level", "colour"}),
    "alert.raised_trend": frozenset({"metric", "moved", "size", "period", "side", "level", "colour"}),
    "alert.cleared_title": frozenset({"metric", "colour"}),
    "alert.cleared_level": frozenset({"metric", "value", "period", "side", "level", "colour"}),
    "alert.cleared_trend": frozenset({"metric", "moved", "size", "period", "side", "level", "colour"}),
}
"""Every sentence with the names that it may take."""

ValuePiece = Callable[[str], Piece]


@cache
def wording() -> dict[str, Any]:
    """The words of `wording.yml`, checked. Raises UsageError that names the template that is missing or wrong."""
    words: dict[str, Any] = yaml.load(
        (_FOLDER / "wording.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    for name, allowed in TEMPLATES.items():
        template = _at(words, name)
        used = {field for _, field, _, _ in Formatter().parse(template) if field} if template else set()
        if template is None or not used <= allowed:
            raise UsageError(
                f"The sentence {name!r} is missing, or names something else than {', '.join(sorted(allowed))}.",
                where=str(_FOLDER / "wording.yml"),
                next_step="Correct it.",
            )
    return words


def template(name: str) -> str:
    """A sentence by its name, such as `headline.one`."""
    found = _at(wording(), name)
    assert found is not None, name
    return found


def word(*path: str) -> str:
    """A word by its path, such as `states`, `new`."""
    found = wording()["words"]
    for name in path:
        found = found[name]
    return str(found)


def calendar_words(name: str) -> str:
    """A yearly period of the semantic model's inside a sentence; its own name when none is set down."""
    known: dict[str, str] = wording()["words"]["calendar"]
    return known.get(name, name)


def filled(name: str, /, **given: Piece | list[Piece]) -> list[Piece]:
    """A sentence's pieces: its own words, and in their places the facts or pieces that were given."""
    found: list[Piece] = []
    for literal, field, _, _ in Formatter().parse(template(name)):
        found += [literal] if literal else []
        if field is not None:
            piece = given[field]
            found += piece if isinstance(piece, list) else [piece]
    return found


def segment_pieces(
    dimensions: Sequence[str], value: ValuePiece, label: Callable[[str], str], members_last: Callable[[str], bool]
) -> list[Piece]:
    """in Billing for MAPD / New members in Florida: what happened, then to whom; nothing for everybody.

    `value` gives the fact of a dimension's value, `label` a dimension's name inside a sentence, `members_last`
    tells whether a value's own name ends with "members".
    """
    words = wording()
    what = [_phrase(words["what"][name], value(name)) for name in dimensions if name in words["what"]]
    kinds = [name for name in words["kinds_of_members"] if name in dimensions]
    about = [_phrase(words["about_members"][name], value(name)) for name in words["about_members"]
             if name in dimensions]  # fmt: skip
    known = {*words["what"], *words["kinds_of_members"], *words["about_members"]}
    other = [_phrase(words["otherwise"].replace("{label}", label(name)), value(name)) for name in dimensions
             if name not in known]  # fmt: skip
    found: list[Piece] = [piece for phrase in what for piece in (" ", *phrase)]
    if kinds or about:
        named = series([[value(name)] for name in kinds], last=" / ") if kinds else []
        suffix = [] if kinds and members_last(kinds[-1]) else [" members" if kinds else "members"]
        found += [" for ", *_slashed(named), *suffix]
        found += [piece for phrase in about for piece in (" ", *phrase)]
    return [*found, *(piece for phrase in other for piece in (" ", *phrase))]


def _slashed(named: list[Piece]) -> list[Piece]:
    return [" / " if piece == ", " else piece for piece in named]


def _phrase(text: str, value: Piece) -> list[Piece]:
    before, _, after = text.partition("{value}")
    return [before, value, after]


@cache
def _owners() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.load(
        (_FOLDER / "owners.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


def owner_of(metric: str, metric_owner: str, cause_kind: str = "") -> str:
    """Who should look at an issue: by the kind of its aligned cause, by its metric, else the metric's owner."""
    owners = _owners()
    return owners["by_cause"].get(cause_kind) or owners["by_metric"].get(metric) or metric_owner


def _at(words: Mapping[str, Any], name: str) -> str | None:
    found: Any = words
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None
