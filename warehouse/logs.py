"""Structured logs without PHI, and the switches that keep every library silent.

A log line is a JSON object of an event name and fields from a fixed list: codes, ids of ours, counts, times.
Questions, SQL literals, result values and file contents never enter a log; the audit trail keeps what was asked.
"""

from __future__ import annotations

import json
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOGGER_NAME = "command_center"
FIELDS = frozenset(
    {
        "answer_id",
        "agent",
        "status",
        "code",
        "role",
        "snapshot",
        "step",
        "table",
        "rows",
        "ms",
        "error",
        "exit_code",
    }
)
_SILENT = {
    "ANONYMIZED_TELEMETRY": "False",
    "CHAINLIT_TELEMETRY_ENABLED": "false",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DO_NOT_TRACK": "true",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "LANGSMITH_TRACING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "event": record.msg,
        }
        line.update({name: record.__dict__[name] for name in sorted(FIELDS) if name in record.__dict__})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _frames(record)
        return json.dumps(line)


class _LogFile(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A log that cannot be written (a full disk) is no reason to spoil what a person sees."""


def _frames(record: logging.LogRecord) -> list[str]:
    # Exception messages may quote data, so only the places are logged.
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def silence_libraries() -> None:
    """Switch telemetry and tracing of every library off. Call before importing them."""
    for name, value in _SILENT.items():
        os.environ.setdefault(name, value)


def configure(state: Path) -> logging.Logger:
    """The application's logger, writing JSON lines to `state`/command-center.log (rotated at 5 MB)."""
    logger = logging.getLogger(LOGGER_NAME)
    if not logger.handlers:
        state.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(state / "command-center.log", maxBytes=5_000_000, backupCount=3)
        handler.setFormatter(_JsonLines())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger
