"""The scoring model on made histories whose truth is known, and on histories that say nothing or lie."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tools.actions.history import History, PastFix, usable
from tools.actions.playbook import load_playbook
from tools.actions.scoring import fit

PLAYBOOK = load_playbook()
EFFECTS = {"Digital": (0.17, 0.08), "IVR": (0.09, 0.05), "Comms": (0.04, 0.06), "Training": (0.06, 0.05)}
CALLS = {"Billing": 3400.0, "Pharmacy": 3500.0, "ID Card": 2300.0, "Claims": 420.0}
AS_OF = date(2026, 10, 29)
Row = dict[str, object]


def company(seed: int, count: int) -> tuple[History, dict[tuple[str, str], float]]:
    """A history of so many fixes that began on high volumes, and the true mean effect by lever and journey."""
    rng = np.random.default_rng(seed)
    levers = {name: rng.normal(mean, 0.03) for name, (mean, _) in EFFECTS.items()}
    journeys = {name: rng.normal(0, 0.02) for name in CALLS}
    truth = {(one, other): levers[one] + journeys[other] for one in levers for other in journeys}
    rows: list[Row] = []
    for number in range(count):
        lever, journey = list(EFFECTS)[rng.integers(4)], list(CALLS)[rng.integers(4)]
        effect = float(np.clip(rng.normal(truth[lever, journey], EFFECTS[lever][1]), -0.12, 0.45))
        before = CALLS[journey] * (1 + abs(rng.normal(0, 0.08)))
        after = CALLS[journey] * (1 - effect) * np.exp(rng.normal(0, 0.05))
        rows.append(row(f"F{number}", journey, lever, before, after))
    return usable(rows, PLAYBOOK, AS_OF), truth


def row(name: str, journey: str, lever: str, before: object, after: object, day: object = date(2025, 5, 1)) -> Row:
    return {
        "fix_id": name, "journey": journey, "lever": lever, "owner": "", "effort_days": 10.0, "go_live_date": day,
        "calls_before": before, "calls_after": after, "cost": 9000.0, "cx_lift": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("count", [60, 150])
def test_intervals_hold_what_they_say_and_savings_are_neither_over_nor_under_claimed(count: int) -> None:
    inside, claimed, realised, gained, possible = [], 0.0, 0.0, 0.0, 0.0
    for seed in range(40):
        history, truth = company(seed * 7 + count, count)
        rng = np.random.default_rng(seed + 1000)
        pairs = [(list(EFFECTS)[rng.integers(4)], list(CALLS)[rng.integers(4)], str(at)) for at in range(20)]
        dollars = np.array([CALLS[journey] * rng.uniform(0.2, 1) for _, journey, _ in pairs])
        drawn = fit(history, PLAYBOOK).draws(pairs, count=1500)
        mean = np.array([truth[lever, journey] for lever, journey, _ in pairs])
        real = np.clip(rng.normal(mean, [EFFECTS[lever][1] for lever, _, _ in pairs]), -0.12, 0.45)
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        inside.append(np.mean((low <= real) & (real <= high)))
        claimed, realised = claimed + drawn.mean(0) @ dollars, realised + real @ dollars
        chosen, ideal = np.argsort(-drawn.mean(0) * dollars)[:5], np.argsort(-mean * dollars)[:5]
        gained, possible = gained + (mean * dollars)[chosen].sum(), possible + (mean * dollars)[ideal].sum()
    assert 0.74 <= np.mean(inside) <= 0.88
    assert 0.90 <= claimed / realised <= 1.10
    assert 1 - gained / possible <= 0.06  # regret of the five chosen


def test_without_history_the_playbook_speaks_and_an_unseen_lever_keeps_its_prior() -> None:
    playbook_only = fit(History(), PLAYBOOK)
    wanted = [("Digital", "Billing", "a"), ("process", "Billing", "b")]
    before = playbook_only.draws(wanted).mean(axis=0)
    digital = [lever.reduction for lever in PLAYBOOK.levers.values() if lever.history == "Digital"]
    assert before[0] == pytest.approx(np.mean(digital), abs=0.02)
    assert playbook_only.fixes_by_lever["Digital"] == 0
    history, _ = company(3, 60)
    after = fit(history, PLAYBOOK)
    assert after.fixes_by_lever["process"] == 0
    spread = [np.std(model.draws([("Digital", "Billing", "a")])) for model in (playbook_only, after)]
    assert spread[1] < spread[0]


def test_the_same_action_has_the_same_figures_whatever_stands_beside_it() -> None:
    history, _ = company(5, 45)
    posterior = fit(history, PLAYBOOK)
    alone = posterior.draws([("IVR", "Billing", "x")])[:, 0]
    beside = posterior.draws([("Digital", "Claims", "y"), ("IVR", "Billing", "x"), ("QA", "New", "z")])[:, 1]
    assert np.array_equal(alone, beside)


def test_impossible_rows_are_left_out_and_counted_by_their_reason() -> None:
    rows = [
        row("good", "Billing", "Digital", 100, 90),
        row("zero", "Billing", "Digital", 0, 90),
        row("none", "Billing", "Digital", None, 90),
        row("nan", "Billing", "Digital", float("nan"), 90),
        row("huge", "Billing", "Digital", 100, 4000),
        row("future", "Billing", "Digital", 100, 90, date(2027, 1, 1)),
        row("undated", "Billing", "Digital", 100, 90, None),
        row("unknown", "Billing", "magic", 100, 90),
        row("unnamed", "Billing", "", 100, 90),
    ]
    found = usable(rows, PLAYBOOK, AS_OF)
    assert [fix.fix_id for fix in found.fixes] == ["good"]
    assert dict(found.left_out) == {
        "calls before or after are not above zero": 1,
        "calls before or after are missing": 2,
        "calls changed more than threefold": 1,
        "the go-live lies after the data": 1,
        "the go-live is missing": 1,
        "their lever is none that the playbook is scored by": 2,
    }


def test_a_company_whose_fixes_bring_twice_what_the_playbook_says_is_expected_to_go_on_so() -> None:
    """Also for a lever that it has never tried: what all levers share is learned from the others."""
    rng = np.random.default_rng(5)
    tried = {"Digital": 0.24, "IVR": 0.12, "Comms": 0.11}
    fixes = tuple(
        PastFix(f"F{at}", "Billing", lever, float(np.log1p(-effect) + rng.normal(0, 0.03)), 0.03, measured=True)
        for at, (lever, effect) in enumerate(list(tried.items()) * 8)
    )
    wanted = [("Training", "Claims", "a")]
    before = fit(History(), PLAYBOOK).draws(wanted).mean()
    after = fit(History(fixes), PLAYBOOK).draws(wanted).mean()
    assert after > before * 1.25
