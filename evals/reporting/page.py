"""The report as one HTML file that asks nothing of any other place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from evals.trials.judging import OUTCOMES

_WIDTH, _HEIGHT = 400.0, 40.0


def html(document: Mapping[str, Any]) -> str:
    """The page of a report (`evals.reporting.report.report`)."""
    pages = _pages()
    one = pages.get_template("case.html")

    def case(body: Mapping[str, Any]) -> Markup:
        return Markup(one.render(c=body))

    page = pages.get_template("page.html")
    return page.render(r=document, outcomes=OUTCOMES, case=case, trend=_lines(document["trend"]))


def comparison_html(document: Mapping[str, Any]) -> str:
    """The page of a comparison (`evals.comparing.comparison`)."""
    page = _pages().get_template("comparison.html")
    marks = [_mark(at) for at in range(len(document["runs"]))]
    widest = max((abs(d["correct"][end]) for pair in document["pairs"] for _, d in _rows(pair)
                  for end in ("low", "high")), default=1.0)  # fmt: skip
    return page.render(
        r=document,
        outcomes=OUTCOMES,
        marks=marks,
        rows=_rows,
        moved=_moved,
        interval=partial(_interval, widest or 1.0),
    )


def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)


def _mark(at: int) -> str:
    """A to Z, then A1 to Z1."""
    return chr(ord("A") + at % 26) + (str(at // 26) if at >= 26 else "")


def _rows(pair: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """A line a suite, and one for all of them where there are several."""
    suites = list(pair["suites"].items())
    return suites if len(suites) == 1 else [*suites, ("all", pair["all"])]


def _moved(pair: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """How many cases of each outcome of the first run have which one now; rows without a case are left out."""
    counts = {(move["before"], move["now"]): int(move["cases"]) for move in pair["moves"]}
    table = [(one, [counts.get((one, other), 0) for other in OUTCOMES]) for one in OUTCOMES]
    return [(one, row) for one, row in table if any(row)]


def _interval(widest: float, difference: Mapping[str, float]) -> Markup:
    """A difference and its interval on a line whose middle is none; all of a page have one scale."""
    value, low, high = (80 + 76 * difference[name] / widest for name in ("value", "low", "high"))
    return Markup(
        '<svg width="160" height="14" role="img" aria-label="interval">'
        '<line class="zero" x1="80" x2="80" y1="0" y2="14"/>'
        f'<line class="diff" x1="{low:.1f}" x2="{high:.1f}" y1="7" y2="7"/>'
        f'<circle class="dot" cx="{value:.1f}" cy="7" r="3"/></svg>'
    )


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
