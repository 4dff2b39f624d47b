"""Figures for Prometheus: requests, questions, statements, refusals. No label names a person or a value."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.operations.running import Running
from ui.refusal import is_start

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
# They stay open or are asked all the time: a stop does not wait for them.
_NOT_AWAITED = frozenset({"/events", "/healthz", "/readyz", "/metrics"})


class Counters:
    """The figures of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"command_center_{name}", says, labels, registry=self.registry)

        def histogram(name: str, says: str, *labels: str) -> Histogram:
            return Histogram(f"command_center_{name}", says, labels, registry=self.registry, buckets=_SECONDS)

        def gauge(name: str, says: str) -> Gauge:
            return Gauge(f"command_center_{name}", says, registry=self.registry)

        self.requests = counter("http_requests", "Requests by route and status.", "method", "route", "status")
        self.request_seconds = histogram("http_request_seconds", "Seconds until a request was done.", "route")
        self.questions = counter("questions", "Questions of the chat by outcome.", "status")
        self.question_seconds = histogram("question_seconds", "Seconds until a question had its answer.")
        self.statements = counter("statements", "Statements judged by the door.", "verdict", "role")
        self.statement_seconds = histogram("statement_seconds", "Seconds that allowed statements ran.")
        self.refusals = counter("refusals", "Refused statements and questions, why.", "what", "reason")
        self.failures = counter("statement_failures", "Statements that ended badly.", "outcome")
        self.workers = gauge("workers", "Processes that run statements.")
        self.busy = gauge("workers_busy", "Of those, the ones at a statement now.")
        self.age = gauge("snapshot_age_seconds", "Seconds since the served snapshot was published.")
        self.data_age = gauge("data_age_days", "Days since the last complete day of the data.")
        self.ready = gauge("ready", "Whether the server is ready, 1 or 0.")
        self.under_way = gauge("under_way", "Requests and answers that are being worked on.")

    def heard(self, record: Mapping[str, Any]) -> None:
        """A record of the audit trail."""
        event = record.get("event")
        if event == "judged":
            self.statements.labels(str(record["verdict"]), str(record["role"])).inc()
            if record["verdict"] == "deny":
                self.refusals.labels("statement", str(record["code"])).inc()
        elif event == "answered":
            self.statement_seconds.observe(float(record["ms"]) / 1000)
        elif event == "failed":
            self.failures.labels(str(record["outcome"])).inc()

    def answered(self, status: str, refusal: str, seconds: float) -> None:
        """A question of the chat that has its answer."""
        self.questions.labels(status).inc()
        self.question_seconds.observe(seconds)
        if status == "refused":
            self.refusals.labels("question", refusal or "other").inc()


class Counting:
    """Counts every request, also those that are turned away. It is the outermost layer."""

    def __init__(self, app: ASGIApp, counters: Counters, running: Running) -> None:
        self._app, self._counters, self._running = app, counters, running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, path = time.monotonic(), 500, str(scope["path"])

        async def noting(message: Message) -> None:
            nonlocal status
            if is_start(message):
                status = message["status"]
            await send(message)

        try:
            if path in _NOT_AWAITED:
                await self._app(scope, receive, noting)
            else:
                with self._running.one():
                    await self._app(scope, receive, noting)
        finally:
            route = _route(scope, path)
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._counters.requests.labels(method, route, str(status)).inc()
            if path != "/events":
                self._counters.request_seconds.labels(route).observe(time.monotonic() - begun)


def _route(scope: Scope, path: str) -> str:
    """The pattern that a request matched, so that no id of a path becomes a label."""
    pattern = getattr(scope.get("route"), "path", None)
    if isinstance(pattern, str):
        return pattern
    return "/static" if path.startswith("/static/") else "other"
