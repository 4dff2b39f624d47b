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


def test_what_leads_in_each_group_is_told_group_by_group(ask: Callable[[str], Answer]) -> None:
    answer = ask("Top 2 call topics per agent team by total calls in October")
    by_all = ask("Total calls by agent team and call topic in October").parts[0]
    places = [[column.name for column in by_all.columns].index(name) for name in ("agent_team", "call_topic")]
    ranked: dict[object, list[object]] = {}
    for row in by_all.rows:  # they come with the most calls first
        ranked.setdefault(row[places[0]], []).append(row[places[1]])
    found: dict[object, list[object]] = {}
    for team, topic, _ in answer.parts[0].rows:
        found.setdefault(team, []).append(topic)
    assert found == {team: topics[:2] for team, topics in ranked.items()}
    assert answer.text.startswith("The call topics with the most total calls in each agent team ")
    for team, topics in list(found.items())[:2]:
        assert f"{team}: {topics[0]} (" in answer.text
