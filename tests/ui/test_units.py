"""Values as people read them."""

from __future__ import annotations

import pytest

from agents.answer import AnswerColumn, AnswerPart
from ui.units import display, shown, told


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.314, "rate", "31.4%"),
        (1185680.0, "usd", "$1,185,680"),
        (56.0, "usd", "$56"),
        (42.4, "usd", "$42.40"),
        (-8.0, "usd", "-$8"),
        (148210, "count", "148,210"),
        (5.3, "count", "5.3"),
        (1234.56, "count", "1,235"),
        (16.5, "minutes", "16.50 min"),
        (52.0, "days", "52 days"),
        (2.0, "weeks", "2"),
        (3.25, "days", "3.25 days"),
        (None, "usd", "n/a"),
        ("Billing", "", "Billing"),
        (True, "", "True"),
    ],
)
def test_a_value_is_written_with_its_unit(value: object, unit: str, text: str) -> None:
    assert display(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-0.0002, "rate", "0.0%"),
        (-0.001, "minutes", "0.00 min"),
        (-0.004, "usd", "$0.00"),
        (-0.4, "count", "-0.4"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(value: float, unit: str, text: str) -> None:
    assert display(value, unit) == text


def test_a_rate_changes_in_points_and_by_no_percent() -> None:
    units = {
        "nps": "points", "nps__change": "points", "nps__change_pct": "rate", "repeat_rate": "rate",
        "repeat_rate__change": "rate", "repeat_rate__change_pct": "rate", "calls": "count",
        "calls__change_pct": "rate",
    }  # fmt: skip
    columns = [AnswerColumn(name=name, type="DOUBLE", unit=unit) for name, unit in units.items()]
    part = AnswerPart(columns=columns, rows=[[-19.3, -0.3, 0.015, 0.437, 0.405, 12.678, 900, 0.1]])
    assert set(units) - {columns[at].name for at in told(part)} == {"nps__change_pct", "repeat_rate__change_pct"}
    assert (shown(part, 0, 4), shown(part, 0, 7)) == ("40.5 pp", "10.0%")
