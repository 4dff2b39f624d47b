"""Suite "scout": the Insight Scout on watched companies whose incidents are known here and nowhere else.

`scout` runs the companies that it was tuned on and quiet ones, `scout-last` those that were kept for the end,
`scout-quick` two small ones, on every sixth day.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.scouting.companies import cases, companies
from evals.scouting.measures import Figure, figures
from evals.scouting.report import Measured, write_trace
from evals.scouting.runs import watch
from evals.scouting.scoring import Outcome
from warehouse.settings import Settings

FORMS: dict[str, tuple[str, ...]] = {
    "scout": ("tuned", "quiet"),
    "scout-last": ("last", "quiet_last", "quiet_year"),
    "scout-quick": ("quick", "quick_quiet"),
}


def run(form: str, settings: Settings) -> Measured:
    """The figures of one form of the suite."""
    every = cases()["quick_every"] if form == "scout-quick" else 1
    outcomes = {
        group: [watch(company, settings, every=every) for company in companies(group, settings)]
        for group in FORMS[form]
    }
    flat = [one for group in outcomes.values() for one in group]
    trace = write_trace(settings.var / "evals" / "scout" / f"{form}.json", flat)
    return Measured(form, {"all": figures(flat), **_apart(outcomes)}, trace, cases()["gates"])


def _apart(outcomes: dict[str, list[Outcome]]) -> dict[str, Sequence[Figure]]:
    """A year is told apart: it has holidays and enrollment in it."""
    return {name: figures(found) for name, found in outcomes.items() if name.endswith("year")}
