"""Who asks: the one thing the door trusts, and never taken from a question or a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["executive", "product_owner", "analyst", "member_advocate", "data_engineer", "ml_engineer"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Principal:
    """A signed-in person or a named process. `attributes` feed row filters (a regional lead's plan or state)."""

    user: str
    role: Role
    purpose: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
