"""Building, checking and serving from the command line when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ui import doctor
from ui.printable import printable
from ui.render import json_line
from warehouse import snapshots

ROOT = Path(__file__).parents[2]
PII = "SELECT first_name FROM gold.members"
COUNT = "SELECT COUNT(*) AS n FROM gold.data_days"


def test_a_denied_statement_has_its_code_for_people_and_for_scripts(command_center, tiny_warehouse):
    done = command_center("sql", PII, "--json", "--warehouse", tiny_warehouse)
    assert done.code == 3
    (verdict,) = done.objects()
    assert verdict["verdict"] == "deny"
    assert verdict["code"] in done.err
    assert verdict["reason"] in done.err
    assert command_center("sql", PII, "--warehouse", tiny_warehouse).out == ""


@pytest.mark.parametrize("statement", ["", " \n", "SELECT SUM(CAST(week_start AS DATE)) AS s FROM gold.data_days"])
def test_a_statement_that_is_none_or_does_not_fit_never_runs(command_center, tiny_warehouse, statement):
    done = command_center("sql", statement, "--json", "--warehouse", tiny_warehouse)
    assert done.code in (2, 3)
    assert [o["verdict"] for o in done.objects()] == ["error" if done.code == 2 else "deny"]


def test_values_that_look_like_markup_or_commands_of_a_terminal_are_shown_as_they_are(
    command_center, tiny_warehouse
):
    plain = command_center(
        "sql", "SELECT '[/red] [b]' AS a FROM gold.data_days LIMIT 1", "--warehouse", tiny_warehouse
    )
    assert "[/red] [b]" in plain.out
    assert printable("a\x1b[31m\tb\u202e") == "a\\x1b[31m\tb\\x202e"


def test_json_never_holds_what_json_does_not_know():
    assert json.loads(json_line({"a": [float("nan"), float("inf"), 1.5]}), parse_constant=pytest.fail) == {
        "a": [None, None, 1.5]
    }


def test_rows_left_out_are_told_on_stderr(command_center, tiny_warehouse, monkeypatch):
    monkeypatch.setenv("COMMAND_CENTER_LIMITS__ROWS", "3")
    done = command_center(
        "sql", "SELECT day FROM gold.data_days ORDER BY day", "--json", "--warehouse", tiny_warehouse
    )
    assert len(done.objects()[0]["rows"]) == 3
    assert "limits.rows" in done.err


def test_a_statement_file_is_judged_by_the_warehouse_that_is_named(command_center, tiny_warehouse, tmp_path):
    file = tmp_path / "statements.jsonl"
    file.write_text(json.dumps({"id": "a", "sql": COUNT, "role": "executive"}) + "\n")
    for options in ([], ["--warehouse", tiny_warehouse]):
        done = command_center("sql", "--check-file", file, *options)
        assert [(o["id"], o["verdict"]) for o in done.objects()] == [("a", "allow")]
    assert command_center("sql", "--check-file", file, "--warehouse", tmp_path / "none").code == 4
    file.write_text("{nope\n")
    malformed = command_center("sql", "--check-file", file)
    assert malformed.code == 2
    assert "statements.jsonl:1" in malformed.err
    assert command_center("sql", "--check-file", tmp_path / "none.jsonl").code == 2


def test_an_unknown_metric_gets_the_nearest_name(command_center):
    done = command_center("model", "show", "leakge_rate")
    assert done.code == 2
    assert "leakage_rate" in done.err
    assert command_center("model", "show", "zzzzzz").code == 2


def test_a_member_dimension_is_shown_with_both_attributions(command_center):
    done = command_center("model", "show", "plan_type")
    assert done.code == 0
    assert "at_event" in done.out
    assert "today" in done.out
    assert "at_event" not in command_center("model", "show", "call_topic").out


@pytest.mark.parametrize("options", [["--reduce", "500"], ["--reduce", "-5"], ["--cost-model", "x"]])
def test_an_impossible_projection_is_bad_usage(command_center, tiny_warehouse, options):
    assert command_center("savings", "--journey", "Billing", *options, "--warehouse", tiny_warehouse).code == 2


def test_a_build_needs_a_folder_with_files(command_center, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert command_center("build", "--source", tmp_path / "none", "--warehouse", tmp_path / "w").code == 2
    empty = command_center("build", "--source", tmp_path / "empty", "--warehouse", tmp_path / "w")
    assert (empty.code, empty.out) == (4, "")
    assert "members" in empty.err
    blocked = command_center("build", "--source", tmp_path / "empty", "--warehouse", tmp_path / "file")
    assert blocked.code == 4
    assert str(tmp_path / "file") in blocked.err


BUILD = """
import os, signal, sys
from ui.cli import main
from warehouse.assembly import Assembly
derive_days = Assembly.derive_days
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background begins with it ignored
def stopped(self, destinations):
    os.kill(os.getpid(), signal.SIGINT)
    derive_days(self, destinations)
Assembly.derive_days = stopped
main()
"""
"""`command-center`, which is sent what Ctrl+C sends when it has come to its tables by day."""


def test_ctrl_c_stops_a_build_and_leaves_the_last_snapshot(tiny_sources, tiny_warehouse, tmp_path):
    warehouse = shutil.copytree(tiny_warehouse, tmp_path / "warehouse")
    served = snapshots.current(warehouse).id
    environment = {**os.environ, "COMMAND_CENTER_VAR": str(tmp_path / "var"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BUILD, "build", "--source", tiny_sources, "--warehouse", warehouse, "--full"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 130, done.stderr
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert snapshots.current(warehouse).id == served
    assert not list(warehouse.glob(".staging-*"))


class _Ours(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_up_says_who_has_the_port_before_it_works(command_center, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        Thread(target=lambda: [taken.accept()[0].close() for _ in range(2)], daemon=True).start()
        other = command_center("up", "--profile", "tiny", "--port", taken.getsockname()[1])
    assert other.code == 2
    assert "--port" in other.err
    with ThreadingHTTPServer(("127.0.0.1", 0), _Ours) as ours:
        Thread(target=ours.serve_forever, daemon=True).start()
        again = command_center("up", "--profile", "tiny", "--port", ours.server_port)
        ours.shutdown()
    assert again.code == 2
    assert f"http://127.0.0.1:{ours.server_port}" in again.err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("var = [", "settings.toml"),
        ("colour = 1", "colour"),
        ("[rules]\nplanning_cost_per_call = 'eight'", "rules.planning_cost_per_call"),
        ("[chat_model]\nkind = 'oracle'", "chat_model.kind"),
        ("api_key = 'k-12345'", "COMMAND_CENTER_API_KEY"),
        ("\udcff\udcfe", "settings.toml"),
    ],
)
def test_bad_settings_are_named(command_center, tmp_path, monkeypatch, text, named):
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    monkeypatch.setenv("COMMAND_CENTER_SETTINGS", str(file))
    done = command_center("ask", "total calls")
    assert (done.code, done.out) == (2, "")
    assert named in done.err
    assert "k-12345" not in done.err


@pytest.mark.parametrize(
    ("kind", "others", "named"),
    [
        ("service", {}, "chat_model.base_url"),
        ("service", {"BASE_URL": "http://127.0.0.1:9/v1"}, "chat_model.model"),
        ("recorded", {}, "chat_model.recording"),
    ],
)
def test_a_chat_model_that_lacks_a_setting_is_bad_usage(
    command_center, tiny_warehouse, monkeypatch, kind, others, named
):
    monkeypatch.setenv("COMMAND_CENTER_CHAT_MODEL__KIND", kind)
    for name, value in others.items():
        monkeypatch.setenv(f"COMMAND_CENTER_CHAT_MODEL__{name}", value)
    done = command_center("ask", "total calls", "--json", "--warehouse", tiny_warehouse)
    assert done.code == 2
    assert named in done.err
    assert [o["status"] for o in done.objects()] == ["error"]
    findings = json.loads(command_center("doctor", "--json", "--warehouse", tiny_warehouse).out)
    assert [f["state"] for f in findings if f["name"] == "Chat model"] == ["missing"]


def test_a_service_that_is_down_is_said_or_exit_code_5(command_center, tiny_warehouse, monkeypatch):
    for name, value in {"KIND": "service", "BASE_URL": "http://127.0.0.1:9/v1", "MODEL": "m"}.items():
        monkeypatch.setenv(f"COMMAND_CENTER_CHAT_MODEL__{name}", value)
    monkeypatch.setenv("COMMAND_CENTER_CHAT_MODEL__MAX_RETRIES", "0")
    monkeypatch.setenv("COMMAND_CENTER_API_KEY", "k-12345")
    done = command_center("ask", "total calls", "--json", "--warehouse", tiny_warehouse)
    assert done.code == 0
    assert [("cannot be reached" in o["assumptions"][0], o["status"]) for o in done.objects()] == [
        (True, "answered")
    ]
    monkeypatch.setenv("COMMAND_CENTER_CHAT_MODEL__FALLBACK", "false")
    failed = command_center("ask", "total calls", "--json", "--warehouse", tiny_warehouse)
    assert failed.code == 5
    assert [o["refusal_code"] for o in failed.objects()] == ["model_failed"]
    assert "k-12345" not in done.out + done.err + failed.out + failed.err


def test_doctor_on_a_fine_warehouse_on_changed_rules_and_on_a_full_disk(
    command_center, tiny_warehouse, monkeypatch
):
    def states() -> dict[str, str]:
        findings = json.loads(command_center("doctor", "--json", "--warehouse", tiny_warehouse).out)
        return {finding["name"]: finding["state"] for finding in findings}

    fine = states()
    assert {fine[name] for name in ("Python", "State", "Semantic model", "Warehouse", "Chat model")} == {"ok"}
    monkeypatch.setenv("COMMAND_CENTER_RULES__PLANNING_COST_PER_CALL", "9")
    assert states()["Warehouse"] == "warning"
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**8))
    assert states()["Disk"] == "warning"


def test_help_imports_nothing_heavy():
    code = "import sys, ui.cli; print([m for m in ('pydantic', 'duckdb', 'langchain_core') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
