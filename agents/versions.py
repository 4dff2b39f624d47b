"""What an answer depends on besides its snapshot: the semantic model, the policy, the rules, the code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from warehouse.policy import load_policy
from warehouse.settings import Rules

_ROOMS = ("agents", "tools", "semantic", "warehouse")
_CODE = (".py", ".sql")
_WORDS = {
    "model": "the semantic model's files",
    "policy": "the access policy",
    "rules": "the business rules",
    "code": "the program",
}


@dataclass(frozen=True)
class Versions:
    """Short hashes that change with what they name; empty where an earlier version did not note them."""

    model: str = ""
    policy: str = ""
    rules: str = ""
    code: str = ""

    def changed(self, now: Versions) -> tuple[str, ...]:
        """What is another one now, in words."""
        pairs = [(f.name, getattr(self, f.name), getattr(now, f.name)) for f in fields(self)]
        return tuple(_WORDS[name] for name, then, present in pairs if then and then != present)

    @property
    def known(self) -> bool:
        """Whether they were noted with the answer."""
        return bool(self.model)


def versions(model: str, rules: Rules) -> Versions:
    """The present versions, with the model and the rules that a snapshot is read with."""
    return Versions(model, load_policy().version, rules.digest(), code_version())


@cache
def code_version() -> str:
    """Twelve hex characters over every file of code that an answer can depend on."""
    whole = hashlib.sha256()
    for name, file in _files():
        whole.update(f"{name}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()[:12]


def _files() -> Iterator[tuple[str, Path]]:
    root = Path(__file__).parents[1]
    for room in _ROOMS:
        for file in sorted((root / room).rglob("*")):
            if file.suffix in _CODE and file.is_file():
                yield file.relative_to(root).as_posix(), file
