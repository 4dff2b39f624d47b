"""An answer as the plain data of its card: nothing lost, nothing that could become markup."""

from __future__ import annotations

import io
import json
from datetime import date
from html import escape

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from agents.answer import Answer, AnswerColumn, AnswerPart, Chart, Choice
from ui.answer_card import MOST_ROWS, card, plain
from ui.render import print_answer

COLUMNS = [
    AnswerColumn(name="segment", type="VARCHAR", role="dimension", label="Segment"),
    AnswerColumn(name="repeat_call_rate", type="DOUBLE", unit="rate", label="Repeat call rate"),
]


def answered(**changes: object) -> Answer:
    whole = {
        "question": "q",
        "status": "answered",
        "trust": "governed_metric",
        "trust_reason": "Computed by the semantic model.",
        "columns": COLUMNS,
        "rows": [["MAPD", 0.31], ["PDP", 0.12], ["Commercial", None]],
        "sql": "SELECT 1",
        "interpretation": "Repeat call rate by segment.",
        "as_of": date(2026, 10, 29),
        "charts": [Chart(kind="bar", title="t", x="segment", y=("repeat_call_rate",), unit="rate")],
    }
    return Answer.model_validate({**whole, **changes})


def test_an_answer_without_parts_is_its_own_part() -> None:
    (part,) = card(answered())["parts"]
    assert part["interpretation"] == "Repeat call rate by segment."
    assert part["sql"] == "SELECT 1"
    assert [cell["t"] for cell in part["rows"][0]] == ["MAPD", "31.0%"]
    assert len(part["figures"]) == 1


def test_actions_may_be_decided_in_the_card_of_a_product_owner_only() -> None:
    action = AnswerColumn(name="action", type="VARCHAR", role="dimension")
    parts = [AnswerPart(columns=[action], rows=[["Billing: clearer message"], ["Claims: FAQ entry"]])] * 2
    told = {"agent": "next_best_action", "parts": parts}
    names = ["Billing: clearer message", "Claims: FAQ entry"]
    assert card(answered(role="product_owner", **told))["decide"] == names
    assert card(answered(role="executive", **told))["decide"] == []
    assert card(answered(role="product_owner", agent="genie", parts=parts))["decide"] == []
    assert card(answered(role="product_owner", status="refused", **told))["decide"] == []


def test_chips_reach_the_card_and_the_terminal_as_they_are() -> None:
    chip = {
        "kind": "filter", "label": "Plan type", "value": "MAPD <b>", "remove": "Drop the plan type filter",
        "parameter": True,
        "options": [{"label": "PPO", "question": "Only plan type PPO"}],
    }  # fmt: skip
    period = {
        "kind": "period",
        "label": "Period",
        "value": "last 30 days",
        "parameter": False,
        "remove": "",
        "options": [],
    }
    answer = answered(chips=[chip, period])
    assert card(answer)["chips"] == [chip, period]
    out = io.StringIO()
    print_answer(answer, Console(file=out, width=200))
    assert "Understood: Plan type: MAPD <b> | Period: last 30 days\n" in out.getvalue()
    assert card(answered())["chips"] == []


def test_a_cell_keeps_its_raw_value_for_sorting_and_download() -> None:
    (part,) = card(answered())["parts"]
    assert [row[1]["v"] for row in part["rows"]] == [0.31, 0.12, None]


def test_a_rate_beyond_its_threshold_carries_a_word_not_only_a_colour() -> None:
    (part,) = card(answered())["parts"]
    assert part["rows"][0][1]["level"] == "red"
    assert part["rows"][0][1]["word"]
    assert "word" not in part["rows"][1][1]
    assert "word" not in part["rows"][2][1]


def test_each_part_keeps_its_own_chart() -> None:
    parts = [AnswerPart(title=t, columns=COLUMNS, rows=[[t, 0.2]]) for t in ("one", "two")]
    charts = [Chart(kind="bar", title="second", x="segment", y=("repeat_call_rate",), part=1)]
    first, second = card(answered(parts=parts, charts=charts))["parts"]
    assert first["figures"] == []
    assert second["figures"][0]["title"] == "second"
    assert second["rows"][0][0]["t"] == "two"


def test_a_stat_chart_becomes_a_big_number() -> None:
    charts = [Chart(kind="stat", title="", y=("repeat_call_rate",))]
    (part,) = card(answered(rows=[["All", 0.2]], charts=charts))["parts"]
    assert part["stats"] == [{"label": "Repeat call rate", "v": 0.2, "t": "20.0%"}]


def test_one_row_of_numbers_is_all_big_numbers() -> None:
    columns = [COLUMNS[1], AnswerColumn(name="total_calls", type="BIGINT", unit="count", label="Calls")]
    charts = [Chart(kind="stat", title="", y=("repeat_call_rate",))]
    (part,) = card(answered(columns=columns, rows=[[0.2, 1500]], charts=charts))["parts"]
    assert [stat["t"] for stat in part["stats"]] == ["20.0%", "1,500"]


def test_very_long_tables_are_cut_and_say_so() -> None:
    (part,) = card(answered(rows=[["x", 0.1]] * (MOST_ROWS + 7), charts=[]))["parts"]
    assert len(part["rows"]) == MOST_ROWS
    assert part["more"] == 7


def test_a_clarification_offers_at_most_three_choices() -> None:
    choices = [Choice(label=str(at), question=str(at)) for at in range(5)]
    shown = card(Answer(question="q", status="clarify", text="Which?", choices=choices))
    assert len(shown["choices"]) == 3
    assert shown["title"]
    assert shown["parts"] == []


@pytest.mark.parametrize("status", ["refused", "error"])
def test_refusals_and_errors_keep_their_text_and_get_a_heading(status: str) -> None:
    shown = card(Answer.model_validate({"question": "q", "status": status, "text": "Because. Do this."}))
    assert shown["text"] == "Because. Do this."
    assert shown["title"]


def test_the_card_is_json() -> None:
    json.dumps(card(answered()))


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/x.png)",
        "[click](http://evil.example)",
        "<img src=x onerror=alert(1)>",
        "www.evil.example and https://evil.example/a",
        "*bold* _it_ `code` ~~gone~~ # head",
        "- not a list\n1. nor this\n+ nor that",
        "| a | b |\n|---|---|",
        "Cost is $8 - 10 % of 1,000 at 2 * 3.",
    ],
)
def test_text_is_shown_as_it_is_written(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"]).render(plain(text))
    inside = rendered.removeprefix("<p>").rstrip().removesuffix("</p>")
    assert inside.replace("\u2060", "") == escape(text, quote=False).replace('"', "&quot;")
