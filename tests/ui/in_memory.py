"""A clock that tests move, and an audit trail that they read back, both in memory."""

from __future__ import annotations

import json
from typing import Any

from warehouse.errors import DeniedError


class Clock:
    """Seconds that stand still until a test moves them."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Trail:
    """An audit trail in memory that can fail."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.broken = False

    def append(self, record: dict[str, Any]) -> int:
        if self.broken:
            raise DeniedError("no trail", code="audit_unavailable")
        self.records.append(json.loads(json.dumps(record)))
        return len(self.records)

    def fingerprint(self, text: str) -> str:
        return f"<{len(text)}>"

    def spoken(self, text: str) -> str:
        return text

    def close(self) -> None:
        """Nothing to close."""

    @property
    def events(self) -> list[str]:
        return [record["event"] for record in self.records]
