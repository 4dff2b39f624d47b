"""Signatures of what is sent and what comes back: HMAC-SHA-256 of the time and the body, by a shared secret."""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "X-Command-Center-Signature"
OLDEST_SECONDS = 300
"""A signature counts for so long, and for as long ahead of our clock."""
_SHAPE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def signature(secret: str, body: bytes, at: float) -> str:
    """The header's value: `t=1790000000,v1=<hex>`; `at` is epoch seconds."""
    moment = str(int(at))
    return f"t={moment},v1={_digest(secret, moment, body)}"


def is_signed(secret: str, body: bytes, header: str, now: float) -> bool:
    """Whether a body was signed with the secret, not long ago."""
    found = _SHAPE.fullmatch(header)
    if found is None or abs(now - int(found[1])) > OLDEST_SECONDS:
        return False
    return hmac.compare_digest(found[2], _digest(secret, found[1], body))


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
