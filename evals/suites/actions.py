"""Suites "actions" and "impact": the scoring of fixes and the measurement of go-lives, against a known truth.

`actions` and `impact` are the long forms, `-last` those on seeds that were kept for the end, `-quick` the short.
`cases/actions.yml` says how many are drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from evals.actions.go_lives import go_live
from evals.actions.histories import company
from evals.actions.measured import figures as impact_figures
from evals.actions.measured import measured
from evals.actions.scored import figures as action_figures
from evals.actions.scored import score
from evals.case_shapes import ActionsFile, checked_body
from evals.scouting.measures import Figure
from evals.scouting.report import Measured
from tools.actions.playbook import load_playbook
from warehouse.settings import Settings

CASES = Path(__file__).parents[1] / "cases" / "actions.yml"
ACTION_FORMS = ("actions", "actions-last", "actions-quick")
IMPACT_FORMS = ("impact", "impact-last", "impact-quick")


@cache
def cases() -> dict[str, Any]:
    """All of `cases/actions.yml`."""
    content: dict[str, Any] = checked_body(CASES, ActionsFile)
    return content


def run_actions(form: str, settings: Settings) -> Measured:
    """Savings, claims and ranking by the length of the history: measured effects, and recorded counts only."""
    text, playbook = cases()["actions"], load_playbook()
    first, count = cases()["seeds"][form], text["forms"][form]
    groups: dict[str, list[Figure]] = {}
    for past in text["past_quick"] if form.endswith("quick") else text["past"]:
        for kind in ("measured", "recorded") if past else ("measured",):
            drawn = [
                company(first + at, past, text["ahead"], playbook, measured=kind == "measured")
                for at in range(count)
            ]
            name = f"{past} fixes, {kind}" if past else "no history"
            groups[name] = action_figures([score(one, playbook) for one in drawn])
    return _measured(form, groups, settings)


def run_impact(form: str, settings: Settings) -> Measured:
    """Bias, coverage and verdicts of go-lives, plain and near open enrollment."""
    first, count = cases()["seeds"][form], cases()["impact"]["forms"][form]
    groups = {
        name: impact_figures([measured(go_live(first + at, near_enrollment=near)) for at in range(count)])
        for name, near in (("plain", False), ("near enrollment", True))
    }
    return _measured(form, groups, settings)


def _measured(form: str, groups: dict[str, list[Figure]], settings: Settings) -> Measured:
    trace = settings.var / "evals" / "actions" / f"{form}.json"
    trace.parent.mkdir(parents=True, exist_ok=True)
    document = {name: [one.document() for one in figures] for name, figures in groups.items()}
    trace.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    shown: dict[str, Sequence[Figure]] = dict(groups)
    return Measured(form, shown, trace, cases()["gates"])
