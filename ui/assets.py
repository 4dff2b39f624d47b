"""Big files that never change, packed once: scripts and styles of Chainlit and Plotly.

Packing 9 MB of script for every reader costs half a second of processor; here each file is packed on its first
request and kept.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

from warehouse.errors import UsageError

_PACKED_KINDS = {".js", ".mjs", ".css", ".svg", ".json", ".map"}
_LEVEL = 6
_DAY = 86400


class PackedFiles:
    """Files of one folder by name. Names are looked up in a list made at the start: no path leads out of it.

    `seconds` is how long a browser may keep one without asking again.
    """

    def __init__(self, folder: Path, *, seconds: int, only: frozenset[str] | None = None) -> None:
        self._keep = f"public, max-age={seconds}"
        self._files = {
            file.name: file for file in folder.iterdir() if file.is_file() and (only is None or file.name in only)
        }

    def response(self, name: str, request: Request) -> Response:
        """The file, packed when the browser takes that; 404 when there is none of that name."""
        file = self._files.get(name)
        if file is None:
            return Response("Not found", 404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {"cache-control": self._keep, "vary": "Accept-Encoding"}
        packed = file.suffix in _PACKED_KINDS and "gzip" in request.headers.get("accept-encoding", "")
        if packed:
            # Also keeps the general packing of responses from doing it again.
            headers["content-encoding"] = "gzip"
        return Response(_packed(file) if packed else file.read_bytes(), media_type=kind, headers=headers)


def plotly_files() -> PackedFiles:
    """Plotly's script, as its package brings it."""
    return PackedFiles(package_folder("plotly") / "package_data", seconds=_DAY, only=frozenset({"plotly.min.js"}))


def chainlit_files() -> PackedFiles:
    """The scripts and styles of Chainlit's page; their names change with their content."""
    return PackedFiles(package_folder("chainlit") / "frontend" / "dist" / "assets", seconds=365 * _DAY)


@cache
def _packed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), _LEVEL, mtime=0)


def package_folder(name: str) -> Path:
    """Where an installed package lives, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise UsageError(f"The package {name} is not installed.", where="ui", next_step="Run `make setup`.")
    return Path(spec.origin).parent
