"""Looking names up in the semantic model: for a chat model that composes a query by itself."""

from __future__ import annotations

from rapidfuzz import fuzz, process

from semantic.echo import attributions
from semantic.values import is_name
from tools.desk import Desk, Hidden
from tools.outcome import Listing, Mendable

MATCHES = 8
VALUES = 40


def search_metrics(words: str, desk: Hidden) -> Listing:
    """Find metrics and dimensions whose name, label, description or synonyms come near some words."""
    if desk.finder is not None:
        hits = desk.finder.find(words, ("metric", "dimension"), MATCHES)
        return Listing(tuple(_entry(hit.name, desk) for hit in hits))
    texts = {name: " ".join((m.label, *m.synonyms)) for name, m in desk.semantic.metrics.items()}
    texts |= {name: " ".join((d.label, *d.synonyms)) for name, d in desk.semantic.dimensions.items()}
    found = process.extract(words, texts, scorer=fuzz.token_set_ratio, limit=MATCHES)
    return Listing(tuple(_entry(str(name), desk) for _, score, name in found if score >= 50))


def describe_metric(name: str, desk: Hidden) -> Listing:
    """Say what a metric means: definition, unit, which direction is better, owner and notes."""
    return Listing((_entry(known_metric(name, desk), desk),))


def compatible_dimensions(metric: str, desk: Hidden) -> Listing:
    """List the dimensions a metric can be sliced and filtered by, with the values of each."""
    allowed = sorted(desk.semantic.dimensions_of(known_metric(metric, desk)))
    return Listing(tuple({**_entry(name, desk), "values": _names(name, desk)[:VALUES]} for name in allowed))


def _names(dimension: str, desk: Desk) -> list[str]:
    """The values that are names. One that is a sentence, or marked up, may be an instruction: not offered."""
    declared = desk.semantic.dimensions[dimension].values
    return [value for value in desk.values.values(dimension) if value in declared or is_name(value)]


def known_metric(name: str, desk: Desk) -> str:
    """The name itself, or Mendable with the nearest ones."""
    if name in desk.semantic.metrics:
        return name
    nearest = tuple(str(match[0]) for match in process.extract(name, desk.semantic.metrics.keys(), limit=3))
    raise Mendable(
        "unknown_metric", f"There is no metric {name!r}.", f"Did you mean {', '.join(nearest)}?", nearest
    )


def _entry(name: str, desk: Desk) -> dict[str, object]:
    metric = desk.semantic.metrics.get(name)
    if metric:
        return {"kind": "metric", "name": name, "label": metric.label, "unit": metric.unit,
                "better": metric.polarity, "description": metric.description, "owner": metric.owner}  # fmt: skip
    dimension = desk.semantic.dimensions[name]
    said = attributions(name, desk.semantic)
    meaning = f"{dimension.description}. {said}" if said else dimension.description
    return {"kind": "dimension", "name": name, "label": dimension.label, "description": meaning}
