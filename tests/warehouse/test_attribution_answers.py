"""Two drops between which members change plan, asked both ways: different numbers, and both right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from warehouse.build import build
from warehouse.principal import Principal
from warehouse.settings import Settings

Rows = list[dict[str, Any]]
Ask = Callable[..., Answer]


@pytest.fixture
def put(tmp_path: Path, written: Callable[[dict[str, Rows]], Path]) -> Callable[[dict[str, Rows], str], Path]:
    """Writes a drop folder whose members file carries its day."""

    def drop(tables: dict[str, Rows], day: str) -> Path:
        folder = written(tables).rename(tmp_path / day)
        (folder / "members.csv").rename(folder / f"members_{day}.csv")
        return folder

    return drop


@pytest.fixture
def asked(
    tmp_path: Path, settings: Settings, tables: dict[str, Rows], put: Callable[[dict[str, Rows], str], Path]
) -> Iterator[Ask]:
    """M1 goes from MAPD to HMO and to At Risk on 10 November; M1 and M2 call on the 5th, M1 again on the 12th."""
    warehouse = tmp_path / "warehouse"
    members, calls = tables["members"], tables["call_center"]
    build(put(tables, "2024-11-01"), warehouse, settings)
    first, *others = members
    later = calls[0] | {"call_id": "C3", "call_date": "2024-11-12", "call_timestamp": "2024-11-12 10:00:00"}
    moved = [first | {"plan_type": "HMO", "segment": "At Risk"}, *others]
    build(put({"members": moved, "call_center": [later]}, "2024-11-10"), warehouse, settings)
    private = settings.model_copy(update={"var": tmp_path / "var"})
    assistant = Assistant.open(private, warehouse, clock=lambda: datetime(2024, 11, 13, tzinfo=UTC))
    erin = Principal("erin", "data_engineer")  # who sees counts of a few
    yield lambda question, thread=None: assistant.ask(question, erin, thread)
    assistant.close()


def counts(answer: Answer) -> dict[str, int]:
    assert answer.status == "answered", answer.text
    return {str(row[0]): int(str(row[-1])) for row in answer.rows}


def test_two_drops_asked_both_ways(asked: Ask) -> None:
    then = asked("Total calls by plan type in November 2024", "t1")
    today = asked("now by their current plan", "t1")
    again = asked("and by the plan they had then?", "t1")
    assert counts(then) == counts(again) == {"MAPD": 2, "HMO": 1}
    assert counts(today) == {"HMO": 2, "MAPD": 1}
    assert today.semantic_query
    assert today.semantic_query["attribution"] == "today"
    assert (
        "By the plan type members have today, not the one they had at the time of the call." in today.assumptions
    )
    assert not any("members have" in sentence for sentence in then.assumptions)

    segments = "Total calls by the segment members have today, in November 2024"
    assert counts(asked("Total calls by segment in November 2024")) == {"New": 2, "At Risk": 1}
    assert counts(asked(segments)) == {"At Risk": 2, "New": 1}
    by_topic = "Total calls from{} HMO members in November 2024 by call topic"
    assert counts(asked(by_topic.format(""))) == {"Billing Question": 1}
    current = asked(by_topic.format(" current"))
    assert counts(current) == {"Billing Question": 2}
    assert "for current HMO" in current.text
