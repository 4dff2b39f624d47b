"""As whom a scan reads: a system of its own, with the rights and limits that the policy gives it."""

from __future__ import annotations

from warehouse.principal import Principal

SCOUT = Principal(user="insight-scout", role="scout")
