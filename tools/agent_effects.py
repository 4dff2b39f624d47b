"""Whether agents matter: teams and agents compared at equal topics, as far as the difference is not chance.

A team that takes the angry calls looks worse than it is. So each is held against what its own topics give over all
teams (of an agent: over the own team), and the difference is shrunk by how much of it chance explains (empirical
Bayes, the spread integrated over its likelihood). Single agents are counted, never named: what is told of them is
a distribution.
"""

from __future__ import annotations

from collections.abc import Sequence

from semantic.components import sides
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from semantic.windows import default_range
from tools.agent_spread import LEAST_CALLS, METHOD, TEAM, TOPIC, AgentRow, Group, agent_rows, agent_table, summed
from tools.desk import Desk, Hidden
from tools.drivers.layout import computed_at
from tools.metrics import attributed, governed_table, stated_assumptions
from tools.outcome import Column, Found, Outcome, PlainCell, Refusal, Table
from tools.shrinkage import shrunk

OUTCOMES = ("negative_emotion_rate", "repeat_call_rate")
DIFFERENCE, RELIABILITY, SHRUNK = "difference", "reliability", "shrunk"
CAVEAT = "What agents say or do is not recorded: a difference at equal topics is no proof of its cause."
NO_TEAMS = "Agents are not known here: no call says which team took it."


def agent_effects(
    desk: Hidden,
    filters: tuple[DimensionFilter, ...] = (),
    time: TimeRange | None = None,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Say whether agent teams and agents differ in negative emotion and repeat calls at equal topics.

    `filters` and `time` narrow the calls. Individual agents are never shown, only how far they differ.
    """
    model: SemanticModel = desk.semantic
    outcomes = [name for name in OUTCOMES if name in model.metrics and TEAM in model.dimensions_of(name)]
    if not outcomes:
        return Refusal("not_modelled", NO_TEAMS)
    time = time or default_range(SemanticQuery(metrics=(outcomes[0],)), desk.questions, desk.as_of, desk.first_day)
    counts = tuple(dict.fromkeys(name for metric in outcomes for name in sides(metric, model)))
    base = SemanticQuery(metrics=counts, filters=filters, time=time)
    cells = governed_table(_by(base, TEAM, TOPIC), desk, "Calls by team and topic")
    topics = governed_table(_by(base, TOPIC), desk, "Calls by topic")
    if not isinstance(cells, Table) or not isinstance(topics, Table):
        return cells if isinstance(cells, Refusal) else topics  # type: ignore[return-value]
    if not cells.rows:
        return Refusal("empty", NO_TEAMS)
    agents = agent_rows(base, [str(topics.cell(row, TOPIC)) for row in range(len(topics.rows))], desk)
    tables = _tables(outcomes, cells, topics, agents, desk)
    said = (
        *assumptions,
        *stated_assumptions(base, topics, desk),
        f"Agents with fewer than {LEAST_CALLS} calls are left out.",
        *attributed(tuple(tables), desk),
    )
    return Found(tuple(tables), "analysis", "agents", assumptions=said, notes=(CAVEAT,), follow_ups=_next(desk))


def _by(base: SemanticQuery, *dimensions: str) -> SemanticQuery:
    return base.model_copy(update={"dimensions": dimensions})


def _next(desk: Desk) -> tuple[str, ...]:
    label = desk.semantic.metrics[OUTCOMES[0]].label
    return (f"{label} by agent team and call topic", f"{label} by week", "What is breaking right now?")


def _tables(
    outcomes: Sequence[str], cells: Table, topics: Table, agents: dict[str, list[AgentRow]] | None, desk: Desk
) -> list[Table]:
    """For each outcome its teams and its agents, then the governed cells under them."""
    each = 2 if agents is not None else 1
    first = each * len(outcomes)
    made: list[Table] = [cells] * first
    tables = [*made, cells, topics]
    for place, metric in enumerate(outcomes):
        above, below = sides(metric, desk.semantic)
        at = each * place
        tables[at] = _team_table(metric, above, below, first, at, tables, desk)
        if agents is not None:
            tables[at + 1] = agent_table(metric, above, below, agents, at + 1, desk)
    return tables


def _team_table(
    metric: str, above: str, below: str, cells: int, at: int, tables: Sequence[Table], desk: Desk
) -> Table:
    """Teams with their figure, what their topics would give, and the difference after shrinkage."""
    by_team, topics = tables[cells], tables[cells + 1]
    rates = {topics.cell(row, TOPIC): row for row in range(len(topics.rows)) if not topics.hides(row, above)}
    rows = {
        str(team): [row for row in range(len(by_team.rows))
                    if by_team.cell(row, TEAM) == team and by_team.cell(row, TOPIC) in rates
                    and not by_team.hides(row, above) and not by_team.hides(row, below)]
        for team in dict.fromkeys(by_team.cell(row, TEAM) for row in range(len(by_team.rows)))
    }  # fmt: skip
    told = {team: places for team, places in rows.items() if places}
    groups = [_group(team, places, by_team, topics, rates, above, below) for team, places in told.items()]
    found = shrunk([(g.counted - g.expected) / g.calls for g in groups], [g.variance for g in groups])
    order = sorted(range(len(groups)), key=lambda i: -found.effects[i])
    formulas: dict[str, str] = {}
    for row, index in enumerate(order):
        places = told[groups[index].name]
        calls = ", ".join(f"cell:{cells}:{place}:{below}" for place in places)
        counted = ", ".join(f"cell:{cells}:{place}:{above}" for place in places)
        expected = ", ".join(
            f"mul(cell:{cells}:{place}:{below}, div(cell:{cells + 1}:{rates[by_team.cell(place, TOPIC)]}:{above}, "
            f"cell:{cells + 1}:{rates[by_team.cell(place, TOPIC)]}:{below}))"
            for place in places
        )
        own = {
            "calls": f"add({calls})",
            "observed": f"div(add({counted}), add({calls}))",
            "expected": f"div(add({expected}), add({calls}))",
        }
        formulas |= {name: formulas.get(name, text) for name, text in own.items()}
        formulas |= {f"{name}[{row}]": text for name, text in own.items()}
    formulas[DIFFERENCE] = f"mul(100, sub(cell:{at}:{{row}}:observed, cell:{at}:{{row}}:expected))"
    formulas[SHRUNK] = f"mul(cell:{at}:{{row}}:{DIFFERENCE}, cell:{at}:{{row}}:{RELIABILITY})"
    label = desk.semantic.metrics[metric].label
    columns = (
        Column(TEAM, "VARCHAR", "", "dimension", "Agent team"),
        Column(RELIABILITY, "DOUBLE", "rate", "derived", "Reliability"),
        Column("calls", "DOUBLE", "count", "derived", "Calls"),
        Column("observed", "DOUBLE", "rate", "derived", label),
        Column("expected", "DOUBLE", "rate", "derived", "Its topics give"),
        Column(DIFFERENCE, "DOUBLE", "points", "derived", "Difference"),
        Column(SHRUNK, "DOUBLE", "points", "metric", "Difference without chance"),
    )
    keys: list[tuple[PlainCell, ...]] = [(groups[i].name, found.reliability[i]) for i in order]
    empty = Table(f"{label} of teams at equal topics", columns, (), interpretation=METHOD, formulas=formulas,
                  small_cell=by_team.small_cell)  # fmt: skip
    return computed_at(empty, keys, at, tables)


def _group(
    name: str,
    places: Sequence[int],
    cells: Table,
    topics: Table,
    rates: dict[PlainCell, int],
    above: str,
    below: str,
) -> Group:
    rows = []
    for place in places:
        topic = rates[cells.cell(place, TOPIC)]
        usual = _number(topics, topic, above) / _number(topics, topic, below)
        rows.append((_number(cells, place, below), _number(cells, place, above), usual))
    return summed(name, rows)


def _number(table: Table, row: int, name: str) -> float:
    cell = table.cell(row, name)
    return float(cell) if isinstance(cell, int | float) else 0.0
