"""What comes out of an export or an import: files, and what did not map."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

Kind = Literal["model", "dataset", "dimension", "metric", "bridge"]


@dataclass(frozen=True)
class Unmapped:
    """An entry, or with `part` only a part of it, that the other side has no place for, and why."""

    kind: Kind
    name: str
    part: str
    why: str

    def sentence(self) -> str:
        """The line that people read."""
        return f"{self.kind} {self.name}{f', {self.part}' if self.part else ''}: {self.why}"


@dataclass
class Interchanged:
    """Files by name, names of the metrics and dimensions that came across whole, and what did not."""

    files: dict[str, str] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)

    def miss(self, kind: Kind, name: str, why: str, part: str = "") -> None:
        """Notes an entry or a part that did not map, once."""
        missed = Unmapped(kind, name, part, why)
        if missed not in self.unmapped:
            self.unmapped.append(missed)

    def document(self) -> dict[str, object]:
        """For scripts: the files, what mapped, and each thing that did not."""
        return {
            "files": sorted(self.files),
            "metrics": sorted(self.metrics),
            "dimensions": sorted(self.dimensions),
            "unmapped": [asdict(missed) for missed in self.unmapped],
        }


class NotMapped(Exception):
    """One entry has no counterpart; the text says why."""
