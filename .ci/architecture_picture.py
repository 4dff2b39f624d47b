"""Draws docs/architecture.svg from the text below: `python .ci/architecture_picture.py` (prints it with `-`)."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

# A row is a layer; a box is "name: what it does"; the words after -> say what goes down to the next row.
PICTURE = """
readers | Chat: asks, follows up | Dashboard: looks | Briefings: are read | API and MCP: programs by token
-> a question, with who asks
agents | Supervisor: routes, says why | Genie: answers | Insight Scout: finds | Next-Best-Action: proposes
-> a semantic query
meaning | Semantic model: metrics | Compiler: writes SQL | Tools: drivers, actions | Checker: numbers are cells
-> one statement
the door | Guard: two parsers, policy | Workers: locked in | Small cells: withheld | Audit: before and after
-> read from a published snapshot
warehouse | Gold: what is asked | Silver: typed, with fates | Sources: as received | Snapshots: kept, immutable
"""
WIDTH, LEFT, BOX, HIGH, GAP, STEP = 1000, 110, 205, 62, 16, 112


def picture(text: str = PICTURE) -> str:
    """The drawing: rows of boxes, an arrow with its words between two rows. Colours follow the reader's theme."""
    parts, top = [], 20
    for line in filter(None, text.splitlines()):
        if line.startswith("->"):
            parts.append(_arrow(line[2:].strip(), top - (STEP - HIGH)))
            continue
        name, *boxes = (cell.strip() for cell in line.split("|"))
        middle = top + HIGH / 2 + 5
        parts.append(f'<text class="row" x="{LEFT - 14}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        parts += [_box(box, LEFT + at * (BOX + GAP), top) for at, box in enumerate(boxes)]
        top += STEP
    high = top - (STEP - HIGH) + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" role="img" '
        'aria-label="Readers, agents, meaning, the door, the warehouse, and what each hands down">\n'
        "<style>text{font:13px sans-serif;fill:#222}.name{font-weight:bold}.row{font-style:italic}"
        "rect{fill:#eef3fb;stroke:#4a6fa5}path{stroke:#4a6fa5;fill:none;stroke-width:1.5}"
        "svg{background:#fff}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _box(text: str, x: int, y: int) -> str:
    name, _, does = text.partition(":")
    centre = x + BOX / 2
    return (
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{HIGH}" rx="6"/>'
        f'<text class="name" x="{centre}" y="{y + 26}" text-anchor="middle">{escape(name)}</text>'
        f'<text x="{centre}" y="{y + 45}" text-anchor="middle">{escape(does.strip())}</text>'
    )


def _arrow(words: str, y: int) -> str:
    x = LEFT + 2 * BOX + 1.5 * GAP
    down, tip = y + 4, y + STEP - HIGH - 4
    return (
        f'<path d="M{x} {down}V{tip}M{x - 5} {tip - 7}L{x} {tip}L{x + 5} {tip - 7}"/>'
        f'<text x="{x + 14}" y="{(down + tip) / 2 + 5}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(picture())
    else:
        (Path(__file__).parents[1] / "docs" / "architecture.svg").write_text(picture(), encoding="utf-8")
