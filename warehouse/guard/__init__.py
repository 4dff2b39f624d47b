"""The guard: judges a statement against the policy and writes the text that runs in its place."""

from warehouse.guard.check import check
from warehouse.guard.check_file import check_file
from warehouse.guard.decision import Allow, Decision, Deny
from warehouse.guard.statement import Catalog

__all__ = ["Allow", "Catalog", "Decision", "Deny", "check", "check_file"]
