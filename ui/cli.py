"""The command line. Heavy imports stay inside the commands so that `--help` answers at once."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from ui import (
    cli_actions,
    cli_audit,
    cli_backup,
    cli_briefing,
    cli_changes,
    cli_company,
    cli_dialect,
    cli_eval,
    cli_feed,
    cli_interchange,
    cli_lineage,
    cli_mcp,
    cli_propensity,
    cli_quality,
    cli_replay,
    cli_scout,
    cli_search,
    cli_snapshots,
    cli_state,
    cli_synonyms,
    cli_tickets,
    cli_tokens,
    cli_trace,
    cli_usage,
    cli_users,
    cli_verified,
)
from ui.terminal import (
    Asker,
    BreakGlassOption,
    CsvOption,
    JsonOption,
    ModelOption,
    OnlyOption,
    PurposeOption,
    RoleOption,
    SnapshotOption,
    WarehouseOption,
    complain,
    console,
    load_settings,
    one_format,
    print_csv,
    print_json,
)
from warehouse.errors import CommandCenterError, DeniedError, UsageError
from warehouse.logs import silence_libraries
from warehouse.principal import Principal

if TYPE_CHECKING:
    from semantic.company import Company
    from ui.asking import Outcome
    from warehouse.door import QueryResult, Warehouse
    from warehouse.settings import Settings

app = typer.Typer(
    name="command-center",
    help="Member Experience Command Center: ask, build, serve, check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(help="The semantic model.", no_args_is_help=True)
app.add_typer(model_app, name="model")
cli_interchange.register(model_app)
cli_backup.register(app)
cli_snapshots.register(app)
cli_changes.register(app)
cli_feed.register(app)
cli_lineage.register(app)
cli_quality.register(app)
cli_audit.register(app)
cli_replay.register(app)
cli_scout.register(app)
cli_users.register(app)
cli_usage.register(app)
cli_verified.register(app)
cli_actions.register(app)
cli_propensity.register(app)
cli_search.register(app)
cli_synonyms.register(app)
cli_briefing.register(app)
cli_trace.register(app)
cli_eval.register(app)
cli_mcp.register(app)
cli_tokens.register(app)
cli_state.register(app)
cli_tickets.register(app)

_CTRL_C = 130
_STOPPED = "Stopped. What was published before is unchanged."


def main() -> None:
    """Entry point: typed errors become a message and the documented exit code, never a traceback."""
    silence_libraries()
    try:
        app()
    except CommandCenterError as error:
        _give_up(error)
    except KeyboardInterrupt:
        complain(_STOPPED)
        sys.exit(_CTRL_C)
    except SystemExit as ended:
        if ended.code == _CTRL_C:  # typer turns Ctrl+C inside a command into this
            complain(_STOPPED)
        raise
    except Exception as error:
        _give_up(_explained(error))


@app.command()
def generate(
    profile: Annotated[
        str, typer.Option(help="tiny, reference, demo, full, or watch: random incidents.")
    ] = "demo",
    seed: Annotated[int | None, typer.Option(help="Same seed, same bytes (default: the profile's).")] = None,
    as_of: Annotated[str, typer.Option(help="The last complete day, ISO (default: the profile's).")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the sources.")] = None,
    interactions: Annotated[int | None, typer.Option(min=1000, help="Scale the profile to so many.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Folder for the hidden truth, outside --out.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Of the profile watch: without any incident.")] = False,
) -> None:
    """Write synthetic sources (and, elsewhere, the hidden truth)."""
    settings = load_settings()
    target = out or settings.var / "sources" / profile
    day = _day(as_of) if as_of else None
    _generate(profile, target, seed=seed, as_of=day, truth=truth, interactions=interactions, quiet=quiet)


Engine = Literal["duckdb", "spark"]
Dialect = Literal["duckdb", "databricks", "spark"]


@app.command()
def build(
    source: Annotated[Path, typer.Option(help="Folder of source files.")],
    warehouse: WarehouseOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Start over from exactly the files of this folder.")
    ] = False,
    engine: Annotated[Engine, typer.Option(help="What computes silver and gold.")] = "duckdb",
    as_json: JsonOption = False,
) -> None:
    """Take the new files of a folder, bring every table up to date, check and publish a snapshot."""
    settings = load_settings()
    _build(source, warehouse or settings.warehouse, settings, engine, full=full, as_json=as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question in plain words.")] = "",
    role: RoleOption = "executive",
    thread: Annotated[str | None, typer.Option(help="Continue a conversation by this name.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON lines of {id, question, thread?, role?}.")] = None,
    purpose: PurposeOption = None,
    only: OnlyOption = None,
    break_glass: BreakGlassOption = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
    snapshot: SnapshotOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Answer one question, or a file of them in one process (JSON, a line each; the worst exit code)."""
    from ui.asking import Asking

    settings = load_settings()
    if file and question:
        raise UsageError("A question and a file were given.", where="--file", next_step="Give one of them.")
    one_format(as_json or file is not None, as_csv)
    target = warehouse or settings.warehouse
    company = cli_company.company_of(settings, model, warehouse, snapshot, only)
    asking = Asking(
        settings, target, Asker(settings, target, purpose, only, break_glass, company), snapshot, company
    )
    with closing(asking):
        if file is None:
            code = _show(asking.ask(question, role, thread), as_json=as_json, as_csv=as_csv)
        else:
            code = max((_show(o, as_json=True) for o in asking.ask_file(file, role, thread)), default=0)
    raise typer.Exit(code)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="A SELECT over gold tables.")] = "",
    role: RoleOption = "executive",
    purpose: PurposeOption = None,
    only: OnlyOption = None,
    break_glass: BreakGlassOption = None,
    check_file: Annotated[Path | None, typer.Option(help="JSON lines of {id, sql, role}; runs nothing.")] = None,
    dialect: Annotated[
        Dialect | None,
        typer.Option("--dialect", help="Run nothing: print the guarded statement in this dialect."),
    ] = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
    snapshot: SnapshotOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Send SQL through the one door: rows, or the denial and its reason (exit 3)."""
    settings = load_settings()
    one_format(as_json, as_csv)
    if check_file:
        named = warehouse or (settings.warehouse if snapshot else None)
        _check_statements(check_file, settings, named, snapshot)
        return
    target = warehouse or settings.warehouse
    try:
        company = cli_company.company_of(settings, model, warehouse, snapshot, only)
        principal = Asker(settings, target, purpose, only, break_glass, company)(role)
        with closing(_door(settings, target, snapshot, company)) as door:
            if dialect:
                cli_dialect.show_guarded(statement, principal, door, dialect, as_json=as_json)
                return
            result = _query(statement, principal, door)
    except CommandCenterError as error:
        if as_json:
            print_json(_verdict(error))
        raise
    if result.truncated:
        complain(f"Only the first {len(result.rows):,} rows are shown (limits.rows).")
    if result.leaves_out:
        complain(f"Groups of fewer than {settings.limits.small_cell} members are left out (limits.small_cell).")
    if as_json:
        columns = [{"name": c.name, "type": c.type} for c in result.columns]
        print_json(
            {
                "verdict": "allow",
                "columns": columns,
                "rows": result.rows,
                "truncated": result.truncated,
                "suppressed": sorted(result.suppressed),
                "leaves_out": result.leaves_out,
                "snapshot": result.snapshot,
                "sql": result.sql,
            }
        )
        return
    names = [c.name for c in result.columns]
    if as_csv:
        print_csv(names, result.rows)
        return
    from ui.render import print_table
    from ui.units import HIDDEN, why_hidden

    print_table(names, result.rows, console(), dict.fromkeys(result.suppressed, HIDDEN))
    if result.suppressed:
        typer.echo(f"{HIDDEN}: {why_hidden(settings.limits.small_cell)}.")


@app.command()
def savings(
    journey: Annotated[str, typer.Option(help="A digital journey, such as Billing.")],
    reduce: Annotated[float, typer.Option(help="Percent of the leaked calls avoided.")] = 10,
    cost_model: Annotated[str, typer.Option(help="planning or fully_loaded.")] = "planning",
    role: RoleOption = "executive",
    only: OnlyOption = None,
    warehouse: WarehouseOption = None,
    snapshot: SnapshotOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a reduction of one journey's leaked calls is worth, by day and by year."""
    from ui.asking import Asking

    settings = load_settings()
    target = warehouse or settings.warehouse
    asking = Asking(settings, target, Asker(settings, target, only=only), snapshot)
    with closing(asking):
        code = _show(asking.savings(journey, reduce, cost_model, role), as_json=as_json)
    raise typer.Exit(code)


@app.command()
def up(
    profile: Annotated[str, typer.Option(help="tiny, reference or demo.")] = "demo",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the web process.")] = None,
    source: Annotated[Path | None, typer.Option(help="Serve these sources instead of generated ones.")] = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Data if missing, build if stale, then serve the chat; with a model, over that company's file."""
    from ui.asking import require_chat_model
    from ui.ports import require_free

    settings = load_settings()
    chosen = settings.server.port if port is None else port
    require_free(settings.server.host, chosen)
    require_chat_model(settings)
    if company := cli_company.company_of(settings, model, warehouse):
        from ui.web import serve

        file = warehouse or settings.warehouse
        serve(settings, file, settings.server.host, chosen, one_each=True, company=company)
        return
    folder = source or settings.var / "sources" / profile
    target = warehouse or settings.warehouse
    if source is None and not any(folder.glob("members*")):
        _generate(profile, folder, seed=None, as_of=None, truth=None)
    _build(folder, target, settings, "duckdb", full=False, whole=source is None, as_json=False)
    from ui.web import serve

    serve(settings, target, host=settings.server.host, port=chosen, one_each=source is None)


@app.command()
def doctor(
    warehouse: WarehouseOption = None,
    reach: Annotated[bool, typer.Option("--reach", help="Also call the chat model service.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What works, what is missing, how to fix it."""
    settings = load_settings()
    from ui.doctor import examine

    findings = examine(settings, warehouse or settings.warehouse, reach=reach)
    if as_json:
        print_json([f.__dict__ for f in findings])
    else:
        from ui.render import print_findings

        print_findings(findings, console())
    raise typer.Exit(4 if any(f.state == "missing" for f in findings) else 0)


@model_app.command("validate")
def model_validate(
    folder: Annotated[Path | None, typer.Argument(help="Folder of model files.")] = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
    words: Annotated[bool, typer.Option(help="Also the words that may confuse.")] = True,
) -> None:
    """Check the semantic model's files; every problem with its file and line, and words that may confuse."""
    cli_company.validate(load_settings(), folder or model, warehouse, words=words)


@model_app.command("show")
def model_show(
    name: Annotated[str, typer.Argument(help="A metric or dimension; without one, all metrics.")] = "",
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """A metric or dimension: what it means, who owns it, how it is computed."""
    from semantic.loader import load_model
    from ui.render import print_definition

    folder = cli_company.model_folder(load_settings(), model)
    print_definition(load_model(folder), name, console(), as_json=as_json)


def _show(outcome: Outcome, *, as_json: bool, as_csv: bool = False) -> int:
    """Results on stdout, a failure's sentence on stderr; returns the exit code."""
    if outcome.failure:
        from ui.failures import complaint

        complain(complaint(outcome.failure))
    if as_json:
        print_json(outcome.document())
    elif as_csv and not outcome.failure:
        _show_table(outcome)
    elif not outcome.failure:
        from ui.render import print_answer

        print_answer(outcome.answer, console())
    return outcome.exit_code


def _show_table(outcome: Outcome) -> None:
    """The main table as CSV; what there is to say instead, or besides, on stderr."""
    answer = outcome.answer
    if answer.status != "answered":
        complain(answer.text)
        return
    print_csv([column.name for column in answer.columns], answer.rows)
    if len(answer.parts) > 1:
        complain(f"The first of {len(answer.parts)} tables; --json has them all.")


def _query(statement: str, principal: Principal, door: Warehouse) -> QueryResult:
    from ui.asking import readable
    from warehouse.door import QueryContext

    if not statement.strip():
        raise UsageError("There is no statement.", next_step='Give one: command-center sql "SELECT ..."')
    return door.query(readable(statement), principal, context=QueryContext("", "", "cli"))


def _check_statements(file: Path, settings: Settings, warehouse: Path | None, snapshot: str | None) -> None:
    """Verdicts by the declared schema, or by that of the warehouse that was named."""
    from warehouse.guard import check_file

    if warehouse is None:
        for verdict in check_file(file):
            print_json(verdict)
        return
    with closing(_door(settings, warehouse, snapshot)) as door:
        door.snapshot()
        for verdict in check_file(file, door):
            print_json(verdict)


def _door(settings: Settings, warehouse: Path, snapshot: str | None, company: Company | None = None) -> Warehouse:
    from warehouse.audit import AuditLog
    from warehouse.door import Warehouse

    audit = AuditLog.of(settings)
    return company.door(audit) if company else Warehouse(warehouse, settings, audit, snapshot)


def _verdict(error: CommandCenterError) -> dict[str, str]:
    """What a script gets for a statement without rows."""
    if isinstance(error, DeniedError):
        return {"verdict": "deny", "code": error.code, "reason": error.what}
    from ui.asking import failure_code

    return {"verdict": "error", "code": failure_code(error), "reason": str(error)}


def _generate(
    profile: str,
    out: Path,
    *,
    seed: int | None,
    as_of: date | None,
    truth: Path | None,
    interactions: int | None = None,
    quiet: bool = False,
) -> None:
    from generator.generate import generate as write
    from generator.profiles import default_as_of, default_seed
    from ui.render import progress

    with progress(console(stderr=True), f"Generating {profile}") as report:
        result = write(
            profile,
            out,
            seed=default_seed() if seed is None else seed,
            as_of=as_of or default_as_of(),
            truth=truth,
            interactions=interactions,
            progress=report,
            quiet=quiet,
        )
    console(stderr=True).print(f"Wrote {sum(result.rows.values()):,} rows to {out} in {result.seconds:.1f} s.")


def _build(
    source: Path,
    warehouse: Path,
    settings: Settings,
    engine: Engine,
    *,
    full: bool,
    whole: bool = False,
    as_json: bool,
) -> None:
    from ui.render import print_build, progress
    from warehouse.build import build as run

    if not source.is_dir():
        raise UsageError("The source folder does not exist.", where=str(source), next_step="Correct --source.")
    with progress(console(stderr=True), "Building") as report:
        result = run(source, warehouse, settings, full=full, whole=whole, engine=engine, progress=report)
    cli_search.refresh_search(settings, warehouse)
    print_build(result, console(), as_json=as_json)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date.", where="--as-of", next_step="Write it as 2026-10-29."
        ) from error


def _explained(error: Exception) -> CommandCenterError:
    from ui.failures import unexpected

    try:
        return unexpected(error, load_settings())
    except CommandCenterError as unusable_settings:
        return unusable_settings


def _give_up(error: CommandCenterError) -> NoReturn:
    from ui.failures import complaint

    complain(complaint(error))
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
