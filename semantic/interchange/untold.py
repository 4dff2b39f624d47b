"""What the formats have no place for, said the same way for each of them."""

from __future__ import annotations

from semantic.interchange.report import Interchanged
from semantic.model import SemanticModel

POLICY = "who may read what, small cells and masks stay with this door; the other engine needs rules of its own"


def note_untold(model: SemanticModel, out: Interchanged, *, meta: bool) -> None:
    """Adds what is lost in every format, and without `meta` also what only free-form metadata could carry."""
    out.miss("model", model.name, POLICY, "policy")
    for part, count in (
        ("verified queries", len(model.verified_queries)),
        ("refused topics", len(model.topics)),
        ("yearly periods", len(model.events)),
        ("smaller tables with the same sums (marts)", len(model.marts)),
    ):
        if count:
            out.miss("model", model.name, f"no counterpart for {count} of them", part)
    if model.members_today:
        out.miss("model", model.name, "events go by what members were then only", "members today")
    for bridge in model.bridges.values():
        far = bridge.right or bridge.table
        why = f"many to many, between {bridge.left} and {far}, cannot be told so that each row counts once"
        out.miss("bridge", bridge.name, why)
    _note_dimensions(model, out, meta=meta)
    if not meta:
        for name, metric in model.metrics.items():
            parts = [part for part, there in (("owner", metric.owner), ("polarity", metric.polarity)) if there]
            parts += [part for part in ("siblings", "requires", "notes") if getattr(metric, part)]
            if name in out.metrics:
                out.miss("metric", name, "no field for it", ", ".join(parts))


def _note_dimensions(model: SemanticModel, out: Interchanged, *, meta: bool) -> None:
    for name, dimension in model.dimensions.items():
        ways = [d.reached.get(name) for d in model.datasets.values() if name in d.columns]
        if ways and all(way is not None and way.bridge for way in ways):
            out.miss("dimension", name, "only a bridge leads from facts to it", "as seen from facts")
        if dimension.fallback:
            out.miss("dimension", name, "no counterpart", f"its stand-in {dimension.fallback}")
        if dimension.within:
            out.miss("dimension", name, "no counterpart", f"that it lies within {dimension.within}")
        if dimension.values and not meta:
            out.miss("dimension", name, "no field for them", "words for its values")
