"""Fifty readers on the dashboard while others ask in the chat: how long the server takes, by address.

`python -m benchmarks.dashboard WAREHOUSE [--readers 50] [--seconds 60]` serves the warehouse in a process of its
own with state in a temporary folder, signs every reader in, and lets each open a page every few seconds. Meanwhile
questions are asked in the server's process, two a second, as the chat does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

ADDRESSES = (
    ("overview", "/dashboard", 8),
    ("overview, filtered", "/dashboard?plan_type=MAPD", 2),
    ("overview, 7 days", "/dashboard?period=7d", 2),
    ("issue, segments", "/dashboard/issue/Billing", 3),
    ("repeat calls", "/dashboard/repeat-calls", 2),
    ("savings slider", "/dashboard/issue/Billing/savings?reduce={}", 3),
)
QUESTIONS = ("Total calls by plan type", "Leakage rate by journey", "Repeat call rate by call topic last week")
PAUSE_SECONDS = (1.0, 4.0)
ASKING, ASK_EVERY = 2, 1.0
SETTLE_SECONDS = 40.0
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
Timed = dict[str, list[float]]


def serve(warehouse: Path, var: Path, readers: int) -> None:
    """Serve until the parent goes; prints the address and the passwords once it listens."""
    import uvicorn

    from agents.runtime import Assistant
    from ui.web import _listen, create_app
    from warehouse.principal import Principal
    from warehouse.settings import load_settings

    settings = load_settings(var=var)
    listener = _listen("127.0.0.1", 0)
    with closing(Assistant.open(settings, warehouse)) as assistant:
        assistant.warm()
        app = create_app(settings, assistant, warehouse=warehouse)
        app.state.dashboard.warm()
        roles = ("executive", "product_owner", "analyst")
        made = [app.state.accounts.add(f"reader{n}", roles[n % len(roles)]) for n in range(readers)]
        print(json.dumps([listener.getsockname()[1], {one.name: one.password for one in made}]), flush=True)

        def ask(number: int) -> None:
            while True:
                time.sleep(ASK_EVERY)
                question = random.choice(QUESTIONS)
                assistant.ask(question, Principal(f"asker{number}", "analyst"), f"load-{number}")

        for number in range(ASKING):
            threading.Thread(target=ask, args=(number,), daemon=True).start()
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


async def load(address: str, passwords: dict[str, str], seconds: float) -> tuple[Timed, Timed, int]:
    """Milliseconds by address at the start and afterwards, and how many answers were no pages."""
    first: Timed = defaultdict(list)
    later: Timed = defaultdict(list)
    clients = [await _signed_in(address, name, password) for name, password in passwords.items()]
    # The start is counted apart: fifty readers at once on a server that nobody has used yet.
    failed = []
    for timed, length in ((first, SETTLE_SECONDS), (later, seconds)):
        until = time.monotonic() + length
        failed += await asyncio.gather(*(_reads(client, until, timed, n) for n, client in enumerate(clients)))
    for client in clients:
        await client.aclose()
    return first, later, sum(failed)


async def _signed_in(address: str, name: str, password: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=address, timeout=60, headers={"origin": address})
    token = _TOKEN.search((await client.get("/login")).text)
    assert token is not None
    answer = await client.post("/login", data={"name": name, "password": password, "token": token[1]})
    assert answer.status_code == 303, answer.status_code
    return client


async def _reads(client: httpx.AsyncClient, until: float, timed: Timed, seed: int) -> int:
    chance, failed = random.Random(seed), 0
    names = [entry for entry in ADDRESSES for _ in range(entry[2])]
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
        name, path, _ = chance.choice(names)
        started = time.perf_counter()
        answer = await client.get(path.format(chance.randint(1, 50)), headers={"accept": "text/html"})
        timed[name].append((time.perf_counter() - started) * 1000)
        failed += answer.status_code != 200
    return failed


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def measure(warehouse: Path, readers: int, seconds: float) -> Table:
    """The table of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.dashboard", str(warehouse), "--serve", folder]
        process = subprocess.Popen([*command, "--readers", str(readers)], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            port, passwords = json.loads(process.stdout.readline())
            first, later, failed = asyncio.run(load(f"http://127.0.0.1:{port}", passwords, seconds))
        finally:
            process.terminate()
            process.wait()
    load_now = os.getloadavg()[0]
    table = Table("page", "views", "p50 ms", "p95 ms", "p99 ms", f"first {SETTLE_SECONDS:g} s, p50 / p95 ms",
                  title=f"{readers} readers, {seconds:g} s, {failed} failed, load {load_now:.1f}")  # fmt: skip
    for name, _, _ in ADDRESSES:
        every, own = later[name], first[name]
        if every and own:
            mid, high, highest = statistics.median(every), _at(every, 0.95), _at(every, 0.99)
            firsts = f"{statistics.median(own):.0f} / {_at(own, 0.95):.0f}"
            table.add_row(name, str(len(every)), f"{mid:.0f}", f"{high:.0f}", f"{highest:.0f}", firsts)
    return table


def main() -> None:
    """Serve, or load a server and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.warehouse, arguments.serve, arguments.readers)
        return
    Console().print(measure(arguments.warehouse, arguments.readers, arguments.seconds))


if __name__ == "__main__":
    main()
