"""The chat's header follows the served snapshot without a reload, and says when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, expect

from ui.accounts import Accounts


def test_the_header_follows_the_snapshot_and_tells_a_broken_stream(
    site: Any, browser: Browser, publish: Callable[..., None]
) -> None:
    warehouse, now = site.state.parent / "warehouse", datetime.now(UTC).isoformat()
    context = browser.new_context()  # not watched: the refused stream at the end is an error on the console
    context.set_default_timeout(90_000)
    page = context.new_page()
    site.sign_in(page, "product_owner")
    header = page.locator("#header")
    expect(header.locator(".cc-as-of")).to_have_text("Data to 29 October 2026")
    expect(header.locator(".cc-updated")).to_be_hidden()
    page.locator("#chat-input").fill("half a question")
    publish(warehouse, "20261030-cccccccc", as_of="2026-10-30", created_at=now)
    expect(header.locator(".cc-as-of")).to_have_text("Data to 30 October 2026")
    expect(header.locator(".cc-as-of")).to_have_attribute("title", "Snapshot 20261030-cccccccc")
    expect(header.locator(".cc-updated")).to_contain_text("updated")
    expect(page.locator("#chat-input")).to_have_text("half a question")
    # Other tests of this server know the day before: it is served again, which ends a signed-out stream.
    page.route("**/session", lambda route: route.abort())  # the page cannot learn yet why its stream has ended
    Accounts(site.state / "users.db").set_password("product_owner", "a sentence only I know")
    site.passwords["product_owner"] = "a sentence only I know"
    publish(warehouse, "20261029-dddddddd", created_at=now)
    expect(header.locator(".cc-updated")).to_have_text("not live")
    page.unroute("**/session")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#password")).to_be_visible()  # whoever's session has ended leaves the data behind
    context.close()
