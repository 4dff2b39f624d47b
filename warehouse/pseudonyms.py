"""The secret of a warehouse and the numbers that stand for ids in its shared files.

A number is the beginning of a digest of the secret and the id: the same id has the same number in every segment,
and nobody who knows an id finds its number, or the other way round, without the secret. The secret lies beside
the pointer, readable by the building account only. It is in no published file.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SECRET_FILE = "pseudonyms.secret"
_SECRET = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Pseudonyms:
    """The numbers of one warehouse. `digest` tells one secret from another and gives nothing of it away."""

    secret: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Sixteen hex characters that change with the secret."""
        return hashlib.sha256(f"which secret: {self.secret}".encode()).hexdigest()[:16]

    def parameters(self, sql: str) -> dict[str, str]:
        """What a statement with `number_of` in it is executed with."""
        return {"secret": self.secret} if "$secret" in sql else {}


def number_of(column: str, what: str) -> str:
    """SQL of an id's number: a BIGINT of sixty bits, NULL for NULL. `what` is member or event."""
    return f"CAST('0x' || substr(sha256($secret || '{what}:' || {column}), 1, 15) AS BIGINT)"


def pseudonyms_of(warehouse: Path) -> Pseudonyms:
    """The pseudonyms of a warehouse; a secret that is not there, or damaged, is made anew. Call it under the lock.

    Raises OSError when the folder cannot be written.
    """
    file = warehouse / SECRET_FILE
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not _SECRET.fullmatch(found):
        found = secrets.token_hex(32)
        _write(file, found)
    elif file.stat().st_mode & 0o077:
        file.chmod(0o600)
    return Pseudonyms(found)


def _write(file: Path, secret: str) -> None:
    """Durably and in one step: half a secret would be another one."""
    unfinished = file.with_name(f".{file.name}.new")
    with suppress(FileNotFoundError):
        unfinished.unlink()
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, f"{secret}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    unfinished.replace(file)
