"""Commands that never end by themselves: a live feed of events, and building whenever files land."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.terminal import JsonOption, WarehouseOption, complain, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from generator.feed import Feed
    from ui.feeding import Landing, Round

SourceOption = Annotated[Path | None, typer.Option("--source", help="Folder of source files (default: demo's).")]
_SHARES = {"p50": 0.5, "p95": 0.95, "max": 1.0}


def feed(
    rate: Annotated[float, typer.Option(help="Events a second.")] = 1000,
    every: Annotated[float, typer.Option(help="Seconds between two micro-batches, at least.")] = 3,
    seconds: Annotated[float | None, typer.Option("--for", help="Stop after so many seconds.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Stop when so many days are complete.")] = None,
    source: SourceOption = None,
    profile: Annotated[str, typer.Option(help="Density of events (default: by the number of members).")] = "",
    seed: Annotated[int | None, typer.Option(help="Same seed, same events (default: the profile's).")] = None,
    build: Annotated[bool, typer.Option("--build/--no-build", help="Build and publish after each batch.")] = True,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the company live on: events land in micro-batches, and the warehouse follows until Ctrl+C."""
    from generator.feed import Feed
    from ui.feeding import Pace, patient_build, rounds

    if rate <= 0 or every < 0:
        raise UsageError("Rate and interval must be positive.", where="--rate, --every", next_step="Correct it.")
    settings = load_settings()
    folder, target = source or settings.var / "sources" / "demo", warehouse or settings.warehouse
    with closing(Feed.open(folder, profile=profile, seed=seed)) as opened, _shown(opened, rate, as_json) as show:
        begins = (opened.through + timedelta(seconds=1)).date()
        until = None if days is None else begins + timedelta(days=days - 1)
        run = (lambda: patient_build(folder, target, settings, show.progress)) if build else None
        made: list[Round] = []
        with suppress(KeyboardInterrupt):
            if run:
                run()
            for one in rounds(opened, Pace(rate, every, seconds, until), run):
                made.append(one)
                show.round(one)
    _sum_up(made, as_json=as_json)


def watch(
    source: Annotated[Path, typer.Option(help="Folder that files land in.")],
    every: Annotated[float, typer.Option(help="Seconds between two looks at the folder.")] = 1,
    seconds: Annotated[float | None, typer.Option("--for", help="Stop after so many seconds.")] = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build whenever new files have landed in a folder, until Ctrl+C."""
    from ui.feeding import follow, patient_build

    if not source.is_dir():
        raise UsageError("The source folder does not exist.", where=str(source), next_step="Correct --source.")
    settings = load_settings()
    target = warehouse or settings.warehouse
    with suppress(KeyboardInterrupt):
        for landing in follow(
            source, lambda: patient_build(source, target, settings), every=every, seconds=seconds
        ):
            _show_landing(landing, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(feed)
    app.command()(watch)


class _Show:
    """What is seen while a feed runs: one line that changes on a terminal, else a line a batch."""

    def __init__(self, opened: Feed, rate: float, say: Callable[[str], None] | None, as_json: bool) -> None:
        self._say = say
        self._as_json = as_json
        self._rate = rate
        self._last = f"Begins after {opened.through}"

    def progress(self, step: str, _fraction: float) -> None:
        """What the build is doing."""
        if self._say:
            self._say(f"{self._last} · {step}")

    def round(self, one: Round) -> None:
        """A batch was written and, unless nobody builds, published."""
        if self._as_json:
            print_json(asdict(one))
            return
        self._last = _line(one, self._rate)
        if self._say:
            self._say(self._last)
        else:
            console().print(self._last, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _shown(opened: Feed, rate: float, as_json: bool) -> Iterator[_Show]:
    screen = console(stderr=True)
    if as_json or not screen.is_terminal:
        yield _Show(opened, rate, None, as_json)
        return
    with screen.status("") as status:
        yield _Show(opened, rate, status.update, as_json)


def _line(one: Round, rate: float) -> str:
    parts = [f"batch {one.batch}: {one.events:,} events ({rate:,.0f}/s) up to {one.through}"]
    if one.lag_seconds is not None:
        parts.append(f"served {one.lag_seconds:.1f} s after landing as {one.snapshot}, as of {one.as_of}")
    return ", ".join(parts)


def _sum_up(made: list[Round], *, as_json: bool) -> None:
    summary: dict[str, Any] = {"batches": len(made), "events": sum(one.events for one in made)}
    for name in ("lag_seconds", "oldest_seconds", "write_seconds"):
        summary[name] = _spread([value for one in made if (value := getattr(one, name)) is not None])
    if as_json:
        print_json({"summary": summary})
        return
    screen = console()
    screen.print(f"{summary['batches']} batches, {summary['events']:,} events.", highlight=False)
    for name, words in (("lag_seconds", "Landed to served"), ("oldest_seconds", "Oldest event to served")):
        if summary[name]:
            text = ", ".join(f"{share} {value:.1f} s" for share, value in summary[name].items())
            screen.print(f"{words}: {text}.", highlight=False)


def _spread(values: list[float]) -> dict[str, float] | None:
    from ui.feeding import quantile

    return {name: quantile(values, share) for name, share in _SHARES.items()} if values else None


def _show_landing(landing: Landing, *, as_json: bool) -> None:
    if landing.failure:
        from ui.failures import complaint

        complain(complaint(landing.failure))
        return
    report = landing.report
    assert report is not None
    if as_json:
        print_json(
            {
                "files": landing.files,
                "lag_seconds": landing.lag_seconds,
                "snapshot": report.snapshot,
                "as_of": report.as_of,
                "published": report.published,
            }
        )
        return
    state = "published" if report.published else "unchanged"
    console().print(
        f"{landing.files} files, snapshot {report.snapshot} {state} {landing.lag_seconds:.1f} s after the newest "
        f"landed; as of {report.as_of}.",
        highlight=False,
        soft_wrap=True,
    )
