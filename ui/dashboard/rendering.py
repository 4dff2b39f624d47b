"""Pages from templates: the frame around every view, its navigation, filter bar and links that explain figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from tools.periods import day_in_words, period_in_words
from ui.accounts import Account
from ui.dashboard import numbers
from ui.dashboard.access import Access
from ui.dashboard.explained import Explained
from ui.dashboard.filters import FILTERS, PERIOD_LABELS, PERIODS, values_of
from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import ROOT, Content, View
from ui.forms import Forms
from ui.labels import ROLE_LABELS
from ui.security import content_security_policy

if TYPE_CHECKING:
    from warehouse.snapshots import Snapshot

_TEMPLATES = Path(__file__).parent / "templates"
# The chat is docked in a frame of our own; everything else is as on every page.
POLICY = f"{content_security_policy()}; frame-src 'self'"


class Pages:
    """Renders views. `forms` gives the hidden token of pages with buttons."""

    def __init__(self, forms: Forms, access: Access, views: Sequence[View]) -> None:
        self._forms = forms
        self._access = access
        self._views = views
        self._templates = Jinja2Templates(directory=_TEMPLATES)
        self._templates.env.globals.update(
            short=numbers.short, full=numbers.full, signed=numbers.signed, change_of=numbers.change_of
        )
        self._templates.env.trim_blocks = self._templates.env.lstrip_blocks = True

    def view(
        self,
        request: Request,
        account: Account,
        view: View,
        reading: Reading,
        snapshot: Snapshot,
        content: Content,
    ) -> Response:
        """A filled view in its frame."""
        link = _Figures(view, reading)
        shown = {
            **self._frame(request, account, view, reading, snapshot),
            "title": content.title,
            "panels": content.panels,
            "problems": content.problems,
            "figure": link.figure,
            "around": link.around,
            "may": lambda name: self._access.may_see(account, name),
            "may_do": lambda act: self._access.may(account, act),
            **content.shown,
        }
        return self._page(request, view.template, shown)

    def how(
        self, request: Request, account: Account, view: View, reading: Reading, snapshot: Snapshot, panel: Panel,
        found: Explained, place: Mapping[str, str],
    ) -> Response:  # fmt: skip
        """How a figure is computed."""
        path = view.address
        for name, value in place.items():
            path = path.replace(f"{{{name}}}", value)
        shown = {
            **self._frame(request, account, view, reading, snapshot),
            "title": "How is this computed",
            "found": found,
            "panel": panel,
            "back": reading.asked.address(path),
            "period_words": period_in_words(reading.asked.time),
            "filters_shown": False,
        }
        return self._page(request, "how.html", shown)

    def missing(self, request: Request, account: Account) -> Response:
        """The page for what is not there, or not there for this reader."""
        message = "There is no such page, or your role does not have it."
        return self.problem(request, account, 404, message)

    def problem(self, request: Request, account: Account, code: int, message: str) -> Response:
        """A page that says what went wrong and what to do next."""
        sent = request.method == "POST"  # a form that was refused leads back to its page
        title = "This was not done" if sent else "This cannot be shown"
        onward = request.url.path if sent else ROOT
        shown = {**self._plain_frame(account, None), "title": title, "message": message, "onward": onward}
        return self._page(request, "problem.html", shown, code)

    def _page(self, request: Request, template: str, shown: dict[str, Any], code: int = 200) -> Response:
        nonce = self._forms.nonce(request)
        shown["token"] = self._forms.sign("form", nonce)
        response = self._templates.TemplateResponse(request, template, shown, status_code=code)
        response.headers["content-security-policy"] = POLICY
        response.headers["cache-control"] = "no-store"
        self._forms.keep_nonce(response, nonce)
        return response

    def _plain_frame(self, account: Account, view: View | None) -> dict[str, Any]:
        nav = [
            (known.nav, known.address, view is not None and known.name == view.name)
            for known in self._views
            if known.nav and self._access.may_see(account, known.name)
        ]
        return {
            "account": account,
            "role": ROLE_LABELS[account.role],
            "nav": nav,
            "root": ROOT,
            "as_of": "",
            "filters_shown": False,
            "chat_is_there": self._access.may_see(account, "chat"),
            "briefing_is_there": self._access.may_see(account, "briefing"),
            "view": view,
        }

    def _frame(
        self, request: Request, account: Account, view: View, reading: Reading, snapshot: Snapshot
    ) -> dict[str, Any]:
        asked, desk = reading.asked, reading.desk
        path = request.url.path
        filters = [
            (known, [(value, desk.values.label(known.dimensions[0], value)) for value in values_of(known, desk)],
             asked.chosen.get(known.name, ""))
            for known in FILTERS
            if known.name not in view.without
        ]  # fmt: skip
        return {
            **self._plain_frame(account, view),
            "as_of": day_in_words(desk.as_of),
            "snapshot": snapshot.id,
            "created_at": str(snapshot.manifest.get("created_at") or ""),
            "asked": asked,
            "path": path,
            "filters": filters,
            "periods": [(name, PERIOD_LABELS[name], asked.address(path, period=name)) for name in PERIODS],
            "filters_shown": view.filters,
            "small_cell": desk.small_cell,
            "here": lambda target, **more: asked.address(f"{ROOT}{quote(target)}", **more),
        }


class _Figures:
    """Writes figures as links to the page that explains them."""

    def __init__(self, view: View, reading: Reading) -> None:
        self._view = view
        self._reading = reading

    def figure(self, panel: Panel, row: int, name: str, *, sign: bool = False, whole: bool = False) -> Markup:
        """A figure of a panel: abbreviated, the full value on hover, and a link that says how it is computed."""
        column = panel.column(name)
        if panel.table.hides(row, name):
            least = panel.table.small_cell
            words = f"Fewer than {least} members are behind it, or it would give such a figure away"
            return Markup(f'<span class="hidden-figure" title="{escape(words)}">not shown</span>')
        value = panel.cell(row, name)
        if value is None:
            return Markup('<span class="no-figure" title="No value">\u2013</span>')
        write = numbers.signed if sign else numbers.full if whole else numbers.short
        unit = numbers.IN_POINTS if name.endswith("__change") and column.unit == "rate" else column.unit
        text, title = write(value, unit), numbers.full(value, unit)
        said = f"{column.label or name}: {title}. How is this computed?"
        return Markup(
            f'<a class="figure" href="{escape(self._address(panel, row, name))}" title="{escape(said)}">'
            f"{escape(text)}</a>"
        )

    def around(self, panel: Panel | None, row: int, name: str, drawn: Markup) -> Markup:
        """A small chart as a link to how its latest figure is computed; by itself where that is not shown."""
        if panel is None or panel.number(row, name) is None or panel.table.hides(row, name):
            return drawn
        column = panel.column(name)
        value = numbers.full(panel.cell(row, name), column.unit)
        said = f"{column.label or name}, the latest: {value}. How is this computed?"
        to = escape(self._address(panel, row, name))
        return Markup(f'<a class="around" href="{to}" title="{escape(said)}">{drawn}</a>')

    def _address(self, panel: Panel, row: int, name: str) -> str:
        asked, place = self._reading.asked, self._reading.place
        given = {**self._reading.params, **place, **asked.chosen, "period": asked.period, "view": self._view.name,
                 "panel": panel.key, "row": str(row), "column": name}  # fmt: skip
        return f"{ROOT}/how?{urlencode(given)}"
