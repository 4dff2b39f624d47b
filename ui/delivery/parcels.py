"""From a reader's briefing or alert to the message that a channel takes."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from agents.briefing.alerting import AlertText
from agents.briefing.document import Briefing
from agents.briefing.markdown import escaped, markdown, plain_text
from agents.briefing.page import page
from agents.briefing.pdf import pdf, pdf_is_there
from ui.delivery.parcel import Parcel
from ui.delivery.subscriptions import Subscription
from warehouse.settings import Settings

PAGE = "/briefing"
STOP = "/unsubscribe"
_WITH_FILES = ("file", "email")


def site_of(settings: Settings) -> str:
    """What readers open: `server.public_url`, or the address that the server listens on."""
    server = settings.server
    return server.public_url or f"http://{server.host}:{server.port}"


def mark_of(identity: str, secret: str) -> str:
    """The signature that makes a link to end one subscription, and nothing else."""
    return hmac.new(secret.encode(), f"unsubscribe:{identity}".encode(), hashlib.sha256).hexdigest()[:32]


def unsubscribe_link(subscription: Subscription, site: str, secret: str) -> str:
    """The address in a mail that ends its subscription without signing in."""
    return f"{site}{STOP}/{subscription.id}/{mark_of(subscription.id, secret)}"


def digest_parcel(briefing: Briefing, to: Subscription, at: datetime, site: str, unsubscribe: str) -> Parcel:
    """A briefing on its way to one subscription."""
    text = plain_text(briefing, site=site)
    return Parcel(
        kind="digest",
        about=briefing.day.isoformat(),
        reader=to.reader,
        channel=to.channel,
        address=to.address,
        title=briefing.title.text,
        headline=briefing.headline.text,
        lines=tuple(item.title.text for item in briefing.items),
        text=_with_stop(text, unsubscribe),
        html=page(briefing, site=site),
        at=at,
        view=f"{site}{PAGE}/{briefing.day.isoformat()}",
        unsubscribe=unsubscribe,
        document=briefing.model_dump(mode="json"),
        files=_files(briefing, site) if to.channel in _WITH_FILES else {},
    )


def alert_parcel(alert: AlertText, to: Subscription, at: datetime, site: str, unsubscribe: str) -> Parcel:
    """An alert on its way to one subscription."""
    said = f"{alert.title.text}\n\n{alert.text.text}\n\nOpen the briefing: {site}{PAGE}\n"
    files = {"md": f"# {escaped(alert.title.text)}\n\n{escaped(alert.text.text)}\n".encode(),
             "json": _json(alert.document)}  # fmt: skip
    return Parcel(
        kind="alert",
        about=alert.id,
        reader=to.reader,
        channel=to.channel,
        address=to.address,
        title=alert.title.text,
        headline=alert.text.text,
        lines=(),
        text=_with_stop(said, unsubscribe),
        html="",
        at=at,
        view=f"{site}{PAGE}",
        unsubscribe=unsubscribe,
        document=alert.document,
        files=files if to.channel == "file" else {},
    )


def _files(briefing: Briefing, site: str) -> dict[str, bytes]:
    files = {
        "md": markdown(briefing, site=site).encode(),
        "html": page(briefing, site=site).encode(),
        "json": _json(briefing.model_dump(mode="json")),
    }
    return {**files, "pdf": pdf(briefing, site=site)} if pdf_is_there() else files


def _json(document: object) -> bytes:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _with_stop(text: str, unsubscribe: str) -> str:
    return f"{text}\nUnsubscribe: {unsubscribe}\n" if unsubscribe else text
