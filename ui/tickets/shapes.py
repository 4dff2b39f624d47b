"""The shapes that trackers take: text templates of JSON, filled with a proposal's own values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.actions.proposals import Event
from tools.actions.verdicts import Proposal
from warehouse.errors import UsageError

FOLDER = Path(__file__).parent / "shapes"
SHAPES = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Shape:
    """A template: `body` with places, and where in a tracker's reply its reference stands (`result.number`)."""

    body: Any
    reference: str

    def filled(self, values: Mapping[str, str]) -> Any:
        """The body with every place filled. Raises UsageError that names a place without a value."""
        return _filled(self.body, values)

    def reference_in(self, reply: Any) -> str:
        """The tracker's reference in its reply; empty when there is none."""
        for name in self.reference.split("."):
            reply = reply.get(name) if isinstance(reply, dict) else None
        return str(reply)[:100] if isinstance(reply, str | int) else ""


@cache
def load_shape(name: str) -> Shape:
    """A shape by its name. Raises UsageError that lists them."""
    if name not in SHAPES:
        raise UsageError(
            f"There is no shape of tickets {name[:40]!r}.",
            where="tickets.shapes",
            next_step=f"One of: {', '.join(SHAPES)}.",
        )
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Shape(document["body"], document["reference"])


def values_of(proposal: Proposal, approval: Event, key: str, view: str) -> dict[str, str]:
    """What the places stand for: the proposal as it stands, who approved it, and where it is looked at."""
    now = proposal.now
    fixes = now["past_fixes"]
    return {
        "key": key,
        "id": proposal.id,
        "view": view,
        "approved_by": approval.user,
        "approved_at": approval.at,
        "basis": f"It rests on {fixes} past fixes." if fixes else "It rests on the playbook's own assumption.",
        **{name: str(now[name]) for name in ("title", "change", "owner", "journey", "lever")},
        **{name: f"{now[name]:g}" for name in ("effort_days", "weeks")},
        **{name: f"${now[name]:,.0f}" for name in ("savings_per_year", "savings_low", "savings_high")},
    }


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    """Filled after the JSON is read, so that no value can add to its structure."""
    if isinstance(part, dict):
        return {name: _filled(inner, values) for name, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    return _PLACE.sub(lambda match: _value(match[1], values), part) if isinstance(part, str) else part


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise UsageError(
            f"The shape of a ticket has a place {name!r} that nothing fills.",
            where="tickets.values",
            next_step=f'Set it, such as {name} = "CX".',
        )
    return values[name]
