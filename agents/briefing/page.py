"""A briefing as one HTML file that asks nothing of any server, and a page read back, for the checker."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from agents.briefing.chart import svg
from agents.briefing.course import Course, course_of
from agents.briefing.document import Briefing, Item
from agents.briefing.markdown import BECAME, OPEN
from agents.wording import written
from tools.periods import day_in_words

_FOLDER = Path(__file__).parent
HIDDEN = "not shown"


def page(briefing: Briefing, *, site: str = "") -> str:
    """The whole page as a file. `site` is what browsers open (no slash at its end)."""
    return _template("page.html").render(**_shown(briefing, site), style=Markup(style()))


def body(briefing: Briefing, *, site: str = "") -> Markup:
    """What stands in the page, for a page of ours around it; it needs `style`."""
    return Markup(_template("body.html").render(**_shown(briefing, site)))


@cache
def style() -> str:
    """The rules for a briefing's own classes."""
    return (_FOLDER / "page.css").read_text(encoding="utf-8")


def _shown(briefing: Briefing, site: str) -> dict[str, object]:
    items = [{"item": item, **_drawn(briefing, item), "href": f"{site}{item.view}"} for item in briefing.items]
    return {"briefing": briefing, "items": items, "open": OPEN, "became": BECAME}


def _drawn(briefing: Briefing, item: Item) -> dict[str, object]:
    course = course_of(briefing, item)
    return {"chart": Markup(svg(course, _said(course))), "rows": rows_of(course), "hidden": course.hidden,
            "banded": any(day.high is not None for day in course.days)}  # fmt: skip


def _said(course: Course) -> str:
    return f"{course.label} by day, against what was expected. The same figures are in the table below."


def rows_of(course: Course) -> list[tuple[str, str, str, str]]:
    """The course as a table: day, observed, expected, the range of four days in five."""
    return [
        (
            day_in_words(day.day),
            HIDDEN if day.observed is None else written(day.observed, course.unit),
            "" if day.expected is None else written(day.expected, course.unit),
            "" if day.low is None or day.high is None
            else f"{written(day.low, course.unit)} to {written(day.high, course.unit)}",
        )
        for day in course.days
    ]  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _template(name: str) -> Template:
    return _environment().get_template(name)


class _Reader(HTMLParser):
    """Collects what is read in a page: no style, no chart, no list of its days."""

    _SKIPPED = frozenset(("style", "script", "svg", "table", "title", "nav"))
    _BLOCKS = frozenset(("p", "h1", "h2", "li", "div", "section", "article", "header", "footer", "details"))

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipping += tag in self._SKIPPED
        if tag in self._BLOCKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._skipping -= tag in self._SKIPPED

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.text.append(data)


def visible_in_page(html: str) -> str:
    """What is read of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)
