"""What an analysis (drivers, a what-if, a briefing, a path) takes of a draft: metric, filters and period."""

from __future__ import annotations

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.words import word_set
from semantic.model import SemanticModel

_MONEY = word_set("dollar dollars money usd cash")


def shape(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    """Analyses read metric, filters and period; a kind that needs no metric falls back to the money metric."""
    draft.having, draft.order, draft.limit, draft.grain, draft.share = [], None, None, None, False
    if draft.kind != "drivers" or draft.compare_to == "previous_period":
        draft.compare_to = None  # drivers explain the change from the period before, unless another one is named
    after_by = [span for span in reading.breakdown if span.start and reading.tokens[span.start - 1].text == "by"]
    asked = {target.name for span in after_by for target in span.targets}
    defaults = lexicon.model.defaults
    words = {reading.tokens[at].text for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    if draft.kind == "what_if" and words and words <= _MONEY and defaults.money_metric:
        draft.metrics = [defaults.money_metric]  # `in dollars` names no figure of its own
    known = {"ambiguous_metric"} if draft.metrics else set()
    known |= {
        "rank_without_dimension",
        "loose_dimension",
        "no_previous",
        "ambiguous_dimension",
        "periods",
        "comparison",
    }
    draft.issues = [issue for issue in draft.issues if issue.kind not in known]
    draft.dimensions = [name for name in draft.dimensions if draft.kind == "drivers" and name in asked]
    if draft.kind == "briefing" and draft.time and draft.time.label in ("today", "right now"):
        draft.time = None
    if draft.kind in ("briefing", "journey") or (draft.kind != "drivers" and not reading.of_kind("metric")):
        draft.metrics = []
    if draft.metrics:
        draft.metrics = draft.metrics[:1] if draft.kind != "impact" else draft.metrics
        return
    if draft.kind == "drivers":
        names = [defaults.dimension_metric.get(item.dimension, "") for item in draft.filters]
        draft.metrics = [name for name in names if name][:1] or _counted_there(draft, lexicon.model)
    elif draft.filters or draft.time:
        draft.metrics = [defaults.money_metric] if defaults.money_metric else []
    if draft.kind == "what_if" and not draft.metrics:
        draft.issues.insert(0, Issue("no_metric"))


def _counted_there(draft: Draft, model: SemanticModel) -> list[str]:
    """`why did billing go up`: of a place, the count behind the money that it costs; said as an assumption."""
    defaults = model.defaults
    money = model.metrics.get(defaults.money_metric)
    places = [item for item in draft.filters if item.dimension == defaults.where_dimension]
    if money is None or not places:
        return []
    named = [name for name in (*money.siblings, *model.metrics) if name in model.metrics]
    for name in named:
        known = model.metrics[name]
        if (
            known.additive
            and known.unit == "count"
            and all(item.dimension in model.dimensions_of(name) for item in draft.filters)
        ):
            draft.assumptions.append(f"No figure was named: {known.label.lower()} are explained.")
            return [name]
    return []
