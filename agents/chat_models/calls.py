"""A plan as tool calls: what the embedded chat model asks its agent's tools to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from semantic.parameters import plain_argument
from semantic.query import SemanticQuery
from tools.savings import LEVERS

if TYPE_CHECKING:
    from agents.planner import Plan

Call = tuple[str, dict[str, Any]]
DEFAULT_REDUCTION = 10.0
LOST = ("domain", "empty", "language")
SHOWN_BELOW = "Name a figure, what it should go by and a period; questions that work are below."


def calls_for(plan: Plan, offered: tuple[str, ...], examples: tuple[str, ...] = ()) -> list[Call]:
    """The tool calls that carry a plan out; a refusal when the agent at hand has no tool for it.

    `examples` are questions that work: shown to whoever asked about nothing that the model knows.
    """
    calls = CALLS[plan.kind](plan)
    if all(name in offered for name, _ in calls):
        return [_with_examples(call, examples) for call in calls]
    return [_refuse("not_built", "No agent has a tool for this yet.", plan.follow_ups)]


def _with_examples(call: Call, examples: tuple[str, ...]) -> Call:
    name, arguments = call
    if name != "refuse" or not examples or arguments["nearest"] or arguments["code"] not in LOST:
        return call
    return _refuse(arguments["code"], f"{arguments['reason']} {SHOWN_BELOW}", examples)


def refusal_after(error: dict[str, Any], labels: Mapping[str, str]) -> Call:
    """What to say when a tool turned the call down: the embedded chat model does not try its luck.

    `labels` turns names of the semantic model into questions; a hint that lists such names is for chat models.
    """
    nearest = tuple(labels.get(name, name) for name in error["nearest"])
    hint = "" if any(name in labels for name in error["nearest"]) else error["hint"]
    return _refuse(error["code"], " ".join(filter(None, (error["reason"], hint))), nearest)


def _refuse(code: str, reason: str, nearest: tuple[str, ...] = ()) -> Call:
    return "refuse", {"code": code, "reason": reason, "nearest": list(nearest)}


def as_arguments(query: SemanticQuery) -> dict[str, Any]:
    """A whole canonical query as JSON arguments."""
    return query.model_dump(mode="json", exclude_defaults=True)


def _query(plan: Plan) -> list[Call]:
    said = {"assumptions": list(plan.assumptions)}
    if plan.verified:
        return [_verified(plan, list(plan.assumptions))]
    queries = [query for query in (plan.query, *plan.parts) if query is not None]
    first, *others = [{"query": as_arguments(query)} for query in dict.fromkeys(queries)]
    return [("query_metrics", {**first, **said}), *(("query_metrics", other) for other in others)]


def _verified(plan: Plan, said: list[str]) -> Call:
    assert plan.verified
    parameters = {name: plain_argument(value) for name, value in plan.parameters}
    return "run_verified_query", {"name": plan.verified, "parameters": parameters, "assumptions": said}


def _drivers(plan: Plan) -> list[Call]:
    if plan.query is None:
        return _clarify(plan)
    return [("explain_breakdown", {"query": as_arguments(plan.query), "assumptions": list(plan.assumptions)})]


def _what_if(plan: Plan) -> list[Call]:
    percent = DEFAULT_REDUCTION if plan.what_if_pct is None else plan.what_if_pct
    arguments: dict[str, Any] = {"reduce_pct": percent}
    said = list(plan.assumptions)
    if plan.what_if_pct is None:
        said.append(f"No reduction was named: {DEFAULT_REDUCTION:g}%.")
    if plan.query:
        arguments["metric"] = plan.query.metrics[0]
        arguments["filters"] = [entry.model_dump(mode="json") for entry in plan.query.filters]
    return [("project_savings", {**arguments, "assumptions": said})]


def _briefing(plan: Plan) -> list[Call]:
    if plan.verified:
        return _query(plan)
    limits = _limits(plan)
    said = {name: limits[name] for name in ("time",) if name in limits}
    return [("todays_overview", {"filters": limits.get("filters", []), **said})]


def _agents(plan: Plan) -> list[Call]:
    return [("agent_effects", _limits(plan))]


def _confusion(plan: Plan) -> list[Call]:
    return [("confusing_changes", _limits(plan))]


def _limits(plan: Plan) -> dict[str, Any]:
    asked = as_arguments(plan.query) if plan.query else {}
    limits: dict[str, Any] = {key: asked[key] for key in ("filters", "time") if key in asked}
    return {**limits, "assumptions": list(plan.assumptions)}


def _next_best_action(plan: Plan) -> list[Call]:
    said = list(plan.assumptions)
    if plan.verified:
        return [_verified(plan, said)]
    if plan.query and plan.query.metrics[0] not in LEVERS[0].named_by:
        asked = plan.query.metrics[0].replace("_", " ")
        said.append(f"Ranked by the cost of leaked calls; the playbook has no actions on {asked} itself.")
    filters = [entry.model_dump(mode="json") for entry in plan.query.filters] if plan.query else []
    arguments = {"filters": filters, "assumptions": said}
    if plan.what_if_pct:
        return [("top_opportunities", {"reduce_pct": plan.what_if_pct, **arguments})]
    return [("recommend_actions", arguments)]


def _journey(plan: Plan) -> list[Call]:
    arguments: dict[str, Any] = {"assumptions": list(plan.assumptions)}
    if plan.query:
        asked = as_arguments(plan.query)
        arguments |= {key: asked[key] for key in ("filters", "time") if key in asked}
    return [("walk_journey", arguments)]


def _impact(plan: Plan) -> list[Call]:
    filters = [entry.model_dump(mode="json") for entry in plan.query.filters] if plan.query else []
    return [("measure_impact", {"filters": filters, "assumptions": list(plan.assumptions)})]


def _split(plan: Plan) -> list[Call]:
    return [("read_ab_test", {"assumptions": list(plan.assumptions)})]


def _about(plan: Plan) -> list[Call]:
    assert plan.about
    about = plan.about
    arguments: dict[str, Any] = {"of": about.of, "aspect": about.aspect}
    if about.query is not None:
        arguments["metric"] = about.query.metrics[0]
        arguments["filters"] = [entry.model_dump(mode="json") for entry in about.query.filters]
    given = {"actions": list(about.actions), "asked": about.asked, "reduce_pct": about.percent}
    return [("about_answer", {**arguments, **{name: value for name, value in given.items() if value}})]


def _review(plan: Plan) -> list[Call]:
    assert plan.review
    review = plan.review
    arguments: dict[str, Any] = {
        "decision": review.asked,
        "actions": list(review.actions),
        "reason": review.reason,
    }
    said = {"edits": dict(review.edits), "duplicate_of": review.of, "go_live": review.day}
    arguments |= {name: value for name, value in said.items() if value}
    return [("review_actions", {**arguments, "assumptions": list(plan.assumptions)})]


def _outlook(plan: Plan) -> list[Call]:
    assert plan.outlook
    arguments = {"outcome": plan.outlook.outcome, "by": plan.outlook.by}
    return [("member_outlook", {**arguments, "assumptions": list(plan.assumptions)})]


def _clarify(plan: Plan) -> list[Call]:
    choices = [{"label": label, "question": question} for label, question in plan.choices]
    return [("clarify", {"question": plan.message, "choices": choices})]


def _refused(plan: Plan) -> list[Call]:
    return [
        _refuse(plan.refusal, plan.message, tuple(question for _, question in plan.choices) or plan.follow_ups)
    ]


CALLS: dict[str, Callable[[Plan], list[Call]]] = {
    "query": _query,
    "drivers": _drivers,
    "what_if": _what_if,
    "briefing": _briefing,
    "next_best_action": _next_best_action,
    "impact": _impact,
    "journey": _journey,
    "agents": _agents,
    "confusion": _confusion,
    "review": _review,
    "split": _split,
    "about": _about,
    "outlook": _outlook,
    "clarify": _clarify,
    "refuse": _refused,
}
