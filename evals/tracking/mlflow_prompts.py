"""The prompts of `prompts/` in MLflow's registry: a version for each change, tied to the runs that had it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from prompts.loader import Prompt, load_prompt

PREFIX = "command-center-"
VERSION_TAG = "content"


def register_prompts(client: Any, run: str, used: Mapping[str, str], folder: Path | None = None) -> dict[str, int]:
    """Register what is new of the prompts that a run used, by name and hash; gives their registry versions.

    `folder` is where its prompts are, when they are not ours. Texts that have changed since the run are left out:
    what it used is not there any more.
    """
    found: dict[str, int] = {}
    if folder is not None and not folder.is_dir():
        return found
    for name, version in used.items():
        prompt = load_prompt(name, folder)
        if prompt.version == version:
            registered = _registered(client, prompt)
            client.link_prompt_version_to_run(run, registered)
            found[name] = int(registered.version)
    return found


def _registered(client: Any, prompt: Prompt) -> Any:
    name, text = f"{PREFIX}{prompt.name}", as_template(prompt)
    latest = client.load_prompt(f"prompts:/{name}@latest", allow_missing=True)
    if latest is not None and latest.template == text:
        return latest
    return client.register_prompt(
        name,
        text,
        commit_message=f"prompts/{prompt.name}.md at {prompt.version}",
        tags={VERSION_TAG: prompt.version},
    )


def as_template(prompt: Prompt) -> str:
    """A prompt's text with MLflow's marks for its names: `{{journey}}` for `$journey`."""
    return Template(prompt.text).substitute({name: f"{{{{{name}}}}}" for name in prompt.names()})
