"""What a view reads with: one reader's desk, whose door remembers what this reader has been shown already."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from semantic.query import SemanticQuery
from semantic.readership import counts_members
from tools.actions.reviewing import ReviewDesk
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Mendable, Refusal, Table
from ui.accounts import Account
from ui.dashboard.filters import Asked, read_asked
from ui.dashboard.panels import Panel
from warehouse.errors import DeniedError
from warehouse.principal import Principal
from warehouse.workers.remembered import Remembered

if TYPE_CHECKING:
    from agents.knowledge import Knowledge
    from agents.runtime import Assistant
    from ui.dashboard.playback import References
    from ui.dashboard.view import View
    from warehouse.door import QueryContext, QueryResult, Warehouse

SOURCE = "dashboard"
Memory = Remembered["QueryResult"]


class RememberingDoor:
    """The door for one reader: a statement that this reader had of this snapshot is not asked again.

    Each reader's first reading goes through the door itself, so that it is judged, admitted and recorded.
    """

    def __init__(self, door: Warehouse, memory: Memory) -> None:
        self._door = door
        self._memory = memory

    def query(
        self,
        sql: str,
        principal: Principal,
        *,
        params: dict[str, str | int | float | date] | None = None,
        context: QueryContext | None = None,
    ) -> QueryResult:
        """Rows, or DeniedError."""
        given = tuple(sorted((params or {}).items()))
        key = (self._door.snapshot().id, principal.user, principal.rights, sql, given)
        known = self._memory.get(key)
        if known is None:
            known = self._memory.put(key, self._door.query(sql, principal, params=params, context=context))
        return known


@dataclass(frozen=True)
class Reading:
    """One request of one reader. `params` are the address's own, `principal` reads groups only.

    `named` is the account's full principal, with its purpose, for the views of single members.
    """

    assistant: Assistant
    account: Account
    principal: Principal
    desk: Desk
    asked: Asked
    params: Mapping[str, str]
    place: Mapping[str, str]
    references: References

    @property
    def may_read_members(self) -> bool:
        """Whether single members are open to this reader now: a role that may, with a purpose or an emergency."""
        return self.account.stated is not None and counts_members(self.named, self.assistant.door.policy)

    @property
    def named(self) -> Principal:
        """Who asks, with the purpose that is stated now."""
        return self.account.principal

    def table(self, query: SemanticQuery, title: str = "") -> Table | Refusal:
        """A governed table, or why there is none."""
        try:
            return governed_table(query, self.desk, title)
        except Mendable as error:
            return Refusal(error.code, f"{error.reason} {error.hint}".strip())
        except DeniedError as error:
            return Refusal(f"denied:{error.code}", error.what)

    def panel(
        self, key: str, title: str, metrics: tuple[str, ...], *, note: str = "", **more: Any
    ) -> Panel | Refusal:
        """A governed panel over the view's period and filters; `more` are slots of the semantic query."""
        known = tuple(name for name in metrics if name in self.desk.semantic.metrics)
        if not known:
            return Refusal("no_metric", "This company's model has no such metric.")
        filters, lacking = self.asked.filters_for(known, self.desk)
        slots = {
            "metrics": known,
            "filters": (*filters, *more.pop("filters", ())),
            "time": self.asked.time,
            **more,
        }
        found = self.table(SemanticQuery(**slots), title)
        if isinstance(found, Refusal):
            return found
        return Panel(key, found, (found,), note=note, lacking=tuple(lacking))

    def label(self, dimension: str, value: object) -> str:
        """A value of a dimension as people read it."""
        return self.desk.values.label(dimension, str(value))


def opened(
    assistant: Assistant,
    account: Account,
    memory: Memory,
    params: Mapping[str, str],
    place: Mapping[str, str],
    view: View,
    references: References,
) -> Reading:
    """A reading for somebody. Raises UsageError for an address that asks for what there is not."""
    principal = Principal(account.name, account.role, attributes=dict(account.attributes))
    desk = desk_for(assistant, principal, memory)
    asked = read_asked(params, desk, view.period, view.without)
    return Reading(assistant, account, principal, desk, asked, params, place, references)


def desk_for(assistant: Assistant, principal: Principal, memory: Memory) -> Desk:
    """A desk whose door remembers what its reader was shown."""
    knowledge: Knowledge = assistant.knowledge(principal)
    answer_id = f"view-{uuid.uuid4().hex[:16]}"
    desk = knowledge.context("Dashboard", principal, assistant.door, _silent, answer_id, SOURCE).desk
    desk.door = RememberingDoor(assistant.door, memory)
    desk.review = ReviewDesk(assistant.settings.state, assistant.clock)
    return desk


def _silent(_: str) -> None:
    return None
