"""Commands about the audit trail, for whoever may read its files: check it, look into it, export it, prune it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ui.acting import operator
from ui.terminal import JsonOption, complain, console, load_settings, print_json
from warehouse.errors import DeniedError, UsageError
from warehouse.state_file import is_kept

if TYPE_CHECKING:
    from warehouse.audit import AuditLog, Verification
    from warehouse.audit.selection import Selection
    from warehouse.settings import Settings

audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)
Event = Annotated[str, typer.Option(help="Only this event: judged, answered, failed, replayed, audit_read, ...")]
User = Annotated[str, typer.Option(help="Only of this user.")]
Role = Annotated[str, typer.Option(help="Only of this role.")]
Verdict = Annotated[str, typer.Option(help="Only with this verdict: allow or deny.")]
Since = Annotated[str, typer.Option(help="Only from this day or time (UTC) on: 2026-10-29, 2026-10-29T14:00.")]
AnswerId = Annotated[str, typer.Option("--answer", help="Only of this answer: its id or how it begins.")]
About = Annotated[
    str, typer.Option(help="Only where this was asked or stated: a member's or a case's number, a question.")
]
_TEXTS = ("record", "time (UTC)", "user", "role", "what", "verdict", "data")


@audit_app.command()
def verify(
    head: Annotated[
        list[str] | None, typer.Option(help="A head noted earlier (NUMBER:SEAL), which must be in the trail.")
    ] = None,
    answers: Annotated[bool, typer.Option(help="Also check the heads that stored answers noted.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Check every byte of the trail; the first record that is not as written ends it with exit code 1."""
    settings = load_settings()
    try:
        noted = [_noted(text) for text in head or []]
        with closing(_trail(settings)) as trail:
            found = trail.verify([*(_answers_heads(settings) if answers else ()), *noted])
    except DeniedError as error:
        complain(str(error))
        raise typer.Exit(1) from error
    if as_json:
        print_json({"whole": found.whole, **asdict(found)})
    else:
        for sentence in _told(found):
            console().print(sentence, markup=False, highlight=False, soft_wrap=True)
    if not found.whole:
        complain(found.problem)
    raise typer.Exit(0 if found.whole else 1)


@audit_app.command()
def show(
    user: User = "",
    role: Role = "",
    event: Event = "",
    verdict: Verdict = "",
    since: Since = "",
    answer: AnswerId = "",
    about: About = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """The records, the newest first, each statement with its end. Looking is recorded as well."""
    from itertools import islice

    from warehouse.audit.selection import joined

    wanted = _selection(user, role, event, verdict, since, answer)
    with closing(_trail(load_settings())) as trail:
        wanted = replace(wanted, about=trail.fingerprints(about) if about else ())
        _note(trail, "show", wanted)
        found = list(islice(filter(wanted.takes, joined(trail.newest_first())), limit))
    if as_json:
        for record in found:
            print_json(record)
    else:
        _print(found)


@audit_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="JSON lines or CSV.")] = "jsonl",
    user: User = "",
    role: Role = "",
    event: Event = "",
    verdict: Verdict = "",
    since: Since = "",
    answer: AnswerId = "",
    about: About = "",
) -> None:
    """Write records, oldest first, to a new file whose last line has their digest. The export is recorded."""
    from warehouse.audit.selection import write

    wanted = _selection(user, role, event, verdict, since, answer)
    with closing(_trail(load_settings())) as trail:
        wanted = replace(wanted, about=trail.fingerprints(about) if about else ())
        head = trail.head()
        _note(trail, "export", wanted)
        count, digest = write(_chosen(trail, wanted, head[0]), file, form, head)
    console().print(f"Wrote {count:,} records to {file}.", markup=False, highlight=False, soft_wrap=True)
    console().print(f"sha256 of all lines but the last: {digest}", markup=False, highlight=False, soft_wrap=True)


@audit_app.command()
def prune(
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Keep the last so many days (default: audit.keep_days).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove whole files of days that need not be kept; a record says so, and the rest still verifies."""
    settings = load_settings()
    days = settings.audit.keep_days if keep_days is None else keep_days
    if days < settings.audit.keep_days or (days and not settings.audit.keep_days):
        raise UsageError(
            "The settings keep the trail for longer.",
            where="audit.keep_days",
            next_step="Change the setting first, so that it is not an oversight.",
        )
    with closing(_trail(settings)) as trail:
        done = trail.prune(days, operator()) if days else None
    if as_json:
        print_json(asdict(done) if done else {"files": [], "records": 0, "through": 0})
    else:
        told = f"Removed {done.records:,} records in {len(done.files)} files." if done and done.files else (
            f"Nothing is older than {days:,} days." if days else "The settings keep everything (audit.keep_days)."
        )  # fmt: skip
        console().print(told, highlight=False)


def _trail(settings: Settings) -> AuditLog:
    from warehouse.audit import AuditLog

    return AuditLog.of(settings)


def _answers_heads(settings: Settings) -> list[tuple[int, str]]:
    """Heads of the trail that stored answers noted: an older copy of the trail lacks the later ones."""
    from agents.answer_store import AnswerStore

    file = settings.state / "answers.db"
    if not is_kept(file):
        return []
    with closing(AnswerStore(file)) as answers:
        return answers.audit_heads()


def _noted(text: str) -> tuple[int, str]:
    number, _, seal = text.partition(":")
    if not (number.isdigit() and seal):
        raise UsageError(f"{text!r} is no head.", where="--head", next_step="Give NUMBER:SEAL as verify shows it.")
    return int(number), seal.strip().lower()


def _selection(user: str, role: str, event: str, verdict: str, since: str, answer: str) -> Selection:
    from datetime import UTC, datetime

    from warehouse.audit.selection import Selection

    try:
        time = datetime.fromisoformat(since) if since else None
    except ValueError as error:
        raise UsageError(f"{since!r} is no time.", where="--since", next_step="Write it as 2026-10-29.") from error
    start = time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time
    return Selection(user, role, event, verdict, start.isoformat() if start else "", answer)


def _note(trail: AuditLog, how: str, wanted: Selection) -> None:
    trail.append({"event": "audit_read", "user": operator(), "how": how, "wanted": wanted.asked()})


def _chosen(trail: AuditLog, wanted: Selection, last: int) -> Iterator[dict[str, Any]]:
    """The wanted records up to a number, oldest first; of a statement that is wanted, its end as well."""
    taken: set[int] = set()
    for record in trail.oldest_first():
        if record["id"] > last:
            return
        if wanted.takes(record) or record.get("of") in taken:
            taken.add(record["id"])
            yield record


def _told(found: Verification) -> list[str]:
    if not found.files:
        return ["There are no records yet.", *found.notes]
    through = f"; those up to {found.pruned_through:,} were pruned" if found.pruned_through else ""
    counted = f"{found.records:,} records in {found.files} files are as written: {found.first:,} to {found.last:,}"
    return [
        f"{counted}{through}.",
        f"Head: {found.last}:{found.seal}",
        *(f"Note: {note}." for note in found.notes),
    ]


def _print(found: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in (*_TEXTS, "rows", "hidden", "ms", "answer"):
        right = name in ("record", "rows", "hidden", "ms")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for record in found:
        table.add_row(*_cells(record), style="red" if record.get("verdict") == "deny" else "")
    console().print(table)


def _cells(record: dict[str, Any]) -> list[str]:
    end = record.get("end", {})
    what = "failed" if end.get("event") == "failed" else record["event"]
    rule = ":".join(part for part in (record.get("layer", ""), record.get("code", "")) if part)
    said = end.get("outcome") or rule or record.get("verdict", "")
    by = record.get("user") or record.get("by", "")
    counts = [end[name] if name in end else record.get(name) for name in ("rows", "suppressed", "ms")]
    texts = [str(record["id"]), str(record["at"])[:19].replace("T", " "), by, record.get("role", ""), what, said]
    numbers = ["" if value is None else f"{value:,}" for value in counts]
    return [*texts, record.get("data_class", ""), *numbers, str(record.get("answer", ""))[:8]]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(audit_app, name="audit")
