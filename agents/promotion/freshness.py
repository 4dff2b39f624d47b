"""Whether a promoted query is still what was approved: its plan has a fingerprint; a changed one is not served.

The fingerprint is over the statements that the query and its parts compile to, with the defaults of the parameters
on a fixed day: it changes with the definitions of its metrics and dimensions and with the query, not with data.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

from pydantic import ValidationError

from agents.planner.periods import Clock
from agents.planner.verified import plan_of
from semantic.compiler import NotAnswerable, compile_query
from semantic.model import SemanticModel, VerifiedQuery

_FIRST, _LAST = date(2000, 1, 1), date(2040, 1, 15)


def fingerprint(verified: VerifiedQuery, model: SemanticModel) -> str:
    """Sixteen hex characters of the compiled statements; nothing when one cannot be compiled any more."""
    try:
        plan = plan_of(verified, {}, Clock(_LAST, _FIRST, events=model.events))
        if plan is None or plan.query is None:
            return ""
        queries = (plan.query, *plan.parts)
        statements = [compile_query(model, query, as_of=_LAST, first_day=_FIRST).sql for query in queries]
    except (NotAnswerable, ValidationError, KeyError, ValueError):
        return ""
    return hashlib.sha256("\x00".join((verified.kind, *statements)).encode()).hexdigest()[:16]


def is_stale(verified: VerifiedQuery, model: SemanticModel) -> bool:
    """Whether a promoted query compiles to another plan than the one that was approved."""
    return bool(verified.promotion) and fingerprint(verified, model) != verified.plan


def served(model: SemanticModel) -> SemanticModel:
    """The model without promoted queries that need another review."""
    stale = {name for name, verified in model.verified_queries.items() if is_stale(verified, model)}
    if not stale:
        return model
    kept = {name: verified for name, verified in model.verified_queries.items() if name not in stale}
    return replace(model, verified_queries=kept)
