"""`make bench`: every comparison in one run; prints the table that benchmarks/README.md keeps with its date."""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import answers, build, workers
from generator.generate import generate
from warehouse.build import build as build_warehouse
from warehouse.logs import silence_libraries
from warehouse.settings import Settings

SEED, AS_OF = 20261029, date(2026, 10, 29)


def main() -> None:
    """Generate what is needed in a temporary folder, measure, print, leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, help="folder of gzipped source files; generated when left out")
    parser.add_argument("--only", choices=("build", "answers", "workers"))
    arguments = parser.parse_args()
    silence_libraries()
    rows: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if arguments.only in (None, "build"):
            rows += build.compare(arguments.reference or _sources(home, "reference"))
        if arguments.only != "build":
            settings = Settings(var=home / "var")
            build_warehouse(_sources(home, "demo"), settings.warehouse, settings)
            rows += answers.measure(settings.warehouse, settings) if arguments.only != "workers" else []
            rows += workers.measure(settings.warehouse, settings) if arguments.only != "answers" else []
    table = Table("what", "measured", "ratio")
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)


def _sources(home: Path, profile: str) -> Path:
    generate(profile, home / profile, seed=SEED, as_of=AS_OF, truth=home / f"{profile}-truth")
    return home / profile


if __name__ == "__main__":
    main()
