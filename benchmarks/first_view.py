"""How long a reader waits for a view in Chromium, from the click until it is painted and loaded.

`python -m benchmarks.first_view WAREHOUSE [--times 7]` serves the warehouse as `command-center up` does. The first
rows are of readers who come the moment the server listens, one of each role; the others of browsers that have
nothing in their cache, and of the same browser going on to every view.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext
from rich.console import Console
from rich.table import Table

from benchmarks.site import chromium, make_users, running, signed_in
from ui.dashboard.issue import TABS
from warehouse.principal import ROLES

OVERVIEW = "/dashboard"
VIEWS = (
    *(f"/dashboard/issue/Billing/{tab.name}" for tab in TABS),
    "/dashboard/repeat-calls",
    "/dashboard/estimates",
    "/dashboard/review",
    "/briefing",
    "/chat",
)
READER = "executive"
SETTLE_SECONDS = 30.0
# Milliseconds since the click: first byte, first and largest paint, loaded.
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  const page = performance.getEntriesByType("navigation")[0];
  const first = performance.getEntriesByName("first-contentful-paint")[0];
  const largest = list.getEntries().at(-1);
  done([page.responseStart, first ? first.startTime : NaN, largest.startTime, page.loadEventEnd]);
}).observe({type: "largest-contentful-paint", buffered: true}))"""
Timed = dict[str, list[list[float]]]


def view(context: BrowserContext, address: str, path: str) -> list[float]:
    """Milliseconds of one view in a new tab: first byte, first paint, largest paint, loaded."""
    page = context.new_page()
    page.goto(address + path, timeout=120_000)
    found: list[float] = page.evaluate(PAINTED)
    page.close()
    return found


def context_of(browser: Browser, address: str, cookies: dict[str, str]) -> BrowserContext:
    """A browser with an empty cache, signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    kept: list[Any] = [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    context.add_cookies(kept)
    return context


def measure(warehouse: Path, times: int) -> Table:
    """The table of one run."""
    timed: Timed = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        var = Path(folder)
        passwords = make_users(var, {role: role for role in ROLES})
        started = time.perf_counter()
        with running(warehouse, var) as address:
            start = time.perf_counter() - started
            for role in ROLES:
                context = context_of(browser, address, signed_in(address, role, passwords[role]))
                timed[f"{OVERVIEW}, {role}, as the server starts"].append(view(context, address, OVERVIEW))
                context.close()
            time.sleep(SETTLE_SECONDS)
            cookies = signed_in(address, READER, passwords[READER])
            for _ in range(times):
                context = context_of(browser, address, cookies)
                timed[f"{OVERVIEW}, empty cache"].append(view(context, address, OVERVIEW))
                for path in VIEWS:
                    timed[path].append(view(context, address, path))
                context.close()
    return _table(timed, f"{READER}, server up after {start:.1f} s, load {os.getloadavg()[0]:.1f}")


def _table(timed: Timed, title: str) -> Table:
    table = Table("view", "views", "first byte ms", "first paint ms", "largest paint ms", "loaded ms",
                  "largest paint, first and worst ms", title=title)  # fmt: skip
    for name, every in timed.items():
        mids = [f"{statistics.median(column):.0f}" for column in zip(*every, strict=True)]
        largest = [one[2] for one in every]
        table.add_row(name, str(len(every)), *mids, f"{largest[0]:.0f} / {max(largest):.0f}")
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    Console(width=150).print(measure(arguments.warehouse, arguments.times))


if __name__ == "__main__":
    main()
