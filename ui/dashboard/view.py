"""What a view is: a name in the access table, an address, a template, and a function that fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading

ROOT = "/dashboard"


@dataclass(frozen=True)
class Content:
    """A filled view: its panels by key (the first is the main one), and what else its template shows."""

    title: str
    panels: dict[str, Panel] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """One page of the dashboard.

    `name` is its line in access.yml, `path` its address below /dashboard (`{name}` for a part of it). `nav` is its
    word in the navigation, empty where it is reached from another view. `period` is the period without one in the
    address; `filters` says whether the filter bar applies. A `kept` view depends on snapshot, reader and address.
    `also` are further paths of it, `without` the filters that do not apply to it.
    """

    name: str
    path: str
    template: str
    fill: Callable[[Reading], Content]
    nav: str = ""
    period: str = "today"
    filters: bool = True
    kept: bool = True
    also: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The whole path."""
        return ROOT + self.path
