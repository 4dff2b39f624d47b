"""The commands about evals: running suites, scoring again, comparing runs, the trend, cases from production."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.terminal import JsonOption, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from evals.trials.records import Records

eval_app = typer.Typer(help="Offline eval suites.", no_args_is_help=True)
RunArgument = Annotated[str, typer.Argument(help="A run's id, how it begins, or: last.")]
MlflowOption = Annotated[
    str, typer.Option("--mlflow", help="Log to MLflow: its address, or: local (SQLite under var/evals).")
]
_REGRESSED = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    from ui.cli_candidates import candidates_app

    eval_app.add_typer(candidates_app, name="candidates")
    app.add_typer(eval_app, name="eval")


@eval_app.command("run")
def run(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites to run; without one, all.")] = None,
    model: Annotated[
        str, typer.Option(help="Chat model under test: embedded, service, service:NAME or recorded:FILE.")
    ] = "embedded",
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Processes that ask at the same time.")] = 2,
    quick: Annotated[bool, typer.Option("--quick", help="Each case on its first instance only.")] = False,
    instance: Annotated[list[str] | None, typer.Option(help="Only on these instances.")] = None,
    resume: Annotated[str, typer.Option(help="Go on with a stopped run: its id, or: last.")] = "",
    accept: Annotated[bool, typer.Option("--accept", help="Make the outcomes the new baseline.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Write down what the chat model says, for --model recorded:FILE.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="A folder whose prompts take the place of ours of the same name.")
    ] = None,
    mlflow: MlflowOption = "",
    mlflow_required: Annotated[
        bool, typer.Option("--mlflow-required", help="Exit 2 when MLflow is away; without it, that is only told.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run eval suites; exit 1 when one is worse than its baseline beyond noise, or has none."""
    from evals.runner import run as run_suites

    settings = load_settings()
    tracking = _address(mlflow)
    code = run_suites(
        suites or [], model=model, settings=settings, as_json=as_json, jobs=jobs, quick=quick,
        instances=instance or [], resume=resume, accepting=accept, tracking=tracking,
        tracking_required=mlflow_required, record=record, prompts=prompts,
    )  # fmt: skip
    raise typer.Exit(code)


@eval_app.command("rescore")
def rescore(name: RunArgument = "last", mlflow: MlflowOption = "", as_json: JsonOption = False) -> None:
    """Score a stored run again by today's cases and scorers, without asking anything."""
    from evals.asked import finish
    from evals.reporting.terminal import show
    from evals.trials.records import PAGE

    records = _records()
    found = records.find(name)
    document = finish(records, found)
    if address := _address(mlflow):
        from evals.tracking.mlflow_runs import connect

        connect(address).log(document, records.folder / found.id)
    if as_json:
        print_json(document)
    else:
        show(document, console(), str(records.folder / found.id / PAGE))
    raise typer.Exit(_REGRESSED if document["gate"]["worse"] else 0)


@eval_app.command("compare")
def compare(
    runs: Annotated[list[str], typer.Argument(help="Runs by id, how that begins, or: last; against the first.")],
    as_json: JsonOption = False,
) -> None:
    """Runs case by case, with paired differences; exit 1 when one is worse than the first beyond noise."""
    from evals.comparing import comparison

    records = _records()
    named = runs if len(runs) > 1 else [*runs, "last"]
    _compared(records, comparison(records, [records.find(name) for name in named]), as_json=as_json)


@eval_app.command("contest")
def contest(
    suites: Annotated[list[str], typer.Argument(help="Suites that ask a chat model.")],
    of: Annotated[
        list[str],
        typer.Option(help="embedded, service:NAME or recorded:FILE, with ,prompts=FOLDER or without; repeat it."),
    ],
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Processes that ask at the same time.")] = 2,
    quick: Annotated[bool, typer.Option("--quick", help="Each case on its first instance only.")] = False,
    instance: Annotated[list[str] | None, typer.Option(help="Only on these instances.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask chat models, or prompts, the same; exit 1 when one is worse than the first beyond noise."""
    from datetime import UTC, datetime

    from rich.console import Console

    from evals.contest import contender, contest

    records = _records()
    document = contest(
        suites, [contender(text) for text in of], load_settings(), records, Console(stderr=True),
        clock=lambda: datetime.now(UTC), jobs=jobs, quick=quick, instances=instance or [],
    )  # fmt: skip
    _compared(records, document, as_json=as_json)


def _compared(records: Records, document: dict[str, Any], *, as_json: bool) -> None:
    """Keep and show a comparison, and end with its exit code."""
    from evals.comparing import keep
    from evals.reporting.terminal import show_comparison

    page = keep(records, document)
    if as_json:
        print_json(document)
    else:
        show_comparison(document, console(), str(page))
    raise typer.Exit(_REGRESSED if document["gate"] else 0)


@eval_app.command("runs")
def runs(as_json: JsonOption = False) -> None:
    """Every run that is kept, the oldest first, with its share of correct cases by suite."""
    import json

    from evals.reporting.report import trend_point
    from evals.trials.records import SUMMARY

    records = _records()
    files = [(one, records.folder / one.id / SUMMARY) for one in records.all()]
    points = [trend_point(json.loads(file.read_text(encoding="utf-8"))) for _, file in files if file.is_file()]
    if as_json:
        print_json(points)
        return
    for point in points:
        shares = ", ".join(f"{name} {100 * s['correct']:.1f} %" for name, s in point["suites"].items())
        quick = " quick" if point["quick"] else ""
        console().print(f"{point['run']} {point['model']}{quick}: {shares}", markup=False, highlight=False)
    for one, file in files:
        if not file.is_file():
            console().print(f"{one.id} {one.model}: stopped; go on with --resume {one.id}", markup=False)


@eval_app.command("schema")
def schema(
    kind: Annotated[str, typer.Argument(help="suite, questions, conversations, phrases and so on.")] = "suite",
    write: Annotated[bool, typer.Option("--write", help="Write those of all kinds beside the cases.")] = False,
) -> None:
    """The JSON Schema of a kind of case file."""
    from evals.case_kinds import KINDS

    by_name = {one.name: one for one in KINDS}
    if kind not in by_name:
        raise UsageError(
            f"There is no kind {kind!r} of case files.",
            where="eval schema",
            next_step=f"Known: {', '.join(by_name)}.",
        )
    if not write:
        typer.echo(by_name[kind].schema_text(), nl=False)
        return
    for one in KINDS:
        one.schema_path.parent.mkdir(exist_ok=True)
        one.schema_path.write_text(one.schema_text(), encoding="utf-8")
        typer.echo(f"Wrote {one.schema_path}")


@eval_app.command("check")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Case files; without one, all that there are.")
    ] = None,
) -> None:
    """Check case files: keys, types, names of the semantic model; exit 2 when one is wrong."""
    from evals.case_kinds import problems

    found = list(problems(files or ()))
    wrong = [error for _, error in found if error]
    for error in wrong:
        console().print(str(error), markup=False, highlight=False, soft_wrap=True)
    console().print(f"{len(found) - len(wrong)} of {len(found)} case files are right.", highlight=False)
    if wrong:
        raise typer.Exit(UsageError.exit_code)


def _address(mlflow: str) -> str:
    if not mlflow:
        return ""
    from evals.tracking.address import tracking_address

    return tracking_address(mlflow, load_settings().var)


def _records() -> Records:
    from evals.trials.records import Records

    return Records(Path(load_settings().var) / "evals" / "runs")
