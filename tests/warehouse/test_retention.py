"""Which snapshots stay: a pure decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.retention import kept
from warehouse.settings import BuildSettings

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


@pytest.mark.parametrize(
    ("snapshots", "served", "newest", "days", "expected"),
    [
        ([], None, 10, 30, set()),
        ([("a", ago(hours=3)), ("b", ago(hours=2)), ("c", ago(hours=1))], "c", 2, 0, {"b", "c"}),
        ([("a", ago(hours=3)), ("b", ago(hours=2)), ("c", ago(hours=1))], "a", 1, 0, {"a", "c"}),
        ([("a", ago(days=2, hours=1)), ("b", ago(days=2)), ("c", ago(hours=1))], "c", 1, 30, {"b", "c"}),
        ([("a", ago(days=2)), ("b", ago(days=1)), ("c", NOW)], "c", 1, 2, {"b", "c"}),
        ([("a", ago(days=40)), ("b", NOW)], "gone", 1, 30, {"b"}),
        ([("later", NOW + timedelta(days=3)), ("a", ago(hours=1)), ("b", NOW)], "b", 1, 1, {"later", "b"}),
    ],
    ids=["none", "newest", "served", "newest-of-a-day", "today-counts", "old-and-gone", "a-clock-set-back"],
)
def test_what_stays(snapshots, served, newest, days, expected):
    settings = BuildSettings(keep_snapshots=newest, keep_days=days)
    assert kept(snapshots, served, settings, NOW) == expected


def test_days_are_those_of_utc_whatever_the_zone_of_a_time_is():
    west = datetime.fromisoformat("2026-10-29T20:00:00-05:00")  # the 30th in UTC
    snapshots = [("a", datetime(2026, 10, 29, 23)), ("b", west), ("c", NOW)]
    assert kept(snapshots, "c", BuildSettings(keep_snapshots=1, keep_days=2), NOW) == {"a", "c"}


TIMES = st.lists(st.integers(0, 60 * 24 * 50), max_size=40, unique=True)


@given(TIMES, st.integers(1, 12), st.integers(0, 40), st.integers(1, 60 * 24))
def test_keeping_more_never_loses_one_and_time_brings_none_back(minutes, newest, days, later):
    snapshots = [(f"s{minute}", ago(minutes=minute)) for minute in minutes]
    fewer = BuildSettings(keep_snapshots=newest, keep_days=days)
    more = BuildSettings(keep_snapshots=newest + 1, keep_days=days + 1)
    stays = kept(snapshots, None, fewer, NOW)
    assert stays <= kept(snapshots, None, more, NOW)
    assert len(stays) >= min(newest, len(snapshots))
    assert len(stays) <= newest + days
    left = [snapshot for snapshot in snapshots if snapshot[0] in stays]
    assert kept(left, None, fewer, NOW) == stays
    assert kept(left, None, fewer, NOW + timedelta(minutes=later)) <= stays
