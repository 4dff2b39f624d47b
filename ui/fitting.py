"""Tables as wide as the terminal: no number is cut short, and what does not fit side by side stands upright."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

LONG_WORD = 24  # a longer one of a text is folded; numbers never are
ROOMY, TIGHT = 3, 2  # characters beside a column's own: its padding and the line after it
_EDGES = {ROOMY: 1, TIGHT: 0}


def fitted(
    names: Sequence[str],
    rows: Sequence[Sequence[Text]],
    numeric: Sequence[bool],
    width: int,
    title: str | None = None,
) -> Table:
    """A table of cells under names within `width` characters; `numeric` columns go to the right and stay whole.

    With lines between the columns, else without them, else every row as lines of a name and its value.
    """
    for beside in (ROOMY, TIGHT):
        widths = _widths(names, rows, numeric, width - _EDGES[beside] - beside * len(names))
        if widths:
            return _side_by_side(names, rows, numeric, widths, beside, title)
    return _upright(names, rows, title)


def _side_by_side(
    names: Sequence[str],
    rows: Sequence[Sequence[Text]],
    numeric: Sequence[bool],
    widths: Sequence[int],
    beside: int,
    title: str | None,
) -> Table:
    table = _table(title, beside)
    for name, right, width in zip(names, numeric, widths, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", width=width, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _upright(names: Sequence[str], rows: Sequence[Sequence[Text]], title: str | None) -> Table:
    table = _table(title, TIGHT)
    table.show_header = False
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            table.add_row(Text(name), cell)
        table.add_section()
    return table


def _table(title: str | None, beside: int) -> Table:
    said = Text(title) if title else None
    if beside == ROOMY:
        return Table(title=said, title_justify="left", header_style="bold")
    return Table(
        title=said, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        show_edge=False,
    )  # fmt: skip


def _widths(
    names: Sequence[str], rows: Sequence[Sequence[Text]], numeric: Sequence[bool], room: int
) -> list[int] | None:
    """Of each column its longest word at least, the rest where most lines are saved; None if too wide."""
    cells = [[name, *(row[at].plain for row in rows)] for at, name in enumerate(names)]
    widths = [_least(texts, right) for texts, right in zip(cells, numeric, strict=True)]
    if sum(widths) > room:
        return None
    whole = [max(max(map(cell_len, texts)), 1) for texts in cells]
    for _ in range(room - sum(widths)):
        narrow = [at for at, width in enumerate(widths) if width < whole[at]]
        if not narrow:
            break
        widths[max(narrow, key=lambda at: whole[at] / widths[at])] += 1
    return widths


def _least(texts: Sequence[str], right: bool) -> int:
    """The longest word of a column; of texts it may be folded."""
    longest = max((cell_len(word) for text in texts for word in text.split()), default=1)
    return max(longest if right else min(longest, LONG_WORD), 1)
