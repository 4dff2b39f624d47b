"""The command line. Heavy imports stay inside the commands so that `--help` answers at once."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse.errors import CommandCenterError, UsageError
from warehouse.logs import configure, silence_libraries
from warehouse.principal import ROLES, Principal
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from agents.runtime import Assistant

app = typer.Typer(
    name="command-center",
    help="Member Experience Command Center: ask, build, serve, check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(help="The semantic model.", no_args_is_help=True)
eval_app = typer.Typer(help="Offline eval suites.", no_args_is_help=True)
app.add_typer(model_app, name="model")
app.add_typer(eval_app, name="eval")

WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", help="Warehouse folder (default: var/warehouse).")
]
_REFUSAL_EXIT_CODES = {"empty": 2, "too_long": 2, "pii": 3, "write": 3, "denied": 3}
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
RoleOption = Annotated[str, typer.Option("--role", help="One of: " + ", ".join(ROLES) + ".")]


def main() -> None:
    """Entry point: typed errors become a message and the documented exit code, never a traceback."""
    silence_libraries()
    try:
        app()
    except CommandCenterError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _complain("Stopped.")
        sys.exit(130)
    except Exception:
        settings = load_settings()
        configure(settings.state).exception("unexpected_error")
        _complain(
            "Something unexpected went wrong, and nothing was changed. "
            f"Where: see the last line of {settings.state / 'command-center.log'}. "
            "Next: run `command-center doctor`."
        )
        sys.exit(1)


@app.command()
def generate(
    profile: Annotated[str, typer.Option(help="tiny, reference, demo or full.")] = "demo",
    seed: Annotated[int | None, typer.Option(help="Same seed, same bytes (default: the profile's).")] = None,
    as_of: Annotated[str, typer.Option(help="The last complete day, ISO (default: the profile's).")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the sources.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Folder for the hidden truth, outside --out.")] = None,
) -> None:
    """Write synthetic sources (and, elsewhere, the hidden truth)."""
    settings = load_settings()
    target = out or settings.var / "sources" / profile
    _generate(profile, target, seed=seed, as_of=_day(as_of) if as_of else None, truth=truth)


@app.command()
def build(
    source: Annotated[Path, typer.Option(help="Folder of source files.")],
    warehouse: WarehouseOption = None,
    full: Annotated[bool, typer.Option("--full", help="Build again even when nothing changed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ingest, build, check and publish a snapshot."""
    settings = load_settings()
    _build(source, warehouse or settings.warehouse, settings, full=full, as_json=as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question in plain words.")] = "",
    role: RoleOption = "executive",
    thread: Annotated[str | None, typer.Option(help="Continue a conversation by this name.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON lines of {id, question, thread?, role?}.")] = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, or a file of them in one process."""
    settings = load_settings()
    from agents.runtime import Assistant

    assistant = Assistant.open(settings, warehouse or settings.warehouse)
    try:
        code = (
            _ask_file(assistant, file, role)
            if file
            else _ask_once(assistant, question, _principal(role), thread, as_json)
        )
    finally:
        assistant.close()
    raise typer.Exit(code)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="A SELECT over gold tables.")] = "",
    role: RoleOption = "executive",
    purpose: Annotated[str | None, typer.Option(help="Stated purpose, for member-level reads.")] = None,
    check_file: Annotated[Path | None, typer.Option(help="JSON lines of {id, sql, role}; runs nothing.")] = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send SQL through the one door: rows, or the denial and its reason (exit 3)."""
    settings = load_settings()
    if check_file:
        from warehouse.guard import check_file as check

        for verdict in check(check_file):
            typer.echo(json.dumps(verdict))
        return
    from ui.render import print_table
    from warehouse.audit import AuditLog
    from warehouse.door import QueryContext, Warehouse

    if not statement.strip():
        raise UsageError("There is no statement.", next_step='Give one: command-center sql "SELECT ..."')
    door = Warehouse(warehouse or settings.warehouse, settings, AuditLog(settings.state / "audit.db"))
    try:
        result = door.query(statement, _principal(role, purpose), context=QueryContext("", "", "cli"))
    finally:
        door.close()
    if as_json:
        columns = [{"name": c.name, "type": c.type} for c in result.columns]
        typer.echo(
            json.dumps(
                {
                    "columns": columns,
                    "rows": result.rows,
                    "truncated": result.truncated,
                    "snapshot": result.snapshot,
                    "sql": result.sql,
                },
                default=_plain,
            )
        )
    else:
        print_table([c.name for c in result.columns], [list(row) for row in result.rows], _console())


@app.command()
def savings(
    journey: Annotated[str, typer.Option(help="A digital journey, such as Billing.")],
    reduce: Annotated[float, typer.Option(help="Percent of the leaked calls avoided.")] = 10,
    cost_model: Annotated[str, typer.Option(help="planning or fully_loaded.")] = "planning",
    role: RoleOption = "executive",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a reduction of one journey's leaked calls is worth, by day and by year."""
    settings = load_settings()
    from agents.runtime import Assistant

    assistant = Assistant.open(settings, warehouse or settings.warehouse)
    try:
        projection = assistant.savings(journey, reduce, cost_model, _principal(role))
    finally:
        assistant.close()
    _emit_answer(projection, as_json)
    raise typer.Exit(_exit_code(projection))


@app.command()
def up(
    profile: Annotated[str, typer.Option(help="tiny, reference or demo.")] = "demo",
    port: Annotated[int | None, typer.Option(help="Port of the web process.")] = None,
    source: Annotated[Path | None, typer.Option(help="Serve these sources instead of generated ones.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Data if missing, build if stale, then serve the chat."""
    settings = load_settings()
    folder = source or settings.var / "sources" / profile
    target = warehouse or settings.warehouse
    if source is None and not any(folder.glob("members*")):
        _generate(profile, folder, seed=None, as_of=None, truth=None)
    _build(folder, target, settings, full=False, as_json=False)
    from ui.web import serve

    serve(settings, target, host=settings.server.host, port=port or settings.server.port)


@app.command()
def doctor(warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """What works, what is missing, how to fix it."""
    settings = load_settings()
    from ui.doctor import examine

    findings = examine(settings, warehouse or settings.warehouse)
    if as_json:
        typer.echo(json.dumps([f.__dict__ for f in findings]))
    else:
        from ui.render import print_findings

        print_findings(findings, _console())
    raise typer.Exit(4 if any(f.state == "missing" for f in findings) else 0)


@model_app.command("validate")
def model_validate(
    folder: Annotated[Path | None, typer.Argument(help="Folder of model files.")] = None,
) -> None:
    """Check the semantic model's files; every problem with its file and line."""
    from semantic.loader import load_model

    model = load_model(folder)
    typer.echo(
        f"{model.name} {model.version}: {len(model.metrics)} metrics, {len(model.dimensions)} dimensions, "
        f"{len(model.verified_queries)} verified queries. No problems."
    )


@model_app.command("show")
def model_show(
    name: Annotated[str, typer.Argument(help="A metric or dimension; without one, all metrics.")] = "",
    as_json: JsonOption = False,
) -> None:
    """A metric or dimension: what it means, who owns it, how it is computed."""
    from semantic.loader import load_model
    from ui.render import print_definition

    print_definition(load_model(None), name, _console(), as_json=as_json)


@eval_app.command("run")
def eval_run(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites to run; without one, all.")] = None,
    model: Annotated[str, typer.Option(help="Chat model under test.")] = "embedded",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run eval suites; non-zero exit on a regression against the baseline."""
    from evals.runner import run

    settings = load_settings()
    raise typer.Exit(
        run(
            suites or [],
            model=model,
            settings=settings,
            warehouse=warehouse or settings.warehouse,
            as_json=as_json,
        )
    )


def _ask_once(assistant: Assistant, question: str, principal: Principal, thread: str | None, as_json: bool) -> int:
    answer = assistant.ask(question, principal, thread)
    _emit_answer(answer, as_json)
    return _exit_code(answer)


def _ask_file(assistant: Assistant, file: Path, role: str) -> int:
    for case in _question_lines(file):
        answer = assistant.ask(case["question"], _principal(case.get("role") or role), case.get("thread"))
        typer.echo(json.dumps({**_public(answer), "id": case["id"]}, default=_plain))
        sys.stdout.flush()
    return 0


def _question_lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        raise UsageError("The question file does not exist.", where=str(file), next_step="Correct the path.")
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _question_line(line, f"{file}:{number}")


def _question_line(line: str, where: str) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"A line is not JSON: {error.msg}.", where=where, next_step="Correct the line."
        ) from error
    if not isinstance(case, dict) or not isinstance(case.get("question"), str) or "id" not in case:
        raise UsageError('A line lacks "id" or "question".', where=where, next_step="Add them.")
    return case


def _emit_answer(answer: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_public(answer), default=_plain))
        return
    from ui.render import print_answer

    print_answer(answer, _console())


def _public(answer: Any) -> dict[str, Any]:
    document: dict[str, Any] = answer.model_dump(mode="json")
    return document


def _exit_code(answer: Any) -> int:
    """The documented exit code of one answer: a clarification or a refusal in words is a normal end (0)."""
    if answer.status == "error":
        return 5 if answer.refusal_code.startswith("model") else 1
    return _REFUSAL_EXIT_CODES.get(answer.refusal_code, 0) if answer.status == "refused" else 0


def _generate(profile: str, out: Path, *, seed: int | None, as_of: date | None, truth: Path | None) -> None:
    from generator.generate import generate as write
    from generator.profiles import default_as_of, default_seed
    from ui.render import progress

    with progress(_console(stderr=True), f"Generating {profile}") as report:
        result = write(
            profile,
            out,
            seed=default_seed() if seed is None else seed,
            as_of=as_of or default_as_of(),
            truth=truth,
            progress=report,
        )
    _console(stderr=True).print(f"Wrote {sum(result.rows.values()):,} rows to {out} in {result.seconds:.1f} s.")


def _build(source: Path, warehouse: Path, settings: Settings, *, full: bool, as_json: bool) -> None:
    from ui.render import print_build, progress
    from warehouse.build import build as run

    if not source.is_dir():
        raise UsageError("The source folder does not exist.", where=str(source), next_step="Correct --source.")
    with progress(_console(stderr=True), "Building") as report:
        result = run(source, warehouse, settings, full=full, progress=report)
    print_build(result, _console(), as_json=as_json)


def _principal(role: str, purpose: str | None = None) -> Principal:
    for known in ROLES:
        if role == known:
            return Principal(user="cli", role=known, purpose=purpose)
    from rapidfuzz import process

    nearest = process.extractOne(role, ROLES)
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {', '.join(ROLES)}."
    raise UsageError(f"There is no role {role!r}.", where="--role", next_step=hint)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date.", where="--as-of", next_step="Write it as 2026-10-29."
        ) from error


def _plain(value: object) -> object:
    """JSON for what results may hold beyond JSON's own types: dates and decimals."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if hasattr(value, "__float__") else str(value)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)


def _complain(message: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(message, style="bold red", markup=False, highlight=False)


if __name__ == "__main__":
    main()
