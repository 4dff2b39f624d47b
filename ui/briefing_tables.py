"""What the briefing's commands print: subscriptions, deliveries, days, a round."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import typer

from ui.terminal import complain, console, print_json

if TYPE_CHECKING:
    from ui.delivery.outbox import Entry
    from ui.delivery.rounds import Round
    from ui.delivery.subscriptions import Subscription


def print_round(done: Round, *, as_json: bool, to_stderr: bool = False) -> None:
    """What a round of deliveries did; troubles on stderr."""
    for subscription, trouble in done.troubles:
        complain(f"{subscription.reader} by {subscription.channel}: {trouble}")
    if done.held:
        complain(
            f"{done.held} deliveries were being handed over when their process ended. They may have arrived and "
            "are not made again: `command-center briefing list --deliveries`, then `briefing send --again KEY`."
        )
    if as_json:
        outcomes = [{"reader": s.reader, "channel": s.channel, **o.__dict__} for s, o in done.outcomes]
        troubles = [{"reader": s.reader, "channel": s.channel, "trouble": trouble} for s, trouble in done.troubles]
        print_json({"outcomes": outcomes, "troubles": troubles, "held": done.held})
        return
    for subscription, outcome in done.outcomes:
        why = f": {outcome.trouble}" if outcome.trouble else ""
        typer.echo(
            f"{outcome.what} to {subscription.reader} by {subscription.channel}: {outcome.state}{why}",
            err=to_stderr,
        )
    if not done.outcomes and not done.troubles:
        typer.echo("Nothing to deliver: everybody who follows has it.", err=to_stderr)


def print_subscriptions(found: list[Subscription], today: date, *, as_json: bool) -> None:
    """Who follows, over which channel, and how each subscription stands today."""
    if as_json:
        print_json([{**s.__dict__, "follows": dict(s.follows), "state": s.state(today)} for s in found])
        return
    if not found:
        typer.echo("Nobody has subscribed; the briefing waits in everybody's chat. To deliver it as well: "
                   "command-center briefing subscribe NAME --channel email --address ADDRESS")  # fmt: skip
        return
    from rich.table import Column, Table

    table = Table(
        *(
            Column(name, overflow="fold", no_wrap=name == "id")
            for name in ("id", "user", "channel", "address", "follows", "what", "state")
        )
    )
    for each in found:
        follows = ", ".join(f"{name}={value}" for name, value in each.follows.items()) or "everything"
        what = (
            " and ".join([*(["digests"] if each.digests else []), *(["alerts"] if each.alerts else [])])
            or "nothing"
        )
        state = each.state(today)
        rest = f" until {each.paused_until}" if state == "paused" and each.paused_until < "9999" else ""
        table.add_row(each.id, each.reader, each.channel, each.address, follows, what, state + rest)
    console().print(table)


def print_deliveries(found: list[Entry], *, as_json: bool) -> None:
    """The last deliveries and what became of them."""
    if as_json:
        print_json([entry.__dict__ for entry in found])
        return
    from rich.table import Column, Table

    from ui.delivery.outbox import SHORT_KEY

    columns = ("key", "what", "user", "channel", "state", "tries", "changed", "trouble")
    table = Table(*(Column(name, overflow="fold", no_wrap=name == "key") for name in columns))
    for entry in found:
        what = f"{entry.kind} {entry.about}"
        row = (
            entry.key[:SHORT_KEY],
            what,
            entry.reader,
            entry.channel,
            entry.state,
            str(entry.tries),
            entry.changed,
        )
        table.add_row(*row, entry.trouble)
    console().print(table)


def print_days(found: list[tuple[date, int]], *, as_json: bool) -> None:
    """The days that have a briefing."""
    if as_json:
        print_json([{"day": day.isoformat(), "revision": revision} for day, revision in found])
        return
    for day, revision in found:
        typer.echo(f"{day.isoformat()}{f' (revision {revision})' if revision > 1 else ''}")
