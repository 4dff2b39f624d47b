"""What changed since a week ago: new, going on, improving and resolved, each with the reader's own figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from semantic.query import TimeRange
from tests.agents.made_incidents import incident_in
from tools.briefing import NOT_KEPT, todays_overview
from tools.changes import BEFORE, CHANGED, INCIDENT, NOW, SINCE, STATE, since_of
from tools.desk import Desk
from tools.outcome import Found


def test_incidents_are_told_by_what_became_of_them(desk: Desk) -> None:
    since = desk.as_of - timedelta(days=7)
    new = incident_in(desk, "leaked_calls", {"journey": "Billing"}, days=4)
    going_on = incident_in(desk, "total_calls", {"call_topic": "Claims Status"}, days=12)
    improving = replace(
        incident_in(desk, "failed_sessions", {"journey": "Pharmacy"}, days=12), persistence="fading"
    )
    over = incident_in(desk, "negative_calls", {"call_topic": "Billing Question"}, as_of=since)
    standing = (going_on, improving, new)
    kept = {since: (replace(going_on, as_of=since), over)}
    seen = replace(desk, scanned=lambda: standing, scanned_on=kept.get)
    found = todays_overview(seen, time=TimeRange(start=since, end=since))
    assert isinstance(found, Found)
    table = found.tables[0]
    assert table.title == CHANGED
    told = {str(table.cell(row, INCIDENT)): table.cell(row, STATE) for row in range(len(table.rows))}
    assert told == {
        new.label: "new", going_on.label: "continuing", improving.label: "improving", over.label: "resolved",
    }  # fmt: skip
    assert {table.cell(row, SINCE) for row in range(len(table.rows))} == {since.isoformat()}
    for row in range(len(table.rows)):
        figure = found.tables[row + 1]
        metric = next(column.name for column in figure.columns if column.role == "metric")
        shown = [table.cell(row, f"{when}_count") for when in (NOW, BEFORE)]
        assert shown == [figure.cell(0, metric), figure.cell(0, f"{metric}__previous")]

    forgotten = replace(seen, scanned_on=lambda day: None)
    again = todays_overview(forgotten, time=TimeRange(start=since, end=since))
    assert isinstance(again, Found)
    assert NOT_KEPT.format(day=since.isoformat()) in again.assumptions
    states = {again.tables[0].cell(row, STATE) for row in range(len(again.tables[0].rows))}
    assert "resolved" not in states


def test_the_day_compared_with_is_the_one_that_was_said_or_a_week_ago(desk: Desk) -> None:
    def since(first: int, last: int) -> int:
        days = TimeRange(start=desk.as_of - timedelta(days=first), end=desk.as_of - timedelta(days=last))
        return (desk.as_of - since_of(days, desk.as_of)).days

    assert [since(10, 4), since(1, 1), since(3, 0), since(50, 30), since(0, 0)] == [7, 1, 7, 30, 1]
