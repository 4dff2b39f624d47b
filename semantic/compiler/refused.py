"""The refusal of a query that the model cannot answer."""

from __future__ import annotations

from typing import ClassVar, Literal

from warehouse.errors import UsageError

Reason = Literal["no_metric", "no_dimension", "incompatible", "no_period", "not_additive", "bad_order"]


class NotAnswerable(UsageError):
    """The model cannot answer. `code` says which way, `nearest` names metrics or dimensions that would do."""

    exit_code: ClassVar[int] = 2

    def __init__(self, reason: str, *, code: Reason, nearest: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.code = code
        self.nearest = nearest
        super().__init__(reason, next_step=f"Nearest: {', '.join(nearest)}." if nearest else "")
