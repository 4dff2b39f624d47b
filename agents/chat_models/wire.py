"""Requests to a chat completions service through the openai client, each bounded in time and size.

The client's own timeouts are for each read: a server that sends a byte now and then would never reach them. Here a
request runs in a thread of its own, on a client of its own, which is closed when the time is up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from agents.chat_models.completions import Completion, Unreadable, completion_of, streamed

if TYPE_CHECKING:
    import ssl

    import httpx2
    from openai import OpenAI

MOST_BYTES = 8_000_000
NO_KEY = "none"
T = TypeVar("T")


class TooLate(Exception):
    """The time for a request is up."""


class TooMuch(Exception):
    """The answer is larger than any answer is."""


class Wire:
    """Where the service is and the key that opens it; the key leaves in the Authorization header only."""

    def __init__(self, base_url: str, key: str | None) -> None:
        self._base_url = base_url
        self._key = key or NO_KEY

    def __repr__(self) -> str:
        """Nothing of what it holds."""
        return "Wire"

    def complete(self, request: dict[str, Any], seconds: float, *, streaming: bool) -> Completion:
        """One attempt. Raises TooLate, TooMuch, Unreadable and whatever the openai client raises."""
        if streaming:
            request = {**request, "stream": True, "stream_options": {"include_usage": True}}

        def work(client: OpenAI) -> Completion:
            raw: Any = client.chat.completions.with_raw_response.create(**request)
            if streaming and "json" not in raw.headers.get("content-type", ""):
                return streamed(_events(raw.parse()))
            return completion_of(raw.http_response.read())

        return self._within(seconds, work)

    def models(self, seconds: float) -> set[str]:
        """The names of the models that the service lists."""

        def work(client: OpenAI) -> set[str]:
            return {str(model.id) for model in client.models.list().data or ()}

        return self._within(seconds, work)

    def _within(self, seconds: float, work: Callable[[OpenAI], T]) -> T:
        client = self._client(seconds)
        done: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(work(client))
            except BaseException as error:  # handed to whoever waits
                failed.append(error)

        thread = threading.Thread(target=run, name="chat-model-request", daemon=True)
        thread.start()
        thread.join(seconds)
        client.close()
        if done:
            return done[0]
        if failed:
            raise failed[0]
        raise TooLate

    def _client(self, seconds: float) -> OpenAI:
        import httpx2
        from openai import OpenAI

        http = httpx2.Client(
            verify=_trusted(), follow_redirects=False, timeout=seconds, event_hooks={"response": [_bound]}
        )
        return OpenAI(
            api_key=self._key,
            base_url=self._base_url,
            max_retries=0,
            timeout=seconds,
            http_client=http,
            default_headers={"Accept-Encoding": "identity"},
        )


def _events(stream: Any) -> Iterator[dict[str, Any]]:
    for chunk in stream:
        yield chunk.to_dict() if hasattr(chunk, "to_dict") else {}


@cache
def _trusted() -> ssl.SSLContext:
    """Certificates are read once: that takes longer than a request to a near server."""
    import httpx2

    return httpx2.create_ssl_context()


def _bound(response: httpx2.Response) -> None:
    """Let a response be read up to a size. One that unpacks to more than was sent is not read at all."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unreadable
    response.stream = _bounded(response.stream)


def _bounded(stream: Any) -> Any:
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            left = MOST_BYTES
            for chunk in stream:
                left -= len(chunk)
                if left < 0:
                    raise TooMuch
                yield chunk

        def close(self) -> None:
            stream.close()

    return Bounded()


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from: the client wraps what a connection raises."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def now() -> float:
    """Seconds of a clock that never goes back."""
    return time.monotonic()
