"""The report as one HTML file that asks nothing of any other place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from evals.trials.judging import OUTCOMES

_WIDTH, _HEIGHT = 400.0, 40.0


def html(document: Mapping[str, Any]) -> str:
    """The page of a report (`evals.reporting.report.report`)."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    one = pages.get_template("case.html")

    def case(body: Mapping[str, Any]) -> Markup:
        return Markup(one.render(c=body))

    page = pages.get_template("page.html")
    return page.render(r=document, outcomes=OUTCOMES, case=case, trend=_lines(document["trend"]))


def _lines(trend: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A polyline for each suite that at least two comparable runs have."""
    names = list(dict.fromkeys(name for point in trend for name in point["suites"]))
    found = []
    for name in names:
        shares = [point["suites"][name]["correct"] for point in trend if name in point["suites"]]
        if len(shares) < 2:
            continue
        step = _WIDTH / (len(shares) - 1)
        points = " ".join(f"{4 + at * step:.1f},{4 + _HEIGHT * (1 - y):.1f}" for at, y in enumerate(shares))
        ends = [f"{100 * shares[at]:.1f}" for at in (0, -1)]
        found.append({"suite": name, "points": points, "first": ends[0], "last": ends[1], "runs": len(shares)})
    return found
