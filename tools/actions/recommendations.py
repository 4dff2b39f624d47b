"""What is recommended and why: leaks, candidate actions best first, and the constants their figures use."""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.query import DimensionFilter
from tools.actions.candidates import Candidate, candidates
from tools.actions.drivers import Leaks, find_leaks
from tools.actions.history import History, past_fixes
from tools.actions.ledger import with_measured
from tools.actions.playbook import Playbook, load_playbook
from tools.actions.portfolio import Bundle, Capacity, best_plan
from tools.actions.scoring import Posterior, fit
from tools.desk import Desk
from tools.metrics import WIDER_WINDOW
from tools.outcome import Refusal
from tools.periods import last_days, period_in_words
from tools.savings import DAYS_A_YEAR

LEAKS = 4
NO_LEAK = "No call follows a failure online here, or none that may be shown: there is nothing to act on."
NO_ACTION = "No action of the playbook fits what drives these leaks; an owner can add one to the playbook."


@dataclass(frozen=True)
class Recommendations:
    """Everything behind an answer: leaks, candidates best first, and what their scores rest on."""

    leaks: Leaks
    ranked: tuple[Candidate, ...]
    playbook: Playbook
    history: History
    posterior: Posterior
    desk: Desk

    def dollars(self, candidate: Candidate) -> float:
        """What the whole leak of a candidate costs a year at the planning cost."""
        rules = self.desk.rules
        return candidate.leak.calls / rules.trend_days * rules.planning_cost_per_call * DAYS_A_YEAR

    def savings(self, candidate: Candidate) -> float:
        """Expected dollars a year of one action alone."""
        return self.dollars(candidate) * candidate.calls / candidate.leak.calls * candidate.reduction

    @property
    def quarter(self) -> Capacity:
        """The playbook's capacity of a quarter."""
        capacity = self.playbook.capacity
        return Capacity(capacity["sprint_days"] * capacity["sprints"], capacity["budget"])

    def plan(self, capacity: Capacity | None = None) -> list[Bundle]:
        """The best set of actions under a capacity, by default the playbook's quarter."""
        worth = {candidate.leak.journey: self.dollars(candidate) for candidate in self.ranked}
        return best_plan(self.ranked, worth, capacity or self.quarter)


def recommendations(desk: Desk, filters: tuple[DimensionFilter, ...] = ()) -> Recommendations | Refusal:
    """The candidates of the costliest leaks, best first."""
    leaks = find_leaks(desk, LEAKS, filters)
    if isinstance(leaks, Refusal):
        return leaks
    if not leaks.leaks:
        return Refusal("nothing_to_fix", NO_LEAK)
    playbook = load_playbook()
    history = with_measured(past_fixes(desk, playbook), playbook, desk)
    posterior = fit(history, playbook)
    unranked = [c for c in candidates(leaks, playbook, history, posterior, desk) if c.reduction > 0]
    if not unranked:
        return Refusal("no_action", NO_ACTION)
    found = Recommendations(leaks, tuple(unranked), playbook, history, posterior, desk)
    return replace(found, ranked=tuple(sorted(unranked, key=lambda c: (-_score(found, c), c.key))))


def _bests(found: Recommendations) -> dict[str, float]:
    return {
        "best_savings": max(found.savings(candidate) for candidate in found.ranked),
        "best_cx": max(candidate.cx_lift for candidate in found.ranked),
        "fastest": min(candidate.action.weeks for candidate in found.ranked),
    }


def _score(found: Recommendations, candidate: Candidate) -> float:
    """0 to 100: the sum of its parts."""
    return sum(score_parts(found, candidate).values())


def score_parts(found: Recommendations, candidate: Candidate) -> dict[str, float]:
    """What savings, CX lift and speed give to the score, each as part of the best one's, by their weights."""
    bests, weights = _bests(found), found.playbook.ranking
    parts = {
        "savings": found.savings(candidate) / bests["best_savings"],
        "cx": candidate.cx_lift / bests["best_cx"],
        "speed": bests["fastest"] / candidate.action.weeks,
    }
    return {name: 100 * weights[name] * part / sum(weights.values()) for name, part in parts.items()}


def constants_of(found: Recommendations) -> dict[str, float]:
    """The numbers that the formulas of the tables use."""
    weights = found.playbook.ranking
    whole = sum(weights.values())
    return {
        "days": float(found.desk.rules.trend_days),
        "year_days": float(DAYS_A_YEAR),
        "planning_cost": found.desk.rules.planning_cost_per_call,
        "interval_pct": found.playbook.history.interval * 100,
        "past_fixes": float(len(found.history.fixes)),
        **{f"weight_{name}": weight / whole for name, weight in weights.items()},
        **_bests(found),
    }


def interpretation_of(found: Recommendations) -> str:
    """How the tables are to be read."""
    period = last_days(found.desk.rules.trend_days, found.desk.as_of)
    return f"Playbook actions on what leaks, by the level of the {period_in_words(period)}; scored on past fixes"


def basis_of(found: Recommendations) -> tuple[str, ...]:
    """What the figures rest on, in sentences."""
    history, interval = found.history, found.playbook.history.interval
    said = []
    if history.fixes:
        said.append(
            f"Expected reductions: a hierarchical model of {len(history.fixes)} past fixes by lever and journey, "
            f"with the playbook as its prior; of each recorded fall about {found.posterior.high_start:.0%} is "
            "taken to come by itself, because fixes start when calls are high."
        )
    else:
        said.append(
            "There is no history of fixes here: the expected reductions are the playbook's own assumptions, not "
            "results of a model."
        )
    said += [f"Past fixes left out, because {reason}: {count}." for reason, count in history.left_out]
    said.append(
        f"Ranges hold {interval:.0%} of what the model expects; a saving is calls stopped at the planning cost of "
        f"${found.desk.rules.planning_cost_per_call:,.2f}, times {DAYS_A_YEAR}, from the daily average of the "
        f"{period_in_words(last_days(found.desk.rules.trend_days, found.desk.as_of))}."
    )
    said.append("Actions on one leak overlap: together they save less than the sum of each alone.")
    if found.leaks.metric.endswith(WIDER_WINDOW):
        said.append("Calls within 24 hours are used: none, or too few to be shown, follow within 30 minutes.")
    return tuple(said)
