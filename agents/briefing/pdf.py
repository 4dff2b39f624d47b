"""A briefing as a PDF, with its charts drawn as lines. Needs the optional extra `pdf` (fpdf2)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.briefing.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Drawing, Point, drawing
from agents.briefing.course import course_of
from agents.briefing.document import Briefing, Item
from agents.briefing.markdown import BECAME, OPEN
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from fpdf import FPDF

_INK, _SOFT, _GRID = (20, 30, 40), (90, 102, 112), (205, 214, 221)
_BLUE, _BAND, _BAD, _GOOD = (9, 84, 122), (215, 231, 239), (178, 66, 14), (10, 92, 65)
_MARGIN, _CHART_WIDTH = 18.0, 174.0
# Fonts with more letters than the PDF's own, where a text needs them.
_FONTS = tuple(
    (Path(folder) / f"{name}.ttf", Path(folder) / f"{name}-Bold.ttf")
    for folder, name in (
        ("/usr/share/fonts/truetype/dejavu", "DejaVuSans"),
        ("/usr/share/fonts/dejavu-sans-fonts", "DejaVuSans"),
        ("/usr/share/fonts/TTF", "DejaVuSans"),
        ("/Library/Fonts", "Arial Unicode"),
    )
)


def pdf(briefing: Briefing, *, site: str = "") -> bytes:
    """The whole briefing on A4 pages; the same briefing gives the same bytes.

    Raises UsageError (exit 2) when fpdf2 is not installed.
    """
    sheet = _Sheet(_new_document(briefing))
    sheet.text(briefing.title.text, 20, bold=True, after=2)
    sheet.text(briefing.headline.text, 12.5, after=6)
    for item in briefing.items:
        _add_item(sheet, briefing, item, site)
    if briefing.became:
        sheet.text(BECAME, 13, bold=True, after=1.5)
        sheet.bullets(passage.text for passage in briefing.became)
    for passage in briefing.notes:
        sheet.text(passage.text, 8.5, colour=_SOFT, after=1)
    return bytes(sheet.document.output())


def pdf_is_there() -> bool:
    """Whether the extra is installed."""
    from importlib.util import find_spec

    return find_spec("fpdf") is not None


def _add_item(sheet: _Sheet, briefing: Briefing, item: Item, site: str) -> None:
    # A heading without its chart at the foot of a page reads badly: they move to the next one together.
    sheet.keep_together(112)
    sheet.text(item.title.text, 12.5, bold=True, colour=_GOOD if item.favourable else _INK, after=1.5)
    sheet.chart(drawing(course_of(briefing, item)), _GOOD if item.favourable else _BAD)
    sheet.bullets(passage.text for passage in item.sentences)
    if site:
        sheet.link(OPEN, f"{site}{item.view}")
    sheet.gap(4)


def _new_document(briefing: Briefing) -> FPDF:
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise UsageError(
            "PDF needs the package fpdf2, which is not installed.",
            where="the extra pdf",
            next_step="pip install 'member-experience-command-center[pdf]', or take HTML and print it.",
        ) from error
    document = FPDF(format="A4")
    document.set_margin(_MARGIN)
    document.set_auto_page_break(True, margin=_MARGIN)
    document.set_creation_date(briefing.made_at)
    document.set_title(briefing.title.text)
    document.set_lang("en")
    document.core_fonts_encoding = "windows-1252"
    document.add_page()
    _choose_font(document, briefing)
    return document


def _choose_font(document: FPDF, briefing: Briefing) -> None:
    """Helvetica, which every reader has; a wider font from this machine when a name needs other letters."""
    words = "".join(passage.text for passage in briefing.passages())
    found = None if _is_western(words) else _wide_font()
    if found:
        document.add_font("Wide", "", found[0])
        document.add_font("Wide", "B", found[1])
    document.set_font("Wide" if found else "Helvetica")


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _wide_font() -> tuple[Path, Path] | None:
    return next(((plain, bold if bold.exists() else plain) for plain, bold in _FONTS if plain.exists()), None)


class _Sheet:
    """Writes down the pages of one document."""

    def __init__(self, document: FPDF) -> None:
        self.document = document
        self._family = document.font_family
        self._western = document.font_family == "helvetica"

    def text(
        self, text: str, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK, after: float = 0
    ) -> None:
        """A paragraph over the whole width."""
        self._set(size, bold, colour)
        self.document.multi_cell(0, size * 0.48, self._known(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.gap(after)

    def bullets(self, texts: Iterable[str]) -> None:
        """Paragraphs with a dot before them."""
        for text in texts:
            self._set(10, False, _INK)
            self.document.cell(4, 5, "\u2022" if self._western else "-")
            self.document.multi_cell(0, 5, self._known(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.gap(1.5)

    def link(self, text: str, address: str) -> None:
        """A line that opens an address."""
        self._set(10, False, _BLUE)
        self.document.cell(0, 5, text, link=address, new_x="LMARGIN", new_y="NEXT")

    def gap(self, height: float) -> None:
        """Room."""
        if height:
            self.document.ln(height)

    def keep_together(self, height: float) -> None:
        """A new page unless so many millimetres are left."""
        if self.document.will_page_break(height):
            self.document.add_page()

    def chart(self, shapes: Drawing, start: tuple[int, int, int]) -> None:
        """A course as lines."""
        document, scale = self.document, _CHART_WIDTH / WIDTH
        left, top = document.l_margin, document.get_y()

        def at(point: Point) -> Point:
            return left + point[0] * scale, top + point[1] * scale

        self._axes(shapes, at)
        if shapes.band:
            document.set_fill_color(*_BAND)
            document.polygon([at(point) for point in shapes.band], style="F")
        if shapes.expected:
            self._line([at(point) for point in shapes.expected], _SOFT, 0.3, dash=1.2)
        if shapes.start is not None:
            self._line([at((shapes.start, TOP)), at((shapes.start, HEIGHT - BOTTOM))], start, 0.3, dash=0.7)
        for run in shapes.observed:
            self._line([at(point) for point in run], _BLUE, 0.6)
        document.set_fill_color(*_BLUE)
        for x, y in map(at, shapes.marks):
            document.ellipse(x - 0.7, y - 0.7, 1.4, 1.4, style="F")
        document.set_y(top + HEIGHT * scale + 1)
        self.text("Line: observed. Dashes: expected. Shade: usual range. Dots: start.", 7.5, colour=_SOFT, after=1)

    def _axes(self, shapes: Drawing, at: Any) -> None:
        self._set(7.5, False, _SOFT)
        for y, text in shapes.levels:
            self._line([at((LEFT, y)), at((WIDTH - RIGHT, y))], _GRID, 0.2)
            right, height = at((LEFT - 6, y))
            self.document.text(right - self.document.get_string_width(text), height + 0.9, text)
        for x, text in shapes.dates:
            middle, height = at((x, HEIGHT - 8))
            width = self.document.get_string_width(text)
            self.document.text(min(middle - width / 2, at((WIDTH, 0))[0] - width), height, text)

    def _line(self, points: list[Point], colour: tuple[int, int, int], width: float, dash: float = 0) -> None:
        document = self.document
        document.set_draw_color(*colour)
        document.set_line_width(width)
        document.set_dash_pattern(dash, dash)
        document.polyline(points)
        document.set_dash_pattern()

    def _set(self, size: float, bold: bool, colour: tuple[int, int, int]) -> None:
        self.document.set_font(self._family, "B" if bold else "", size)
        self.document.set_text_color(*colour)

    def _known(self, text: str) -> str:
        """Letters that the font does not have as question marks: the other formats have them."""
        return text.encode("cp1252", "replace").decode("cp1252") if self._western else text
