"""The pictures of the README and the documentation, taken of the running system: `make pictures`.

`python -m benchmarks.pictures WAREHOUSE [--into docs]` has the Insight Scout write the day's briefing, serves the
warehouse as `command-center up` does, with a user of its own, and takes each picture in Chromium at a fixed size,
in the light theme. The figures are those of the warehouse; what would differ from run to run (when the snapshot
was built, how long an answer took) is written over before the picture is taken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.site import chromium, make_users, running, signed_in

QUESTION = "Which three journeys are driving the most avoidable call cost right now?"
READER = "executive"
LAPTOP, PHONE = (1440, 900), (390, 844)
# Says nothing of when and how fast: `selector` gets these words, wherever it is there.
FIXED = {
    "#live": "live",
    ".foot": "",
    "[data-step-type=tool] button": "Worked for a moment",
}
SCOUT = "import sys; from ui.cli import main; sys.argv[1:] = ['scout', '--warehouse', sys.argv[1]]; main()"
_WRITE = """(fixed) => Object.entries(fixed).forEach(([selector, words]) =>
  document.querySelectorAll(selector).forEach((each) => { each.textContent = words; each.hidden = !words; }))"""
# The chat writes its clock again whenever it differs, so that only a style keeps it away.
_STILL = """.cc-updated { display: none !important; }
* { animation: none !important; transition: none !important; caret-color: transparent !important; }"""


def overview(page: Page) -> None:
    """The executive overview."""
    page.goto("/dashboard")
    page.wait_for_selector("#leaks tbody tr")
    page.wait_for_selector("#briefing .headline")


def issue(page: Page) -> None:
    """Why the worst issue happens."""
    page.goto("/dashboard/issue/Billing/cause")
    page.wait_for_selector("#cut-message .hbar")
    page.wait_for_selector("#course .events li")  # it is loaded after the page


def chat(page: Page) -> None:
    """A question and its whole answer."""
    page.goto("/chat")
    page.wait_for_selector("#starters button:enabled")
    page.locator("#chat-input").click()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".cc-card .cc-plot .main-svg").first.wait_for()
    page.locator("[data-step-type=user_message]").first.scroll_into_view_if_needed()


PICTURES: dict[str, tuple[tuple[int, int], Callable[[Page], None]]] = {
    "chat": (LAPTOP, chat),
    "overview": (LAPTOP, overview),
    "issue": (LAPTOP, issue),
    "phone": (PHONE, overview),
}


def take(browser: Browser, address: str, cookies: dict[str, str], into: Path) -> None:
    """Every picture, as PNG below `into`."""
    for name, (size, show) in PICTURES.items():
        context = browser.new_context(base_url=address, viewport={"width": size[0], "height": size[1]},
                                      color_scheme="light", locale="en-US", timezone_id="UTC")  # fmt: skip
        context.set_default_timeout(300_000)
        context.add_cookies([{"name": each, "value": value, "url": address} for each, value in cookies.items()])
        page = context.new_page()
        show(page)
        page.add_style_tag(content=_STILL)
        page.mouse.move(0, 0)
        page.evaluate(_WRITE, FIXED)
        page.screenshot(path=into / f"{name}.png", animations="disabled", caret="hide")
        context.close()


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--into", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        var = Path(folder)
        passwords = make_users(var, {"owner": "analyst", READER: READER})
        scan = [sys.executable, "-c", SCOUT, str(arguments.warehouse)]
        environment = {**os.environ, "COMMAND_CENTER_VAR": folder}
        subprocess.run(scan, check=True, stdout=subprocess.DEVNULL, env=environment)
        with running(arguments.warehouse, var) as address:
            take(browser, address, signed_in(address, READER, passwords[READER]), arguments.into)


if __name__ == "__main__":
    main()
