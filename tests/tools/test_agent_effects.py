"""Shrinkage recovers what is true of many small groups; topics are adjusted for; nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tools.agent_spread import summed
from tools.shrinkage import shrunk

if TYPE_CHECKING:
    import duckdb

    from agents.answer import Answer


def test_shrunk_differences_are_nearer_the_truth_and_their_spread_is_covered() -> None:
    covered = 0
    better = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        calls = rng.integers(50, 600, 60)
        truth = rng.normal(0, 0.04, 60)
        variance = 0.3 * 0.7 / calls
        seen = truth + rng.normal(0, np.sqrt(variance))
        found = shrunk(seen.tolist(), variance.tolist())
        covered += found.low <= 0.04 <= found.high
        better.append(np.mean((np.array(found.effects) - truth) ** 2) < np.mean((seen - truth) ** 2))
        assert all(0 <= kept <= 1 for kept in found.reliability)
    assert 0.7 <= covered / 200 <= 0.9
    assert np.mean(better) >= 0.95


def test_chance_alone_is_shrunk_away() -> None:
    rng = np.random.default_rng(5)
    variance = np.full(80, 0.21 / 200)
    seen = rng.normal(0, np.sqrt(variance))
    found = shrunk(seen.tolist(), variance.tolist())
    assert np.abs(found.effects).max() < 0.5 * np.abs(seen).max()
    assert found.low < 0.01


def test_a_team_with_angry_topics_is_not_worse_for_it() -> None:
    usual = {"billing": 0.5, "id card": 0.2}
    angry = summed("one", [(900, 900 * 0.5, usual["billing"]), (100, 100 * 0.2, usual["id card"])])
    calm = summed("other", [(100, 100 * 0.5, usual["billing"]), (900, 900 * 0.2, usual["id card"])])
    assert angry.counted / angry.calls > calm.counted / calm.calls + 0.2
    assert abs(angry.counted - angry.expected) < 1e-9
    assert abs(calm.counted - calm.expected) < 1e-9


def test_teams_and_a_distribution_are_told_and_no_agent(
    ask: Callable[[str], Answer], gold: duckdb.DuckDBPyConnection
) -> None:
    answer = ask("Are agent behaviours impacting sentiment?")
    assert (answer.status, answer.agent, answer.trust) == ("answered", "insight_scout", "analysis")
    everything = answer.model_dump_json()
    agents = [row[0] for row in gold.execute("SELECT DISTINCT agent_id FROM gold.calls").fetchall()]
    assert len(agents) > 5
    assert not [name for name in agents if f'"{name}"' in everything]
    teams = answer.parts[0]
    names = [column.name for column in teams.columns]
    at = {name: names.index(name) for name in ("agent_team", "calls", "observed")}
    for row in teams.rows:
        witness = gold.execute(
            "SELECT COUNT(*), AVG(is_negative) FROM gold.calls "
            "WHERE agent_team = ? AND call_date > DATE '2026-09-29'",
            [row[at["agent_team"]]],
        ).fetchone()
        assert witness is not None
        assert row[at["calls"]] <= witness[0]
        if row[at["calls"]] == witness[0]:
            assert abs(float(str(row[at["observed"]])) - witness[1]) < 1e-9
