"""Incremental equals full: random histories of drops, against a build from scratch and against plain Python.

`HISTORIES=2000 pytest tests/warehouse/test_incremental.py` looks longer and compares after every build.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from warehouse import snapshots
from warehouse.errors import MissingDataError
from warehouse.settings import Settings

HISTORIES = int(os.environ.get("HISTORIES", "0"))
bounded = hypothesis_settings(
    max_examples=HISTORIES or 4,
    deadline=None,
    derandomize=not HISTORIES,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def small_partitions(settings: Settings) -> Settings:
    """Partitions of a few rows, so that a few weeks of a tiny company make several, with HISTORIES many."""
    rows = 12 if HISTORIES else 24
    few = {"partition_rows": rows, "hot_rows": 5, "hot_days": 2, "keep_days": 0, "keep_snapshots": 2}
    return settings.model_copy(update={"build": settings.build.model_copy(update=few)})


@pytest.fixture(scope="module")
def start(small_partitions: Settings, start_run: Callable[..., Any]) -> Iterator[Callable[[], Any]]:
    """Starts a run in a folder of its own."""
    with ExitStack() as stack:
        yield lambda: start_run(Path(stack.enter_context(TemporaryDirectory())), small_partitions)


@pytest.fixture(scope="module")
def play(start: Callable[[], Any]) -> Callable[[Any], None]:
    """Plays a history and compares: after each build with plain Python, at the end with a full build."""

    def played(history: Any) -> None:
        run = start()
        for drop in history.drops:
            run.drop(drop.files)
            if drop.built:
                run.build(emptied=history.emptied)
                run.agrees_with_the_oracle()
                if HISTORIES:
                    run.equals_a_full_build()
        run.equals_a_full_build()
        shutil.rmtree(run.source.parent)

    return played


@bounded
@given(random=st.randoms(use_true_random=True))
def test_any_history_of_drops_equals_a_full_build(
    random: Random, play: Callable[[Any], None], histories: Any
) -> None:
    history = histories.make_history(random)

    def fails(candidate: Any) -> bool:
        try:
            play(candidate)
        except AssertionError:
            return True
        except MissingDataError:  # nothing is left to build
            return False
        return False

    try:
        play(history)
    except AssertionError as error:
        error.add_note(str(histories.smallest(history, fails)))
        raise


def test_many_small_drops_are_joined_and_equal_a_full_build(
    start: Callable[[], Any], histories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More builds than small files are kept apart: raw segments and partitions are joined on the way."""
    kept_apart = 3
    monkeypatch.setattr("warehouse.assembly._MANY_RAW", kept_apart)
    sender, run = histories.Sender(Random(11)), start()
    run.drop(sender.file(table, first=True) for table in histories.VALUES)
    run.build(emptied=True)
    for number in range(kept_apart + 2):
        table = ("call_center", "digital_interactions", "members")[number % 3]
        run.drop([sender.file(table, first=table != "members")])
        run.build(emptied=True)
    kinds = [segment.kind for segment in snapshots.current(run.warehouse).segments]
    assert kinds.count("raw") == 3, "the first four are one, and two came after that"
    run.agrees_with_the_oracle()
    run.equals_a_full_build()


def test_a_changed_rule_or_reading_reaches_all_that_was_ever_taken(
    start: Callable[[], Any], histories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    for drop in histories.make_history(Random(5)).drops:
        run.drop(drop.files)
        run.build(emptied=True)
    rules = run.settings.rules.model_copy(update={"leakage_window_minutes": 1, "planning_cost_per_call": 9.0})
    run.settings = run.settings.model_copy(update={"rules": rules})
    assert run.build_again().published
    run.equals_a_full_build()
    monkeypatch.setattr("warehouse.build.reading_digest", lambda *_: "changed")
    assert run.build_again().published
    run.equals_a_full_build()


def test_a_file_overwritten_with_corrections_is_the_later_one(start: Callable[[], Any], histories: Any) -> None:
    run, history = start(), histories.make_history(Random(3))
    run.drop(history.drops[0].files)
    run.build(emptied=False)
    calls = next(sent for sent in history.drops[0].files if "call_center" in sent.name)
    place = calls.header.index("handle_time_minutes")
    corrected = tuple((*row[:place], "77.0", *row[place + 1 :]) if len(row) > place else row for row in calls.rows)
    run.drop([replace(calls, rows=corrected)])
    run.build(emptied=False)
    run.agrees_with_the_oracle()


def test_a_members_file_without_a_date_counts_from_the_day_after_the_last_event(
    start: Callable[[], Any], histories: Any
) -> None:
    run, sender = start(), histories.Sender(Random(4))
    run.drop(sender.file(table, first=True) for table in histories.VALUES)
    run.build(emptied=True)
    for name in ("members_new.csv", "members_newer.csv"):
        changed = {"member_id": "M1", "age": "80", "plan_type": "EPO", "tenure_months": str(len(name))}
        header = tuple(histories.VALUES["members"])
        row = tuple((sender.row("members") | changed)[column] for column in header)
        run.drop([histories.Sent(name, header, (row,)), sender.file("digital_interactions", first=True)])
        run.build(emptied=True)
        run.agrees_with_the_oracle()


def test_a_category_of_more_words_than_a_dictionary_holds_equals_a_full_build(
    start: Callable[[], Any], histories: Any
) -> None:
    run, sender = start(), histories.Sender(Random(6))
    run.drop(sender.file(table, first=True) for table in histories.VALUES)
    run.build(emptied=True)
    for drop in range(3):
        row = sender.row("call_center") | {
            "member_id": "M1",
            "call_topic": "Billing Question",
            "sentiment": "neutral",
        }
        rows = [row | {"call_id": f"w{drop}-{n}", "agent_team": f"Team {drop}-{n}"} for n in range(450)]
        header = ("call_date", *histories.VALUES["call_center"])
        sent = histories.Sent(f"call_center_w{drop}.csv", header, tuple(tuple(r[c] for c in header) for r in rows))
        run.drop([sent, sender.file("call_center")])
        run.build(emptied=True)
    run.equals_a_full_build()
