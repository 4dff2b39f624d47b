"""The web application over a stand-in assistant with handcrafted answers: `stub_server.py VAR_FOLDER [PORT]`.

Run by the browser tests, and by hand to look at the pages. Prints the address and
the sign-ins (JSON) once it listens. Settings come from COMMAND_CENTER_* variables.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import uvicorn

from agents.answer import Answer, AnswerColumn, AnswerPart, Cell, Chart, Chip, ChipOption, Choice
from ui.web import DataState, _listen, create_app
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import UpstreamModelError
from warehouse.principal import Principal
from warehouse.settings import Settings, load_settings

AS_OF = date(2026, 10, 29)
SNAPSHOT = "20261029-5f3ac2d1"
STARTERS = [
    "Which three journeys are driving the most avoidable call cost right now?",
    "If we fix one issue this quarter, which saves the most money and why?",
    "Where are repeat calls that should be one-and-done?",
    "Which member segments are experiencing the highest negative emotion?",
    "Are new members failing more than tenured members, and where?",
    "Which digital journeys are leaking into the call center, and at what rate?",
    "Where do members abandon online flows and immediately call?",
    "What's breaking right now? Show top digital billing failures leaking to calls today.",
]
SQL = """SELECT l.journey, SUM(l.leaked_calls) AS leaked_calls, SUM(l.avoidable_cost) AS avoidable_call_cost
FROM gold.digital_call_leakage AS l
WHERE l.leakage_date BETWEEN $from AND $to
GROUP BY l.journey
ORDER BY avoidable_call_cost DESC
LIMIT 3"""


def _dimension(name: str, label: str) -> AnswerColumn:
    return AnswerColumn(name=name, type="VARCHAR", label=label, role="dimension")


def _metric(name: str, unit: str, label: str) -> AnswerColumn:
    return AnswerColumn(name=name, type="DOUBLE", unit=unit, label=label)


def ranked(question: str) -> Answer:
    columns = [
        _dimension("journey", "Journey"),
        _metric("leaked_calls", "count", "Avoidable calls"),
        _metric("avoidable_call_cost", "usd", "Avoidable call cost"),
    ]
    rows: list[list[Cell]] = [
        ["Billing", 148210, 1185680.0],
        ["Pharmacy", 119455, 955640.0],
        ["ID Card", 90034, 720272.0],
    ]
    part = AnswerPart(
        columns=columns,
        rows=rows,
        sql=SQL,
        interpretation="Avoidable calls and avoidable call cost by journey, from 30 September to 29 October 2026, "
        "the three highest by avoidable call cost.",
    )
    return Answer(
        question=question,
        status="answered",
        agent="genie",
        route_reason="It asks for figures.",
        trust="verified_query",
        trust_reason="The question matches a query that a person checked: avoidable cost by journey.",
        chips=understood(),
        text="Billing, Pharmacy and ID Card drive the most avoidable call cost: $1,185,680, $955,640 and $720,272 "
        "in the last 30 days.",
        columns=columns,
        rows=rows,
        sql=SQL,
        parts=[part],
        assumptions=[
            '"Right now" is the last 30 days of data.',
            "Avoidable cost uses the planning cost of $8 a call.",
        ],
        follow_ups=[
            "and by plan type?",
            "How does that compare with the 30 days before?",
            "What is causing the Billing leakage?",
        ],
        charts=[
            Chart(
                kind="bar",
                title="Avoidable call cost by journey",
                x="journey",
                y=("avoidable_call_cost",),
                unit="usd",
            )
        ],
    )


def understood() -> list[Chip]:
    """Chips of every kind, one with a long value."""

    def chip(kind: str, label: str, value: str, remove: str, *options: tuple[str, str]) -> Chip:
        found = [ChipOption(label=words, question=asked) for words, asked in options]
        return Chip.model_validate(
            {"kind": kind, "label": label, "value": value, "remove": remove, "options": found}
        )

    return [
        chip("metric", "Figure", "Avoidable call cost", "", ("Avoidable calls", "Show Avoidable calls instead")),
        chip("dimension", "By", "journey", "Drop the breakdown by journey",
             ("plan type", "By Plan type instead of journey"),
             ("state", "By State instead of journey")),
        chip("filter", "Plan type", "MAPD", "Drop the plan type filter",
             *((name, f"Only plan type {name}") for name in ("PPO", "HMO", "POS", "EPO")),
             ("all but MAPD", "All but plan type MAPD")),
        chip("filter", "Journey", "Account Update, Benefits, Billing, Claims, ID Card, Login, Pharmacy or "
             "Provider Search", "Drop the journey filter"),
        chip("period", "Period", "last 30 days", "", ("last month", "For last month")),
        chip("comparison", "Compared with", "the previous period", "Drop the comparison"),
        chip("order", "Order", "Avoidable call cost, highest first", "Drop the sorting",
             ("lowest first", "Lowest first")),
        chip("limit", "Rows", "first 3", "Drop the limit", ("first 10", "Only the first 10 rows")),
    ]  # fmt: skip


def trend(question: str) -> Answer:
    columns = [
        AnswerColumn(name="call_date", type="DATE", label="Day", role="time"),
        _metric("repeat_call_rate", "rate", "Repeat call rate"),
    ]
    rows: list[list[Cell]] = [
        [(AS_OF - timedelta(days=29 - day)).isoformat(), round(0.2 + 0.003 * day + 0.01 * (day % 3), 4)]
        for day in range(30)
    ]
    return Answer(
        question=question,
        status="answered",
        agent="genie",
        trust="governed_metric",
        trust_reason="Computed by the semantic model: repeat calls over all calls.",
        text="The repeat call rate rose from 20.0% to 30.7% over the last 30 days.",
        columns=columns,
        rows=rows,
        sql="SELECT call_date, SUM(is_repeat) / COUNT(*) AS repeat_call_rate\nFROM gold.calls\nGROUP BY call_date",
        interpretation="Repeat call rate by day, from 30 September to 29 October 2026.",
        follow_ups=["and by segment?"],
        charts=[
            Chart(
                kind="line", title="Repeat call rate by day", x="call_date", y=("repeat_call_rate",), unit="rate"
            )
        ],
    )


def several(question: str) -> Answer:
    first = ranked(question)
    columns = [
        _dimension("segment", "Segment"),
        _dimension("member_tenure", "Tenure"),
        _metric("total_calls", "count", "Calls"),
        _metric("negative_emotion_rate", "rate", "Negative emotion rate"),
        _metric("avg_sentiment", "score", "Average sentiment"),
        _metric("avg_handle_time", "minutes", "Average handle time"),
    ]
    rows: list[list[Cell]] = [
        [segment, tenure, 3000 - 400 * at, 0.46 - 0.05 * at, -0.65 + 0.1 * at, 18.0 - 1.5 * at]
        for at, (segment, tenure) in enumerate(
            (s, t) for s in ("MAPD", "PDP", "Commercial") for t in ("New", "Tenured")
        )
    ]
    second = AnswerPart(
        title="Who it hurts",
        columns=columns,
        rows=rows,
        sql="SELECT segment, member_tenure FROM gold.calls",
        interpretation="Calls, negative emotion and handle time by segment and tenure.",
    )
    total = AnswerPart(
        title="In total",
        columns=[
            _metric("leaked_calls", "count", "Avoidable calls"),
            _metric("annualized_cost", "usd", "Cost a year"),
        ],
        rows=[[357699, 34814036.0]],
        sql="SELECT SUM(leaked_calls) FROM gold.digital_call_leakage",
    )
    main = first.parts[0].model_copy(update={"title": "Where it leaks"})
    return first.model_copy(
        update={
            "agent": "insight_scout",
            "trust": "analysis",
            "trust_reason": "Three governed queries, combined by fixed rules.",
            "text": "Billing leaks most, new MAPD members feel it most, and together it costs $34,814,036 a year.",
            "parts": [total, main, second],
            "charts": [
                Chart(kind="stat", title="In total", y=("leaked_calls", "annualized_cost")),
                first.charts[0].model_copy(update={"part": 1}),
                Chart(
                    kind="grouped_bar",
                    title="Calls by segment and tenure",
                    x="segment",
                    y=("total_calls",),
                    series="member_tenure",
                    unit="count",
                    part=2,
                ),
            ],
        }
    )


def empty(question: str) -> Answer:
    first = ranked(question)
    part = first.parts[0].model_copy(
        update={"rows": [], "interpretation": "Avoidable calls by journey on 1 January 2019."}
    )
    return first.model_copy(
        update={
            "rows": [],
            "parts": [part],
            "charts": [],
            "follow_ups": [],
            "trust": "governed_metric",
            "text": "There are no avoidable calls on 1 January 2019; the data begins on 1 May 2025.",
        }
    )


def clarify(question: str) -> Answer:
    return Answer(
        question=question,
        status="clarify",
        agent="genie",
        text='"Performance" can mean several things here.',
        choices=[
            Choice(label="Call volume", question="Total calls by week"),
            Choice(label="Repeat calls", question="Repeat call rate by day"),
            Choice(label="Member sentiment", question="Average sentiment by week"),
        ],
    )


def refused(question: str) -> Answer:
    return Answer(
        question=question,
        status="refused",
        agent="supervisor",
        refusal_code="pii",
        text="The executive role sees aggregates, not single members. Ask about a segment, or sign in as a member "
        "advocate with a stated purpose.",
        follow_ups=["Which member segments are experiencing the highest negative emotion?"],
    )


def failed(question: str) -> Answer:
    return Answer(
        question=question,
        status="error",
        agent="genie",
        refusal_code="model_down",
        text="The chat model at 127.0.0.1:9 did not answer within 30 s. Nothing was changed. Try again, or switch "
        "to the embedded planner with chat_model.kind.",
    )


def hostile(question: str) -> Answer:
    columns = [
        _dimension("error_message", "<img src=http://evil.example/h.png>[m](http://evil.example)"),
        _metric("total_calls", "count", "Calls"),
    ]
    rows: list[list[Cell]] = [
        ['=HYPERLINK("http://evil.example","x")', 3],
        ["<img src=http://evil.example/x.png>", 2],
        ["+1", 1],
        ["[x](javascript:alert(1)) [^1] $$x$$ \u202e https://evil.example", -4],
    ]
    title = "<img src=http://evil.example/t.png>"
    return Answer(
        question=question,
        status="answered",
        trust="governed_metric",
        agent="genie",
        text="Top: ![x](http://evil.example/x.png) <img src=http://evil.example/y.png> "
        "[link](http://evil.example) www.evil.example *bold* 1 * 2 * 3. [js](javascript:alert(1)) [^1] [ref][1] "
        "$$\\href{http://evil.example}{x}$$ <http://evil.example> a@evil.example\n\n| a | b |\n|---|---|\n"
        "| c | d |\n\n[1]: http://evil.example\n[^1]: note\n<script>fetch('http://evil.example')</script>\n"
        "# head\n> quote",
        columns=columns,
        rows=rows,
        sql="SELECT 1",
        interpretation="<b>x</b> ![i](http://evil.example/i.png)",
        assumptions=["[a](http://evil.example) <img src=http://evil.example/a.png>"],
        follow_ups=["![f](http://evil.example/f.png) http://evil.example"],
        charts=[Chart(kind="bar", title=title, x="error_message", y=("total_calls",))],
    )


def withheld(question: str) -> Answer:
    columns = [_dimension("plan_type", "Plan type"), _metric("total_calls", "count", "Total calls")]
    rows: list[list[Cell]] = [["MAPD", 120], ["PPO", 40], ["EPO", None], ["POS", None]]
    part = AnswerPart(columns=columns, rows=rows, sql="SELECT 1", suppressed=[(2, 1), (3, 1)], small_cell=11)
    chart = Chart(kind="bar", title="Total calls", x="plan_type", y=("total_calls",), unit="count")
    kept = {"columns": columns, "rows": rows, "suppressed": part.suppressed, "parts": [part], "charts": [chart]}
    return trend(question).model_copy(update={**kept, "text": "Of two plan types that may be shown, MAPD leads."})


def _who(question: str, principal: Principal) -> Answer:
    """What the assistant was told about its reader."""
    seen = {"role": principal.role, "purpose": principal.purpose, "only": principal.attributes}
    text = json.dumps({**seen, "break_glass": principal.break_glass})
    return Answer(question=question, status="answered", agent="genie", text=text)


ANSWERS: dict[str, Callable[[str], Answer]] = {
    "repeat call rate": trend,
    "saves the most": several,
    "2019": empty,
    "performance": clarify,
    "jane": refused,
    "model": failed,
    "hostile": hostile,
    "withheld": withheld,
}


class StubAssistant:
    """Answers by a word in the question; remembers what it was told."""

    def __init__(self, feedback_file: Path, settings: Settings) -> None:
        self._feedback_file = feedback_file
        self.audit = AuditLog.of(settings)
        self.door = Warehouse(settings.warehouse, settings, self.audit)
        self._asked = 0

    def starters(self, role: str) -> list[str]:
        return STARTERS

    def ask(
        self,
        question: str,
        principal: Principal,
        thread: str | None = None,
        *,
        on_step: Callable[[str], None] | None = None,
    ) -> Answer:
        for step in (
            "genie: The question asks for figures.",
            "Planning the query",
            "Running 1 query",
            "Checking every number",
        ):
            if on_step:
                on_step(step)
            time.sleep(0.05)
        if "slow" in question:
            self._wait_to_go_on()
        if "upstream" in question:
            raise UpstreamModelError(
                "The chat model is down.", where="chat_model.base_url", next_step="Try again."
            )
        if "bug" in question:
            raise RuntimeError("secret detail of member 4711")
        self._asked += 1
        if "who am i" in question.lower():
            return _who(question, principal)
        make = next((make for word, make in ANSWERS.items() if word in question.lower()), ranked)
        answer = make(question)
        answered = answer.status == "answered"
        return answer.model_copy(
            update={
                "answer_id": f"a{self._asked:04d}",
                "thread": thread or "",
                "role": principal.role,
                "as_of": AS_OF if answered else None,
                "snapshot": SNAPSHOT if answered else "",
            }
        )

    def _wait_to_go_on(self) -> None:
        """Until the test says so (`Site.go_on`), or for two minutes."""
        said, ends = self._feedback_file.with_name("go-on"), time.monotonic() + 120
        while not said.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        said.unlink(missing_ok=True)

    def knowledge(self) -> SimpleNamespace:
        values = {"plan_type": ("HMO", "PPO"), "state": ("FL", "TX"), "line_of_business": ("Medicare",)}
        return SimpleNamespace(values=SimpleNamespace(values=lambda name: values.get(name, ())))

    def feedback(self, answer_id: str, principal: Principal, thumbs: str, reason: str) -> None:
        with self._feedback_file.open("a", encoding="utf-8") as file:
            file.write(f"{answer_id}|{principal.user}|{thumbs}|{reason}\n")

    def close(self) -> None:
        """Nothing to close."""


def main(var: Path, port: int = 0) -> None:
    settings = load_settings(var=var)
    listener = _listen("127.0.0.1", port)
    assistant = StubAssistant(var / "feedback.txt", settings)
    app = create_app(settings, assistant, lambda: DataState(AS_OF.isoformat(), SNAPSHOT))  # type: ignore[arg-type]
    made = app.state.accounts.create_first(one_each=True)
    passwords = json.dumps({sign_in.name: sign_in.password for sign_in in made})
    print(f"http://127.0.0.1:{listener.getsockname()[1]} {passwords}", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    app.state.watch.stopping = lambda: server.should_exit
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
