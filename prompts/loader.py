"""Prompts are Markdown files beside this module, with `$name` placeholders; a missing name fails loudly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
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
def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """The prompt `<name>.md` of a folder that has one, else of `prompts/`.

    Raises UsageError when there is none, or when the folder's has a placeholder that none of `prompts/` has.
    """
    if folder is not None and not folder.is_dir():
        raise UsageError(
            "There is no such folder of prompts.", where=str(folder), next_step="Name one that is there."
        )
    ours = resources.files("prompts") / f"{name}.md"
    theirs = folder / ours.name if folder else None
    if theirs is not None and theirs.is_file():
        return _known(_read(name, theirs), theirs)
    if not ours.is_file():
        raise UsageError("There is no such prompt.", where=f"prompts/{name}.md", next_step="Add the file.")
    return _read(name, ours)


def _read(name: str, file: Traversable) -> Prompt:
    text = file.read_text(encoding="utf-8")
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:8])


def _known(prompt: Prompt, file: Path) -> Prompt:
    """The prompt, when somebody fills all its placeholders in."""
    files = [one for one in resources.files("prompts").iterdir() if one.name.endswith(".md")]
    known = {name for one in files for name in _read(one.name, one).names()}
    unknown = sorted(set(prompt.names()) - known)
    if unknown or not Template(prompt.text).is_valid():
        raise UsageError(
            f"The prompt has placeholders that nothing fills in: {', '.join(unknown) or 'a lone $'}.",
            where=str(file),
            next_step=f"Known: {', '.join(sorted(known))}; write $$ for a dollar sign.",
        )
    return prompt
