"""The scoring model's card: what it learned from which fixes, how well it foresees them, what it is not for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tools.actions.history import History, PastFix
from tools.actions.playbook import Playbook
from tools.actions.recommendations import Recommendations
from tools.actions.scoring import cx_gain, effect_name, fit

LEAST = 8  # fixes that are left over for a check of single ones to say something


def card(found: Recommendations) -> dict[str, Any]:
    """The card in plain values. Reductions are of the calls that a fix reaches."""
    history, playbook = found.history, found.playbook
    posterior = fit(history, playbook)
    gain = cx_gain(history, playbook)
    return {
        "trained_on": {
            "snapshot": found.desk.snapshot,
            "as_of": found.desk.as_of.isoformat(),
            "digest": history.digest,
        },
        "fixes": len(history.fixes),
        "measured_fixes": sum(fix.measured for fix in history.fixes),
        "left_out": dict(history.left_out),
        "high_start": posterior.high_start,
        "levers": [_lever(name, found) for name in posterior.levers],
        "cx_per_reduction": gain.cx_per_reduction,
        "cx_error": gain.cx_error,
        "left_out_check": leave_one_out(history, playbook),
    }


def _lever(name: str, found: Recommendations) -> dict[str, Any]:
    """What a new fix of a lever can be expected to stop, on a journey that nothing is known of."""
    drawn = found.posterior.draws([(name, "", f"card:{name}")])[:, 0]
    tail = (1 - found.playbook.history.interval) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    priors = [lever.reduction for lever in found.playbook.levers.values() if effect_name(lever) == name]
    return {
        "lever": name,
        "fixes": found.posterior.fixes_by_lever[name],
        "prior": float(np.mean(priors)),
        "reduction": float(drawn.mean()),
        "low": float(low),
        "high": float(high),
    }


def leave_one_out(history: History, playbook: Playbook) -> dict[str, float] | None:
    """Each fix foreseen from the others: how often its recorded change lies in the interval, and the mean error.

    None with too few fixes. The recorded change holds its own noise, so the interval is widened by its error.
    """
    fixes = history.fixes
    if len(fixes) < LEAST:
        return None
    tail = (1 - playbook.history.interval) / 2
    inside, errors = 0, []
    for at, fix in enumerate(fixes):
        others = replace(history, fixes=fixes[:at] + fixes[at + 1 :])
        foreseen = _recorded(fix, others, playbook)
        low, high = np.quantile(foreseen, [tail, 1 - tail])
        inside += low <= fix.log_change <= high
        errors.append(fix.log_change - float(foreseen.mean()))
    return {
        "inside": inside / len(fixes),
        "interval": playbook.history.interval,
        "bias": float(np.mean(errors)),
        "rmse": float(np.sqrt(np.mean(np.square(errors)))),
    }


def _recorded(fix: PastFix, others: History, playbook: Playbook) -> np.ndarray:
    """Draws of the recorded log change of a fix: its effect, its high start and its noise."""
    posterior = fit(others, playbook)
    drawn = posterior.draws([(fix.lever, fix.journey, fix.fix_id)], count=1000)[:, 0]
    noise = np.random.default_rng(len(others.fixes)).standard_normal(len(drawn)) * fix.error
    start = 0.0 if fix.measured else math.log1p(-posterior.high_start)
    return np.asarray(np.log1p(-drawn) + start + noise)


def told(found: dict[str, Any]) -> list[str]:
    """The card in sentences."""
    trained = found["trained_on"]
    lines = [
        f"Scoring model of fixes, fitted to {found['fixes']} past fixes ({found['measured_fixes']} with a "
        f"measured effect) of snapshot {trained['snapshot']}, data until {trained['as_of']}; history "
        f"{trained['digest']}.",
        "Hierarchical Gaussian model of ln(calls after / before): lever + journey + the fix's own, each fix "
        "weighted by its standard error; the spreads are integrated over; the playbook is the prior.",
        f"Of a recorded fall, {found['high_start']:.1%} is taken to come by itself: fixes start when calls are "
        "high.",
    ]
    lines += [f"Left out, because {reason}: {count}." for reason, count in found["left_out"].items()]
    for lever in found["levers"]:
        basis = f"{lever['fixes']} fixes" if lever["fixes"] else "prior only"
        lines.append(
            f"  {lever['lever']:<10} {lever['reduction']:6.1%} of the calls reached ({lever['low']:.1%} to "
            f"{lever['high']:.1%}); {basis}, prior {lever['prior']:.1%}"
        )
    lines.append(
        f"CX: {found['cx_per_reduction']:.1f} points (+- {found['cx_error']:.1f}) if all calls were removed."
    )
    check = found["left_out_check"]
    if check:
        lines.append(
            f"Each fix foreseen from the others: {check['inside']:.0%} lie in the {check['interval']:.0%} "
            f"interval, bias {check['bias']:+.3f}, root mean square error {check['rmse']:.3f} (log)."
        )
    else:
        lines.append(
            "Too few past fixes to check the model on them: its figures are mostly the playbook's priors."
        )
    lines.append("Not for: single members, fixes of another kind than the playbook's, or proof that a fix worked.")
    return lines
