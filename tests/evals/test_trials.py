"""Suites that ask: cases and schema, rows held against each other, texts, outcomes, runs that go on, gates."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from agents.answer import Answer
from agents.runtime import Assistant
from evals import asked
from evals.case_kinds import KINDS, kind_of, problems
from evals.case_reading import read_body
from evals.case_shapes import ParaphrasesFile, checked_body, checked_phrases
from evals.comparing import comparison
from evals.confidence import holm, median_difference, paired, paired_difference, two_sided, wilson
from evals.days import PERIODS, days_of, with_days
from evals.reporting.page import html
from evals.reporting.report import gate
from evals.reporting.scoring import ScoredCase, score_all, suite_files
from evals.suites import conversations, questions
from evals.trials import observing, running
from evals.trials.case_files import FOLDER, Case, Expect, Gold, read_cases
from evals.trials.judging import judge
from evals.trials.records import LINES
from evals.trials.rows import Failure, Result, difference
from evals.trials.texts import _spans, unfaithful
from evals.trials.trial import Observation, Trial, trials_of
from evals.trials.wordings import WORDINGS, worded
from ui.cli import app
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

WANTED = Result(("journey", "calls"), (("Billing", 3), ("ID Card", 2), ("Pharmacy", 0.5)))


def test_every_case_file_fits_the_schema_beside_it() -> None:
    for kind in KINDS:
        assert kind.schema_path.read_text() == kind.schema_text(), "command-center eval schema --write"
        schema = jsonschema.Draft202012Validator(json.loads(kind.schema_text()))
        for path in kind.files()[:3] if kind.name != "owners" else ():
            schema.validate(json.loads(json.dumps(read_body(path), default=str)))
    assert [(path.name, str(error)) for path, error in problems() if error] == []
    for name, path in suite_files().items():
        file = read_cases(path)
        assert file.suite == name
        keys = [trial.key for trial in trials_of(file)]
        assert len(keys) == len(set(keys))
    accuracy = read_cases(FOLDER / "accuracy.yml")
    assert all(len({t.instance for t in trials_of(accuracy) if t.case.id == c.id}) >= 3 for c in accuracy.cases)


WRONG_CASES = """
suite: x
about: x
cases:
- {id: one, q: a, sql: b}
- {id: two, q: a, perturb: [typoo]}
- {id: three, q: a, instances: [nine]}
- {id: four, q: a, expect: {says: ["("]}}
- {id: five, q: a, gold: {sql: "SELECT {call_date lastt}", colums: all}}
"""


def test_wrong_cases_are_told_with_file_case_and_field(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(WRONG_CASES)
    with pytest.raises(UsageError) as told:
        read_cases(path)
    said = str(told.value)
    assert str(path) in said
    for place in ("case one, the whole", "case two, perturb.0: there is no 'typoo'", "case three, instances.0",
                  "case four, expect.says.0", "case five, gold.sql", "1 more"):  # fmt: skip
        assert place in said
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(WRONG_CASES), json.loads(KINDS[0].schema_text()))


MISTYPED = (
    ("cases: [{id: a, q: A, dims: [state]}]", "case a, the whole: there is no key 'dims', the nearest is 'd'"),
    ("cases: [{q: A, metirc: [nps]}]", "case number 1, the whole: there is no key 'metirc', the nearest is 'm'"),
    ("cases: [{id: a, q: A, or: [{kind: refuse, fliters: {}}]}]", "case a, or.0: there is no key 'fliters', the "
     "nearest is 'f'"),
    ("cases: [{id: a, q: A, m: [leaked_cals]}]", "case a, m.0: there is no metric 'leaked_cals', the nearest is "
     "'leaked_calls'"),
    ("cases: [{id: a, q: A, f: {not_sate: [TX]}}]", "there is no dimension 'sate', the nearest is 'state'"),
    ("cases: [{id: a, q: A, m: [nps], m: [csat]}]", "the key 'm' stands twice"),
    ("cases: [{id: a, q: A, t: [2026-02-01, 2026-01-01]}]", "before it begins"),
    ("cases: [{id: a, q: A, f: ~}]", "only a turn of a conversation can drop a slot"),
    ("label: x\nconversations: [{turns: [{q: A, nw: true}]}]", "conversation number 1, turns.0: there is no key "
     "'nw', the nearest is 'new'"),
    ("questoins: {A: [a, b]}\nquestions: {}", "there is no key 'questoins', the nearest is 'questions'"),
    ("suite: x\nabout: x\ncases: [{id: one, q: A, gold: {query: {metrics: [nps], d: [state]}}}]",
     "case one, gold.query: there is no key 'd', the nearest is 'dimensions'"),
    ("suite: x\nabout: x\ncases: [{id: one, q: A, gold: {query: {metirc: [nps]}}}]", "the nearest is 'metrics'"),
    ("agent_teem: [by team]", "There is no dimension 'agent_teem', the nearest is 'agent_team'"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "told"), MISTYPED)
def test_a_mistyped_key_or_name_is_refused_with_the_nearest(text: str, told: str, tmp_path: Path) -> None:
    """By the command and by what loads the file, in every kind."""
    path = tmp_path / "cases.yml"
    dated = "" if text.startswith(("suite", "agent")) else "as_of: 2026-10-29\nfirst_day: 2024-10-01\n"
    path.write_text(dated + text)
    ((_, error),) = problems([path])
    assert error is not None
    assert told in str(error)
    assert str(path) in str(error)
    reads: dict[str, Callable[[Path], object]] = {
        "suite": read_cases, "questions": questions.CaseFile.read, "phrases": checked_phrases,
        "conversations": conversations.ConversationFile.read,
        "paraphrases": lambda file: checked_body(file, ParaphrasesFile),
    }  # fmt: skip
    with pytest.raises(UsageError, match=re.escape(told)):
        reads[kind_of(path).name if "twice" not in told else "questions"](path)
    checked = CliRunner().invoke(app, ["eval", "check", str(path)])
    assert (checked.exit_code, "0 of 1 case files are right" in checked.output) == (2, True)


def test_a_suite_is_derived_from_another_in_other_wordings(tmp_path: Path) -> None:
    """Gold, role and instances are the other suite's; a quick run asks one wording of each, in turn."""
    (tmp_path / "plain.yml").write_text(
        "suite: plain\nabout: x\nrole: data_engineer\ninstances: [seven, eleven]\ncases:\n"
        "- {id: c1, q: Total calls last week, gold: {sql: SELECT 1}}\n"
        "- {id: c2, q: Leaked calls by journey last week, gold: {sql: SELECT 2}}\n"
    )
    (tmp_path / "made.yml").write_text(
        "suite: made\nabout: x\nderived: [{suite: plain, perturb: [shouted, period_last, titled]}]\n"
        "cases: [{id: own, q: '?'}]\n"
    )
    file = read_cases(tmp_path / "made.yml")
    every = {(t.id, t.instance): t for t in trials_of(file) if t.id != "own"}
    assert len(every) == 2 * 2 * 3
    one = every["plain.c2/shouted", "eleven"]
    assert one.question == "LEAKED CALLS BY JOURNEY LAST WEEK"
    assert (one.role, one.case.gold, one.case.tags) == (
        "data_engineer",
        Gold(sql="SELECT 2"),
        ("shouted", "plain"),
    )
    quick = [t.key for t in trials_of(file, quick=True)]
    assert quick == ["made:own@seven", "made:plain.c1/period_last@seven", "made:plain.c2/titled@seven"]
    assert len({t.id for t in trials_of(read_cases(FOLDER / "robustness.yml"))}) > 900


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (replace(WANTED, rows=WANTED.rows[::-1]), ()),
        (replace(WANTED, rows=(("Billing", 3.0000001), *WANTED.rows[1:])), ()),
        (replace(WANTED, columns=("name", "n")), ()),
        (replace(WANTED, rows=(("Billing", None), *WANTED.rows[1:]), hidden=frozenset({(0, 1)})), ()),
        (replace(WANTED, rows=()), ("EMPTY_RESULT",)),
        (replace(WANTED, rows=WANTED.rows[:2]), ("RESULT_MISSING_ROWS",)),
        (replace(WANTED, rows=(*WANTED.rows, WANTED.rows[0])), ("RESULT_EXTRA_ROWS",)),
        (replace(WANTED, rows=(("Billing", 4), *WANTED.rows[1:])), ("SINGLE_CELL_DIFFERENCE",)),
        (replace(WANTED, rows=(("Billing", "3"), *WANTED.rows[1:])), ("COLUMN_TYPE_DIFFERENCE",)),
        (
            replace(WANTED, rows=(("Billing", 4), ("ID Card", 1), WANTED.rows[2])),
            ("RESULT_MISSING_ROWS", "RESULT_EXTRA_ROWS"),
        ),
        (Result(("journey",), (("Billing",), ("ID Card",), ("Pharmacy",))), ("RESULT_MISSING_COLUMNS",)),
        (
            Result((*WANTED.columns, "more"), tuple((*row, 1) for row in WANTED.rows)),
            ("RESULT_EXTRA_COLUMNS",),
        ),
    ],
)
def test_each_difference_has_its_name(found: Result, expected: tuple[str, ...]) -> None:
    assert difference(found, WANTED) == expected


def test_an_order_counts_only_where_it_is_asked_for() -> None:
    turned = replace(WANTED, rows=WANTED.rows[::-1])
    assert difference(turned, WANTED, ordered=True) == ("RESULT_ORDER_DIFFERENCE",)
    assert difference(turned, WANTED, ordered=True, first=0) == ()


def test_periods_are_whole_and_in_their_place() -> None:
    for day in (date(2026, 10, 29), date(2026, 1, 1), date(2024, 2, 29), date(2026, 3, 31)):
        for name in PERIODS:
            start, end = days_of(name, day)
            assert start <= end <= day
    assert days_of("last_week", date(2026, 10, 29)) == (date(2026, 10, 19), date(2026, 10, 25))
    assert days_of("last_month", date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert days_of("last_quarter", date(2026, 1, 1)) == (date(2025, 10, 1), date(2025, 12, 31))
    assert "DATE '2026-10-23' AND DATE '2026-10-29'" in with_days("{call_date last7}", date(2026, 10, 29))


def test_wordings_are_the_same_each_time_and_keep_the_question() -> None:
    question = "Average handle time by call topic last week"
    for how in WORDINGS:
        made = worded(question, how)
        assert made == worded(question, how)
        assert made != question
    assert len(worded(question, "typo")) in range(len(question) - 1, len(question) + 2)
    assert worded(question, "period_first").startswith("last week")


def seen(answer: dict[str, Any], **more: Any) -> Observation:
    return Observation("s:c@i", "s", "c", "i", "?", answer=answer, **more)


def answered(rows: list[list[Any]], query: dict[str, Any] | None = None) -> dict[str, Any]:
    columns = [{"name": n, "type": "", "unit": "", "role": r, "label": ""} for n, r in
               (("journey", "dimension"), ("calls", "metric"))]  # fmt: skip
    part = {"columns": columns, "rows": rows, "semantic_query": query}
    return {"status": "answered", "agent": "genie", "trust": "governed_metric", "text": "", "parts": [part]}


def test_outcomes_and_the_slot_that_is_wrong() -> None:
    gold = Gold.model_validate({"query": {"metrics": ["calls"], "period": "last7"}})
    case = Case(id="c1", q="?", gold=gold)
    query = {"metrics": ["calls"], "time": {"start": "2026-10-23", "end": "2026-10-29"}, "filters": []}
    body = {"columns": ["journey", "calls"], "rows": [["Billing", 3]], "query": query}
    right: dict[str, Any] = {"wanted": {"query": body}}
    assert judge(case, seen(answered([["Billing", 3]]), **right)).outcome == "correct"
    other = {**query, "metrics": ["leaks"], "time": {"start": "2026-10-01", "end": "2026-10-29", "label": "x"}}
    wrong = judge(case, seen(answered([["Billing", 9]], other), **right))
    assert wrong.outcome == "wrong_in_silence"
    assert set(wrong.failures) == {"SINGLE_CELL_DIFFERENCE", "WRONG_METRIC", "WRONG_PERIOD"}
    other_days = {"metrics": query["metrics"], "time": other["time"]}
    only = judge(case, seen(answered([["Billing", 9]], other_days), **right))
    assert set(only.failures) == {"SINGLE_CELL_DIFFERENCE", "WRONG_PERIOD"}, (
        "a slot that is left out is an empty one"
    )
    back = {"status": "clarify", "choices": [{"label": "a", "question": "b"}], "text": "Which?"}
    assert judge(case, seen(back, **right, offered=[answered([["Billing", 3]])])).outcome == "clarified"
    useless = judge(case, seen(back, **right, offered=[answered([["Billing", 8]])]))
    assert (useless.outcome, useless.failures) == ("abstained", ("OVER_ABSTAINED",))
    assert judge(case, seen({"status": "error", "text": "boom"}, **right)).outcome == "failed_loudly"
    refusal = Case(id="c2", q="?", expect=Expect(status=("refused",)))
    assert judge(refusal, seen(answered([]))).failures == ("MISSED_REFUSAL",)
    contradictory = {"wanted": {"query": body, "sql": {**body, "rows": [["Billing", 4]]}}}
    both = Case(id="c3", q="?", gold=gold.model_copy(update={"sql": "SELECT"}))
    assert judge(both, seen(answered([["Billing", 3]]), **contradictory)).failures == ("BROKEN_CASE",)


def test_a_lucky_match_on_one_instance_is_wrong() -> None:
    """Of the 29th of a month `the last 29 days` are `this month`, of another day they are not."""
    case = Case(id="c1", q="Calls in the last 29 days", gold=Gold(sql="SELECT"))
    there = {
        f"s:c1@{name}": replace(
            seen(answered([["Billing", 3]])), key=f"s:c1@{name}", trial="c1", instance=name,
            wanted={"sql": {"columns": ["journey", "calls"], "rows": [["Billing", right]]}},
        )
        for name, right in (("seven", 3), ("eleven", 1))
    }  # fmt: skip
    (whole,) = score_all(there.values(), dict.fromkeys(there, case))
    assert whole.by_instance == {"seven": "correct", "eleven": "wrong_in_silence"}
    assert (whole.outcome, whole.failures) == ("wrong_in_silence", ("SINGLE_CELL_DIFFERENCE",))


DAYS = {"start": "2026-10-23", "end": "2026-10-29"}


def wanting(*rows: tuple[str, Any], **slots: Any) -> dict[str, Any]:
    query = {"metrics": ["calls"], "dimensions": ["journey"], "filters": [], "time": DAYS} | slots
    return {"query": {"columns": ["journey", "calls"], "rows": list(rows), "query": query}}


BILLING = answered([["Billing", 3]], wanting()["query"]["query"])
ROWS: dict[str, Any] = {"query": {"metrics": ["calls"]}}
CODES: tuple[tuple[Failure, dict[str, Any], Observation], ...] = (
    ("EMPTY_RESULT", {"gold": ROWS}, seen(answered([]), wanted=wanting(("Billing", 3)))),
    ("RESULT_MISSING_ROWS", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", 3), ("ID Card", 1)))),
    ("RESULT_EXTRA_ROWS", {"gold": ROWS},
     seen(answered([["Billing", 3], ["x", 1]]), wanted=wanting(("Billing", 3)))),
    ("RESULT_MISSING_COLUMNS", {"gold": ROWS | {"columns": "metrics"}},
     seen(BILLING, wanted=wanting(("Billing", 3)))),
    ("RESULT_EXTRA_COLUMNS", {"gold": {"sql": "S"}},
     seen(BILLING, wanted={"sql": {"columns": ["calls"], "rows": [[3]]}})),
    ("RESULT_ORDER_DIFFERENCE", {"gold": ROWS | {"ordered": True}},
     seen(answered([["a", 1], ["b", 2]]), wanted=wanting(("b", 2), ("a", 1)))),
    ("SINGLE_CELL_DIFFERENCE", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", 4)))),
    ("COLUMN_TYPE_DIFFERENCE", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", "3")))),
    ("WRONG_METRIC", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", 4), metrics=["leaks"]))),
    ("WRONG_FILTER", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", 4), having=[{"op": ">"}]))),
    ("WRONG_PERIOD", {"gold": ROWS},
     seen(BILLING, wanted=wanting(("Billing", 4), time=DAYS | {"end": "2026-10-30"}))),
    ("WRONG_BREAKDOWN", {"gold": ROWS}, seen(BILLING, wanted=wanting(("Billing", 4), dimensions=[]))),
    ("WRONG_AGENT", {"expect": {"agent": "insight_scout"}}, seen(BILLING)),
    ("WRONG_TOOL", {"expect": {"calls": [{"tool": "query_metrics"}]}}, seen(BILLING)),
    ("WRONG_WORDS", {"expect": {"says": ["twelve"]}}, seen(BILLING)),
    ("FORBIDDEN_WORDS", {"expect": {"never": ["member"]}}, seen(BILLING | {"text": "A member"})),
    ("WRONG_VERDICT", {"q": "", "sql": "S", "expect": {"verdict": "deny"}},
     Observation("", "", "", "", "", verdict={"verdict": "allow", "code": "", "reason": ""})),
    ("UNGROUNDED", {}, seen(BILLING | {"text": "It was 4,711 calls."})),
    ("OVER_ABSTAINED", {}, seen({"status": "refused", "text": "No."})),
    ("MISSED_REFUSAL", {"expect": {"status": ["refused"]}}, seen(BILLING)),
    ("OVER_BUDGET", {"expect": {"tokens": 1}}, seen(BILLING, tokens=2)),
    ("FAILED", {}, seen({}, failure="UpstreamModelError: gone")),
    ("BROKEN_CASE", {"gold": ROWS | {"sql": "S"}},
     seen(BILLING, wanted=wanting(("Billing", 3)) | {"sql": wanting(("x", 1))["query"]})),
)  # fmt: skip


def test_every_failure_has_an_observation_that_has_it() -> None:
    assert {code for code, _, _ in CODES} == set(get_args(Failure))
    for code, body, one in CODES:
        case = Case.model_validate({"id": "c1", "q": "?"} | body)
        score = judge(case, one)
        assert code in score.failures, (code, score)
        assert score.outcome != "correct", code


def test_a_text_that_says_another_number_direction_or_superlative_is_found_out(assistant: Assistant) -> None:
    answer = assistant.ask(
        "Leaked calls by journey last week compared with the week before", Principal("erin", "executive")
    ).model_dump(mode="json")
    assert answer["status"] == "answered"
    assert unfaithful(answer) == ()
    numbers = [at for at, fact in enumerate(answer["facts"]) if isinstance(fact["value"], int | float)]
    assert len(numbers) >= 3
    for at in numbers[:6]:
        changed = copy.deepcopy(answer)
        changed["facts"][at]["text"] = "4,711"
        assert unfaithful(changed), changed["facts"][at]
    for more in UNTRUE:
        assert unfaithful({**answer, "text": f"{answer['text']} {more}"}), more


UNTRUE = (
    "It rose.", "That is 17% of all.", "The highest ever.", "It doubled.", "It has tripled since.", "A record.",
    "Always the same.", "Twice as many as before.", "Half of them called again.", "Forty-two were.",
    "Nobody called.", "Two thirds called.", "Ninety per cent did.", "It grew significantly.", "The best week.",
    "It never fell.", "A dozen called.", "Because of the app.", "\u0661\u0667 calls.",
    "\uff14\uff12 calls.", "\u6da8\u4e8617%", "\u4e8c\u5341 calls.", "\u00bd did.", "\u2167 calls.",
)  # fmt: skip
"""Each claims what no cell holds: in words, in figures, in other scripts (Arabic, wide, Chinese, Roman)."""


def told(answer: dict[str, Any], *changes: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """An answer whose facts say something else, its text as well."""
    changed, spans = copy.deepcopy(answer), _spans(answer["text"], answer["facts"])[0]
    for at, lie in sorted(changes, key=lambda change: -change[0]):
        start, end = spans[at]
        changed["facts"][at] |= lie
        changed["text"] = changed["text"][:start] + changed["facts"][at]["text"] + changed["text"][end:]
    return changed


def test_a_true_number_at_another_row_and_words_that_lean_too_far_are_found_out(
    ask: Callable[[str], Answer],
) -> None:
    """Each fact may be right by itself."""
    rates = ask("Digital failure rate by journey last week").model_dump(mode="json")
    change = ask("Digital failure rate last week compared with the week before").model_dump(mode="json")
    assert [unfaithful(rates), unfaithful(change)] == [(), ()]
    facts = rates["facts"]
    names = [at for at, f in enumerate(facts) if f["source"].startswith("cell:") and isinstance(f["value"], str)]
    numbers = [at for at, f in enumerate(facts) if f["source"].startswith("cell:") and f["unit"] == "rate"]
    row = {at: facts[at]["source"].split(":")[2] for at in (*names, *numbers)}
    one, other = next((a, b) for a in numbers for b in numbers if row[a] != row[b])
    swapped = told(rates, (one, facts[other]), (other, facts[one]))
    assert "not of the rows" in " ".join(unfaithful(swapped))
    away = next(at for at in names if row[at] != row[names[0]])
    assert unfaithful(told(rates, (names[0], {"text": facts[away]["text"]})))
    value = facts[numbers[0]]["value"] * 100
    for wrong in (f"{value + 0.1:.1f}%", f"{value / 100:.1f}%", f"{value:.0f}.{9 - int(value * 10) % 10}%"):
        assert unfaithful(told(rates, (numbers[0], {"text": wrong}))), wrong
    extreme = next(at for at, f in enumerate(facts) if f["source"].startswith("extreme"))
    for word in ("lowest" if "max" in facts[extreme]["source"] else "highest", "best", "average"):
        assert unfaithful(told(rates, (extreme, {"text": word}))), word

    facts = change["facts"]
    points = next(at for at, f in enumerate(facts) if f["unit"] == "points")
    said = facts[points]["text"].split()[0]
    source = facts[points]["source"].removeprefix("formula:mul(").rpartition(",")[0]
    as_percent = {"text": f"{said}%", "unit": "rate", "source": f"formula:{source}"}
    assert unfaithful(told(change, (points, as_percent)))
    leaning = next(at for at, f in enumerate(facts) if f["source"].startswith("direction"))
    turned = "down" if facts[leaning]["text"] == "up" else "up"
    for word in (turned, "doubled", "never", "significantly up"):
        assert unfaithful(told(change, (leaning, {"text": word}))), word


def test_intervals_and_the_paired_test() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert paired([0, 0, 0], [0, 0, 0]).p_worse == 1.0
    five = paired([0] * 10, [1] * 5 + [0] * 5)
    assert (five.worse, five.better, five.p_worse) == (5, 0, 1 / 32)
    assert five.beyond_noise
    assert not paired([0] * 6 + [1], [1] * 4 + [0] * 3).beyond_noise


def test_paired_differences_count_wordings_as_far_as_they_are_independent() -> None:
    """Fifty pairs: 36 both, 12 only the one, 2 only the other; the intervals by hand from the formula."""
    before = [True] * 36 + [False] * 2 + [True] * 12
    now = [True] * 36 + [True] * 2 + [False] * 12
    alone = [str(number) for number in range(50)]
    found = paired_difference(now, before, alone)
    assert [round(end, 4) for end in (found.value, found.low, found.high)] == [0.2, 0.0569, 0.3404]
    together = paired_difference(now, before, [str(number // 5) for number in range(50)])
    assert together.high - together.low > found.high - found.low
    same = paired_difference([True] * 20, [True] * 20, ["one"] * 10 + ["two"] * 10)
    assert (same.value, same.low) == (0.0, -wide(2))
    assert two_sided([True] * 6, [False] * 6, alone[:6]) == 2 / 64
    assert two_sided([True] * 6, [False] * 6, ["one"] * 6) == 1.0
    assert holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06]
    median = median_difference([0.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 60.0])
    assert (median.value, median.low, median.high) == (3.5, 1.0, 60.0)


def wide(cases: int) -> float:
    return 1 - wilson(cases, cases)[0]


def test_a_gate_tells_one_silent_error_of_a_deterministic_model_and_waits_for_more_of_another() -> None:
    cases = [ScoredCase("s", f"c{n}", "?", "wrong_in_silence" if n == 0 else "correct") for n in range(8)]
    before = {f"s:c{n}": "correct" for n in range(8)}
    assert gate("s", cases, before, "embedded")
    assert gate("s", cases, before, "service:x") == []
    many = [replace(case, outcome="abstained") for case in cases[:5]]
    assert gate("s", many, before, "service:x")


@pytest.fixture
def tiny_instance(tiny_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The instance "seven" is the company that other tests share."""
    monkeypatch.setattr(observing, "warehouse_of", lambda *_: tiny_warehouse)


def test_a_run_is_observed_resumed_rescored_and_compared(
    tiny_instance: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path)
    records = asked.Records(tmp_path / "evals" / "runs")
    names = {"metric-by-journey", "verified", "personal", "follow-up"}
    some = [t for t in asked.trials(["tools"]) if t.case.id in names]
    monkeypatch.setattr(asked, "trials", lambda *_, **__: some[:2])
    monkeypatch.setattr(asked, "BASELINES", tmp_path / "baselines")
    silent = Console(file=StringIO())
    run = asked.begin(
        records, ["tools"], "embedded", datetime(2026, 10, 30, tzinfo=UTC), quick=False, instances=()
    )
    asked.observe(records, run, settings, silent, jobs=1)
    with (records.folder / run.id / LINES).open("a") as lines:
        lines.write('{"key": "tools:what a kill left ha')
    monkeypatch.setattr(asked, "trials", lambda *_, **__: some)
    observed: list[Trial] = []
    whole = running.run_trials
    monkeypatch.setattr(
        running, "run_trials", lambda t, *a, **k: (observed.extend(t), whole(t, *a, **k))
    )  # fmt: skip
    asked.observe(records, run, settings, silent, jobs=1)
    assert [t.key for t in observed] == [t.key for t in some[2:]], "what was observed is not asked again"
    assert len(list(records.observations(run.id))) == len(some), "the half line costs no other"
    document = asked.finish(records, records.find("last"))
    assert document["gate"] == {"passed": False, "worse": [asked.unheld("tools")]}, "nothing holds it yet"
    assert {case["id"]: case["outcome"] for case in document["cases"]} == dict.fromkeys(names, "correct")
    assert all(case["spans"][0]["kind"] == "answer" for case in document["cases"])
    page = html(document)
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<summary>") >= len(names)
    asked.accept(document)
    assert asked.finish(records, run)["gate"]["passed"]

    later = asked.begin(
        records, ["tools"], "embedded", datetime(2026, 10, 31, tzinfo=UTC), quick=False, instances=()
    )
    for one in records.observations(run.id):
        broken = {**(one.answer or {}), "trust": "none"} if one.trial == "verified" else one.answer
        records.add(later.id, replace(one, answer=broken))
    worse = asked.finish(records, later)
    assert [case["id"] for case in worse["regressions"]] == ["verified"]
    assert worse["gate"]["worse"]
    assert [point["run"] for point in worse["trend"]] == [run.id, later.id]
    held = comparison(records, [run, later])
    assert [case["id"] for case in held["differing"]] == ["verified"]
    assert held["contenders"][0]["all"]["outcomes"]["correct"]["share"] == 1.0


def test_a_model_that_is_none_is_a_usage_error(settings: Settings) -> None:
    with pytest.raises(UsageError):
        asked.with_model(settings, "gpt")
    with pytest.raises(UsageError):
        asked.with_model(settings, "service")
    with pytest.raises(UsageError):
        asked.with_model(settings, "recorded:no-such-file.jsonl")
