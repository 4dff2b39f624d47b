"""Errors for people: what happened, where, what to do next, and the exit code scripts rely on."""

from __future__ import annotations

from typing import ClassVar


class CommandCenterError(Exception):
    """A failure with a message a person can act on.

    `what` says what happened, `where` names the file, table or setting, `next_step` what to do about it.
    `exit_code` is the documented exit code of the command line.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what = what
        self.where = where
        self.next_step = next_step
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"Where: {self.where}.")
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return " ".join(parts)


class UsageError(CommandCenterError):
    """The request itself is wrong: an argument, a setting, a question file."""

    exit_code = 2


class DeniedError(CommandCenterError):
    """Policy refuses it. Carries a fixed code and never database text."""

    exit_code = 3

    def __init__(self, what: str, *, code: str, where: str = "", next_step: str = "") -> None:
        self.code = code
        super().__init__(what, where=where, next_step=next_step)


class MissingDataError(CommandCenterError):
    """No warehouse, no snapshot, a corrupt file, a failed build, a column that the sources do not have."""

    exit_code = 4


class UpstreamModelError(CommandCenterError):
    """The configured chat model is down, slow or answers nonsense."""

    exit_code = 5
