"""The guard: judges a statement against the policy and writes the text that runs in its place."""

from warehouse.guard.decision import Allow, Decision, Deny
from warehouse.guard.judge import check
from warehouse.guard.statement import Catalog
from warehouse.guard.statement_file import check_file

__all__ = ["Allow", "Catalog", "Decision", "Deny", "check", "check_file"]
