"""Values as people read them."""

from __future__ import annotations

import pytest

from ui.units import display


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
        (None, "usd", "n/a"),
        ("Billing", "", "Billing"),
        (True, "", "True"),
    ],
)
def test_a_value_is_written_with_its_unit(value: object, unit: str, text: str) -> None:
    assert display(value, unit) == text
