"""A server of our own as `command-center up` runs it, users to sign in with, and Chromium to look at it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from ui.accounts import open_accounts
from warehouse.principal import Role
from warehouse.settings import load_settings

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip
SERVE = """
import sys
from pathlib import Path
from ui.web import serve
from warehouse.settings import load_settings
serve(load_settings(var=Path(sys.argv[2])), Path(sys.argv[1]), "127.0.0.1", int(sys.argv[3]))
"""
START_SECONDS = 300
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def make_users(var: Path, users: Mapping[str, Role]) -> dict[str, str]:
    """Accounts by these names in the state of `var`, the first one managing users too; their passwords."""
    with closing(open_accounts(load_settings(var=var))) as accounts:
        made = [accounts.add(name, role, is_admin=not number) for number, (name, role) in enumerate(users.items())]
    return {one.name: one.password for one in made}


@contextmanager
def running(warehouse: Path, var: Path, port: int = 0) -> Iterator[str]:
    """The address of a server in a process of its own, once it listens. It is told to stop at the end.

    Raises RuntimeError with what it said when it ends before that.
    """
    command = [sys.executable, "-c", SERVE, str(warehouse), str(var), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said, until = [], time.monotonic() + START_SECONDS
    for line in process.stdout:
        said.append(line)
        if found := _ADDRESS.search(line):
            return found[0]
        if time.monotonic() > until:
            break
    raise RuntimeError(f"The server did not start: {''.join(said)}")


def signed_in(address: str, name: str, password: str) -> dict[str, str]:
    """The cookies of somebody who has signed in. Raises RuntimeError when that is refused."""
    with httpx.Client(base_url=address, timeout=120, headers={"origin": address}) as client:
        token = _TOKEN.search(client.get("/login").text)
        given = {"name": name, "password": password, "token": token[1] if token else ""}
        answer = client.post("/login", data=given)
        if answer.status_code != 303:
            raise RuntimeError(f"{name} cannot sign in: {answer.status_code}")
        return dict(client.cookies)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()
