"""The nearest thing that there is, beside a refusal of one that there is not.

Only what a refusal offers comes from here, never whether or what is answered. Each offer is a whole question that
the planner answers with figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.planner.phrasing import phrase
from semantic.echo import listed
from semantic.query import DimensionFilter, SemanticQuery
from tools.outcome import Refusal

if TYPE_CHECKING:
    from agents.context import Context
    from agents.planner import Planner
    from agents.planner.periods import Clock
    from semantic.search.entries import Kind
    from semantic.search.finding import Hit

_MEANT: dict[str, Kind] = {
    "no_metric": "metric",
    "no_dimension": "dimension",
    "no_value": "value",
    "domain": "metric",
}
STARTERS = 6
_LEAST = 0.6
_OFFERED, _LOOKED_AT = 3, 6
_QUOTED = re.compile(r"'([^']{2,80})'")


def with_nearest(stop: Refusal, context: Context) -> Refusal:
    """The refusal with the nearest metric, dimension or values that exist: named, and as questions to click.

    What a model has no figures for at all is refused with questions that it can be begun with.
    """
    if stop.code == "not_modelled" and not stop.nearest:
        return replace(stop, nearest=tuple(openers(context.planner, context.clock)[:_OFFERED]))
    kind, finder = _MEANT.get(stop.code), context.desk.finder
    if kind is None or finder is None:
        return stop
    words = " ".join(_QUOTED.findall(stop.reason)) or context.desk.question
    hits = [hit for hit in finder.find(words, (kind,), _LOOKED_AT) if hit.score >= _LEAST]
    offered = dict(_offers(hits, stop, context))
    if not offered:
        return stop
    questions = tuple(dict.fromkeys((*offered.values(), *stop.nearest)))[:_OFFERED]
    return replace(stop, reason=f"{stop.reason} {_said(kind, offered)}", nearest=questions)


def openers(planner: Planner, clock: Clock) -> list[str]:
    """Questions that a model can be begun with: the first wordings of its verified queries, in the model's order.

    A model without any is asked for its first metrics by what they can be broken down by.
    """
    listed = [query.questions[0] for query in planner.model.verified_queries.values() if query.questions]
    return listed or planner.openers(STARTERS, clock)


def _said(kind: Kind, labels: Iterable[str]) -> str:
    if kind == "value":
        return f"Did you mean {listed(list(labels), 'or')}?"
    return f"The nearest that there is: {listed(list(labels), 'and')}."


def _offers(hits: Iterable[Hit], stop: Refusal, context: Context) -> Iterator[tuple[str, str]]:
    """Label and question of the hits that can be asked, with the rest of the question as it was understood."""
    base = _understood(stop, context)
    for hit in hits:
        query = _put_in(hit, base, context)
        question = phrase(query, context.planner.lexicon) if query else ""
        if question and context.plannable(question):
            yield hit.label, question


def _understood(stop: Refusal, context: Context) -> SemanticQuery | None:
    for question in stop.nearest:
        plan = context.planner.plan(question, as_of=context.desk.as_of, first_day=context.desk.first_day)
        if plan.query is not None:
            return plan.query
    return None


def _put_in(hit: Hit, base: SemanticQuery | None, context: Context) -> SemanticQuery | None:
    fits = context.planner.lexicon.compatible
    if hit.kind == "metric":
        wanted = [*base.dimensions, *(item.dimension for item in base.filters)] if base else []
        if base and all(fits(hit.name, name) for name in wanted):
            return base.model_copy(update={"metrics": (hit.name,), "order_by": (), "having": ()})
        return SemanticQuery(metrics=(hit.name,))
    slot = hit.dimension or hit.name
    if base is None or not all(fits(metric, slot) for metric in base.metrics):
        return None
    if hit.kind == "dimension":
        return base.model_copy(update={"dimensions": (*base.dimensions, hit.name)})
    chosen = DimensionFilter(dimension=slot, op="in", values=(hit.name,))
    kept = tuple(item for item in base.filters if item.dimension != slot)
    return base.model_copy(update={"filters": (*kept, chosen)})
