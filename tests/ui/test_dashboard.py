"""The dashboard in a real browser over a real warehouse: the demo as one story, its walls, and how it looks."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.ui.conftest import ROOT, Site, _line
from tools.actions.proposals import FILE, Proposals
from ui.dashboard.access import load_access
from ui.dashboard.masked_journeys import METRICS
from warehouse.principal import ROLES
from warehouse.snapshots import CURRENT, connect, current

MEMBER_ID = re.compile(r"\bM-?\d{4,}\b")
ADDRESSES = {
    "overview": "/dashboard",
    "issue": "/dashboard/issue/Billing",
    "issue.journeys": "/dashboard/issue/Billing/journeys",
    "issue.savings": "/dashboard/issue/Billing/savings",
    "issue.actions": "/dashboard/issue/Billing/actions",
    "repeat_calls": "/dashboard/repeat-calls",
    "estimates": "/dashboard/estimates",
    "estimate_operations.exceptions": "/dashboard/estimates/operations/exceptions",
    "estimate_analysis": "/dashboard/estimates/analysis",
    "playback": "/dashboard/playback",
    "review": "/dashboard/review",
    "quality": "/dashboard/quality",
    "audit": "/dashboard/audit",
}
SHOTS = Path(os.environ.get("DASHBOARD_SHOTS", "var/screenshots"))


class Served(Site):
    """A server over a warehouse that is stopped and started again at its address, with the state that it left."""

    def __init__(self, warehouse: Path, folder: Path) -> None:
        self._warehouse, self._folder = warehouse, folder
        address, _, passwords = self.start().partition(" ")
        super().__init__(address, folder / "var" / "state", json.loads(passwords))

    def start(self, port: str = "0") -> str:
        """Start it; its first line."""
        var = str(self._folder / "var")
        server = str(ROOT / "tests" / "ui" / "dashboard_server.py")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMMAND_CENTER_VAR": var}
        with (self._folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, server, str(self._warehouse), var, port],
                cwd=self._folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        return _line(self._process, str(self._folder / "server.log"), "http://")

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        self._process.terminate()
        self._process.wait(timeout=120)


@pytest.fixture(scope="module")
def two_days(two_days: tuple[Path, str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A copy of them, for which of the two is served changes here."""
    path, older, newer = two_days
    return shutil.copytree(path, tmp_path_factory.mktemp("two-days") / "warehouse"), older, newer


@pytest.fixture(scope="module")
def dash(two_days: tuple[Path, str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server over the company whose last day came a fortnight after the day before it."""
    served = Served(two_days[0], tmp_path_factory.mktemp("dashboard"))
    yield served
    served.stop()


def _context(dash: Site, browser: Browser, **how: Any) -> BrowserContext:
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **how})
    context.set_default_timeout(60_000)
    dash.watch(context)
    return context


def _signed_in(dash: Site, browser: Browser, name: str, **how: Any) -> Page:
    page = _context(dash, browser, **how).new_page()
    page.goto(f"{dash.address}/")
    page.fill("#name", name)
    page.fill("#password", dash.passwords[name])
    page.click("button[type=submit]")
    page.wait_for_selector("#leaks")
    return page


@contextmanager
def _reader(dash: Site, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=dash.address, timeout=120, headers={"origin": dash.address}) as client:
        _enter(client, dash, name)
        yield client


def _enter(client: httpx.Client, dash: Site, name: str) -> None:
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert token is not None
    given = {"name": name, "password": dash.passwords[name], "token": token[1]}
    assert client.post("/login", data=given).status_code == 303


def test_the_demo_is_one_story(dash: Site, browser: Browser) -> None:
    page = _signed_in(dash, browser, "product_owner")
    # 1. What is breaking right now? Health in words, and the ranked table.
    assert page.url == f"{dash.address}/dashboard"
    assert "Critical: below 70%" in page.locator(".tile", has_text="Digital success rate").inner_text()
    first = page.locator("#leaks tbody tr").first
    expect(first).to_contain_text("Billing")
    expect(first).to_contain_text("MAPD New")
    # Every figure says how it is computed, with the definition and the statement that ran.
    first.locator(".figure").first.click()
    expect(page.locator("h1")).to_have_text("Calls a day")
    expect(page.locator("main")).to_contain_text("gold.digital_call_leakage")
    page.get_by_text("Back to the view").click()
    # 2. Who is this hurting?
    page.locator("#leaks tbody a.drill").first.click()
    expect(page.locator("#segments tbody tr").first).to_contain_text("MAPD New")
    # 3. Show me what this feels like: the shared path, nobody's own.
    page.locator("#segments tbody a.drill").first.click()
    assert "plan_type=MAPD" in page.url
    expect(page.locator("#path")).to_contain_text("Mobile app")
    expect(page.locator("#masked .way").first).to_contain_text("M-\u2022\u2022")
    assert not MEMBER_ID.search(page.inner_text("main"))
    # 4. Is this worth fixing? The slider, by keyboard, against the figures under it.
    page.get_by_role("link", name="What it is worth").click()
    page.wait_for_url("**/savings?**")  # with its script, which hears the keys
    page.locator("#reduce").focus()
    with page.expect_response(lambda r: "reduce=12" in r.url):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
    expect(page.locator("#reduce-said")).to_have_text("12%")
    expect(page.locator("#projection tbody")).to_contain_text("12.0%")
    shown = page.evaluate("fetch(location.pathname + location.search + '&format=json').then((r) => r.json())")
    projection, basis = (next(p for p in shown["panels"] if p["key"] == key) for key in ("projection", "basis"))
    names = [column["name"] for column in projection["columns"]]
    row = next(row for row in projection["rows"] if row[0] == 0.12)
    calls = basis["rows"][0][0]
    assert row[names.index("savings_per_year")] == pytest.approx(calls * 0.12 * 8 * 365)
    # 5. Why? The message that stops them, and when it began, looked for after the page.
    page.goto(f"{dash.address}/dashboard/issue/Billing/cause")
    expect(page.locator("#cut-message .hbar").first).to_contain_text("Your plan is not eligible for this option")
    expect(page.locator("#course")).to_contain_text("most likely began on", timeout=120_000)
    # 6. What should my teams do? Decide, as on the command line.
    page.get_by_role("link", name="Next best action").click()
    page.get_by_role("button", name="Put these before the reviewers").click()
    action = page.locator("article.action").first
    action.get_by_role("button", name="Approve").click()
    expect(page.locator("article.action .pill").first).to_have_text("Approved")
    with closing(Proposals(dash.state / FILE)) as store:
        assert [event.user for event in store.events() if event.action == "approve"] == ["product_owner"]
    # 7. How do we know it worked?
    page.get_by_role("link", name="Impact", exact=True).click()
    expect(page.get_by_role("heading", name="Did it work?")).to_be_visible()
    assert dash.hosts == {"127.0.0.1"}
    assert dash.troubles == []
    page.context.close()


def test_actions_of_the_chat_are_decided_by_buttons_that_only_product_owners_have(
    dash: Site, browser: Browser
) -> None:
    name, address = "Billing: early IVR message", "/chat/decisions?action=Billing%3A+early+IVR+message"
    page = _context(dash, browser).new_page()
    dash.sign_in(page, "product_owner")
    page.locator("#chat-input").click()
    page.keyboard.type("What should we do about Billing?")
    page.keyboard.press("Enter")
    row = page.locator(".cc-decision", has_text=name)
    row.get_by_role("button", name="Defer").click()
    expect(row.get_by_role("button", name="Yes, defer")).to_be_disabled()  # a reason first
    row.get_by_role("textbox", name="Reason").fill("after the open enrollment")
    page.keyboard.press("Enter")
    expect(row.locator(".cc-decision-state")).to_have_text("deferred")
    with closing(Proposals(dash.state / FILE)) as store:
        found = store.find(name)
        last = store.events(found.id)[-1]
        assert (last.action, last.user, last.reason) == ("defer", "product_owner", "after the open enrollment")
    with _reader(dash, "product_owner") as second:
        (one,) = second.get(address).json()["actions"]
        assert [can["decision"] for can in one["can"]] == [
            "approve", "reject", "defer", "duplicate", "reopen", "undo"
        ]  # fmt: skip
        given = {"decision": "duplicate", "proposal": one["id"], "version": one["version"]}
        assert "needs the proposal" in second.post("/chat/decisions", json=given).json()["detail"]
        given = {"decision": "approve", "proposal": one["id"], "version": one["version"]}
        assert second.post("/chat/decisions", json=given).json()["actions"][0]["state"] == "approved"
        late = second.post("/chat/decisions", json=given | {"decision": "reject", "reason": "no"})
        assert (late.status_code, "approved by product_owner" in late.json()["detail"]) == (400, True)
    # The page that looked before that decision is told, and shows how the action stands now.
    row.get_by_role("button", name="Reject").click()
    row.get_by_role("textbox", name="Reason").fill("no")
    page.keyboard.press("Enter")
    expect(page.locator(".cc-decisions [role=status]")).to_contain_text("approved by product_owner")
    expect(row.locator(".cc-decision-state")).to_have_text("approved")
    page.reload()
    expect(row.locator(".cc-decision-state")).to_have_text("approved")
    page.context.close()
    for role in ("executive", "analyst"):
        with _reader(dash, role) as other:
            assert other.get(address).status_code == 403
            assert other.post("/chat/decisions", json=given).status_code == 403
    with httpx.Client(base_url=dash.address, headers={"origin": dash.address}) as stranger:
        assert stranger.get(address).status_code == 401
        assert stranger.post("/chat/decisions", json=given).status_code == 401


def test_each_role_has_what_the_table_gives_it_and_nothing_else(dash: Site) -> None:
    access = load_access()
    for name in ("admin", *ROLES):
        with _reader(dash, name) as client:
            for view, address in ADDRESSES.items():
                roles = access.views[view]
                has = bool(roles & {"all", name}) or (
                    name == "admin" and bool(roles & {"executive", "administrator"})
                )
                answer = client.get(address, headers={"accept": "text/html"})
                assert (answer.status_code == 200) == has, (name, view, answer.status_code)
                assert has or answer.status_code == 404, (name, view)
                assert not MEMBER_ID.search(re.sub(r"placeholder=\"[^\"]*\"", "", answer.text)), (name, view)
            nav = client.get("/dashboard").text
            assert ('href="/dashboard/audit"' in nav) == (name == "admin")
            assert ('href="/dashboard/playback"' in nav) == (name in access.views["playback"])
            # Who may not decide has no button, and cannot send what one would.
            page = client.get("/dashboard/review", headers={"accept": "text/html"}).text
            assert ('value="approve"' in page) == (name == "product_owner" and "p-" in page)
            token = re.search(r'name="token" value="([^"]+)"', client.get("/logout").text)
            assert token is not None
            sent = client.post("/dashboard/review", data={"decision": "propose", "token": token[1]})
            assert (sent.status_code == 303) == (name == "product_owner"), name


def test_forms_of_one_address_and_what_is_not_there(dash: Site) -> None:
    with _reader(dash, "executive") as client:
        as_json = client.get("/dashboard?plan_type=MAPD", headers={"accept": "application/json"}).json()
        assert as_json["filters"] == {"plan_type": "MAPD"}
        leaks = next(panel for panel in as_json["panels"] if panel["key"] == "leaks")
        as_csv = client.get("/dashboard?plan_type=MAPD&format=csv&panel=leaks").text.splitlines()
        assert len(as_csv) == len(leaks["rows"]) + 1
        # The same figure as the governed query that the model itself gives for it.
        base = next(panel for panel in as_json["panels"] if panel["key"] == "leaks_base")
        assert base["semantic_query"]["filters"] == [{"dimension": "plan_type", "values": ["MAPD"]}]
        assert leaks["rows"][0][2] == base["rows"][0][1 + base["semantic_query"]["metrics"].index("leaked_calls")]
        assert client.get("/dashboard?plan_type=Nonsense").status_code == 400
        assert client.get("/dashboard?period=2019-01-01..2019-01-02").status_code == 400
        for address in (
            "/dashboard/issue/Nonsense",
            "/dashboard/issue/Billing/nonsense",
            "/dashboard/how?view=overview",
            "/dashboard/nowhere/at/all",
        ):
            answer = client.get(address)
            assert answer.status_code == 404, address
            assert "This cannot be shown" in answer.text, address
    with httpx.Client(base_url=dash.address) as stranger:
        assert stranger.get("/dashboard?period=7d").headers["location"] == "/login?next=/dashboard%3Fperiod%3D7d"
        assert stranger.get("/dashboard", headers={"accept": "application/json"}).status_code == 401


def test_a_masked_journey_is_a_way_that_enough_members_went(dash: Site, two_days: tuple[Path, str, str]) -> None:
    """Counted in the gold tables themselves; who may not see single members is shown none."""
    with _reader(dash, "executive") as client:
        address = "/dashboard/issue/Billing/journeys?period=90d"
        page = client.get(address, headers={"accept": "text/html"}).text
        shown = client.get(f"{address}&format=json").json()
    ways = next(panel for panel in shown["panels"] if panel["key"] == "masked")
    names = [column["name"] for column in ways["columns"]]
    by = {"step": "leak_step", "sentiment_label": "sentiment"}
    columns = [by.get(name, name) for name in names if name not in METRICS]
    calls = names.index(METRICS[0])
    told = [row for at, row in enumerate(ways["rows"]) if row[calls] and [at, calls] not in ways["suppressed"]]
    assert told
    first, last = shown["period"]["start"], shown["period"]["end"]
    with connect(current(two_days[0])) as gold:
        for row in told:
            values = [value for name, value in zip(names, row, strict=True) if name not in METRICS]
            where = " AND ".join(f"{column} IS NOT DISTINCT FROM ?" for column in columns)
            members = gold.execute(
                "SELECT COUNT(DISTINCT member_id) FROM gold.calls WHERE is_leaked = 1 AND journey = 'Billing' "
                f"AND call_date BETWEEN '{first}' AND '{last}' AND {where}",
                values,
            ).fetchone()
            assert members is not None
            assert members[0] >= 11, row
    assert 'class="way"' in page
    assert not MEMBER_ID.search(page)
    assert "Single journeys" not in page


def test_a_single_journey_needs_a_purpose_and_names_nobody_in_its_address(dash: Site, browser: Browser) -> None:
    page = _signed_in(dash, browser, "member_advocate")
    page.goto(f"{dash.address}/dashboard/playback")
    assert page.locator("#member").count() == 0
    page.goto(f"{dash.address}/purpose")
    page.locator("input[name=purpose]").first.check()
    page.fill("#reference", "case 4711")
    page.get_by_role("button", name=re.compile("Open member rows")).click()
    page.goto(f"{dash.address}/dashboard/playback")
    page.fill("#member", "M-104382")
    page.get_by_role("button", name="Play back").click()
    expect(page.locator("#member-card")).to_contain_text("M-104382")
    assert "104382" not in page.url
    times = page.locator(".playback .card").first.locator("time.when").all_inner_texts()
    assert times == ["09:01", "09:03", "09:04", "09:18", "09:45"]
    expect(page.locator(".mood")).to_contain_text("strongly negative")
    expect(page.locator(".playback")).to_contain_text("Confusing bill and plan rules")
    reference = page.url
    page.context.close()
    with _reader(dash, "executive") as client:
        assert client.get(reference).status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_phone_and_laptop_in_both_themes(dash: Site, browser: Browser, scheme: Any, width: int) -> None:
    page = _signed_in(
        dash, browser, "product_owner", color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    SHOTS.mkdir(parents=True, exist_ok=True)
    # What the bigger pages add is laid out the same way in either theme.
    more = ("issue.actions", "repeat_calls") if scheme == "dark" else ()
    for name in ("overview", "issue", "issue.savings", *more):
        page.goto(f"{dash.address}{ADDRESSES[name]}")
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png", full_page=True)
    if width == 390:
        assert _serious(page) == []
    page.context.close()


def test_on_a_small_laptop_the_tiles_stand_in_one_row_and_nothing_is_cut_off(dash: Site, browser: Browser) -> None:
    page = _signed_in(dash, browser, "product_owner", viewport={"width": 1280, "height": 844})
    tops = page.locator(".tile").evaluate_all(
        "all => all.map(tile => Math.round(tile.getBoundingClientRect().top))"
    )
    assert (len(tops), len(set(tops))) == (7, 1)
    for part in (".tile .big", "#leaks .scroll"):
        cut = page.locator(part).evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        )
        assert cut == 0, part
    page.context.close()


BY_AXE = {
    "product_owner": (
        *(address for name, address in ADDRESSES.items() if name not in ("playback", "quality", "audit")),
        *(f"/dashboard/issue/Billing/{tab}" for tab in ("cause", "impact")),
        "/dashboard/how?view=overview&panel=leaks&row=0&column=calls",
        "/briefing",
    ),
    "data_engineer": ("/dashboard/quality", "/dashboard/playback", "/verified"),
    "admin": ("/dashboard/audit", "/users", "/purpose"),
}


def test_axe_finds_nothing_serious_on_any_page_in_either_theme(dash: Site, browser: Browser) -> None:
    found = {}
    for name, addresses in BY_AXE.items():
        page = _signed_in(dash, browser, name, color_scheme="light")
        for address in addresses:
            page.goto(f"{dash.address}{address}")
            light = _serious(page)
            # What differs by theme is colours alone.
            page.evaluate("document.documentElement.classList.add('dark')")
            found[address] = light + _serious(page, "color-contrast")
        page.context.close()
    assert {address: every for address, every in found.items() if every} == {}
    assert len(found) == sum(map(len, BY_AXE.values()))


def _serious(page: Page, *rules: str) -> list[str]:
    """Serious and critical violations that axe finds; none without its package, which the dev extra brings."""
    package = find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        return []
    # Run by the debugger, not by the page, whose policy lets no foreign script in.
    if not page.evaluate("'axe' in window"):
        page.evaluate(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    only = f"runOnly: {list(rules)}, " if rules else ""
    found = page.evaluate(f"axe.run(document, {{{only}resultTypes: ['violations']}})")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_figures_move_when_a_snapshot_lands_and_a_broken_stream_is_told(
    dash: Site, browser: Browser, two_days: tuple[Path, str, str]
) -> None:
    warehouse, older, newer = two_days
    page = _signed_in(dash, browser, "analyst")
    expect(page.locator("#live")).to_contain_text(
        re.compile("live|stale")
    )  # this company's data are of a fixed day
    page.evaluate("scrollTo(0, 300)")
    page.locator("#trend summary").click()
    first_day = page.locator("#trend tbody th").first
    before = first_day.inner_text()
    assert page.evaluate("scrollY") == 300
    try:
        _serve(warehouse, older)
        expect(page.locator("#as-of")).to_contain_text("15 October 2026", timeout=90_000)
        expect(first_day).not_to_have_text(before)
        assert first_day.inner_text() < before
        assert page.locator("#trend details").first.evaluate("(each) => each.open")
        assert page.evaluate("scrollY") == 300
    finally:
        _serve(warehouse, newer)
    page.context.route("**/events", lambda route: route.abort())
    page.reload()
    expect(page.locator("#live")).to_have_text("not live")
    page.context.close()


def _serve(warehouse: Path, snapshot: str) -> None:
    (warehouse / "next").write_text(f"{snapshot}\n")
    os.replace(warehouse / "next", warehouse / CURRENT)


def test_the_keyboard_reaches_the_content_the_chat_and_back(dash: Site, browser: Browser) -> None:
    page = _signed_in(dash, browser, "executive")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.locator("#open-chat").focus()
    page.keyboard.press("Enter")
    chat = page.frame_locator("#chat-frame").locator("#chat-input")
    chat.wait_for()
    page.locator("#close-chat").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#chat-dock")).to_be_hidden()
    expect(page.locator("#open-chat")).to_be_focused()
    page.context.close()


def _linked(page: str, card: str, form: str) -> str:
    """Where a card's export of this form leads."""
    found = re.search(rf'id="{card}".*?href="([^"]*format={form}[^"]*)"', page, re.DOTALL)
    assert found, card
    return html.unescape(found[1])


def test_estimates_in_depth_export_what_the_page_shows(
    dash: Site, two_days: tuple[Path, str, str], gold_of: Callable[[Path], Any]
) -> None:
    chosen = {"from": "2026-10-02", "to": "2026-10-28", "metric": "estimate_exception_rate",
              "beside": "estimate_responses", "by": "network", "service_code": "0337U"}  # fmt: skip
    with _reader(dash, "analyst") as client:
        page = client.get("/dashboard/estimates/analysis", params={**chosen, "format": "html"}).text
        assert not re.search(
            r'aria-current="true">\s*(?:\d+ days|Last day)', page
        )  # days of one's own are no such period
        as_csv = client.get(_linked(page, "figures", "csv")).text
        as_json = client.get(_linked(page, "figures", "json")).json()
        deeper = re.search(r'<th scope="row"><a href="([^"]+)"', page)
        assert deeper
        below = client.get(f"{html.unescape(deeper[1])}&format=json").json()["panels"][0]
        # The last day is the last day, also where the view begins with thirty.
        day = client.get("/dashboard/estimates", params={"format": "html"}).text
        last = re.search(r'href="([^"]+)"[^>]*>Last day<', day)
        assert last
        one_day = client.get(f"{html.unescape(last[1])}&format=json").json()["period"]
    assert (one_day["start"], one_day["end"]) == ("2026-10-29", "2026-10-29")
    rows = list(csv.DictReader(as_csv.splitlines()))
    figures = next(panel for panel in as_json["panels"] if panel["key"] == "figures")
    assert figures["semantic_query"]["filters"] == [{"dimension": "service_code", "values": ["0337U"]}]
    assert [[row[column["name"]] for column in figures["columns"]] for row in rows] == [
        ["" if cell is None else str(cell) for cell in row] for row in figures["rows"]
    ]
    with closing(gold_of(two_days[0])) as gold:
        witness = {
            network: (rate, responses)
            for network, rate, responses in gold.execute(
                "SELECT network_id, AVG(is_exception), COUNT(*) FROM gold.fact_response "
                "WHERE service_code = '0337U' AND request_date BETWEEN '2026-10-02' AND '2026-10-28' GROUP BY ALL"
            ).fetchall()
        }
    checked = [row for row in rows if row["estimate_exception_rate"] and row["estimate_responses"]]
    assert len(checked) > 1
    for row in checked:
        rate, responses = witness[row["network"]]
        assert float(row["estimate_exception_rate"]) == pytest.approx(rate)
        assert int(row["estimate_responses"]) == responses
        assert f"{100 * rate:.1f}%" in page
    filters = {item["dimension"]: item["values"] for item in below["semantic_query"]["filters"]}
    assert filters == {"service_code": ["0337U"], "network": [rows[0]["network"]]}
    assert below["semantic_query"]["dimensions"] == ["provider_type"]


STATEMENTS = (
    "DELETE FROM gold.fact_response",
    "COPY gold.fact_response TO 'out.csv'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "ATTACH 'x.db' AS x",
    "SELECT COUNT(*) FROM silver.members",
    "SELECT COUNT(*) FROM bronze.cost_estimates",
    "SELECT 1; DROP TABLE gold.fact_request",
    "SELECT COUNT(*) AS n FROM gold.fact_response -- ;\n; DELETE FROM gold.fact_response",
    "SELECT /* only these */ member_id, trace_id FROM gold.fact_response",
    "SELECT COUNT(*) FROM range(100000000000)",
    "SELECT " + "1 + " * 2000 + "1",
)


def test_a_statement_of_ones_own_is_judged_and_the_page_says_why_it_was_not_run(dash: Site) -> None:
    address = "/dashboard/estimates/analysis"
    with _reader(dash, "analyst") as client:
        for sql in STATEMENTS:
            found = client.get(address, params={"sql": sql, "format": "json"}).json()
            assert [panel["key"] for panel in found["panels"]] == ["figures", "course"], sql
            assert len(found["problems"]) == 1, sql
            shown = client.get(address, params={"sql": sql, "format": "html"}).text
            assert found["problems"][0] in html.unescape(shown), sql
        sql = "SELECT network_id, COUNT(*) AS responses FROM gold.fact_response GROUP BY network_id"
        page = client.get(address, params={"sql": sql, "format": "html"}).text
        lines = list(csv.reader(client.get(_linked(page, "own", "csv")).text.splitlines()))
        own = client.get(_linked(page, "own", "json")).json()["panels"][-1]
        assert own["key"] == "own"
        assert lines[0] == ["network_id", "responses"]
        assert lines[1:] == [["" if cell is None else str(cell) for cell in row] for row in own["rows"]]
        assert len(lines) > 3
    with _reader(dash, "product_owner") as client:  # who sees the analysis, but asks no statements
        found = client.get(address, params={"sql": sql, "format": "json"}).json()
        assert [panel["key"] for panel in found["panels"]] == ["figures", "course"]


def test_a_restart_in_the_middle_keeps_the_readers_place_and_the_conversation(
    dash: Served, browser: Browser
) -> None:
    page = _signed_in(dash, browser, "executive", viewport={"width": 1440, "height": 600})
    page.goto(f"{dash.address}/dashboard/issue/Billing?plan_type=MAPD&period=7d")
    chat = page.frame_locator("#chat-frame")
    page.locator("#open-chat").click()
    chat.locator("#starters button:enabled").first.wait_for()
    chat.locator("#chat-input").click()
    page.keyboard.type("Which three journeys are driving the most avoidable call cost right now?")
    page.keyboard.press("Enter")
    chat.locator(".cc-card .cc-plot .main-svg").first.wait_for()
    page.evaluate("scrollTo(0, 80)")
    figures = page.locator("#segments tbody").inner_text()
    dash.stop()
    expect(page.locator("#live")).to_have_text("not live")
    dash.start(dash.address.rsplit(":", 1)[1])
    expect(page.locator("#live")).to_have_text(re.compile("^(live|stale)"))
    assert page.evaluate("[scrollY, location.search]") == [80, "?plan_type=MAPD&period=7d"]
    assert page.locator("#segments tbody").inner_text() == figures
    # On to another view: nobody signs in again, and the conversation is there, its chart alive.
    page.get_by_role("link", name="Root cause").click()
    page.wait_for_url("**/cause?**plan_type=MAPD**")
    chat.locator(".cc-card .cc-plot .main-svg").first.wait_for()
    chat.locator(".cc-follow-ups button:enabled").first.click()
    expect(chat.locator(".cc-card")).to_have_count(2)
    page.context.close()
