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


def test_a_figure_that_is_hidden_in_every_row_is_not_drawn() -> None:
    part = _part([["Billing", None], ["Claims", None]], ("journey", "dimension"), ("calls", "metric"))
    assert chart_for(part.model_copy(update={"suppressed": [(0, 1), (1, 1)]}), 0) is None
