"""`backup` and `restore`: the operational state in one file. The warehouse is built again from its sources."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.acting import operator
from ui.cli_state import stores_of
from ui.terminal import JsonOption, complain, load_settings, print_json
from warehouse.errors import MissingDataError
from warehouse.state_file import database_of, is_kept

if TYPE_CHECKING:
    from warehouse.audit import Verification
    from warehouse.settings import Settings

ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def register(app: typer.Typer) -> None:
    """Adds both commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as state.tar.gz.")],
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy accounts, threads, answers, audit trail, accepted entries and settings into one file, while serving."""
    from warehouse.audit import AuditLog
    from warehouse.backup import make_backup

    settings = load_settings()
    stores = stores_of(settings) if database_of(settings.state) else None
    made = make_backup(
        settings, file, datetime.now(UTC), settings_file=_settings_file(), stores=stores, force=force
    )
    with closing(AuditLog.of(settings)) as trail:
        trail.append({"event": "backup", "user": operator(), "files": made.files, "through": made.audit_records})
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(f"Kept {made.files} files and {made.audit_records:,} audit records in {made.file}.")
    typer.echo(f"Audit head, to note elsewhere: {made.audit_records}:{made.audit_head}")
    complain("The file holds secrets (keys of sessions and of the audit trail): keep it as safe as the state.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup back after checking all of it; what was there is put aside. No server may be running."""
    from warehouse.audit import AuditLog
    from warehouse.backup import restore_backup

    settings = load_settings()
    stores = stores_of(settings)
    done = restore_backup(settings, file, settings_file=_settings_file(), stores=stores, force=force)
    with closing(AuditLog.of(settings)) as trail:
        trail.append({"event": "restored", "user": operator(), "made_at": done.made_at, "files": done.files})
    found = _verify(settings)
    if as_json:
        print_json({**asdict(done), "audit_whole": found.whole})
    else:
        typer.echo(
            f"Restored {done.files} files of {done.made_at}; {done.audit_records:,} audit records verified."
        )
        for folder in done.aside:
            typer.echo(f"What was there: {folder}.")
        if done.settings_file:
            typer.echo(f"Settings: {done.settings_file}")
    if not found.whole:
        raise MissingDataError(f"The restored audit trail: {found.problem}", where=str(settings.state / "audit"))


def _verify(settings: Settings) -> Verification:
    """The whole trail, also against the heads that the restored answers noted."""
    from agents.answer_store import AnswerStore
    from warehouse.audit import AuditLog

    heads: list[tuple[int, str]] = []
    if is_kept(settings.state / "answers.db"):
        with closing(AnswerStore(settings.state / "answers.db")) as answers:
            heads = answers.audit_heads()
    with closing(AuditLog.of(settings)) as trail:
        return trail.verify(heads)


def _settings_file() -> Path:
    from warehouse.settings import DEFAULT_SETTINGS_FILE, SETTINGS_FILE_VARIABLE

    return Path(os.environ.get(SETTINGS_FILE_VARIABLE, DEFAULT_SETTINGS_FILE))
