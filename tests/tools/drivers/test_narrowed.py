"""A change within a segment is held against what its own people were told, where nearly all of it is of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from semantic.loader import load_model
from semantic.query import DimensionFilter, SemanticQuery
from tools.drivers import explain
from tools.drivers.effects import Sides
from tools.drivers.frame import Cut, Frame, Part
from tools.outcome import Table

NEW = DimensionFilter(dimension="member_tenure", values=("New",))
BILLING = DimensionFilter(dimension="call_topic", values=("Billing Question",))
DESK: Any = SimpleNamespace(semantic=load_model())


def narrowed_by(
    monkeypatch: pytest.MonkeyPatch,
    moved: dict[str, dict[str, tuple[float, float]]],
    segment: tuple[DimensionFilter, ...],
    hidden: int = 0,
    kind: Any = "sum",
) -> dict[str, str]:
    """The filters found where each dimension's values moved from one number to another."""

    def cut_by(frame: Frame, names: tuple[str, ...], desk: object, title: str) -> Cut | None:
        assert frame.query.filters == segment
        cells = moved.get(names[0], {})
        parts = tuple(Part((name,), at, Sides(now, was)) for at, (name, (was, now)) in enumerate(cells.items()))
        return Cut(names, Table(title, (), ()), parts, hidden) if parts else None

    monkeypatch.setattr(explain, "cut_by", cut_by)
    frame = Frame("leaked_calls", kind, "leaked_calls", "", SemanticQuery(metrics=("leaked_calls",)))
    return {found.dimension: found.values[0] for found in explain.narrowed(frame, segment, DESK)}


def test_the_plan_and_the_topic_that_nearly_all_of_a_change_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {
        "plan_type": {"PPO": (90.0, 91.0), "MAPD": (100.0, 150.0)},
        "call_topic": {"Billing Question": (50.0, 98.0), "Prior Auth": (9.0, 12.0)},
    }
    assert narrowed_by(monkeypatch, moved, (NEW,)) == {"plan_type": "MAPD", "call_topic": "Billing Question"}
    assert narrowed_by(monkeypatch, moved, (NEW, BILLING)) == {"plan_type": "MAPD"}
    assert narrowed_by(monkeypatch, moved, (NEW,), kind="ratio") == {}


def test_none_where_it_is_of_several_or_not_all_may_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = {"plan_type": {"PPO": (90.0, 110.0), "MAPD": (100.0, 150.0)}}
    assert narrowed_by(monkeypatch, shared, (NEW,)) == {}
    alone = {"plan_type": {"PPO": (90.0, 90.0), "MAPD": (100.0, 150.0)}}
    assert narrowed_by(monkeypatch, alone, (NEW,), hidden=1) == {}
    assert narrowed_by(monkeypatch, {"plan_type": {"PPO": (9.0, 5.0), "MAPD": (5.0, 9.0)}}, (NEW,)) == {}
