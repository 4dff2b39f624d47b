"""What readers open first is filled before they ask: at the start, and when another snapshot is served."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from threading import Event

from ui.dashboard import issue, overview
from ui.dashboard.view import Content, View
from ui.dashboard.views import VIEWS
from warehouse.errors import CommandCenterError
from warehouse.logs import LOGGER_NAME

MOST_ISSUES = 3
LOOK_SECONDS = 5.0


def behind(first: Content) -> Iterator[tuple[View, Mapping[str, str]]]:
    """The views, with the parts of their addresses, that a reader of the overview goes on to.

    That is every tab of the worst issues, then each view that needs no more than its name.
    """
    leaks = first.panels.get("leaks")
    rows = range(min(MOST_ISSUES, len(leaks.table.rows))) if leaks else range(0)
    for name in (str(leaks.cell(row, issue.WHERE)) for row in rows if leaks):
        yield issue.VIEW, {"issue": name}
        for tab in issue.TABS[1:]:
            yield issue.VIEW, {"issue": name, "tab": tab.name}
    for view in VIEWS:
        if view is not overview.VIEW and view.kept and view.filters and "{" not in view.path:
            yield view, {}


def follow(fill: Callable[[], None], served: Callable[[], str], over: Event, every: float = LOOK_SECONDS) -> None:
    """Call `fill` now and whenever the id that `served` tells has changed, until `over` is set.

    What cannot be filled is logged by its exit code; whoever opens the dashboard is told, and warms it up.
    """
    filled = ""
    while True:
        try:
            now = served()
            if now != filled:
                filled = now
                fill()
        except CommandCenterError as error:
            logging.getLogger(LOGGER_NAME).warning("dashboard_not_warm", extra={"code": f"exit_{error.exit_code}"})
        if over.wait(every):
            return
