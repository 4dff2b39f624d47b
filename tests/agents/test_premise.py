"""A question that takes for granted what did not happen is told so."""

from __future__ import annotations

import pytest

from agents.premise import premise
from tools.outcome import Column, Found, Table


def explained(change: float | None) -> Found:
    columns = (
        Column("leaked_calls", "BIGINT", "count", "metric"),
        Column("leaked_calls__previous", "BIGINT", "count", "metric"),
        Column("leaked_calls__change", "BIGINT", "count", "derived"),
    )
    return Found(
        (Table("In total", columns, ((900, None if change is None else 900 - change, change),)),),
        "analysis",
        shape="drivers",
    )


@pytest.mark.parametrize(
    ("question", "change", "said"),
    [
        ("Why did leaked calls go down last week?", 90, "went up, not down"),
        ("Why did it go up?", -90, "went down, not up"),
        ("Why have leaked calls fallen?", 90, "went up, not down"),
        ("Why did it go up?", 90, ""),
        ("Why did it go up?", 0, ""),
        ("Why did it go up?", None, ""),
        ("Why did calls rise when failures fell?", -90, ""),
        ("What is causing the leakage?", 90, ""),
        ("Break down the change", 90, ""),
    ],
)
def test_a_false_premise_is_said(question: str, change: float | None, said: str) -> None:
    found = " ".join(premise(question, explained(change)))
    assert said in found
    assert bool(said) == bool(found)


def test_groups_side_by_side_have_no_direction() -> None:
    columns = (Column("plan", "VARCHAR", "", "dimension"), Column("n__change", "BIGINT", "count", "derived"))
    groups = Found((Table("By plan", columns, (("MAPD", 90),)),), "analysis", shape="drivers")
    assert premise("Why did MAPD fall?", groups) == ()
