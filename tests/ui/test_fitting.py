"""Tables of the command line within a terminal's width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from ui.fitting import fitted

NAMES = ("Journey", "Avoidable call cost", "Avoidable call cost, before", "Leaked calls", "Projected savings")
ROWS = [["Billing", "$1,242,120", "$1,212,368", "130,265", "$1,262,483"], ["ID Card", "$1", "$2", "3", "$4"]]
NUMERIC = (False, True, True, True, True)


def printed(width: int, names: tuple[str, ...] = NAMES, rows: list[list[str]] = ROWS) -> str:
    console = Console(file=io.StringIO(), width=width)
    cells = [[Text(cell) for cell in row] for row in rows]
    console.print(fitted(names, cells, NUMERIC[: len(names)], width, "The week"))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [200, 80, 62, 58, 40, 24])
def test_no_number_is_cut_short_however_narrow(width: int) -> None:
    text = printed(width)
    assert all(cell in text for row in ROWS for cell in row), text
    assert "\u2026" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "The week" in text


def test_rows_stand_side_by_side_where_they_fit_and_upright_where_not() -> None:
    wide, narrow = printed(80), printed(40)
    assert any("Billing" in line and "130,265" in line for line in wide.splitlines())
    assert not any("Billing" in line and "130,265" in line for line in narrow.splitlines())
    assert narrow.count("Leaked calls") == len(ROWS)


def test_a_long_text_gives_way_and_a_long_word_is_folded() -> None:
    text = printed(60, ("What", "Calls"), [["x" * 100 + " and so on, a sentence of many words", "1,234,567"]])
    assert "1,234,567" in text
    assert text.count("x") == 100
