"""A web server with a stand-in assistant in a process of its own, and Debian's Chromium to look at it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from ui.accounts import Accounts
from ui.chat_root import prepare
from ui.cli import main
from warehouse.settings import Settings
from warehouse.snapshots import CURRENT, FORMAT, MANIFEST, SNAPSHOTS, database_paths

ROOT = Path(__file__).parents[2]
PATIENCE = 90_000  # milliseconds that a page may take where much else runs; nothing waits for them to pass
CLOSING = 120  # seconds after which a browser that does not close a page is killed
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site:
    """A running server: its address, its first passwords, and what browsers of the tests ran into.

    `hosts` are those that anything was asked of; `troubles` are failed requests and errors on the console, which
    outlive a test as the server does: clear them before what is to have none, as some tests are refused things.
    """

    def __init__(self, address: str, state: Path, passwords: dict[str, str]) -> None:
        self.address = address
        self.state = state
        self.hosts: set[str] = set()
        self.troubles: list[str] = []
        self.passwords = passwords

    def watch(self, context: BrowserContext) -> None:
        """Note the host of every request and web socket of a browser context, and what went wrong."""
        context.on("request", lambda request: self._note(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._note(socket.url)))
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("console", lambda line: self.troubles.append(line.text) if line.type == "error" else None)

    def sign_in(self, page: Page, name: str = "executive") -> None:
        """Go through the sign-in form as a person would, and wait for the chat to be connected."""
        page.goto(f"{self.address}/login?next=/chat")
        page.fill("#name", name)
        page.fill("#password", self.passwords[name])
        page.click("button[type=submit]")
        page.wait_for_selector("#starters button:enabled")

    def go_on(self) -> None:
        """Let the slow answer that is under way be given: until then it takes as long as the test."""
        (self.state.parent / "go-on").touch()

    @contextmanager
    def guessing(self, name: str) -> Iterator[None]:
        """Around guesses that lock a name: it is open again for the tests after this one."""
        try:
            yield
        finally:
            with closing(Accounts(self.state / "users.db")) as accounts:
                accounts.unlock(name)

    def _note(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob"):
            self.hosts.add(urlsplit(url).hostname or url)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server of `stub_server.py` on a free port of this machine."""
    with _running(tmp_path_factory.mktemp("ui"), {}) as site:
        yield site


@pytest.fixture(scope="session")
def start_site(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[Site]]:
    """Starts one with other settings: `with start_site(SERVER__IDLE_MINUTES="1") as site`."""

    def start(**settings: str) -> AbstractContextManager[Site]:
        return _running(tmp_path_factory.mktemp("ui"), {f"COMMAND_CENTER_{k}": v for k, v in settings.items()})

    return start


@contextmanager
def _running(folder: Path, settings: dict[str, str]) -> Iterator[Site]:
    var = folder / "var"
    command = [sys.executable, str(Path(__file__).parent / "stub_server.py"), str(var)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMMAND_CENTER_VAR": str(var), **settings}
    log = (folder / "server.log").open("w+")
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        address, _, passwords = _line(process, log.name, "http://").partition(" ")
        yield Site(address, var / "state", json.loads(passwords))
    finally:
        process.terminate()
        process.wait(timeout=120)
        log.close()


@pytest.fixture(scope="session")
def publish() -> Callable[..., None]:
    """Serves a snapshot without data, as a build does: `publish(warehouse, name, as_of="2026-10-30")`."""
    return _publish


def _publish(warehouse: Path, name: str, **facts: Any) -> None:
    folder = warehouse / SNAPSHOTS / name
    folder.mkdir(parents=True)
    sizes = {}
    for path in database_paths(folder, name):
        path.write_bytes(b"12345678DUCK")
        sizes[path.name] = 12
    days = {"as_of": "2026-10-29", "first_day": "2026-09-01", "created_at": "2026-10-30T06:00:00+00:00"}
    manifest = {"format": FORMAT, "snapshot": name, **days, "segments": [], "bytes": sizes, **facts}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    (warehouse / "next").write_text(name + "\n")
    os.replace(warehouse / "next", warehouse / CURRENT)


@pytest.fixture(scope="session")
def chainlit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chainlit's folder, laid out before a test imports Chainlit: it writes beside its settings."""
    return prepare(Settings(var=tmp_path_factory.mktemp("chainlit") / "var"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless. Closed with its module: while it is open no test can run an event loop."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install -y chromium`, then run again.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_page(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages with a browser context of their own: `open_page(scheme="dark", width=390)`."""
    contexts: list[BrowserContext] = []

    def opened(*, scheme: str = "light", width: int = 1280, height: int = 800) -> Page:
        context = _open(browser).new_context(
            color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": height}
        )
        contexts.append(context)
        site.watch(context)
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    yield opened
    for context in contexts:
        _close(context)


def _open(browser: Browser) -> Browser:
    """The module's browser, or another one where it had to be killed."""
    if browser.is_connected():
        return browser
    return browser.browser_type.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)


def _close(context: BrowserContext, patience: float = CLOSING) -> None:
    """Close a context. Chromium has been seen not to answer this at all, and Playwright waits without an end."""
    hung = threading.Timer(patience, _kill_browsers)
    hung.start()
    try:
        context.close()
    except Error:
        if hung.is_alive():
            raise
        print(f"Chromium did not close a page within {patience:.0f} s and was killed.", file=sys.stderr)
    finally:
        hung.cancel()


def _kill_browsers() -> None:
    """Kill the Chromium of this process, as found among its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    own, grown = {os.getpid()}, 0
    while grown != len(own):
        grown = len(own)
        own |= {child for child, parent in parents.items() if parent in own}
    for pid in own - {os.getpid()}:
        with suppress(OSError):
            if b"chromium" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                os.kill(pid, signal.SIGKILL)


def _line(process: subprocess.Popen[str], log: str, beginning: str) -> str:
    """The next line of the server's output that begins so."""
    assert process.stdout is not None
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 1)[0]:
            line = process.stdout.readline()
            if line.startswith(beginning):
                return line.strip()
    pytest.fail(f"The web server did not start:\n{Path(log).read_text()}")


@dataclass(frozen=True)
class Done:
    """What a run of the command line left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        """Stdout as JSON lines; fails when a line is anything else."""
        return [json.loads(line, parse_constant=pytest.fail) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def command_line_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that commands of the tests write to."""
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture
def command_center(
    command_line_state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Runs `command-center` in this process, as its entry point does."""
    monkeypatch.setenv("COMMAND_CENTER_VAR", str(command_line_state))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["command-center", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        left = capsys.readouterr()
        return Done(int(ended.value.code or 0), left.out, left.err)

    return run
