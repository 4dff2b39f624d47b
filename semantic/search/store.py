"""The stores: embedded Chroma collections, one folder for each class of readers, replaced as a whole.

`names` holds no value, `shared` what most readers may know, `members` also the values that fewer members
have than a figure may show. Nobody's questions go into a store. A pointer file names the folder that is read; a
new one is made beside it and then named, so a reader never meets half a store and two builders do not meet at all.
"""

from __future__ import annotations

import json
import operator
import os
import shutil
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from semantic.search.embedding import VERSION, Embedding
from semantic.search.entries import Kind, SearchEntry, digest

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

Data = Literal["names", "shared", "members"]
CLASSES: tuple[Data, ...] = ("names", "shared", "members")
FOLDER = "search"
COLLECTION = "entries"
_WEIGHTS = "weights.json"
_BATCH = 1000


@dataclass(frozen=True)
class Match:
    """An entry that was found and how near it is: 1 is the same, 0 has nothing in common."""

    entry: SearchEntry
    score: float


class StoreError(Exception):
    """A store that is not there or cannot be read; nothing but suggestions depends on it."""


def write(root: Path, data: Data, entries: Sequence[SearchEntry]) -> bool:
    """Make a class's store of these entries, unless it holds just them. Raises StoreError; says whether it did."""
    content = digest(entries, VERSION)
    if _pointed(root, data).get("content") == content and (root / f"{data}-{content}").is_dir():
        return False
    staged = root / f".{data}-{uuid.uuid4().hex}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        staged.mkdir(mode=0o700)
        _fill(staged, entries)
        with suppress(OSError):  # another process has made the same one
            staged.rename(root / f"{data}-{content}")
        _point(root, data, {"content": content, "version": VERSION, "entries": len(entries)})
        _sweep(root, data, content)
    except Exception as error:  # Chroma raises many kinds, also of its own native part
        raise StoreError(f"{type(error).__name__}: {str(error)[:200]}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return True


def _fill(folder: Path, entries: Sequence[SearchEntry]) -> None:
    embedding = Embedding.over(entry.text for entry in entries)
    (folder / _WEIGHTS).write_text(json.dumps(embedding.weights), encoding="utf-8")
    client = _client(folder)
    collection = client.create_collection(COLLECTION, embedding_function=None, metadata={"hnsw:space": "cosine"})
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        collection.add(
            ids=[str(start + at) for at in range(len(batch))],
            embeddings=cast(Any, [embedding.vector(entry.text) for entry in batch]),
            documents=[entry.text for entry in batch],
            metadatas=[cast(Any, asdict(entry)) for entry in batch],
        )
    _let_go(client)


class SearchStore:
    """One class's store, opened when it is first asked."""

    def __init__(self, root: Path, data: Data) -> None:
        """Raises StoreError when there is none or it cannot be read."""
        self.content = content_of(root, data)
        folder = root / f"{data}-{self.content}"
        if not self.content or not folder.is_dir():
            raise StoreError("it has not been made")
        if _pointed(root, data).get("version") != VERSION:
            raise StoreError("it was made by another version")
        try:
            self._embedding = Embedding(json.loads((folder / _WEIGHTS).read_text(encoding="utf-8")))
            self._client = _client(folder)
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        except Exception as error:  # as in `write`
            raise StoreError(f"{type(error).__name__}: {str(error)[:200]}") from error

    def find(self, text: str, kinds: Sequence[Kind], limit: int) -> list[Match]:
        """The nearest entries of these kinds. Raises StoreError."""
        vector = self._embedding.vector(text)
        if not any(vector):
            return []
        try:
            found = self._collection.query(
                query_embeddings=cast(Any, [vector]),
                n_results=limit,
                where=cast(Any, {"kind": {"$in": list(kinds)}}),
                include=["metadatas", "distances"],
            )
        except Exception as error:  # as in `write`
            raise StoreError(f"{type(error).__name__}: {str(error)[:200]}") from error
        metadatas, distances = (found["metadatas"] or [[]])[0], (found["distances"] or [[]])[0]
        return [
            Match(SearchEntry(**cast(Any, dict(held))), round(1 - distance, 6))
            for held, distance in zip(metadatas, distances, strict=True)
        ]

    def nearness(self, text: str, others: Sequence[str]) -> dict[str, float]:
        """How near a text is to others, whether they are in the store or not."""
        vector = self._embedding.vector(text)
        return {
            other: sum(map(operator.mul, vector, self._embedding.vector(other))) for other in dict.fromkeys(others)
        }

    def close(self) -> None:
        """Let go of the files."""
        _let_go(self._client)


def content_of(root: Path, data: Data) -> str:
    """Which content a class's store has: another one when it was replaced; empty without one."""
    return str(_pointed(root, data).get("content") or "")


def entries_held(root: Path, data: Data) -> int | None:
    """How many entries a store says that it holds; None without one. Does not open it."""
    held = _pointed(root, data).get("entries")
    return held if isinstance(held, int) else None


def is_loaded() -> bool:
    """Whether this process has loaded what the stores are read with."""
    return "chromadb" in sys.modules


def load() -> None:
    """Load it, in a process that lives long enough to be worth it; without it there are poorer suggestions."""
    with suppress(ImportError):
        import chromadb  # noqa: F401


def _client(folder: Path) -> ClientAPI:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "false")
    from chromadb import PersistentClient
    from chromadb.config import Settings

    return PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _let_go(client: ClientAPI) -> None:
    close = getattr(client, "close", None)
    if close:
        close()


def _pointer(root: Path, data: Data) -> Path:
    return root / f"{data}.json"


def _pointed(root: Path, data: Data) -> Mapping[str, Any]:
    try:
        loaded = json.loads(_pointer(root, data).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _point(root: Path, data: Data, held: Mapping[str, Any]) -> None:
    whole = root / f".{data}.{os.getpid()}.part"
    whole.write_text(json.dumps(held), encoding="utf-8")
    os.replace(whole, _pointer(root, data))


def _sweep(root: Path, data: Data, content: str) -> None:
    """Remove the folders that were read before; a reader that has one open keeps its files."""
    for folder in root.glob(f"{data}-*"):
        if folder.name != f"{data}-{content}":
            shutil.rmtree(folder, ignore_errors=True)


__all__ = [
    "CLASSES",
    "Data",
    "Match",
    "SearchStore",
    "StoreError",
    "content_of",
    "entries_held",
    "is_loaded",
    "load",
    "write",
]
