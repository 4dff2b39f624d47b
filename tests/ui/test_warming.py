"""What readers open first is filled once a snapshot, at the start and when another one is served."""

from __future__ import annotations

from threading import Event

from tools.outcome import Column, Table
from ui.dashboard.panels import Panel
from ui.dashboard.view import Content
from ui.dashboard.warming import MOST_ISSUES, behind, follow
from warehouse.errors import MissingDataError


def test_each_snapshot_is_filled_once_and_one_that_is_missing_stops_nothing() -> None:
    over, filled = Event(), []
    told = iter(["", "one", "one", "two", "two", "one"])

    def served() -> str:
        name = next(told, None)
        if name is None:
            over.set()
            return "one"
        if not name:
            raise MissingDataError("There is no snapshot.", where="warehouse", next_step="Build one.")
        return name

    def fill() -> None:
        filled.append(len(filled))
        if len(filled) == 2:
            raise MissingDataError("It has gone meanwhile.", where="warehouse", next_step="Build one.")

    follow(fill, served, over, every=0)
    assert len(filled) == 3, "one, two and one again"


def test_behind_the_overview_are_the_worst_issues_and_the_views_that_need_no_more() -> None:
    names = ["Billing", "Pharmacy", "ID Card", "Login"]
    table = Table("Leaks", (Column("journey", "VARCHAR", "", "dimension", "Journey"),), tuple((n,) for n in names))
    every = list(behind(Content("Overview", {"leaks": Panel("leaks", table)})))
    issues = [place["issue"] for view, place in every if view.name == "issue"]
    assert list(dict.fromkeys(issues)) == names[:MOST_ISSUES]
    assert {place.get("tab") for view, place in every if view.name == "issue"} >= {None, "impact", "cause"}
    assert "repeat_calls" in {view.name for view, place in every if not place}
    assert [view.name for view, _ in behind(Content("Overview"))] == [v.name for v, place in every if not place]
