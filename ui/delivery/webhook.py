"""The channels "slack", "teams" and "webhook": one POST of JSON in the shape that the other side reads.

Apprise was looked at and is not used here: it answers yes or no, so that a request that was refused cannot be told
from one that was never answered, and its Slack and Teams senders reach no other host. Both shapes are small: Block
Kit for Slack's incoming webhooks, an Adaptive Card for a Teams workflow.

A request that no answer came to may have been taken: it is not sent again. It carries its key (`Idempotency-Key`)
for receivers that look at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from ui.delivery.parcel import ChannelName, NotTaken, Parcel, Unknown

_AGAIN = (408, 425, 429, 500, 503)
_NOBODY_KNOWS = (502, 504)  # a gateway that had no answer itself
_LONGEST_WAIT = 300.0
_SLACK_TEXT = 2900
_NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Webhook:
    """Posts to one address. `shape` says how the message is laid out."""

    def __init__(self, url: str, shape: ChannelName, timeout_seconds: float) -> None:
        self._url = url
        self._shape = shape
        self._timeout = timeout_seconds

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """One POST. Raises NotTaken or Unknown, neither with the address in it: it is a secret."""
        body = json.dumps(SHAPES[self._shape](parcel)).encode()
        posted(self._url, body, parcel.key, self._timeout, handing_over)


def posted(
    url: str,
    body: bytes,
    key: str,
    timeout_seconds: float,
    handing_over: Callable[[], None],
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """The reply to one POST of JSON that was taken. Raises NotTaken or Unknown, neither with the address in it."""
    sent = {"Content-Type": "application/json", "Idempotency-Key": key, **(headers or {})}
    with httpx.Client(timeout=timeout_seconds, follow_redirects=False, trust_env=False) as client:
        handing_over()
        try:
            reply = client.post(url, content=body, headers=sent)
        except _NOT_REACHED as error:
            raise NotTaken(f"The address was not reached: {type(error).__name__}.", again=True) from error
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            raise NotTaken("The address is not one that can be posted to.", again=False) from error
        except httpx.HTTPError as error:
            raise Unknown(f"No answer came: {type(error).__name__}.") from error
    _judge(reply)
    return reply


def _judge(reply: httpx.Response) -> None:
    if reply.is_success:
        return
    if reply.status_code in _NOBODY_KNOWS:
        raise Unknown(f"The other side answered {reply.status_code}.")
    again = reply.status_code in _AGAIN
    raise NotTaken(f"The other side answered {reply.status_code}.", again=again, wait_seconds=_asked_wait(reply))


def _asked_wait(reply: httpx.Response) -> float:
    asked = reply.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_WAIT) if re.fullmatch(r"\d{1,6}", asked) else 0.0


def slack_shape(parcel: Parcel) -> dict[str, Any]:
    """Block Kit of Slack: a header, the headline, an item a section, a link; `text` is for notifications."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": parcel.title[:150]}},
        *(_slack_section(line) for line in (parcel.headline, *(f"\u2022 {line}" for line in parcel.lines))),
    ]
    if parcel.view:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": parcel.view}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": _slack_text(f"{parcel.title}: {parcel.headline}"), "blocks": blocks}


def _slack_section(text: str) -> dict[str, Any]:
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": _slack_text(text)[:_SLACK_TEXT], "verbatim": True},
    }


def _slack_text(text: str) -> str:
    """Slack's three control characters, which could make a link or call a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams_shape(parcel: Parcel) -> dict[str, Any]:
    """An Adaptive Card as a Teams workflow takes it."""
    lines = [_teams_text(parcel.title, size="Large", weight="Bolder"), _teams_text(parcel.headline)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [*lines, *(_teams_text(line, separator=True) for line in parcel.lines)],
    }
    if parcel.view:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": parcel.view}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams_text(text: str, **more: Any) -> dict[str, Any]:
    """Teams reads a part of Markdown in such a text: what would be a link or an emphasis is kept plain."""
    return {"type": "TextBlock", "text": re.sub(r"([\[\]*_`\\])", r"\\\1", text), "wrap": True, **more}


def json_shape(parcel: Parcel) -> dict[str, Any]:
    """The whole message for programs: the texts and the document with every figure's source."""
    return {
        "key": parcel.key,
        "kind": parcel.kind,
        "about": parcel.about,
        "title": parcel.title,
        "headline": parcel.headline,
        "lines": list(parcel.lines),
        "view": parcel.view,
        "at": parcel.at.isoformat(),
        "document": parcel.document,
    }


SHAPES: dict[ChannelName, Callable[[Parcel], dict[str, Any]]] = {
    "slack": slack_shape,
    "teams": teams_shape,
    "webhook": json_shape,
}
