"""`model export` and `model import`: the semantic model in other people's formats, with what did not map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui import cli_company
from ui.terminal import JsonOption, ModelOption, complain, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from semantic.interchange.report import Interchanged

ExportFormat = Literal["unity-catalog", "metricflow", "osi"]
ImportFormat = Literal["unity-catalog", "metricflow"]
_SUFFIXES = {"unity-catalog": (".yml", ".yaml"), "metricflow": (".yml", ".yaml", ".sql")}


def register(model_app: typer.Typer) -> None:
    """Adds both commands to `model`."""
    model_app.command("export")(export)
    model_app.command("import")(import_)


def export(
    format: Annotated[
        ExportFormat, typer.Option("--format", help="Whose format; osi is experimental and not read back.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; new, or empty.")],
    catalog: Annotated[str, typer.Option(help="unity-catalog: the catalog that the tables are in.")] = "main",
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the semantic model as Unity Catalog metric views, MetricFlow or Open Semantic Interchange."""
    from semantic.interchange.metricflow import export_metricflow
    from semantic.interchange.osi import export_osi
    from semantic.interchange.unity_catalog import export_unity_catalog
    from semantic.loader import load_model

    loaded = load_model(cli_company.model_folder(load_settings(), model))
    match format:
        case "unity-catalog":
            made = export_unity_catalog(loaded, catalog)
        case "metricflow":
            made = export_metricflow(loaded)
        case "osi":
            made = export_osi(loaded)
    _write(made, out)
    _tell(made, out, f"of {len(loaded.metrics)} metrics", as_json=as_json)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of them.", show_default=False)],
    format: Annotated[ImportFormat, typer.Option("--format", help="Whose format.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the model; new, or empty.")],
    name: Annotated[str, typer.Option(help="What the model is called.")] = "imported",
    as_json: JsonOption = False,
) -> None:
    """Make a model folder of metric views or of a dbt project's semantic models; say what did not map."""
    from semantic.interchange.metricflow_reading import import_metricflow
    from semantic.interchange.unity_catalog_reading import import_unity_catalog
    from semantic.interchange.yaml_reading import documents, read_text
    from semantic.loader import load_model

    texts = [(str(file), read_text(file)) for file in _files(files, _SUFFIXES[format])]
    if format == "metricflow":
        made = import_metricflow(texts, name)
    else:
        made = import_unity_catalog({Path(n).stem: document for n, document in documents(texts)}, name)
    if not made.metrics:
        _tell(made, out, "read", as_json=as_json)
        raise UsageError("No metric mapped; nothing was written.", next_step="Read why above.")
    _write(made, out)
    load_model(out)
    _tell(made, out, "read", as_json=as_json)


def _files(named: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    found = []
    for path in named:
        inside = sorted(f for f in path.rglob("*") if f.suffix in suffixes) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"There is no file with {' or '.join(suffixes)} here.", where=str(path))
        found += inside
    return found


def _write(made: Interchanged, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("This is no empty folder.", where=str(out), next_step="Name a new one with --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Nothing can be written here: {error.strerror}.", where=str(out)) from error


def _tell(made: Interchanged, out: Path, of: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"out": str(out), **made.document()})
        return
    for missed in made.unmapped:
        typer.echo(f"not mapped: {missed.sentence()}")
    whole = f"{len(made.metrics)} {of}, {len(made.dimensions)} dimensions"
    typer.echo(f"{whole} -> {out} ({len(made.files)} files).")
    if made.unmapped:
        complain(f"{len(made.unmapped)} things did not map, listed above.")
