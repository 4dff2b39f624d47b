"""Health, readiness, metrics and a stop that loses no answer and leaves no process."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from ui.forms import Forms
from ui.operations.away import WHAT, say_when_state_is_away
from ui.operations.counters import Counters, Counting
from ui.operations.routes import OperationsRoutes
from ui.operations.running import Running
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import DeniedError
from warehouse.logs import LOGGER_NAME
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.state_database import StateError

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
LOCAL = ("127.0.0.1", 5000)


def _client(settings: Settings, door: Warehouse, warehouse: Path, *, address=LOCAL, running=None, clock=None):
    counters, running = Counters(), running or Running()
    app = FastAPI()
    routes = OperationsRoutes(settings, door, warehouse, counters, running, clock or time.monotonic, lambda: NOW)
    app.include_router(routes.router)
    app.add_middleware(Counting, counters=counters, running=running)
    return TestClient(app, client=address), counters


@pytest.fixture
def opened(settings, tiny_warehouse):
    with closing(AuditLog.of(settings)) as audit, closing(Warehouse(tiny_warehouse, settings, audit)) as door:
        yield audit, door


def test_a_state_that_is_away_is_a_page_for_people_and_json_for_programs(tmp_path, monkeypatch):
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "handlers", [])  # no log of another test's state
    app, settings = FastAPI(), Settings(var=tmp_path)
    say_when_state_is_away(app, settings, Forms("secret", secure=False))

    @app.get("/")
    def reads():
        raise StateError("OperationalError")

    client = TestClient(app)
    page = client.get("/", headers={"accept": "text/html,*/*"})
    told = client.get("/", headers={"accept": "application/json"})
    assert (page.status_code, told.status_code, page.headers["retry-after"]) == (503, 503, "30")
    assert "Try again" in page.text
    assert WHAT in page.text
    assert told.json()["detail"].startswith(WHAT)
    assert "StateError" in (settings.state / "command-center.log").read_text()


def test_ready_names_what_is_missing(settings, opened, tiny_warehouse, tmp_path):
    audit, door = opened
    seconds = iter(range(0, 100, 10))
    running = Running()
    client, _ = _client(settings, door, tiny_warehouse, running=running, clock=lambda: next(seconds))
    assert client.get("/readyz").json() == {
        "ready": True,
        "missing": [],
        "checks": {"snapshot": "ok", "workers": "ok", "state": "ok", "serving": "ok"},
    }
    assert door.workers()[0] >= 1
    for worker in [pid for pool in door._pools.values() for pid in pool.process_ids()]:
        os.kill(worker, signal.SIGKILL)
    assert client.get("/readyz").status_code in (200, 503), "a dead worker is replaced or named"
    assert client.get("/readyz").json()["ready"], "and replaced at the latest by then"
    running.stop()
    stopping = client.get("/readyz")
    assert (stopping.status_code, stopping.json()["missing"]) == (503, ["serving"])
    with closing(Warehouse(tmp_path / "none", settings, audit)) as empty:
        nothing, _ = _client(settings, empty, tmp_path / "none")
        found = nothing.get("/readyz")
        assert (found.status_code, found.json()["missing"]) == (503, ["snapshot", "workers"])
        assert str(tmp_path) not in found.text
        assert nothing.get("/healthz").status_code == 200
        assert "command_center_ready 0.0" in nothing.get("/metrics").text
    readonly = Settings(var=tmp_path / "gone")
    unwritable, _ = _client(readonly, door, tiny_warehouse)
    assert unwritable.get("/readyz").json()["missing"] == ["state"]


def test_metrics_count_what_happened_and_name_nobody(settings, opened, tiny_warehouse):
    audit, door = opened
    client, counters = _client(settings, door, tiny_warehouse)
    audit.heard = counters.heard
    anna = Principal("anna.secret@example.org", "analyst")
    door.query("SELECT COUNT(*) AS n FROM gold.data_days", anna)
    with pytest.raises(DeniedError) as denied:
        door.query("SELECT first_name FROM gold.members WHERE member_id = 'M0000001'", anna)
    counters.answered("refused", "unknown_metric", 0.2)
    client.get("/nothing/M0000001")
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    lines = dict(line.rsplit(" ", 1) for line in told.text.splitlines() if not line.startswith("#"))
    assert lines['command_center_statements_total{role="analyst",verdict="allow"}'] == "1.0"
    assert lines['command_center_statements_total{role="analyst",verdict="deny"}'] == "1.0"
    reason = f'command_center_refusals_total{{reason="{denied.value.code}",what="statement"}}'
    assert lines[reason] == "1.0"
    assert lines['command_center_refusals_total{reason="unknown_metric",what="question"}'] == "1.0"
    assert lines['command_center_http_requests_total{method="GET",route="other",status="404"}'] == "1.0"
    assert float(lines["command_center_workers"]) >= 1
    assert float(lines["command_center_data_age_days"]) == 3
    assert float(lines["command_center_snapshot_age_seconds"]) >= 0
    assert not re.search("anna|M0000001|first_name", told.text)


def test_metrics_are_for_this_machine_or_a_token(settings, opened, tiny_warehouse):
    _, door = opened
    near, _ = _client(settings, door, tiny_warehouse)
    far, _ = _client(settings, door, tiny_warehouse, address=("10.0.0.9", 5000))
    assert near.get("/metrics").status_code == 200
    assert far.get("/metrics").status_code == 403
    assert near.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"}).status_code == 403
    guarded = settings.model_copy(update={"metrics_token": SecretStr("s3cret")})
    for address in (LOCAL, ("10.0.0.9", 5000)):
        client, _ = _client(guarded, door, tiny_warehouse, address=address)
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer s3cret"}).status_code == 200


SLOW = """
import sys, time, uvicorn
from fastapi import FastAPI
from ui.operations.counters import Counters, Counting
from ui.operations.running import Running
from ui.operations.stopping import PatientServer, stopped_by_sigterm
from ui.web import _listen
app, running = FastAPI(), Running()
@app.get("/slow")
def slow():
    print("begun", flush=True)
    time.sleep(float(sys.argv[2]))
    return {"answer": 42}
app.add_middleware(Counting, counters=Counters(), running=running)
listener = _listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)
try:
    with stopped_by_sigterm():
        PatientServer(config, running, float(sys.argv[1])).run(sockets=[listener])
finally:
    print("closed", flush=True)
"""


@pytest.mark.parametrize(("patience", "lasts", "finished"), [("20", "1.5", True), ("0.2", "100", False)])
def test_a_stop_waits_for_answers_but_not_for_ever(patience, lasts, finished):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SLOW, patience, lasts]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = f"http://127.0.0.1:{int(process.stdout.readline())}/slow"
        found: list[object] = []

        def ask() -> None:
            try:
                found.append(httpx.get(address, timeout=120).json())
            except (httpx.HTTPError, ValueError) as error:
                found.append(error)

        asker = threading.Thread(target=ask)
        asker.start()
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        if not finished:  # its thread still sleeps; a second signal must not be needed to stop serving
            asker.join(timeout=15)
            process.kill()
        else:
            assert process.wait(timeout=120) == 0
            assert "closed" in process.stdout.read()
        asker.join(timeout=120)
    assert (found == [{"answer": 42}]) == finished


SERVE = """
import sys
from pathlib import Path
from ui.web import serve
from warehouse.settings import load_settings
serve(load_settings(), Path(sys.argv[1]), "127.0.0.1", 0)
"""


def test_the_whole_server_is_ready_counts_and_leaves_no_process(tiny_warehouse, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMMAND_CENTER_VAR": str(tmp_path / "var")}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, tiny_warehouse], cwd=tmp_path, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition(" ")[2].strip()
        with httpx.Client(base_url=address, timeout=90) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            assert client.get("/readyz").json()["ready"] is True
            told = client.get("/metrics").text
            assert 'command_center_http_requests_total{method="GET",route="/readyz",status="200"} 1.0' in told
        children = _children(process.pid)
        assert children, "workers are processes of their own"
        restore = [sys.executable, "-m", "ui.cli", "restore", tmp_path / "none.tar.gz", "--force", "--json"]
        refused = subprocess.run(restore, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert refused.returncode == 2
        assert "server is running" in refused.stderr
    finally:
        process.terminate()
        code = process.wait(timeout=120)
    assert code == 0, process.stderr.read() if process.stderr else ""
    deadline = time.monotonic() + 60
    while (left := [pid for pid in children if _is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    with closing(AuditLog.of(Settings(var=tmp_path / "var"))) as trail:
        assert trail.verify().whole


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
