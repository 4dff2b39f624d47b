"""Who asks: the one thing the door trusts, and never taken from a question or a model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["executive", "product_owner", "analyst", "member_advocate", "data_engineer", "ml_engineer"]
System = Literal["scout", "propensity"]
ROLES: tuple[Role, ...] = get_args(Role)
SYSTEMS: tuple[System, ...] = get_args(System)


@dataclass(frozen=True)
class Principal:
    """A signed-in person or a named process. Nobody signs in with the role of a system.

    `attributes` feed row filters (a regional lead's plan or state). `purpose` is what member rows are read for,
    `break_glass` the reason of an emergency access; whoever sets either has had it audited.
    """

    user: str
    role: Role | System
    purpose: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    break_glass: str | None = None

    @property
    def rights(self) -> str:
        """16 hex characters that differ whenever anything that decides what this person may see differs."""
        facts = (self.role, self.purpose, sorted(self.attributes.items()), self.break_glass)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
