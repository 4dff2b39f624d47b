"""A hook of mkdocs: pages that the navigation does not name come at its end; files of the repository are named.

A link to a file beside the documentation (`../tools/scout/scan.yml`) works in the repository. The site has no such
file, so there the link becomes its words and the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Add the pages that are there and not named, in the order of their file names."""
    named = set(_named(config["nav"]))
    pages = sorted(path.name for path in Path(config["docs_dir"]).glob("*.md"))
    if left := [name for name in pages if name not in named]:
        config["nav"].append({"More": left})
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Say where a file lies instead of linking to it; a link to none stays, and fails the build."""

    def told(link: re.Match[str]) -> str:
        words, path = link[1], link[2].partition("#")[0]
        if not (Path(config["docs_dir"]) / "../" / path).exists():
            return link[0]
        return f"`{path}`" if words.strip("`") == path else f"{words} (`{path}`)"

    return re.sub(r"(?<!!)\[([^\]]+)\]\(\.\./([^)\s]+)\)", told, markdown)


def _named(entries: Any) -> Iterator[str]:
    if isinstance(entries, str):
        yield entries
    for entry in entries if isinstance(entries, list) else entries.values() if isinstance(entries, dict) else ():
        yield from _named(entry)
