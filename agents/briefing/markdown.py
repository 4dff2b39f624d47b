"""A briefing as Markdown, and a Markdown text back without its marks, for the checker."""

from __future__ import annotations

import re

from agents.briefing.document import Briefing

OPEN = "Open the view"
BECAME = "What became of the others"
CHARTS = "The same with charts"
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def markdown(briefing: Briefing, *, site: str = "") -> str:
    """The whole briefing. `site` is what browsers open (no slash at its end); without it links are paths."""
    lines = [f"# {escaped(briefing.title.text)}", f"**{escaped(briefing.headline.text)}**"]
    for item in briefing.items:
        said = "\n".join(f"- {escaped(passage.text)}" for passage in item.sentences)
        lines += [f"## {escaped(item.title.text)}", said, f"[{OPEN}]({site}{item.view})"]
    if briefing.became:
        listed = "\n".join(f"- {escaped(passage.text)}" for passage in briefing.became)
        lines += [f"## {BECAME}", listed]
    lines += ["---", *(f"*{escaped(passage.text)}*" for passage in briefing.notes)]
    return "\n\n".join(lines) + "\n"


def chat_text(briefing: Briefing) -> str:
    """The briefing as a message in the chat: no headings, and a link to the page with the charts."""
    lines = [f"**{escaped(briefing.headline.text)}**"]
    for item in briefing.items:
        said = "\n".join(f"- {escaped(passage.text)}" for passage in item.sentences)
        lines += [f"**{escaped(item.title.text)}**", f"{said}\n- [{OPEN}]({item.view})"]
    if briefing.became:
        listed = "\n".join(f"- {escaped(passage.text)}" for passage in briefing.became)
        lines += [f"**{BECAME}**", listed]
    notes = [f"*{escaped(passage.text)}*" for passage in briefing.notes]
    return "\n\n".join([*lines, *notes, f"[{CHARTS}](/briefing/{briefing.day.isoformat()})"]) + "\n"


def plain_text(briefing: Briefing, *, site: str = "") -> str:
    """The whole briefing for a mail without HTML."""
    blocks = [briefing.title.text, briefing.headline.text]
    for item in briefing.items:
        said = "\n".join(f"- {passage.text}" for passage in item.sentences)
        blocks.append(f"{item.title.text}\n{said}\n{OPEN}: {site}{item.view}")
    if briefing.became:
        blocks.append("\n".join([f"{BECAME}:", *(f"- {passage.text}" for passage in briefing.became)]))
    return "\n\n".join([*blocks, *(passage.text for passage in briefing.notes)]) + "\n"


def escaped(text: str) -> str:
    """A text in which nothing is a mark of Markdown."""
    return _SPECIAL.sub(r"\\\1", text)


def visible_in_markdown(text: str) -> str:
    """What is read of a Markdown text: no marks, no addresses of links."""
    text = _LINK.sub(r"\1", text)
    text = re.sub(r"(?m)^(#+ |- |---$)", "", text)
    text = re.sub(r"(?<!\\)\*+", "", text)
    return re.sub(r"\\(.)", r"\1", text)
