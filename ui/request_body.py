"""The body of a request that is held whole before the application reads it."""

from __future__ import annotations

from starlette.types import Message, Receive


async def whole_body(receive: Receive, most: int) -> bytes | None:
    """The body; None as soon as it is longer than `most` bytes."""
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
        if len(body) > most:
            return None
    return body


def read_again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that tells a body that was read already, and then goes on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
