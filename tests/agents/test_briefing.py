"""The daily briefing: what became of each incident, what each reader may see of it, and every figure bound."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest

from agents.briefing.check import briefing_problems, evidence_of, text_problems
from agents.briefing.composing import compose
from agents.briefing.daily import DataDays, run_day
from agents.briefing.document import Briefing
from agents.briefing.lifecycle import Issue, advance
from agents.briefing.markdown import markdown, visible_in_markdown
from agents.briefing.page import page, visible_in_page
from agents.briefing.pdf import pdf
from agents.briefing.phrases import TEMPLATES, template
from agents.briefing.reading import briefing_for
from agents.briefing.store import BriefingStore, Made
from agents.claims import DOWN, UP, claims
from agents.grounding import Evidence
from agents.runtime import Assistant
from semantic.query import SemanticQuery
from tests.agents.made_incidents import incident_in, moved
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Refusal, Table
from tools.scout.incident import Dollars, Incident, Interval, ScanReport
from ui.delivery.parcels import digest_parcel
from ui.delivery.subscriptions import Subscription
from ui.delivery.webhook import json_shape, slack_shape, teams_shape
from warehouse.errors import MissingDataError, UsageError
from warehouse.principal import Principal, Role
from warehouse.settings import Scout

AT = datetime(2026, 10, 30, 6, tzinfo=UTC)
SEED_STYLE = re.compile(
    r"Failed digital sessions increased 25\.0% in Billing for MAPD / New members, "
    r"driving about \$[\d,]+ in incremental call cost\."
)
BILLING = {"journey": "Billing", "plan_type": "MAPD", "member_tenure": "New"}


def test_a_briefing_is_written_without_what_chat_models_are_made_with() -> None:
    """A scan from cron would bring it in each time, which takes longer than to write the briefing."""
    told = "import sys, ui.delivery.day, agents.runtime; print({'langchain_core', 'langgraph'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_desk_opens_no_conversation(assistant: Assistant, tmp_path: Path) -> None:
    settings = assistant.settings.model_copy(update={"var": tmp_path})
    with closing(Assistant.open(settings, assistant.warehouse, clock=assistant.clock)) as opened:
        reader = Principal("reader", "executive")
        assert opened.knowledge().desk("?", reader, opened.door, "b1", "test").small_cell > 0
        assert not (settings.state / "threads.db").exists()
        assert opened.ask("Total calls by plan type", reader).status == "answered"
        assert (settings.state / "threads.db").exists()


@pytest.fixture(scope="module")
def desk_of(assistant: Assistant) -> Callable[..., Desk]:
    """The desk of a reader: `desk_of("executive", plan_type="HMO")`."""

    def opened(role: Role, **attributes: str) -> Desk:
        reader = Principal(f"r-{role}-{len(attributes)}", role, attributes=attributes)
        return assistant.knowledge().context("?", reader, assistant.door, lambda _: None, "b1", "test").desk

    return opened


@pytest.fixture(scope="module")
def found(desk_of: Callable[..., Desk]) -> list[Incident]:
    """Incidents of the last day, as a scan would report them."""
    desk = desk_of("analyst")
    return [
        incident_in(desk, "failed_sessions", BILLING),
        incident_in(desk, "total_calls", {"language": "Spanish"}, baseline=0.9),
        incident_in(desk, "repeat_call_rate", {"call_topic": "Billing Question"}, baseline=0.85, dollars=False),
        incident_in(desk, "avg_sentiment", {}, baseline=1.3, dollars=False),
        incident_in(desk, "negative_emotion_rate", {"plan_type": "HMO"}, baseline=1.2, dollars=False),
    ]


@pytest.fixture(scope="module")
def made(assistant: Assistant, found: list[Incident]) -> Made:
    """A briefing with every state: a new issue, a continuing one, one that is gone."""
    day, snapshot = assistant.knowledge().as_of, assistant.knowledge().snapshot
    gone = moved(
        found[2], metric="leaked_calls", label="Leaked calls", segment=(("journey", "ID Card"),), id="gone"
    )
    before = advance((), [found[0], gone], day - timedelta(days=1), resolved_after=1)
    return Made(day, 2, snapshot, AT, advance(before, found, day, resolved_after=1), {})


@pytest.fixture(scope="module")
def briefing(made: Made, desk_of: Callable[..., Desk]) -> Briefing:
    """An executive's briefing."""
    return compose(made, desk_of("executive"))


@pytest.fixture(scope="module")
def evidence(briefing: Briefing, assistant: Assistant) -> Evidence:
    return evidence_of(briefing, assistant.knowledge())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BriefingStore]:
    with closing(BriefingStore(tmp_path / "briefings.db")) as opened:
        yield opened


def _states(issues: tuple[Issue, ...]) -> dict[str, str]:
    return {issue.incident.metric: issue.state for issue in issues}


def test_an_issue_is_new_continues_improves_and_is_resolved_once(found: list[Incident]) -> None:
    day = found[0].as_of - timedelta(days=5)
    days = [day + timedelta(days=n) for n in range(6)]
    weak = moved(found[0], trend=tuple(replace(p, observed=p.expected) for p in found[0].trend))
    scans = [[found[0]], [found[0], found[2]], [weak], [], [], []]
    issues: tuple[Issue, ...] = ()
    seen = []
    for when, incidents in zip(days, scans, strict=True):
        issues = advance(issues, [moved(i, as_of=when) for i in incidents], when, resolved_after=2)
        seen.append(_states(issues))
    assert [states.get("failed_sessions") for states in seen] == [
        "new", "continuing", "improving", "improving", "resolved", None,
    ]  # fmt: skip
    assert [states.get("repeat_call_rate") for states in seen] == [
        None,
        "new",
        "improving",
        "resolved",
        None,
        None,
    ]


def test_a_day_is_made_once_and_corrected_by_a_numbered_revision(
    store: BriefingStore, found: list[Incident], tmp_path: Path
) -> None:
    day, scans = found[0].as_of, [found[:2], found[:2], found[:3]]
    calls: list[date] = []

    def scan(when: date) -> ScanReport:
        calls.append(when)
        return ScanReport(when, "s", 0.1, tuple(scans[len(calls) - 1]), ())

    def run(snapshot: str) -> tuple[int, int]:
        done = run_day(store, DataDays(snapshot, day, day), scan, Scout(), AT, tmp_path)
        return done.made.revision, len(done.fresh)

    assert [run("a"), run("a"), run("b"), run("c"), run("c")] == [(1, 1), (1, 0), (1, 0), (2, 1), (2, 0)]
    assert len(calls) == 3
    first = store.find(day, 1)
    assert first
    assert len(first.issues) == 2


def test_missed_days_are_made_up_for_at_most_so_many_and_it_is_said(
    store: BriefingStore, found: list[Incident], desk_of: Callable[..., Desk], assistant: Assistant, tmp_path: Path
) -> None:
    last = assistant.knowledge().as_of
    data = DataDays(assistant.knowledge().snapshot, last - timedelta(days=30), last)

    def scan(when: date) -> ScanReport:
        return ScanReport(when, data.snapshot, 0.1, (moved(found[0], as_of=when),) if when == last else (), ())

    settings = Scout(catch_up_days=3)
    run_day(store, data, scan, settings, AT, tmp_path, day=last - timedelta(days=10))
    done = run_day(store, data, scan, settings, AT, tmp_path)
    assert [made.day for made in done.fresh] == [last - timedelta(days=n) for n in (3, 2, 1, 0)]
    told = compose(done.made, desk_of("executive"))
    assert not briefing_problems(told, evidence_of(told, assistant.knowledge()))
    notes = [note.text for note in told.notes]
    assert (
        "The briefings from 26 October 2026 to 28 October 2026 were missed and were written afterwards." in notes
    )
    assert "Days before 26 October 2026 were missed and have no briefing." in notes
    with pytest.raises(UsageError, match="complete days"):
        run_day(store, data, scan, settings, AT, tmp_path, day=last + timedelta(days=1))


def test_it_reads_as_the_owner_wants_it(briefing: Briefing, evidence: Evidence) -> None:
    assert briefing_problems(briefing, evidence) == []
    assert SEED_STYLE.fullmatch(briefing.items[0].title.text)
    assert [item.state for item in briefing.items] == ["continuing", "new", "new", "new", "new"]
    assert [item.favourable for item in briefing.items] == [False, False, False, True, True]
    assert briefing.headline.text.startswith("On 29 October 2026 three issues need attention.")
    assert [passage.text for passage in briefing.became] == [
        "Resolved: leaked calls in ID Card, last found on 28 October 2026."
    ]
    said = [passage.text for passage in briefing.items[0].sentences]
    assert "Suggested owner: Digital product." in said
    assert "Cause: no known cause." in said
    assert briefing.items[0].view.startswith("/view?metric=failed_sessions&from=2026-10-20&to=2026-10-29&journey=")


def test_the_words_of_the_sentences_claim_nothing_themselves() -> None:
    for name in TEMPLATES:
        literal = "".join(text for text, *_ in Formatter().parse(template(name)))
        assert claims(literal) == [], name


@pytest.mark.parametrize(
    ("code", "said"), [("denied:too_close", "would give such a figure away"), ("denied:time_limit", "left out")]
)
def test_it_says_why_an_issue_is_left_out(
    made: Made, desk_of: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    def governed(query: SemanticQuery, desk: Desk) -> Table | Refusal:
        return Refusal(code, "No.") if query.time_grain else governed_table(query, desk)

    monkeypatch.setattr("agents.briefing.composing.governed_table", governed)
    told = compose(made, desk_of("executive"))
    assert told.items == []
    assert any(said in note.text for note in told.notes)


def test_nothing_material_is_said_when_there_is_nothing(made: Made, desk_of: Callable[..., Desk]) -> None:
    quiet = compose(replace(made, issues=()), desk_of("executive"))
    assert quiet.headline.text == ("Nothing material changed on 29 October 2026: no metric left its expectation.")
    assert quiet.items == []


def test_every_form_says_the_same_and_asks_nothing_of_anybody(briefing: Briefing, evidence: Evidence) -> None:
    html, text = page(briefing), markdown(briefing)
    assert text_problems(visible_in_page(html), briefing, evidence) == []
    assert text_problems(visible_in_markdown(text), briefing, evidence) == []
    assert not re.search(r"<script|<link|<img|@import|url\(|src=|https?:", html)
    assert html.count("<svg") == len(briefing.items) == 5
    assert pdf(briefing) == pdf(briefing)
    assert pdf(briefing).startswith(b"%PDF-1.")


def test_five_hundred_changed_facts_and_texts_are_all_caught(
    briefing: Briefing, evidence: Evidence, assistant: Assistant
) -> None:
    dice = random.Random(2026)
    texts = (visible_in_markdown(markdown(briefing)), visible_in_page(page(briefing)))
    missed = []
    for number in range(500):
        changed, what = _changed(briefing, texts, dice)
        if isinstance(changed, str):
            caught = text_problems(changed, briefing, evidence)
        else:
            tables = evidence if changed.parts == briefing.parts else evidence_of(changed, assistant.knowledge())
            caught = briefing_problems(changed, tables)
        if not caught:
            missed.append((number, what))
    assert missed == []


def _changed(briefing: Briefing, texts: tuple[str, str], dice: random.Random) -> tuple[Briefing | str, str]:
    """A briefing, or a finished text of it, with one thing changed that a reader would be misled by."""
    kind = dice.choice(("value", "both", "direction", "name", "source", "origin", "gone", "added", "cell", "text"))
    if kind == "text":
        return _changed_text(dice.choice(texts), dice)
    copy = briefing.model_copy(deep=True)
    passages = [passage for passage in copy.passages() if passage.facts]
    passage = dice.choice(passages)
    fact = dice.choice(passage.facts)
    if kind == "direction":
        pairs = [(p, f) for p in passages for f in p.facts if f.source.startswith("direction:")]
        passage, fact = dice.choice(pairs)
        other = dice.choice(DOWN if fact.text in UP else UP)
        _rewrite(passage, fact, other)
    elif kind == "name":
        pairs = [
            (p, f) for p in passages for f in p.facts if f.text in ("MAPD", "Billing", "New members", "Spanish")
        ]
        passage, fact = dice.choice(pairs)
        _rewrite(passage, fact, dice.choice(("PPO", "HMO", "Pharmacy", "Tenured members", "English")))
    elif kind == "both":
        _rewrite(passage, fact, _other_text(fact.text, dice))
    elif kind == "value":
        fact.value = fact.value * 1.1 + 1 if isinstance(fact.value, int | float) else f"{fact.value}x"
    elif kind == "source":
        others = [f for f in copy.facts() if f.text != fact.text and f.source != fact.source]
        fact.source = dice.choice(others).source
    elif kind == "origin":
        name = dice.choice(("statement", "as_of", "low", "id"))
        wrong: dict[str, object] = {"statement": "0" * 16, "as_of": date(2020, 1, 1), "low": 1.5, "id": "f0"}
        setattr(fact, name, wrong[name])
    elif kind == "gone":
        numbered = [(p, f) for p in passages for f in p.facts if re.search(r"\d", f.text)]
        passage, fact = dice.choice(numbered)
        passage.facts.remove(fact)
    elif kind == "added":
        passage.text += dice.choice(
            (" It rose 12%.", " Calls fell.", " HMO is next.", " Twice as many.", " $5M a year.")
        )
    else:
        _change_cell(copy, dice)
    return copy, f"{kind}: {fact.text} {fact.source}"


def _rewrite(passage: object, fact: object, text: str) -> None:
    """Lie consistently: the fact and the sentence say the same wrong thing."""
    passage.text = passage.text.replace(fact.text, text)  # type: ignore[attr-defined]
    fact.text = text  # type: ignore[attr-defined]


def _other_text(text: str, dice: random.Random) -> str:
    digits = [at for at, letter in enumerate(text) if letter.isdigit()]
    if not digits:
        return f"{text} East"
    at = dice.choice(digits)
    return text[:at] + str((int(text[at]) + dice.randint(1, 8)) % 10) + text[at + 1 :]


def _change_cell(copy: Briefing, dice: random.Random) -> None:
    """Change a result behind a fact of a number: the text no longer follows from it."""
    numbers = [f for f in copy.facts() if f.source.startswith("cell:") and isinstance(f.value, int | float)]
    part, row, name = dice.choice(numbers).source.removeprefix("cell:").split(":")
    table = copy.parts[int(part)]
    at = next(place for place, column in enumerate(table.columns) if column.name == name)
    table.rows[int(row)][at] = table.rows[int(row)][at] * 1.2 + 3  # type: ignore[operator]


def _changed_text(text: str, dice: random.Random) -> tuple[str, str]:
    words = {"increased": "decreased", "rose": "fell", "MAPD": "PPO", "Spanish": "English", "driving": "saving",
             "Billing": "Pharmacy", "Resolved": "Continuing", "high": "low"}  # fmt: skip
    place = dice.choice(list(re.finditer(r"\d|\b(" + "|".join(words) + r")\b", text)))
    old = place.group()
    new = words.get(old) or str((int(old) + dice.randint(1, 9)) % 10)
    return text[: place.start()] + new + text[place.end() :], f"text: {old} to {new} at {place.start()}"


def test_small_cells_are_counted_and_not_told_to_executives(
    made: Made, found: list[Incident], desk_of: Callable[..., Desk], assistant: Assistant
) -> None:
    few = moved(found[0], members=7)
    issues = advance((), [few, *found[1:3]], made.day, resolved_after=1)
    for role, shown in (("executive", 2), ("analyst", 2)):
        told = compose(replace(made, issues=issues), desk_of(role))  # type: ignore[arg-type]
        assert [item.metric for item in told.items] == ["total_calls", "repeat_call_rate"][:shown]
        assert any(
            note.text.startswith("1 of 3 issues not shown: the figures of fewer than 11 members")
            for note in told.notes
        )
        assert "Billing for MAPD" not in told.model_dump_json()
        assert briefing_problems(told, evidence_of(told, assistant.knowledge())) == []


def test_a_narrowed_reader_is_told_of_their_rows_only(made: Made, desk_of: Callable[..., Desk]) -> None:
    told = compose(made, desk_of("analyst", plan_type="HMO"))
    assert [item.segment for item in told.items] == [{"plan_type": "HMO"}]
    assert "MAPD" not in told.model_dump_json()
    assert not [note for note in told.notes if "not shown" in note.text]


def test_a_figure_that_the_governed_query_does_not_confirm_is_left_out(
    made: Made, found: list[Incident], desk_of: Callable[..., Desk]
) -> None:
    dollars = Dollars(Interval(5, 1, 9), 1, 5, "mul(query:excess, query:planning_cost_per_call)",
                      {"excess": 5.0, "planning_cost_per_call": 8.0})  # fmt: skip
    wrong = [moved(found[0], observed=found[0].observed + 1), moved(found[1], dollars=dollars), found[2]]
    told = compose(replace(made, issues=advance((), wrong, made.day, resolved_after=1)), desk_of("executive"))
    assert [item.metric for item in told.items] == ["repeat_call_rate"]
    assert told.notes[0].text == "2 of 3 issues left out: the governed query does not confirm their figures."


def test_what_is_followed_narrows_and_names_from_data_make_no_marks(
    made: Made, found: list[Incident], desk_of: Callable[..., Desk], assistant: Assistant
) -> None:
    told = compose(made, desk_of("executive"), follows={"plan_type": "MAPD"})
    assert "HMO" not in told.model_dump_json()
    sly = moved(found[1], calendar='<img src=x onerror=alert(1)> [x](javascript:1) *now* "')
    told = compose(replace(made, issues=advance((), [sly], made.day, resolved_after=1)), desk_of("executive"))
    html, text = page(told), markdown(told)
    assert "<img" not in html
    assert "](javascript" not in text
    found_in = evidence_of(told, assistant.knowledge())
    assert text_problems(visible_in_page(html), told, found_in) == []
    assert text_problems(visible_in_markdown(text), told, found_in) == []


def test_a_reader_keeps_what_they_were_shown_and_sees_a_correction(
    assistant: Assistant, store: BriefingStore, found: list[Incident]
) -> None:
    day, snapshot = assistant.knowledge().as_of, assistant.knowledge().snapshot
    anna = Principal("anna", "executive", purpose="grievance: case 1")
    assert briefing_for(assistant, store, anna) is None
    store.keep(day, snapshot, advance((), found[:1], day, resolved_after=1), AT, {})
    first = briefing_for(assistant, store, anna)
    assert first == briefing_for(assistant, store, Principal("anna", "executive"))
    store.keep(day, snapshot, advance((), found[:2], day, resolved_after=1), AT, {})
    second = briefing_for(assistant, store, anna)
    assert first
    assert second
    assert (first.revision, second.revision) == (1, 2)
    assert any(note.text.startswith("This is revision 2 of this day's briefing") for note in second.notes)


def test_a_newer_snapshot_serves_while_it_confirms_every_figure(
    assistant: Assistant, store: BriefingStore, found: list[Incident]
) -> None:
    day, anna = assistant.knowledge().as_of, Principal("anna", "executive")
    store.keep(day, "an-earlier-snapshot", advance((), found[:1], day, resolved_after=1), AT, {})
    read = briefing_for(assistant, store, anna)
    assert read
    assert read.snapshot == assistant.knowledge().snapshot
    other = moved(found[0], observed=found[0].observed + 1)
    store.keep(day, "an-earlier-snapshot", advance((), [other], day, resolved_after=1), AT, {})
    with pytest.raises(MissingDataError, match="no longer kept"):
        briefing_for(assistant, store, anna)


def test_an_executive_reads_of_no_agent_and_no_small_cell_in_any_form(
    made: Made,
    found: list[Incident],
    desk_of: Callable[..., Desk],
    assistant: Assistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agents = ["A-1001", "A-1002", "A-1003"]
    of_agents = [moved(found[1], id=one, segment=(("agent_id", one),)) for one in agents]
    small = moved(found[0], id="small", members=7, segment=(("county", "Yavapai"),))
    before = advance((), [of_agents[1], small], made.day - timedelta(days=1), resolved_after=1)
    echo = moved(of_agents[2], echo_of=found[1].id)
    issues = advance(before, [of_agents[0], echo, found[1]], made.day, resolved_after=1)
    told = compose(replace(made, issues=issues), desk_of("executive"))
    assert [item.segment for item in told.items] == [{"language": "Spanish"}]
    assert told.became == []
    parcel = digest_parcel(told, Subscription("s", "r", "email", "r@example.org"), AT, "http://s", "http://s/stop")
    drawn: list[str] = []
    as_written = pytest.importorskip("fpdf").FPDF.normalize_text

    def noted(self: object, text: str) -> str:
        drawn.append(text)
        return str(as_written(self, text))

    monkeypatch.setattr("fpdf.FPDF.normalize_text", noted)
    pdf(told)
    forms = [told.model_dump_json(), markdown(told), page(told), parcel.text, parcel.html, repr(parcel.document)]
    forms += [content.decode() for name, content in parcel.files.items() if name != "pdf"]
    forms += [json.dumps(shape(parcel)) for shape in (slack_shape, teams_shape, json_shape)]
    forms += ["\n".join(drawn)]
    assert all("Spanish" in form for form in forms)
    assert [word for word in (*agents, "agent_id", "Agent", "Yavapai") for form in forms if word in form] == []
