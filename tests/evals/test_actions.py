"""The suites "actions" and "impact": truth that the scored code does not see, and figures that can be wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.actions.go_lives import go_live
from evals.actions.histories import Company, company
from evals.actions.measured import Found, figures, measured
from evals.actions.scored import figures as action_figures
from evals.actions.scored import score
from evals.suites.actions import ACTION_FORMS, IMPACT_FORMS, cases, run_impact
from tools.actions.history import History
from tools.actions.playbook import load_playbook
from warehouse.settings import Settings

PLAYBOOK = load_playbook()


def test_a_company_is_the_same_for_its_seed_and_its_history_holds_no_truth() -> None:
    one, other = (company(7, 40, 5, PLAYBOOK, measured=False) for _ in range(2))
    assert one == other
    assert company(8, 40, 5, PLAYBOOK, measured=False) != one
    assert len(one.history.fixes) + sum(count for _, count in one.history.left_out) == 40
    found = company(7, 40, 5, PLAYBOOK, measured=True).history.fixes
    assert all(fix.measured and 0.02 < fix.error < 0.08 for fix in found)


def test_recorded_falls_hold_a_part_that_comes_by_itself() -> None:
    """A fix starts when calls are high: without it, what the high start owes would be called its effect."""
    both = [
        (recorded.log_change, known.log_change)
        for seed in range(12)
        for recorded, known in zip(
            company(seed, 60, 1, PLAYBOOK, measured=False).history.fixes,
            company(seed, 60, 1, PLAYBOOK, measured=True).history.fixes,
            strict=False,
        )
    ]
    assert np.mean([a for a, _ in both]) < np.mean([b for _, b in both]) - 0.015


def test_the_score_tells_a_model_that_claims_too_much_from_one_that_does_not() -> None:
    drawn = [company(seed, 60, 30, PLAYBOOK, measured=True) for seed in range(8)]
    boasting = [replace(one, history=_louder(one.history)) for one in drawn]
    narrow = replace(PLAYBOOK, history=replace(PLAYBOOK.history, interval=0.3))
    by_name = {one.name: one.value for one in action_figures([score(one, PLAYBOOK) for one in drawn])}
    loud = {one.name: one.value for one in action_figures([score(one, PLAYBOOK) for one in boasting])}
    tight = {one.name: one.value for one in action_figures([score(one, narrow) for one in drawn])}
    claimed, inside = "claimed / realised, all fixes", "savings inside their 80 % range"
    assert (loud[claimed] or 0) > 1.4 * (by_name[claimed] or 9)
    assert (tight[inside] or 1) < 0.5 < 0.7 < (by_name[inside] or 0)


def _louder(history: History) -> History:
    fixes = tuple(replace(fix, log_change=fix.log_change * 2, error=0.01) for fix in history.fixes)
    return replace(history, fixes=fixes)


def test_a_known_order_is_no_regret_and_a_reversed_one_is() -> None:
    one = company(3, 0, 30, PLAYBOOK, measured=True)
    plain = [replace(fix, lever="IVR", journey="", knowable=0.06, dollars=1e6 / (at + 1)) for at, fix in
             enumerate(one.ahead)]  # fmt: skip
    ordered, upside_down = (
        Company(one.history, tuple(plain)),
        Company(
            one.history,
            tuple(replace(fix, knowable=0.06 / fix.dollars * 1e3 * (at + 1)) for at, fix in enumerate(plain)),
        ),
    )
    good, bad = score(ordered, PLAYBOOK), score(upside_down, PLAYBOOK)
    assert (good.ndcg, good.regret) == (pytest.approx(1.0), pytest.approx(0.0))
    assert bad.regret > 0.3
    assert bad.ndcg < 0.7


def test_a_go_live_carries_its_truth_and_impact_finds_it() -> None:
    one = next(
        drawn for seed in range(50) if (drawn := go_live(seed, near_enrollment=False)).log_effect < math.log(0.8)
    )
    found = measured(one)
    assert abs(found.error) < 0.12
    assert found.said == "worked"
    undone = replace(one, treated=np.concatenate(
        [one.treated[: one.before], one.treated[one.before :] * math.exp(-one.log_effect)]
    ))  # fmt: skip
    assert measured(replace(undone, log_effect=0.0)).said != "worked"


def test_figures_of_impact_count_what_they_say() -> None:
    found = [
        Found(0.1, True, "worked", 0.0, False),
        Found(-0.1, False, "too early to say", 0.0, False),
        Found(0.0, True, "worked", math.log(0.8), False),
        Found(0.0, True, "worse", math.log(0.99), False),
    ]
    by_name = {one.name: one.value for one in figures(found)}
    assert by_name["bias (log)"] == pytest.approx(0.0)
    assert by_name["root mean square error (log)"] == pytest.approx(math.sqrt(0.005))
    assert by_name["truth inside the 95 % interval"] == 0.75
    assert by_name["without effect: said to have worked"] == 0.5
    assert by_name["10 % and more: said to have worked"] == 1.0


def test_the_suite_runs_and_says_what_is_worse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cases()["impact"]["forms"], "impact-quick", 6)
    found = run_impact("impact-quick", Settings(var=tmp_path))
    inside = "truth inside the 95 % interval"
    assert found.trace.exists()
    assert found.worse({"plain": {inside: 0.0}}) == []
    assert found.worse({"plain": {inside: 1.3}}) != []
    assert found.worse({"plain": {"root mean square error (log)": -0.3}}) != []
    assert set(cases()["seeds"]) == {*ACTION_FORMS, *IMPACT_FORMS}
