"""The commands about the daily briefing: reading it, sending it, and who follows it over which channel."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.briefing_tables import print_days, print_deliveries, print_round, print_subscriptions
from ui.terminal import (
    JsonOption,
    RoleOption,
    WarehouseOption,
    load_settings,
    principal_of,
)
from warehouse.errors import MissingDataError, UsageError

if TYPE_CHECKING:
    from agents.briefing.document import Briefing
    from tools.scout.incident import ScanReport
    from ui.delivery.parcel import ChannelName
    from ui.delivery.rounds import Rounds
    from ui.delivery.subscriptions import Subscription, Subscriptions
    from warehouse.principal import Principal
    from warehouse.settings import Settings

Form = Literal["text", "md", "html", "pdf", "json"]
UserArgument = Annotated[str, typer.Argument(help="The account that follows the briefing.")]
IdArgument = Annotated[str, typer.Argument(help="The subscription's id, as `briefing list` shows it.")]
_ADDRESS = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,190}")
_PLAIN = ("chat", "file")

briefing_app = typer.Typer(
    help="The daily briefing: read it, send it, follow it. `scout` makes it.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(briefing_app, name="briefing")


@briefing_app.command("show")
def show(
    day: Annotated[str, typer.Option("--day", help="The day, ISO (default: the latest briefing).")] = "",
    role: RoleOption = "executive",
    user: Annotated[str, typer.Option("--user", help="As this account sees it, instead of a role.")] = "",
    form: Annotated[Form, typer.Option("--format", help="text, md, html, pdf or json.")] = "text",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the screen.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """A day's briefing as a role or an account sees it."""
    settings = load_settings()
    reader = _account(user, settings) if user else principal_of(role)
    found = _briefing(settings, warehouse or settings.warehouse, reader, _day(day) if day else None)
    _write(_formed(found, form, settings), form, out)


@briefing_app.command("send")
def send(
    again: Annotated[
        str, typer.Option("--again", help="A delivery's key: make this one again, whatever became of it.")
    ] = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliver the latest briefing to whoever follows it and has not got it yet; exit 1 when something is left."""
    from agents.briefing.daily import STORE
    from agents.briefing.store import BriefingStore
    from ui.delivery.outbox import Outbox
    from ui.delivery.rounds import OUTBOX

    settings = load_settings()
    if again:
        with closing(Outbox(settings.state / OUTBOX, _now)) as outbox:
            _require_released(outbox.release(again), again)
    with closing(BriefingStore(settings.state / STORE)) as store:
        made = store.latest()
        if made is None:
            raise _none_made()
        with _rounds(settings, warehouse or settings.warehouse) as rounds:
            done = rounds.make(store, made)
    print_round(done, as_json=as_json)
    raise typer.Exit(0 if done.ok else 1)


@briefing_app.command("subscribe")
def subscribe(
    user: UserArgument,
    channel: Annotated[str, typer.Option(help="chat, file, email, slack, teams or webhook.")],
    address: Annotated[
        str, typer.Option(help="email: the address; slack, teams, webhook: the name in COMMAND_CENTER_WEBHOOKS.")
    ] = "",
    follow: Annotated[
        list[str] | None, typer.Option("--follow", help="Only issues with this: plan_type=MAPD. Several times.")
    ] = None,
    digests: Annotated[bool, typer.Option("--digests/--no-digests", help="The daily briefing.")] = True,
    alerts: Annotated[bool, typer.Option("--alerts/--no-alerts", help="Alerts of the health indicators.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Begin to follow, or follow with other wishes: the same user, channel and address are one subscription."""
    from ui.delivery.subscriptions import channel_of

    settings = load_settings()
    reader = _account(user, settings).user
    chosen = channel_of(channel)
    place = _place(chosen, address.strip(), settings)
    wishes = {"follows": _follows(follow or []), "digests": digests, "alerts": alerts}
    with _subscriptions(settings) as subscriptions:
        made = subscriptions.add(reader, chosen, place, _now().date(), **wishes)  # type: ignore[arg-type]
    _note(settings, "briefing_subscribed", made)
    print_subscriptions([made], _now().date(), as_json=as_json)


@briefing_app.command("pause")
def pause(
    identity: IdArgument,
    until: Annotated[str, typer.Option(help="The last day of the rest, ISO (default: until resumed).")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="End the rest instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a subscription rest, or end its rest."""
    from ui.delivery.subscriptions import UNTIL_RESUMED

    settings = load_settings()
    last = "" if resume else _day(until).isoformat() if until else UNTIL_RESUMED
    with _subscriptions(settings) as subscriptions:
        changed = subscriptions.pause(identity, last)
    _note(settings, "briefing_resumed" if resume else "briefing_paused", changed)
    print_subscriptions([changed], _now().date(), as_json=as_json)


@briefing_app.command("unsubscribe")
def unsubscribe(identity: IdArgument, as_json: JsonOption = False) -> None:
    """Give a subscription up."""
    settings = load_settings()
    with _subscriptions(settings) as subscriptions:
        changed = subscriptions.end(identity, _now().date())
    _note(settings, "briefing_unsubscribed", changed)
    print_subscriptions([changed], _now().date(), as_json=as_json)


@briefing_app.command("list")
def list_all(
    deliveries: Annotated[bool, typer.Option("--deliveries", help="The last deliveries instead.")] = False,
    days: Annotated[bool, typer.Option("--days", help="The days that have a briefing instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Who follows the briefing; with --deliveries what was delivered, with --days which days there are."""
    from agents.briefing.daily import STORE
    from agents.briefing.store import BriefingStore
    from ui.delivery.outbox import Outbox
    from ui.delivery.rounds import OUTBOX

    settings = load_settings()
    if deliveries:
        with closing(Outbox(settings.state / OUTBOX, _now)) as outbox:
            print_deliveries(outbox.all(), as_json=as_json)
    elif days:
        with closing(BriefingStore(settings.state / STORE)) as store:
            print_days(store.days(), as_json=as_json)
    else:
        with _subscriptions(settings) as subscriptions:
            found = subscriptions.all()
        print_subscriptions(found, _now().date(), as_json=as_json)


def brief(
    settings: Settings, warehouse: Path, report: ScanReport, reader: Principal, *, deliver: bool, quiet: bool
) -> None:
    """Keep the briefing of a day that was just scanned, deliver it and print it; troubles on stderr.

    With `quiet` stdout is left alone.
    """
    from agents.briefing.markdown import plain_text
    from ui.delivery.day import day_after_scan
    from ui.delivery.parcels import site_of
    from ui.printable import printable

    done = day_after_scan(settings, warehouse, report, deliver=deliver)
    if not quiet:
        found = _briefing(settings, warehouse, reader, report.as_of)
        typer.echo("\n" + "\n".join(map(printable, plain_text(found, site=site_of(settings)).split("\n"))))
    if done.round:
        print_round(done.round, as_json=False, to_stderr=quiet)


def _briefing(settings: Settings, warehouse: Path, reader: Principal, day: date | None) -> Briefing:
    from agents.briefing.causes import cause_of
    from agents.briefing.daily import STORE
    from agents.briefing.reading import briefing_for
    from agents.briefing.store import BriefingStore
    from agents.runtime import Assistant

    with closing(BriefingStore(settings.state / STORE)) as store:
        if (store.find(day) if day else store.latest()) is None:
            raise _none_made(day)
        with closing(Assistant.open(settings, warehouse)) as assistant:
            found = briefing_for(assistant, store, reader, day, cause_of=cause_of)
    assert found is not None
    return found


def _formed(briefing: Briefing, form: Form, settings: Settings) -> bytes:
    from agents.briefing.markdown import markdown, plain_text
    from agents.briefing.page import page
    from agents.briefing.pdf import pdf
    from ui.delivery.parcels import site_of

    site = site_of(settings)
    if form == "pdf":
        return pdf(briefing, site=site)
    if form == "json":
        return (briefing.model_dump_json() + "\n").encode()
    write = {"text": plain_text, "md": markdown, "html": page}[form]
    return write(briefing, site=site).encode()


def _write(content: bytes, form: Form, out: Path | None) -> None:
    if out is None and form == "pdf" and sys.stdout.isatty():
        raise UsageError("A PDF is not for the screen.", where="--format pdf", next_step="Add --out FILE.")
    if out is None:
        from ui.printable import printable

        text = content if form == "pdf" else "\n".join(map(printable, content.decode().split("\n"))).encode()
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"The file cannot be written ({error.strerror}).", where=str(out), next_step="Choose another --out."
        ) from error
    typer.echo(f"Written to {out}.")


@contextmanager
def _rounds(settings: Settings, warehouse: Path) -> Iterator[Rounds]:
    from agents.briefing.causes import cause_of
    from agents.runtime import Assistant
    from ui.accounts import open_accounts
    from ui.chat_root import session_secret
    from ui.delivery.rounds import Rounds

    with closing(Assistant.open(settings, warehouse)) as assistant, closing(open_accounts(settings)) as accounts:
        yield Rounds(settings, assistant, accounts, session_secret(settings), _now, cause_of=cause_of)


@contextmanager
def _subscriptions(settings: Settings) -> Iterator[Subscriptions]:
    from ui.delivery.rounds import SUBSCRIPTIONS
    from ui.delivery.subscriptions import Subscriptions

    with closing(Subscriptions(settings.state / SUBSCRIPTIONS)) as subscriptions:
        yield subscriptions


def _account(name: str, settings: Settings) -> Principal:
    from ui.accounts import open_accounts
    from warehouse.principal import Principal

    with closing(open_accounts(settings)) as accounts:
        account = accounts.get(name.strip().lower())
    return Principal(account.name, account.role, attributes=dict(account.attributes))


def _note(settings: Settings, event: str, subscription: Subscription) -> None:
    from ui.accounts import COMMAND_LINE, open_accounts

    with closing(open_accounts(settings)) as accounts:
        accounts.note(event, COMMAND_LINE, about=subscription.reader, channel=subscription.channel)


def _place(channel: ChannelName, address: str, settings: Settings) -> str:
    """Where a channel delivers. Raises UsageError that says what it needs."""
    if channel in _PLAIN:
        if address:
            raise UsageError(
                f"The channel {channel} takes no address.", where="--address", next_step="Leave it out."
            )
        return ""
    if channel == "email":
        if not _ADDRESS.fullmatch(address):
            raise UsageError(
                "That is no mail address.", where="--address", next_step="Give one: name@example.org."
            )
        return address
    if address not in settings.webhooks:
        known = ", ".join(sorted(settings.webhooks)) or "none yet"
        raise UsageError(
            f"There is no webhook {address[:64]!r} (known: {known}).",
            where="--address",
            next_step='Set COMMAND_CENTER_WEBHOOKS to a JSON object such as {"ops": "https://..."}.',
        )
    return address


def _follows(wishes: list[str]) -> dict[str, str]:
    from semantic.loader import load_model

    dimensions, found = load_model().dimensions, {}
    for wish in wishes:
        name, _, value = (part.strip() for part in wish.partition("="))
        if name not in dimensions or not value:
            raise UsageError(
                f"{wish!r} is not a dimension and a value.",
                where="--follow",
                next_step="Give for example plan_type=MAPD; `command-center model show` lists the dimensions.",
            )
        known = dimensions[name].values
        found[name] = next((declared for declared in known if declared.lower() == value.lower()), value)
    return found


def _none_made(day: date | None = None) -> MissingDataError:
    which = f"There is no briefing of {day.isoformat()}." if day else "No briefing was made yet."
    return MissingDataError(which, where="var/state", next_step="Make it: command-center scout.")


def _require_released(released: bool, key: str) -> None:
    if not released:
        raise UsageError(
            f"There is no delivery {key[:32]!r} that is held, refused or overtaken.",
            where="--again",
            next_step="`command-center briefing list --deliveries` shows them.",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date.", next_step="Write it as 2026-10-29.") from error


def _now() -> datetime:
    return datetime.now(UTC)
