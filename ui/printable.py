"""Text as a terminal may print it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text without what a terminal would obey: control characters of values and questions show as their code."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
