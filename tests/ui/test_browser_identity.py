"""Identity in a real browser: rights that change in mid-chat, purposes on the page, the page of users."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from ui.accounts import Accounts

OpenPage = Callable[..., Page]
Ask = Callable[[Page, str], Locator]


@pytest.fixture
def accounts(site: Any) -> Iterator[Accounts]:
    """The accounts as another terminal has them."""
    opened = Accounts(site.state / "users.db")
    yield opened
    opened.close()


def replies(page: Page) -> Locator:
    return page.locator("[data-step-type=assistant_message] .message-content")


def say(page: Page, text: str) -> Locator:
    """Send a message; the reply to it."""
    number = replies(page).count()
    page.wait_for_selector("#starters button:enabled, [data-step-type]")
    page.locator("#chat-input").click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    return replies(page).nth(number)


def told_to_sign_in(page: Page) -> Locator:
    """Either is right, whichever comes first: the sentence in the chat, or the page has left for the form."""
    return replies(page).filter(has_text="Your session has ended").or_(page.locator("#password")).first


@pytest.fixture
def someone(site: Any, accounts: Accounts, open_page: OpenPage) -> Callable[..., tuple[str, Page]]:
    """Signs somebody new in: `someone("analyst")` gives the name and the chat's page."""

    def made(role: Any, **rights: Any) -> tuple[str, Page]:
        sign_in = accounts.add(f"somebody{time.monotonic_ns()}", role, **rights)
        site.passwords[sign_in.name] = sign_in.password
        page = open_page()
        site.sign_in(page, sign_in.name)
        return sign_in.name, page

    return made


@pytest.mark.parametrize("change", ["demoted", "locked", "removed", "narrowed"])
def test_whoever_loses_rights_in_mid_chat_gets_no_further_answer(
    accounts: Accounts, someone: Callable[..., tuple[str, Page]], change: str
) -> None:
    name, page = someone("analyst")
    expect(say(page, "who am I")).to_contain_text("analyst")
    {
        "demoted": lambda: accounts.set_role(name, "executive"),
        "locked": lambda: accounts.lock(name),
        "removed": lambda: accounts.remove(name),
        "narrowed": lambda: accounts.set_attributes(name, {"plan_type": "HMO"}),
    }[change]()
    with suppress(PlaywrightError):  # the page may have left for the sign-in form while we type
        say(page, "who am I now")
    expect(told_to_sign_in(page)).to_be_visible(timeout=60_000)
    assert replies(page).filter(has_text='"role"').count() <= 1
    expect(page.locator("#password")).to_be_visible(timeout=60_000)  # the page leaves by itself


def test_an_answer_that_was_under_way_when_rights_went_is_not_shown(
    site: Any, accounts: Accounts, someone: Callable[..., tuple[str, Page]]
) -> None:
    name, page = someone("analyst")
    say(page, "a slow question")
    page.locator("[data-step-type=tool]").first.wait_for()
    accounts.set_role(name, "executive")
    site.go_on()
    expect(told_to_sign_in(page)).to_be_visible(timeout=60_000)
    assert page.locator(".cc-card").count() == 0


def test_a_purpose_opens_rows_for_a_while_and_its_conversation_closes_with_it(
    site: Any, accounts: Accounts, someone: Callable[..., tuple[str, Page]]
) -> None:
    name, page = someone("member_advocate", attributes={"plan_type": "HMO"})
    expect(page.locator(".cc-only")).to_have_text("HMO only")
    expect(say(page, "who am I")).to_contain_text('"purpose": null')
    page.locator(".cc-purpose").click()
    page.locator(".choice", has_text="Grievance").click()
    page.fill("#reference", "case 123")
    page.get_by_role("button", name=re.compile("Open member rows")).click()
    expect(page.locator(".cc-purpose")).to_contain_text("grievance: case 123")
    told = say(page, "who am I")
    expect(told).to_contain_text("grievance: case 123")
    expect(told).to_contain_text('{"plan_type": "HMO"}')
    expect(page).to_have_url(re.compile("/chat/thread/"))
    held = page.url
    with accounts.file.transaction() as connection:  # an hour later
        connection.execute("UPDATE stated SET until = ? WHERE name = ?", (time.time() - 1, name))
    expect(say(page, "and now")).to_contain_text("Start a new conversation")
    page.goto(held)
    expect(page.get_by_text("was held with other rights")).to_be_visible()
    assert page.get_by_text("case 123").count() == 0
    assert site.hosts == {"127.0.0.1"}


def test_broken_glass_is_seen_all_the_time_and_reaches_beyond_row_filters(
    someone: Callable[..., tuple[str, Page]],
) -> None:
    _, page = someone("member_advocate", attributes={"plan_type": "HMO"})
    page.goto(page.url.replace("/chat", "/purpose"))
    page.get_by_text("Break the glass", exact=True).click()
    page.fill("#reason", "A member in acute danger called and nobody else can look")
    page.get_by_role("button", name=re.compile("Break the glass for")).click()
    expect(page.locator(".cc-glass .cc-purpose")).to_contain_text("Glass broken")
    told = say(page, "who am I")
    expect(told).to_contain_text("acute danger")
    expect(told).to_contain_text('"only": {}')


def test_an_administrator_makes_a_user_who_signs_in(site: Any, open_page: OpenPage) -> None:
    page = open_page(width=390, height=844, scheme="dark")
    site.sign_in(page, "admin")
    page.locator(".cc-users").click()
    page.fill("#new-name", "Dora")
    page.select_option("#new-role", "member_advocate")
    page.select_option("#new-state", "FL")
    page.get_by_role("button", name="Add", exact=True).click()
    password = page.locator(".made code").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other = open_page()
    site.passwords["dora"] = password
    site.sign_in(other, "dora")
    expect(other.locator(".cc-only")).to_have_text("FL only")
    assert other.locator(".cc-users:visible").count() == 0
    assert other.goto(f"{site.address}/users").status == 403  # type: ignore[union-attr]
    page.reload()
    row = page.locator(".users > li", has_text="dora")
    row.locator("summary").click()
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("dora")).to_have_count(0)
    assert other.goto(f"{site.address}/session").status == 401  # type: ignore[union-attr]
    assert site.hosts == {"127.0.0.1"}


def test_no_page_breaks_its_own_policy(site: Any, open_page: OpenPage) -> None:
    page = open_page()
    broken: list[str] = []
    page.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    page.add_init_script("addEventListener('securitypolicyviolation', e => console.log('Content Security Policy '"
                         " + e.violatedDirective + e.blockedURI))")  # fmt: skip
    site.sign_in(page, "admin")
    expect(say(page, "Repeat call rate by day")).to_be_visible()
    for path in ("/users", "/purpose", "/password", "/logout", "/chat"):
        page.goto(site.address + path)
        page.wait_for_load_state("networkidle") if path != "/chat" else page.wait_for_selector("#chat-input")
    page.goto(f"{site.address}/logout")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.locator("#password")).to_be_visible()
    assert broken == []
    assert json.dumps(sorted(site.hosts)) == '["127.0.0.1"]'
