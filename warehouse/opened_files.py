"""A source file on disk: what it is, whether it can be opened, and its bytes, unpacked and in whole lines.

What a file is shows in its first bytes, not in its name: a `.csv` may be gzipped, a `.csv.gz` may be plain.
Nothing here waits: a named pipe or a device is refused, whatever it is called.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from warehouse.errors import MissingDataError

UNREADABLE = "unreadable_file"
CHANGED = "changed_file"
GZIP = b"\x1f\x8b"
LONGEST_RECORD = 16 << 20  # bytes
_BLOCK = 1 << 18
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FOREIGN = {
    b"PK\x03\x04": "a zip archive (or a workbook); unpack it",
    b"PK\x05\x06": "an empty zip archive",
    b"PAR1": "a Parquet file; name it .parquet",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; gzip is read",
    b"BZh": "compressed with bzip2; gzip is read",
    b"\xfd7zXZ": "compressed with xz; gzip is read",
    b"\xd0\xcf\x11\xe0": "a workbook; save it as CSV",
    b"%PDF": "a PDF",
}
_Seen = tuple[int, ...]


class Refused(Exception):
    """A file that is not taken: `reason` as in the contract's table of fates, `detail` for people."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


@dataclass(frozen=True)
class SourceFile:
    """A file that belongs to a table. `name` is its path inside the source folder.

    `seen` is what the file system said when the file was hashed. `trouble` says why it could not be hashed; then
    `sha256` stands for name and trouble, so that the mended file counts as a new one.
    """

    table: str
    name: str
    path: Path
    sha256: str
    seen: _Seen = ()
    trouble: str = ""

    @property
    def size(self) -> int:
        """Bytes on disk when it was hashed."""
        return self.seen[2] if self.seen else 0


def looked_at(table: str, name: str, path: Path) -> SourceFile:
    """A file with its hash, or with the trouble that it makes. Raises nothing."""
    try:
        with _opened_raw(path) as stream:
            before = _seen(os.fstat(stream.fileno()))
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return SourceFile(table, name, path, digest, before)
    except Refused as refusal:
        trouble = refusal.detail
    except OSError as error:
        trouble = _in_words(error)
    digest = hashlib.sha256(f"{name}\n{trouble}".encode()).hexdigest()
    return SourceFile(table, name, path, digest, trouble=trouble)


def require_unchanged(file: SourceFile) -> None:
    """Raises Refused when a file is not the one that was hashed, MissingDataError when its folder is gone."""
    try:
        if _seen(file.path.stat()) == file.seen:
            return
        detail = "it changed while it was being read; the next build takes it"
        if looked_at(file.table, file.name, file.path).sha256 == file.sha256:
            return
    except OSError:
        require_folder(file.path.parents[len(PurePosixPath(file.name).parts) - 1])
        detail = "it disappeared while it was being read"
    raise Refused(CHANGED, detail)


def require_folder(source: Path) -> None:
    """Raises MissingDataError when a source folder is gone, or empty as a mount point without its disk."""
    try:
        gone = next(os.scandir(source), None) is None
    except OSError:
        gone = True
    if gone:
        raise MissingDataError(
            "The source folder disappeared while it was being read. Nothing was published.",
            where=str(source),
            next_step="Bring the folder back and build again.",
        )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked. Raises Refused for what cannot be opened or is no CSV by its first bytes."""
    try:
        raw = _opened_raw(path)
    except OSError as error:
        raise Refused(CHANGED, _in_words(error)) from error  # it could be read when it was listed
    with raw:
        first = raw.read(8)
        raw.seek(0)
        foreign = next((what for magic, what in _FOREIGN.items() if first.startswith(magic)), None)
        if foreign:
            raise Refused(UNREADABLE, f"it is {foreign}")
        yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if first.startswith(GZIP) else raw


def first_bytes(path: Path) -> bytes:
    """The first four bytes as they lie on disk."""
    try:
        with _opened_raw(path) as stream:
            return stream.read(4)
    except OSError as error:
        raise Refused(CHANGED, _in_words(error)) from error  # it could be read when it was listed


def blocks(stream: IO[bytes], *, cr_ends_lines: bool = False) -> Iterator[bytes]:
    """A file's bytes as UTF-8 in blocks of whole lines, byte order mark off; a line past the limit is cut there.

    Raises Refused when the file cannot be read to its end.
    """
    rest = b""
    for chunk in _utf_8(_chunks(stream)):
        text = rest + (chunk.replace(b"\r", b"\n") if cr_ends_lines else chunk)
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        rest = text[end:][: LONGEST_RECORD + 1]
    if rest:
        yield rest


def first_text(stream: IO[bytes], size: int) -> bytes:
    """The first `size` bytes (or all) as UTF-8, byte order mark off."""
    text = b""
    for chunk in _utf_8(_chunks(stream)):
        text += chunk
        if len(text) >= size:
            break
    return text[:size]


def _utf_8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    if not first.startswith(UTF_16):
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    try:
        yield from codecs.iterencode(codecs.iterdecode(_again(first, chunks), "utf-16"), "utf-8")
    except UnicodeError as error:
        raise Refused(UNREADABLE, "it begins as UTF-16 text, but is not") from error


def _again(first: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.read(_BLOCK)
        except EOFError as error:
            raise Refused(UNREADABLE, "the compressed file ends too early") from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise Refused(UNREADABLE, "the compressed data is damaged, or something else follows it") from error
        except OSError as error:
            raise Refused(CHANGED, _in_words(error)) from error  # it could be read when it was listed
        if not chunk:
            return
        yield chunk


def _opened_raw(path: Path) -> io.BufferedReader:
    """Open without waiting: a pipe that nobody writes to would hold up the build for ever."""
    _require_regular(path.stat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    stream: io.BufferedReader = io.BufferedReader(io.FileIO(descriptor))
    _require_regular(os.fstat(descriptor).st_mode)
    return stream


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise Refused(UNREADABLE, f"it is a {'folder' if stat.S_ISDIR(mode) else 'pipe or a device'}, not a file")


def _seen(status: os.stat_result) -> _Seen:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _in_words(error: OSError) -> str:
    return f"it cannot be read: {(error.strerror or type(error).__name__).lower()}"
