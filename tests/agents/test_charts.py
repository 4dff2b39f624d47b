"""Which chart a table gets."""

from __future__ import annotations

from agents.answer import AnswerColumn, AnswerPart, Cell
from agents.charts import chart_for


def _part(rows: list[list[Cell]], *columns: tuple[str, str]) -> AnswerPart:
    made = [AnswerColumn(name=name, type="", role=role, unit="count") for name, role in columns]  # type: ignore[arg-type]
    return AnswerPart(columns=made, rows=rows)


def test_a_fix_is_drawn_before_and_since() -> None:
    columns = (("side", "dimension"), ("before", "metric"), ("since", "metric"), ("members_since", "derived"))
    drawn = chart_for(
        _part([["With the fix", 52.5, 44.6, 549], ["Without the fix", 47.0, 53.1, 924]], *columns), 0
    )
    assert drawn is not None
    assert (drawn.kind, drawn.x, drawn.y) == ("grouped_bar", "side", ("before", "since"))


def test_a_comparison_is_drawn_beside_the_period_before() -> None:
    columns = (("journey", "dimension"), ("calls", "metric"), ("calls__previous", "metric"))
    drawn = chart_for(_part([["Billing", 9, 7], ["Claims", 4, 6]], *columns), 0)
    assert drawn is not None
    assert (drawn.kind, drawn.y) == ("grouped_bar", ("calls", "calls__previous"))


def test_the_first_ones_of_each_group_stand_beside_each_other() -> None:
    rows: list[list[Cell]] = [["Billing", "MAPD", 9], ["Claims", "MAPD", 8], ["Billing", "PPO", 7]]
    part = _part(rows, ("journey", "dimension"), ("plan_type", "dimension"), ("calls", "metric"))
    drawn = chart_for(part.model_copy(update={"semantic_query": {"limit_by": "plan_type"}}), 0)
    assert drawn is not None
    assert (drawn.kind, drawn.x, drawn.series) == ("grouped_bar", "plan_type", "journey")
    monthly = _part([["2026-09-01", "Billing", 9], ["2026-10-01", "Claims", 8]],
                    ("month", "time"), ("journey", "dimension"), ("calls", "metric"))  # fmt: skip
    drawn = chart_for(monthly.model_copy(update={"semantic_query": {"limit_by": "month"}}), 0)
    assert drawn is not None
    assert (drawn.kind, drawn.x, drawn.series) == ("grouped_bar", "month", "journey")


def test_a_figure_that_is_hidden_in_every_row_is_not_drawn() -> None:
    part = _part([["Billing", None], ["Claims", None]], ("journey", "dimension"), ("calls", "metric"))
    assert chart_for(part.model_copy(update={"suppressed": [(0, 1), (1, 1)]}), 0) is None


def _computed(rows: list[list[Cell]], *columns: tuple[str, str, str]) -> AnswerPart:
    made = [AnswerColumn(name=name, type="", role=role, unit=unit) for name, role, unit in columns]  # type: ignore[arg-type]
    return AnswerPart(columns=made, rows=rows)


def test_things_that_have_a_day_are_no_course() -> None:
    columns = (("notice", "dimension"), ("sent", "time"), ("after", "metric"), ("before", "derived"))
    rows: list[list[Cell]] = [["Benefits", "2026-10-14", 9, 7], ["Premium", "2026-10-10", 4, 5]]
    drawn = chart_for(_part(rows, *columns), 0)
    assert drawn is not None
    assert (drawn.kind, drawn.x, drawn.y, drawn.series) == ("grouped_bar", "notice", ("after", "before"), None)
    by_day: list[list[Cell]] = [[sent, about, calls] for about, sent, calls, _ in rows]
    days = chart_for(_part(by_day, ("day", "time"), ("about", "dimension"), ("calls", "metric")), 0)
    assert days is not None
    assert days.kind == "line"


def test_computed_figures_that_are_set_side_by_side_are_all_drawn() -> None:
    sides = _computed(
        [["Billing", "Digital", 9.0, 4.0], ["Claims", "Training", 1.0, None]],
        ("journey", "dimension", ""), ("best", "dimension", ""),
        ("digital", "derived", "usd"), ("training", "derived", "usd"),
    )  # fmt: skip
    drawn = chart_for(sides, 0)
    assert drawn is not None
    assert (drawn.kind, drawn.y) == ("grouped_bar", ("digital", "training"))


def test_a_computed_table_is_drawn_by_the_rate_that_it_leads_with() -> None:
    basis = _computed(
        [["Message", "Say why", 0.15, 9.0], ["Step", "Mend it", 0.14, 27.0]],
        ("action", "dimension", ""), ("change", "derived", ""), ("reduction", "derived", "rate"),
        ("cost", "derived", "usd"),
    )  # fmt: skip
    drawn = chart_for(basis, 0)
    assert drawn is not None
    assert (drawn.y, drawn.unit) == (("reduction",), "rate")
