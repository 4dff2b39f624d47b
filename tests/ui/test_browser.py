"""The chat in a real browser: what a reader sees and can do, on a laptop and a phone, in light and dark."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

RANKED = "Which three journeys are driving the most avoidable call cost right now?"
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def signed_in(site: Any, browser: Browser) -> Iterator[Page]:
    """A page of the chat, signed in as the executive."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(90_000)
    site.troubles.clear()
    site.watch(context)
    page = context.new_page()
    site.sign_in(page)
    yield page
    context.close()


@pytest.fixture
def chat(signed_in: Page) -> Page:
    """A new conversation in that page: loading the page again for each test would take most of the time."""
    signed_in.keyboard.press("Escape")
    signed_in.locator("#header #new-chat-button").click()
    signed_in.wait_for_selector("#starters button:enabled")
    return signed_in


def ask(page: Page, question: str) -> Locator:
    """Type a question and send it; its card once it is there."""
    cards = page.locator(".cc-card").count()
    page.wait_for_selector("#starters button:enabled, .cc-card")
    page.locator("#chat-input").click()
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    card = page.locator(".cc-card").nth(cards)
    card.wait_for()
    return card


def test_a_starter_gives_the_whole_answer(site: Any, chat: Page) -> None:
    expect(chat.locator(".cc-role")).to_have_text("Executive")
    expect(chat.locator(".cc-as-of")).to_contain_text("29 October 2026")
    chat.locator("#starters button:enabled").first.click()
    card = chat.locator(".cc-card")
    expect(card).to_have_attribute("data-status", "answered")
    expect(chat.get_by_text("Billing, Pharmacy and ID Card drive")).to_be_visible()
    expect(card.locator("tbody tr").first).to_contain_text("$1,185,680")
    expect(card.locator(".cc-plot .main-svg").first).to_be_visible()
    expect(card.locator(".cc-plot .bars .point")).to_have_count(3)
    expect(card.locator(".cc-read")).to_contain_text("by journey")
    expect(card.locator("pre")).to_be_hidden()
    card.get_by_text("SQL", exact=True).click()
    expect(card.locator("pre")).to_contain_text("gold.digital_call_leakage")
    expect(card.locator(".cc-badge summary")).to_have_text("Verified query")
    card.locator(".cc-badge summary").click()
    expect(card.get_by_text("a person checked")).to_be_visible()
    expect(card.locator(".cc-provenance")).to_contain_text("29 October 2026")
    expect(card.locator(".cc-provenance")).to_contain_text("20261029-5f3ac2d1")
    expect(card.locator(".cc-assumed li")).to_have_count(2)
    assert site.hosts == {"127.0.0.1"}, "the page asked something of another host"
    assert site.troubles == []


def test_the_steps_are_shown_and_fold_away(chat: Page) -> None:
    ask(chat, RANKED)
    line = chat.locator("[data-step-type=tool] button")
    expect(line).to_contain_text("Worked for")
    line.click()
    expect(chat.locator("[data-step-type=tool] li")).to_have_count(4)


def test_a_follow_up_button_asks_in_the_same_conversation(chat: Page) -> None:
    first = ask(chat, RANKED)
    expect(first.locator(".cc-follow-ups button")).to_have_count(3)
    first.locator(".cc-follow-ups button:enabled").first.click()
    expect(chat.locator("[data-step-type=user_message]").nth(1)).to_contain_text("and by plan type?")
    expect(chat.locator(".cc-card")).to_have_count(2)
    expect(chat).to_have_url(re.compile("/chat/thread/"))


def test_chips_say_what_was_understood_and_a_click_changes_it(chat: Page) -> None:
    card = ask(chat, RANKED)
    chips = card.locator(".cc-chip")
    expect(chips).to_have_count(8)
    expect(chips.nth(2)).to_contain_text("MAPD")
    chips.nth(2).get_by_role("button", name="Plan type: MAPD. Change").click()
    expect(card.get_by_role("menuitem")).to_have_text(["PPO", "HMO", "POS", "EPO", "all but MAPD"])
    card.get_by_role("menuitem", name="HMO").click()
    said = chat.locator("[data-step-type=user_message]")
    expect(said.nth(1)).to_contain_text("Only plan type HMO")
    expect(chat.locator(".cc-card")).to_have_count(2)
    expect(card.get_by_role("menuitem")).to_have_count(0)
    card.get_by_role("button", name="Drop the plan type filter").click()
    expect(said.nth(2)).to_contain_text("Drop the plan type filter")


def test_chips_work_from_the_keyboard_alone(chat: Page) -> None:
    card = ask(chat, RANKED)
    opener = card.get_by_role("button", name="Plan type: MAPD. Change")
    expect(opener).to_be_enabled()
    opener.focus()
    chat.keyboard.press("Enter")
    expect(card.get_by_role("menuitem", name="PPO")).to_be_focused()
    chat.keyboard.press("ArrowDown")
    expect(card.get_by_role("menuitem", name="HMO")).to_be_focused()
    chat.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
    chat.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Drop the plan type filter")).to_be_focused()
    chat.keyboard.press("Enter")
    expect(chat.locator("[data-step-type=user_message]").nth(1)).to_contain_text("Drop the plan type filter")


def test_the_table_sorts_and_downloads_without_formulas(chat: Page) -> None:
    card = ask(chat, "hostile values please")
    first_cells = card.locator("tbody tr td:first-child")
    number = card.locator("th").nth(1)
    number.get_by_role("button").click()
    expect(number).to_have_attribute("aria-sort", "descending")
    number.get_by_role("button").click()
    expect(number).to_have_attribute("aria-sort", "ascending")
    expect(first_cells.nth(1)).to_have_text("+1")
    with chat.expect_download() as download:
        card.get_by_text("CSV").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["error_message", "total_calls"]
    assert [row[0][:2] for row in rows[1:]] == ["'=", "<i", "'+", "[x"]
    assert [row[1] for row in rows[1:]] == ["3", "2", "1", "-4"], "a negative number is no formula"


def test_text_from_the_data_stays_text(site: Any, chat: Page) -> None:
    card = ask(chat, "hostile values please")
    expect(card.locator(".cc-plot .main-svg").first).to_be_visible()
    assert card.locator("img, a, iframe, script, object, form").count() == 0
    expect(card.locator("th").first).to_contain_text("<img src=http://evil.example/h.png>")
    expect(card.locator("tbody tr").nth(3)).to_contain_text("[x](javascript:alert(1))")
    expect(card.locator(".cc-assumed")).to_contain_text("[a](http://evil.example)")
    answer = chat.locator("[data-step-type=assistant_message] .message-content")
    expect(answer).to_contain_text(re.compile(r"!\[x\]\(http:\u2060?//evil"))
    expect(answer).to_contain_text("*bold* 1 * 2 * 3")
    assert answer.locator(".loading-cursor, .blinking-cursor").count() == 0, "text was taken for a cursor mark"
    markup = "img, a, em, strong, table:not(.cc-card *), script, sup, h1, blockquote, .katex, section.footnotes"
    assert answer.locator(markup).evaluate_all("found => found.map(each => each.outerHTML)") == []
    assert chat.locator("[href*='evil'], [src*='evil'], [href^='javascript']").count() == 0
    assert site.hosts == {"127.0.0.1"}


def test_figures_that_are_not_shown_say_so_and_come_last(chat: Page) -> None:
    card = ask(chat, "withheld figures please")
    hidden = card.locator("td .cc-few")
    expect(hidden).to_have_text(["not shown", "not shown"])
    expect(hidden.first).to_have_attribute("title", re.compile("fewer than 11 members"))
    expect(card.locator(".cc-plot .bars .point")).to_have_count(2)
    expect(card.locator(".cc-chart .cc-note")).to_have_text("2 not shown: too few members.")
    for _ in range(2):  # largest first, smallest first
        card.locator("th").nth(1).get_by_role("button").click()
        expect(card.locator("tbody tr").last).to_contain_text("not shown")
    with chat.expect_download() as download:
        card.get_by_text("CSV").click()
    assert '"EPO",\r\n' in Path(download.value.path()).read_bytes().decode()


def test_parts_bring_their_own_heading_table_chart_and_health_words(chat: Page) -> None:
    card = ask(chat, "If we fix one issue this quarter, which saves the most money and why?")
    expect(card.locator("h3")).to_have_text(["In total", "Where it leaks", "Who it hurts"])
    expect(card.locator(".cc-stats dd")).to_have_text(["357,699", "$34,814,036"])
    expect(card.locator(".cc-plot .main-svg").nth(2)).to_be_attached()
    expect(card.locator("table")).to_have_count(2)
    expect(card.locator(".cc-health.cc-red").first).to_have_text("high")
    expect(card.locator(".cc-health.cc-amber")).to_have_count(2)


def test_a_trend_is_a_line(chat: Page) -> None:
    card = ask(chat, "Repeat call rate by day")
    expect(card.locator(".cc-plot .scatterlayer .js-line")).to_be_visible()
    card.get_by_text("Show all 30 rows").click()
    expect(card.locator("tbody tr")).to_have_count(30)


def test_a_chart_turns_into_its_table_and_back_by_keyboard(chat: Page) -> None:
    card = ask(chat, RANKED)
    plot, rows = card.locator(".cc-plot .main-svg"), card.locator("tbody tr")
    plot.first.wait_for()
    card.get_by_role("button", name="Show as table").focus()
    chat.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Show as chart")).to_be_focused()
    expect(card.locator(".cc-plot")).to_have_count(0)
    expect(rows).to_have_count(3)
    chat.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Show as table")).to_be_focused()
    expect(plot.first).to_be_visible()


def test_a_choice_settles_an_ambiguous_question(chat: Page) -> None:
    card = ask(chat, "How is performance?")
    expect(card).to_have_attribute("data-status", "clarify")
    expect(card.locator(".cc-choices button")).to_have_count(3)
    card.get_by_role("button", name="Repeat calls").click()
    expect(chat.locator("[data-step-type=user_message]").nth(1)).to_contain_text("Repeat call rate by day")
    expect(chat.locator(".cc-card").nth(1)).to_have_attribute("data-status", "answered")


@pytest.mark.parametrize(
    ("question", "status", "heading", "text"),
    [
        ("What did Jane Doe call about?", "refused", "Personal data", "sees aggregates"),
        ("break the model", "error", "did not work", "did not answer within 30 s"),
        ("upstream failure", "error", "did not work", "Try again."),
        ("trigger a bug", "error", "did not work", "nothing was changed"),
    ],
)
def test_refusals_and_failures_say_what_to_do(
    chat: Page, question: str, status: str, heading: str, text: str
) -> None:
    card = ask(chat, question)
    expect(card).to_have_attribute("data-status", status)
    expect(card.locator(".cc-status")).to_contain_text(heading)
    expect(card.locator(".cc-text")).to_contain_text(text)
    assert card.locator("table").count() == 0
    expect(chat.get_by_text("4711")).to_have_count(0)


def test_an_empty_result_says_so_instead_of_an_empty_table(chat: Page) -> None:
    card = ask(chat, "Avoidable calls in 2019")
    expect(card.locator(".cc-empty")).to_be_visible()
    assert card.locator("table").count() == 0


@pytest.mark.parametrize("then", ["", " by plan type"])
def test_what_is_sent_before_the_chat_is_connected_is_sent_once_it_is_unless_it_was_changed(
    site: Any, signed_in: Page, then: str
) -> None:
    page = signed_in.context.new_page()
    page.route("**/ws/socket.io/**", lambda route: route.abort())
    page.goto(f"{site.address}/chat")
    page.locator("#chat-input").click()
    page.keyboard.type(RANKED)
    page.keyboard.press("Enter")
    page.keyboard.type(then)
    expect(page.locator("#chat-submit")).to_be_disabled()
    expect(page.locator("#chat-input")).to_have_value(RANKED + then)
    page.unroute("**/ws/socket.io/**")
    page.wait_for_selector("#starters button:enabled, .cc-card")
    if then:
        expect(page.locator("#chat-input")).to_have_value(RANKED + then)
    else:
        expect(page.locator(".cc-card")).to_have_count(1)
    page.close()


def test_stopping_drops_the_answer(site: Any, chat: Page) -> None:
    chat.locator("#chat-input").click()
    chat.keyboard.type("a slow question")
    chat.keyboard.press("Enter")
    chat.locator("#stop-button").click()
    expect(chat.locator("[data-step-type=tool]")).to_contain_text("Stopped")
    site.go_on()
    assert chat.locator(".cc-card").count() == 0


def test_a_thumb_and_its_reason_reach_the_assistant(site: Any, chat: Page) -> None:
    card = ask(chat, RANKED)
    answer = card.get_attribute("data-answer")
    chat.locator(".negative-feedback-off").click()
    chat.locator("textarea").last.fill("wrong period")
    with chat.expect_response("**/chat/feedback"):
        chat.locator("#submit-feedback").click()
    expect(chat.locator(".negative-feedback-on")).to_be_visible()
    kept = (site.state.parent / "feedback.txt").read_text().splitlines()
    assert kept[-1] == f"{answer}|executive|down|wrong period"


def test_a_conversation_comes_back_with_its_table_and_chart(chat: Page, site: Any) -> None:
    ask(chat, RANKED)
    expect(chat).to_have_url(re.compile("/chat/thread/"))
    chat.reload()
    card = chat.locator(".cc-card")
    expect(card.locator("tbody tr")).to_have_count(3)
    expect(card.locator(".cc-plot .main-svg").first).to_be_visible()
    card.locator(".cc-follow-ups button:enabled").first.click()
    expect(chat.locator(".cc-card")).to_have_count(2)


def test_the_wrong_password_is_told_kindly_and_the_name_is_kept(site: Any, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(site.address)
    page.fill("#name", "ml_engineer")
    page.fill("#password", "guess")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.locator("#name")).to_have_value("ml_engineer")
    expect(page.locator("#password")).to_have_value("")


def test_signing_out_closes_the_chat(site: Any, open_page: OpenPage) -> None:
    page = open_page()
    site.sign_in(page, "member_advocate")
    expect(page.locator(".cc-role")).to_have_text("Member advocate")
    page.locator("#user-nav-button").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"))
    page.goto(f"{site.address}/chat")
    expect(page.locator("#password")).to_be_visible()


def test_dark_follows_the_system_and_the_chart_follows_the_switch(site: Any, open_page: OpenPage) -> None:
    page = open_page(scheme="dark")
    site.sign_in(page)
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    card = ask(page, RANKED)
    bar = card.locator(".cc-plot .bars .point path").first
    bar.wait_for()
    dark = bar.evaluate("path => getComputedStyle(path).fill")
    page.locator("#theme-toggle").click()
    page.get_by_role("menuitem", name="Light").click()
    expect(page.locator("html")).to_have_class(re.compile("light"))
    expect(bar).not_to_have_css("fill", dark)


def test_a_phone_shows_everything_without_sideways_scrolling(site: Any, open_page: OpenPage) -> None:
    page = open_page(width=390, height=844)
    site.sign_in(page)
    expect(page.locator(".cc-role")).to_be_visible()
    expect(page.locator(".cc-as-of")).to_be_visible()
    card = ask(page, "If we fix one issue this quarter, which saves the most money and why?")
    expect(card.locator(".cc-plot .main-svg").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = card.evaluate("card => [...card.querySelectorAll('section, figure, footer, dl > div')].filter("
                         "e => e.getBoundingClientRect().right > innerWidth + 1).length")  # fmt: skip
    assert wide == 0


def test_the_keyboard_alone_signs_in_and_asks(site: Any, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{site.address}/login?next=/chat")
    expect(page.locator("#name")).to_be_focused()  # a busy machine draws the page before it gives the focus
    page.keyboard.type("executive")
    page.keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(site.passwords["executive"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#starters button:enabled")
    page.keyboard.type(RANKED)
    page.keyboard.press("Enter")
    fold = page.locator(".cc-fold summary")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cc-card pre")).to_be_visible()
