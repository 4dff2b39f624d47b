"""Writes docs/performance.md from the saved results: `python -m benchmarks.performance_page` (`--check` compares).

Results are kept as tables in `benchmarks/results.yml`, a run each, with its command, date and machine; a figure is
typed in there by whoever ran it, as it was printed, and nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.yml"
PAGE = ROOT / "docs" / "performance.md"
_TOP = """# Measured speed

Every figure is of one run on one machine, with its date and the command that repeats it. This page is made by
`python -m benchmarks.performance_page` from `benchmarks/results.yml`; `benchmarks/README.md` explains each.

| what | measured | against | date | command |
|---|---|---|---|---|
"""


def page(runs: list[dict[str, Any]]) -> str:
    """One table of all runs, the newest first, then the machine and the caveats of each run."""
    ordered = sorted(runs, key=lambda run: (str(run["date"]), run["name"]), reverse=True)
    rows = [
        f"| {row['what']} | {row['measured']} | {row.get('against', '')} | {run['date']} | `{run['command']}` |"
        for run in ordered
        for row in run["rows"]
    ]
    notes = [f"- **{run['name']}, {run['date']}:** {run['machine']}. {run['note']}".rstrip() for run in ordered]
    return _TOP + "\n".join(rows) + "\n\n## The runs\n\n" + "\n".join(notes) + "\n"


def main() -> None:
    """Write the page, or with `--check` exit 1 when it is not what the results say."""
    text = page(yaml.safe_load(RESULTS.read_text(encoding="utf-8"))["runs"])
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == text else "docs/performance.md is not up to date")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
