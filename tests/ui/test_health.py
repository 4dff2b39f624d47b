"""Health words: which values deserve one, and that none is given without reason."""

from __future__ import annotations

import pytest

from ui.health import threshold_crossed


@pytest.mark.parametrize(
    ("metric", "value", "level"),
    [
        ("repeat_call_rate", 0.251, "red"),
        ("repeat_call_rate", 0.25, None),
        ("negative_emotion_rate", 0.36, "red"),
        ("digital_success_rate", 0.69, "red"),
        ("digital_success_rate", 0.71, None),
        ("avg_handle_time", 15.5, "amber"),
        ("avoidable_call_cost__change_pct", 0.11, "red"),
        ("avoidable_call_cost__change_pct", -0.5, None),
        ("leaked_calls__change_pct", 0.5, None),
        ("avoidable_call_cost", 1e6, None),
        ("repeat_call_rate", None, None),
        ("repeat_call_rate", "n/a", None),
    ],
)
def test_a_value_beyond_its_limit_gets_its_level(metric: str, value: object, level: str | None) -> None:
    crossed = threshold_crossed(metric, value)
    assert (crossed.level if crossed else None) == level
    assert crossed is None or crossed.word
