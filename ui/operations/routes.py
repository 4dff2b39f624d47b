"""`/healthz`, `/readyz` and `/metrics`: for whoever runs the server, not for its readers."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ui.operations.counters import Counters
from ui.operations.readiness import ReadinessCheck
from ui.operations.running import Running
from warehouse.door import Warehouse
from warehouse.errors import MissingDataError
from warehouse.freshness import freshness
from warehouse.settings import Settings

_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class OperationsRoutes:
    """The three addresses of one server. Metrics are for this machine, or for a bearer of the metrics token."""

    def __init__(
        self,
        settings: Settings,
        door: Warehouse,
        warehouse: Path,
        counters: Counters,
        running: Running,
        seconds: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._door, self._warehouse, self._now = door, warehouse, now
        self._counters, self._running = counters, running
        self._stale_after = settings.server.stale_after_minutes
        self._token = settings.metrics_token
        self._ready = ReadinessCheck(door, settings.state, running, seconds)
        self.router = APIRouter()
        self.router.add_api_route("/healthz", self.live, methods=["GET"])
        self.router.add_api_route("/readyz", self.ready, methods=["GET"])
        self.router.add_api_route("/metrics", self.metrics, methods=["GET"])

    def live(self) -> dict[str, str]:
        """The process answers; nothing else is looked at, so that a missing snapshot restarts nobody."""
        return {"status": "ok"}

    def ready(self) -> Response:
        """200 when questions can be answered, otherwise 503 with the names of what is missing."""
        found = self._ready()
        return JSONResponse(found.document(), 503 if found.missing else 200)

    def metrics(self, request: Request) -> Response:
        """The figures in Prometheus' text format."""
        if not self._may_read(request):
            why = "Metrics are for this machine or for the token of COMMAND_CENTER_METRICS_TOKEN."
            return JSONResponse({"detail": why}, 403)
        self._measure()
        return Response(generate_latest(self._counters.registry), media_type=CONTENT_TYPE_LATEST)

    def _may_read(self, request: Request) -> bool:
        if self._token is not None:
            given = request.headers.get("authorization", "")
            return hmac.compare_digest(given.encode(), f"Bearer {self._token.get_secret_value()}".encode())
        # A request that a proxy of this machine passes on comes from elsewhere, whatever its address says.
        passed_on = any(name in request.headers for name in _FORWARDED)
        return not passed_on and _is_local(request.client.host if request.client else "")

    def _measure(self) -> None:
        counters = self._counters
        workers, busy = self._door.workers()
        counters.workers.set(workers)
        counters.busy.set(busy)
        counters.under_way.set(self._running.count)
        counters.ready.set(0 if self._ready().missing else 1)
        try:
            found = freshness(self._warehouse, now=self._now(), stale_after_minutes=self._stale_after)
        except (MissingDataError, OSError):
            counters.age.set(float("nan"))
            counters.data_age.set(float("nan"))
            return
        counters.age.set(found.age_seconds)
        counters.data_age.set((self._now().date() - datetime.fromisoformat(found.as_of).date()).days)


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
