"""How far single agents of a team differ at equal topics: read through the door, told as a distribution only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from semantic.compiler import NotAnswerable, compile_query
from semantic.model import Dimension, SemanticModel
from semantic.query import DimensionFilter, SemanticQuery
from tools.desk import Desk
from tools.outcome import Column, PlainCell, Table
from tools.shrinkage import Shrunk, quantile, shrunk
from warehouse.door import QueryContext
from warehouse.errors import DeniedError, UsageError

TEAM, TOPIC, AGENT = "agent_team", "call_topic", "agent_id"
LEAST_CALLS = 50
SPREAD, LOW, HIGH, AGENTS = "spread", "low", "high", "agents"
LOWEST, HIGHEST, MIDDLE = "tenth", "ninetieth", "middle"
METHOD = (
    "Observed less what the own topics give over all teams (of an agent: over the own team), shrunk by empirical "
    "Bayes."
)
AgentRow = tuple[str, str, str, dict[str, float]]
"""An agent, its team, a topic and its counts: never part of an answer."""


@dataclass(frozen=True)
class Group:
    """A team, or an agent within a team: its calls by topic and how many of them count."""

    name: str
    calls: float
    counted: float
    expected: float
    variance: float


def summed(name: str, rows: Sequence[tuple[float, float, float]]) -> Group:
    """(calls, counted, usual rate) by topic as one group, with the variance of its rate under the usual ones."""
    calls = sum(n for n, _, _ in rows)
    return Group(
        name,
        calls,
        sum(counted for _, counted, _ in rows),
        sum(n * rate for n, _, rate in rows),
        sum(n * rate * (1 - rate) for n, _, rate in rows) / calls**2,
    )


def agent_rows(base: SemanticQuery, topics: Sequence[str], desk: Desk) -> dict[str, list[AgentRow]] | None:
    """The calls of each agent by topic, through the door; None where the reader or the data has none."""
    model = _with_agents(desk.semantic)
    if model is None:
        return None
    found: dict[str, list[AgentRow]] = {}
    for topic in topics:
        filters = (
            *(entry for entry in base.filters if entry.dimension != TOPIC),
            DimensionFilter(dimension=TOPIC, values=(topic,)),
        )
        query = base.model_copy(update={"dimensions": (AGENT, TEAM), "filters": filters})
        try:
            compiled = compile_query(
                model, query, as_of=desk.as_of, first_day=desk.first_day, last_day=desk.last_day
            )
            result = desk.door.query(
                compiled.sql, desk.principal, params=dict(compiled.params),
                context=QueryContext(desk.answer_id, desk.question, desk.source),
            )  # fmt: skip
        except (DeniedError, NotAnswerable, UsageError):
            return None
        if result.truncated:
            return None
        desk.spend(result.timings_ms)
        names = [column.name for column in compiled.columns][2:]
        for row in result.rows:
            if all(isinstance(cell, int | float) for cell in row[2:]):
                counts = {name: float(cell) for name, cell in zip(names, row[2:], strict=True)}
                found.setdefault(str(row[0]), []).append((str(row[0]), str(row[1]), topic, counts))
    found.pop("Unknown", None)
    return found or None


def _with_agents(model: SemanticModel) -> SemanticModel | None:
    """The model with the agent as a dimension of calls: known to this analysis and to nobody else."""
    calls = model.datasets.get("calls")
    if calls is None or AGENT in model.dimensions:
        return None
    known = replace(calls, columns={**calls.columns, AGENT: AGENT})
    agent = Dimension(AGENT, "Agent", "The agent who took the call", "")
    return replace(
        model, marts=(), datasets={**model.datasets, "calls": known}, dimensions={**model.dimensions, AGENT: agent}
    )


def agent_table(
    metric: str, above: str, below: str, agents: dict[str, list[AgentRow]], made: int, desk: Desk
) -> Table:
    """How far agents of the same team differ at equal topics: one row, no agent; part `made` of an answer."""
    usual = _usual(agents, above, below)
    groups = []
    for name, rows in agents.items():
        by_topic = [
            (counts[below], counts[above], usual[team, topic])
            for _, team, topic, counts in rows
            if counts[below] and (team, topic) in usual
        ]
        if sum(calls for calls, _, _ in by_topic) >= LEAST_CALLS:
            groups.append(summed(name, by_topic))
    found = shrunk([(g.counted - g.expected) / g.calls for g in groups], [g.variance for g in groups])
    label = desk.semantic.metrics[metric].label
    columns = (
        Column("of", "VARCHAR", "", "dimension", "Of"),
        Column(AGENTS, "BIGINT", "count", "derived", "Agents compared"),
        Column(SPREAD, "DOUBLE", "points", "metric", "They differ by (standard deviation)"),
        Column(LOW, "DOUBLE", "points", "derived", "At least"),
        Column(HIGH, "DOUBLE", "points", "derived", "At most"),
        Column(LOWEST, "DOUBLE", "points", "derived", "Lowest tenth below"),
        Column(HIGHEST, "DOUBLE", "points", "derived", "Highest tenth above"),
        Column(MIDDLE, "DOUBLE", "points", "derived", "All between them span"),
    )
    told = (_spread_row(label, found),) if len(groups) > 2 else ()
    title = f"{label} between agents of the same team at equal topics"
    formulas = {MIDDLE: f"sub(cell:{made}:{{row}}:{HIGHEST}, cell:{made}:{{row}}:{LOWEST})"}
    return Table(title, columns, told, interpretation=METHOD, formulas=formulas)


def _spread_row(label: str, found: Shrunk) -> tuple[PlainCell, ...]:
    low, high = (100 * quantile(found.effects, level) for level in (0.1, 0.9))
    sizes = (100 * found.spread, 100 * found.low, 100 * found.high)
    return (label, len(found.effects), *sizes, low, high, high - low)


def _usual(agents: dict[str, list[AgentRow]], above: str, below: str) -> dict[tuple[str, str], float]:
    """The usual rate of each team and topic."""
    sums: dict[tuple[str, str], list[float]] = {}
    for rows in agents.values():
        for _, team, topic, counts in rows:
            held = sums.setdefault((team, topic), [0.0, 0.0])
            held[0] += counts[above]
            held[1] += counts[below]
    return {key: counted / calls for key, (counted, calls) in sums.items() if calls}
