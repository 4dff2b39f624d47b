"""When something was highest or lowest: the day, week or month is named, and a cut-off one is called neither."""

from __future__ import annotations

from collections.abc import Callable

from agents.answer import Answer


def test_the_day_that_stands_out_is_named(ask: Callable[[str], Answer]) -> None:
    answer = ask("When were total calls highest in October?")
    table = answer.parts[0]
    assert len(table.rows) == 1
    assert " highest on " in answer.text
    assert "cut off" not in answer.text
    daily = ask("Total calls by day in October").parts[0]
    assert table.rows[0][1] == max(row[1] for row in daily.rows)


def test_weeks_are_ranked_whole(ask: Callable[[str], Answer]) -> None:
    lowest = ask("Which week had the fewest total calls?")
    weeks = ask("Total calls by week").parts[0]
    whole = sorted(row[1] for row in weeks.rows[1:-1])
    assert lowest.parts[0].rows[0][1] == whole[0]
    assert any("whole weeks" in sentence for sentence in lowest.assumptions)


def test_a_month_that_is_cut_off_is_not_called_the_lowest(ask: Callable[[str], Answer]) -> None:
    answer = ask("Which month had the fewest total calls?")
    claims, whole = "lowest" in answer.text, any("whole months are ranked" in one for one in answer.assumptions)
    assert claims == whole, answer.text
    assert whole or any("month is whole in this period" in one for one in answer.assumptions)


def test_a_course_is_told_in_time_order_whatever_the_order_of_rows(ask: Callable[[str], Answer]) -> None:
    by_figure = ask("Total calls by week, lowest first")
    by_time = ask("Total calls by week")
    assert (
        by_figure.text.split(" went from ")[1].split(". ")[0]
        == by_time.text.split(" went from ")[1].split(". ")[0]
    )
