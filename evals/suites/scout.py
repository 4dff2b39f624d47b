"""Suite "scout": the Insight Scout on watched companies whose incidents are known here and nowhere else.

`scout` runs the 22 companies that the latest changes were made on, four of them quiet, in ten minutes on an idle
machine, `scout-small` sixteen of earlier changes, `scout-last` those that were kept for the end of the first ones,
`scout-held`, `scout-before`, `scout-prior`, `scout-recent`, `scout-latest`, `scout-newer`, `scout-fresh` and
`scout-blind` those of the scores since,
`scout-year` a quiet year, `scout-quick` two small companies. `cases/scout.yml` says which, and on which days.
"""

from __future__ import annotations

from evals.scouting.companies import cases, companies
from evals.scouting.measures import figures
from evals.scouting.report import Measured, write_trace
from evals.scouting.runs import watch
from warehouse.settings import Settings

FORMS: dict[str, tuple[str, ...]] = {
    "scout": ("tuned", "quiet"),
    "scout-last": ("last", "last_tiny", "quiet_last"),
    "scout-held": ("held", "held_tiny", "quiet_held"),
    "scout-before": ("before", "quiet_before"),
    "scout-prior": ("prior", "quiet_prior"),
    "scout-recent": ("recent", "quiet_recent"),
    "scout-latest": ("latest", "quiet_latest"),
    "scout-newer": ("newer", "quiet_newer"),
    "scout-fresh": ("fresh", "quiet_fresh"),
    "scout-blind": ("blind", "quiet_blind"),
    "scout-year": ("quiet_year",),
    "scout-small": ("small",),
    "scout-quick": ("quick", "quick_quiet"),
}


def run(form: str, settings: Settings) -> Measured:
    """The figures of one form of the suite."""
    every = cases()["every"][form]
    outcomes = {
        group: [watch(company, settings, every=every) for company in companies(group, settings)]
        for group in FORMS[form]
    }
    flat = [one for group in outcomes.values() for one in group]
    steady = [one for one in flat if not any(plant.special for plant in one.company.plants)]
    trace = write_trace(settings.var / "evals" / "scout" / f"{form}.json", flat)
    return Measured(form, {"all": figures(flat), "no shift of mix": figures(steady)}, trace, cases()["gates"])
