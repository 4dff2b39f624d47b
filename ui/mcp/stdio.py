"""The protocol over stdin and stdout, a message a line. Nothing else reaches stdout, whatever a library prints."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, BinaryIO

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage

MOST_LINE = 1_000_000
"""Bytes of one message."""
_PARSE_ERROR, _INVALID = -32700, -32600
_ID = re.compile(rb'"id"\s*:\s*(\d{1,15}|"[^"\\]{1,64}")')
_LAST_ANSWERS_SECONDS = 120


def protocol_output() -> BinaryIO:
    """Stdout for the protocol alone: from now on what anybody prints goes to stderr. Call it first."""
    sys.stdout.flush()
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(own, "wb")


async def serve_lines(server: Server[Any, Any], source: BinaryIO, sink: BinaryIO) -> None:
    """Serve until the input ends; what was asked before is still answered."""
    lines = _Lines(source, sink)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lines.read, to_server)
        tasks.start_soon(lines.write, from_server)
        await server.run(from_client, to_client, server.create_initialization_options())
        tasks.cancel_scope.cancel()


class _Lines:
    """Both directions; `_waiting` are the ids of requests that have no answer yet."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._waiting: set[str | int] = set()

    async def read(self, onward: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        async with onward:
            while line := await run_sync(_line, self._source, abandon_on_cancel=True):
                if line.strip() and (message := await self._message(line)):
                    await onward.send(SessionMessage(message))
            with anyio.move_on_after(_LAST_ANSWERS_SECONDS):
                while self._waiting:
                    await anyio.sleep(0.02)

    async def write(self, messages: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with messages:
            async for message in messages:
                said = message.message.root
                await self._put(message.message.model_dump_json(by_alias=True, exclude_none=True))
                if isinstance(said, types.JSONRPCResponse | types.JSONRPCError):
                    self._waiting.discard(said.id)

    async def _message(self, line: bytes) -> types.JSONRPCMessage | None:
        """The message of a line; one that is none is answered at once with the protocol's own error."""
        if len(line) > MOST_LINE:
            await self._refuse(line, _INVALID, f"A message has more than {MOST_LINE:,} bytes. Send less at once.")
            return None
        try:
            message = types.JSONRPCMessage.model_validate_json(line)
        except (ValueError, RecursionError):
            await self._refuse(line, _PARSE_ERROR, "A line is no JSON-RPC message. Send one message a line.")
            return None
        if isinstance(message.root, types.JSONRPCRequest):
            self._waiting.add(message.root.id)
        return message

    async def _refuse(self, line: bytes, code: int, why: str) -> None:
        """An error for the request that the line nearly is, so that its sender does not wait for an answer."""
        found = _ID.search(line[-200:]) or _ID.search(line[:200])
        number = json.loads(found[1]) if found else None
        await self._put(json.dumps({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": why}}))

    async def _put(self, text: str) -> None:
        def put() -> None:
            self._sink.write(text.encode() + b"\n")
            self._sink.flush()

        await run_sync(put)


def _line(source: BinaryIO) -> bytes:
    """The next line; of one that is too long its beginning and its end, still longer than a line may be."""
    line = source.readline(MOST_LINE + 1)
    if len(line) <= MOST_LINE or line.endswith(b"\n"):
        return line
    tail = line[-200:]
    while (more := source.readline(MOST_LINE)) and not more.endswith(b"\n"):
        tail = (tail + more)[-200:]
    return line + (tail + more)[-200:]
