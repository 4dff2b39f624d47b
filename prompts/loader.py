"""Prompts are Markdown files beside this module, with `$name` placeholders; a missing name fails loudly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from warehouse.errors import UsageError


@dataclass(frozen=True)
class Prompt:
    """A prompt's text before its names are filled in; `version` is eight characters of its content hash."""

    name: str
    text: str
    version: str

    def names(self) -> tuple[str, ...]:
        """The placeholders that must be filled in."""
        return tuple(Template(self.text).get_identifiers())

    def fill(self, **names: str) -> str:
        """The text with every `$name` replaced. Raises UsageError when one is missing or one is not used."""
        template = Template(self.text)
        wanted = set(self.names())
        if wanted != names.keys() or not template.is_valid():
            problem = ", ".join(sorted(wanted ^ names.keys())) or "a lone $"
            raise UsageError(
                f"The prompt's placeholders do not match what it is given: {problem}.",
                where=f"prompts/{self.name}.md",
                next_step="Add the name to the prompt or to its caller; write $$ for a dollar sign.",
            )
        return template.substitute(names)


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt `prompts/<name>.md`. Raises UsageError when there is none."""
    file = resources.files("prompts") / f"{name}.md"
    if not file.is_file():
        raise UsageError("There is no such prompt.", where=f"prompts/{name}.md", next_step="Add the file.")
    text = file.read_text(encoding="utf-8")
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:8])
