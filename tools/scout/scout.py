"""The daily scan of a warehouse: cubes through the door, expectations, departures, incidents told once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from semantic.model import SemanticModel
from semantic.query import TimeRange
from tools.scout.calendar import odd_days, period_at
from tools.scout.cube import ANY, BoolArray, Cube, Floats, Ints
from tools.scout.echoes import Kinship, Pair, told_once
from tools.scout.expectation import LEVEL_DAYS, WINDOWS, Series, expect
from tools.scout.figures import Judged, incident_of
from tools.scout.incident import Incident, Scanned, ScanReport
from tools.scout.maturity import Maturity, maturity, read_delays
from tools.scout.mix import mix_of
from tools.scout.program import Family, Program, ScannedMetric, program
from tools.scout.reading import BESIDE, members_behind, read_cube
from tools.scout.scan import LEAST_EVENTS, LEAST_VALUES, scan
from tools.scout.season import last_year, past_days, season, unknown_periods, unknown_season
from warehouse.door import Warehouse
from warehouse.errors import UsageError
from warehouse.ledger import lacking_columns
from warehouse.settings import Rules, Settings

if TYPE_CHECKING:  # it brings in what agents need of langchain
    from tools.desk import Door

BASELINES = {14: 28, 7: 21, 3: 17, 1: 15}  # days that must lie before a window of so many days
MEMORY = timedelta(days=LEVEL_DAYS + max(WINDOWS))  # incidents older than this lie before every baseline
STILL_OPEN = timedelta(days=3)  # an incident last seen so long ago may still go on
LEAST_HISTORY = 40.0  # events of a cell in all days that are read, or some in the last days
KIN_SHARE = 0.25  # of a value's events that fall under another dimension's value: they go together
OPEN = 1.5  # by how much more than usual may be undecided on a day on which all counts as decided
RIPE_AFTER = 35  # days after which nearly all is decided that ever will be
Step = Callable[[str, float], None]
Verdict = tuple[list[Incident], Scanned]  # of one metric: what was found, and what was looked at


def run_scout(
    door: Warehouse,
    semantic: SemanticModel,
    settings: Settings,
    *,
    day: date | None = None,
    known: Sequence[Incident] = (),
    on_step: Step = lambda _step, _done: None,
) -> ScanReport:
    """Scan one day, the last complete one unless said otherwise.

    `known` are earlier days' incidents (`remembered`): their days set no level, and of alike segments the names
    of those that go on are kept. Raises UsageError (exit 2) for a day that the data do not have,
    MissingDataError (exit 4) without a warehouse.
    """
    (report,) = run_days(door, semantic, settings, [day] if day else [], known=known, on_step=on_step)
    return report


def run_days(
    door: Warehouse,
    semantic: SemanticModel,
    settings: Settings,
    days: Sequence[date],
    *,
    known: Sequence[Incident] = (),
    on_step: Step = lambda _step, _done: None,
) -> Iterator[ScanReport]:
    """Scan several days in order, each as if it were the last one; the cubes are read once.

    Each day knows the incidents of those before. Raises as `run_scout`.
    """
    snapshot = door.snapshot()
    wanted = sorted(days) or [snapshot.as_of]
    for day in (wanted[0], wanted[-1]):
        _require(day, snapshot.first_day, snapshot.as_of)
    planned = program(semantic, lacking_columns(snapshot.manifest))
    judging = Judging(semantic, settings, planned, snapshot)
    started = time.perf_counter()
    cubes, early, reading_took = _read_and_judge(door, judging, wanted, known, on_step)
    rest = time.perf_counter() - started - reading_took
    together = kinship(cubes)
    for number, day in enumerate(wanted):
        on_step(f"Judging {day:%d %B %Y}", 0.7 + 0.3 * number / len(wanted))
        begun = time.perf_counter()
        verdicts = early if number == 0 else judging.all(cubes, day, known)
        judged = time.perf_counter()
        report = _report(door, semantic, judging, verdicts, together, day)
        known = remembered(known, report)
        judging_took = judged - begun + (rest if number == 0 else 0.0)
        times = {"read": reading_took, "judge": judging_took, "tell": time.perf_counter() - judged}
        yield replace(report, timings_ms={name: round(value * 1000, 1) for name, value in times.items()})


def _read_and_judge(
    door: Warehouse, judging: Judging, days: Sequence[date], known: Sequence[Incident], on_step: Step
) -> tuple[list[tuple[Family, Cube]], list[Verdict], float]:
    """The cubes of all days, the verdicts on the first one, both in the program's order; the seconds of reading.

    The engine is given everything at once and `ask` lets it do so much at a time: it never waits for a cube that
    is put together, and each cube is judged as soon as it is there.
    """
    planned, data_begin = judging.planned, judging.snapshot.first_day
    first = max(data_begin, days[0] - timedelta(days=LEVEL_DAYS + max(WINDOWS) - 1))
    begin, end = past_days(first, days[-1])
    families = [*planned.families, *([planned.kin] if planned.kin else [])]

    def read(family: Family) -> tuple[Cube, Cube | None]:
        past = family is not planned.kin and begin >= data_begin
        past = past and any(entry.kind == "count" for entry in family.metrics)
        cube = read_cube(door, judging.semantic, family, first, days[-1])
        return cube, read_cube(door, judging.semantic, last_year(family), begin, end) if past else None

    started = time.perf_counter()
    cubes: dict[str, Cube] = {}
    early: dict[str, list[Future[Verdict]]] = {}
    with ThreadPoolExecutor(len(families) + 1) as pool, ThreadPoolExecutor(BESIDE) as judges:
        readings = {pool.submit(read, family): family for family in families}
        leaning = pool.submit(_leans, door, judging.semantic, planned, first, days[0])
        on_step("Reading", 0.0)
        for number, reading in enumerate(as_completed(readings), 1):
            name = readings[reading].name
            judging.leans.update(leaning.result())
            cubes[name], past = reading.result()
            if past is not None:
                judging.pasts[name] = past
            for family in planned.families:
                if family.name not in early and planned.needed_by(family) <= cubes.keys():
                    jobs = judging.jobs(family, cubes[family.name], days[0], known)
                    early[family.name] = [judges.submit(job) for job in jobs]
            on_step(f"Reading, {number} of {len(families)}", 0.7 * number / len(families))
        took = time.perf_counter() - started
    verdicts = [one.result() for family in planned.families for one in early[family.name]]
    return [(family, cubes[family.name]) for family in families], verdicts, took


def _leans(
    door: Warehouse, semantic: SemanticModel, planned: Program, first: date, day: date
) -> dict[str, Floats]:
    """Of metrics whose days ripen: what young days lean to, from days that were ripe on the first judged one."""
    end = day - timedelta(days=RIPE_AFTER)
    if end <= first:
        return {}
    time = TimeRange(start=first, end=end)
    entries = [entry for family in planned.families for entry in family.metrics if entry.delay]
    return {entry.metric.name: read_delays(door, semantic, entry.delay, time) for entry in entries}


def remembered(known: Sequence[Incident], report: ScanReport) -> tuple[Incident, ...]:
    """The incidents of the past weeks, each as it was last seen, for the scan of the next day."""
    latest = {i.id: i for i in known if report.as_of - i.as_of <= MEMORY}
    for incident in report.incidents:
        before = latest.get(incident.id)
        start = incident.start
        if before is not None and before.start.day < start.day and start.day - before.as_of <= STILL_OPEN:
            incident = replace(incident, start=before.start)
        latest[incident.id] = incident
    return tuple(latest.values())


def _require(day: date, first: date, last: date) -> None:
    if not first <= day <= last:
        raise UsageError(
            f"The data have complete days from {first} to {last}, not {day}.",
            where="--date",
            next_step="Choose one of these, or build newer files first.",
        )


@dataclass(frozen=True, eq=False)
class Judging:
    """What every metric of a scan is judged with. `pasts` are cubes of the year before by family, `leans` what
    the young days of metrics lean to.
    """

    semantic: SemanticModel
    settings: Settings
    planned: Program
    snapshot: Any
    pasts: dict[str, Cube] = field(default_factory=dict)
    leans: dict[str, Floats] = field(default_factory=dict)

    @cached_property
    def rules(self) -> Rules:
        """Those that the data were built by."""
        return Rules.model_validate(self.snapshot.manifest.get("rules") or self.settings.rules.model_dump())

    @property
    def bound(self) -> float:
        """False incidents a day, over all metrics."""
        return self.settings.scout.false_incidents_per_day

    @cached_property
    def _ripeness(self) -> dict[tuple[date, str], Maturity]:
        return {}

    def jobs(
        self, family: Family, whole: Cube, day: date, known: Sequence[Incident]
    ) -> list[Callable[[], Verdict]]:
        """The family's metrics on a day, each to be judged by a call; families come in the program's order."""
        cube = _until(whole, day)
        for entry in family.metrics:
            if entry.open:
                name = entry.metric.name
                self._ripeness[day, name] = maturity_of(cube, entry, self.leans.get(name))
        return [partial(self._one, family, cube, entry, day, known) for entry in family.metrics]

    def all(self, cubes: Sequence[tuple[Family, Cube]], day: date, known: Sequence[Incident]) -> list[Verdict]:
        """Every metric on a day."""
        kept = [(family, cube) for family, cube in cubes if family is not self.planned.kin]
        with ThreadPoolExecutor(BESIDE) as pool:
            jobs = [job for family, cube in kept for job in self.jobs(family, cube, day, known)]
            return list(pool.map(lambda job: job(), jobs))

    def _one(
        self, family: Family, cube: Cube, entry: ScannedMetric, day: date, known: Sequence[Incident]
    ) -> Verdict:
        return judge(
            cube,
            entry,
            self.planned,
            self.rules,
            self.semantic,
            self.bound,
            self.snapshot.first_day,
            self._ripeness.get((day, entry.settled_with)),
            [incident for incident in known if incident.metric == entry.metric.name],
            self.pasts.get(family.name),
            self.leans.get(entry.metric.name),
        )


def _report(
    door: Door,
    semantic: SemanticModel,
    judging: Judging,
    verdicts: Sequence[Verdict],
    together: Kinship,
    day: date,
) -> ScanReport:
    """What was found of all metrics, each thing told once, with the members behind it."""
    planned = judging.planned
    incidents = [incident for mine, _ in verdicts for incident in mine]
    scanned = [looked for _, looked in verdicts]
    told = told_once(incidents, planned.stories, together, planned.shares, planned.manners)
    counted = members_behind(door, semantic, [(semantic.metrics[i.metric], i.segment, i.period) for i in told])
    told = tuple(replace(i, members=members) for i, members in zip(told, counted, strict=True))
    notes = (*planned.lacking, *dict.fromkeys(note for entry in scanned for note in entry.notes))
    return ScanReport(day, judging.snapshot.id, judging.bound, told, tuple(scanned), notes)


def _until(cube: Cube, day: date) -> Cube:
    last = cube.days.index(day)
    return cube.through(last, max(0, last + 1 - LEVEL_DAYS - max(WINDOWS)))


def judge(
    cube: Cube,
    entry: ScannedMetric,
    planned: Program,
    rules: Rules,
    semantic: SemanticModel,
    bound: float,
    data_begin: date,
    ripe: Maturity | None = None,
    known: Sequence[Incident] = (),
    past: Cube | None = None,
    lean: Floats | None = None,
) -> Verdict:
    """Scan one metric of a cube that ends on the judged day.

    `ripe` is how far the days of what it belongs to are decided, `lean` what its own young days lean to; `known`
    are the metric's earlier incidents, `past` the single values' series a year before.
    """
    metric = entry.metric
    settled = data_begin + timedelta(days=entry.after_days)
    early = sum(day < settled for day in cube.days)
    if entry.open:
        ripe = maturity_of(cube, entry, lean)
    unripe = ripe.unripe if ripe else 0
    end = max(len(cube.days) - 1 - unripe, early)
    kept = cube.through(end, early)
    gap, notes = _gap(len(kept.days), metric.label)
    if unripe:
        notes.append(f"{metric.label}: the last {unripe} days are not judged, hardly anything of them is decided.")
    series = series_of(kept, entry)
    telling = _telling(kept, series)
    kept = kept.of(_needed(entry, planned)).only(telling)
    series = replace(series, counts=series.counts[telling], exposure=series.exposure[telling])
    if past is not None and entry.kind == "count":
        begin, until = past_days(kept.days[0], kept.days[-1])
        before = past.through(past.days.index(until), past.days.index(begin))
        seasonal = season(kept, before, _weighted(before, metric.numerator), odd_days(begin, until))
        series = replace(series, exposure=seasonal)
    stretch, period = unknown_periods(semantic.events, kept.days, data_begin)
    doubt: Floats | None = None
    if entry.kind == "count" and gap and period:
        turned, doubt = unknown_season(kept, series.counts, stretch, len(kept.days) - gap)
        series = replace(series, exposure=series.exposure * turned)
    if ripe is not None and entry.kind == "count":
        series = replace(series, exposure=series.exposure * (ripe.share * ripe.lean)[early : end + 1])
    if entry.kind != "count" and gap:
        mixed = mix_of(kept, series.counts, series.exposure, len(kept.days) - gap, additive=entry.kind == "score")
        if ripe is not None:
            mixed = mixed * ripe.lean[early : end + 1]
        series = replace(series, mix=mixed)
    base = max(0, min(LEVEL_DAYS, len(kept.days) - gap))
    windows = tuple(w for w in WINDOWS if w <= gap)
    looked = Scanned(metric.name, metric.label, len(kept.codes), windows, base if gap else 0, tuple(notes), unripe)
    if not gap or not series.counts.any():
        return [], looked
    spans = [(cell, i.start.day, i.as_of) for i in known if (cell := kept.cell_of(i.segment)) >= 0]
    expected = expect(kept, series, gap, odd_days(kept.days[0], kept.days[-1]), spans)
    if doubt is not None and doubt.any():
        expected = replace(expected, season=doubt)
        note = (
            f"{metric.label}: the data hold no earlier {period.upper()}; "
            "what calls are about must change much to be told."
        )
        looked = replace(looked, notes=(*looked.notes, note))
    if ripe is not None and ripe.doubt.any():
        expected = replace(expected, season=np.tile(ripe.doubt[early : end + 1], (len(kept.codes), 1)))
    judged = Judged(entry, kept, series, expected, prices_of(rules), planned.formulas)
    open_cells = tuple(dict.fromkeys(cell for cell, _, last in spans if kept.days[-1] - last <= STILL_OPEN))
    found = scan(kept, series, expected, bound / planned.metrics, open_cells)
    found = [replace(item, false_per_day=item.false_per_day * planned.metrics) for item in found]  # of all metrics
    incidents = [incident_of(item, judged, "") for item in found]
    return [replace(i, calendar=period_at(semantic.events, i.start.day)) for i in incidents], looked


def _telling(cube: Cube, series: Series) -> BoolArray:
    """The cells of which so much was seen that a change could be told, and those that mixes are read off."""
    last = slice(-max(WINDOWS), None)
    if series.kind == "score":
        enough = series.exposure[:, last].sum(axis=1) >= LEAST_VALUES
    else:
        enough = (series.counts.sum(axis=1) >= LEAST_HISTORY) | (
            series.counts[:, last].sum(axis=1) >= 2 * LEAST_EVENTS
        )
    topics = (cube.depth == 2) & (cube.codes[:, :1] != ANY).any(axis=1)
    return np.asarray(enough | topics | (cube.depth <= 1))


def _needed(entry: ScannedMetric, planned: Program) -> tuple[str, ...]:
    """The measures that an incident of the metric says something of."""
    formula = planned.formulas.get(entry.dollars, "")
    others = ("leaked_calls", "failed_sessions") if "query:called_about" in formula else ()
    return tuple(dict.fromkeys((*entry.measures, *others)))


def _gap(days: int, label: str) -> tuple[int, list[str]]:
    """The longest window that the days allow (0: none), and what cannot be judged with so few."""
    gap = next((window for window, base in BASELINES.items() if days - window >= base), 0)
    if not gap:
        return 0, [f"{label} is not judged: {days} days of history, {1 + BASELINES[1]} are needed."]
    base = min(days - gap, LEVEL_DAYS)
    notes = []
    if base < LEVEL_DAYS and days < LEVEL_DAYS:
        notes.append(
            f"{label} rests on {base} days of history instead of {LEVEL_DAYS}; small changes cannot be told."
        )
    if gap < max(WINDOWS):
        notes.append(
            f"{label}: changes are looked for within {gap} days only; more history is needed for longer ones."
        )
    return gap, notes


def series_of(cube: Cube, entry: ScannedMetric) -> Series:
    """The metric's numerators and exposure over the cube's cells."""
    counts = _weighted(cube, entry.metric.numerator)
    if entry.kind == "count":
        return Series("count", np.maximum(counts, 0.0), np.ones_like(counts))
    exposure = np.maximum(_weighted(cube, entry.metric.denominator), 0.0)
    if entry.kind == "rate":
        # where the numerator is of later events than the denominator, a day may have more of them
        exposure = np.maximum(exposure, counts)
    return Series(entry.kind, counts, exposure)


def _weighted(cube: Cube, parts: Sequence[tuple[str, float]]) -> Floats:
    if len(parts) == 1 and parts[0][1] == 1:
        return cube.measures[parts[0][0]]
    return np.asarray(sum(weight * cube.measures[name] for name, weight in parts), dtype=np.float64)


def maturity_of(cube: Cube, entry: ScannedMetric, lean: Floats | None = None) -> Maturity:
    """How ripe a cube's days are, by what still waits for a decision of the whole."""
    waiting, decided = cube.measures[entry.open][0], series_of(cube, entry).exposure[0]
    return maturity(waiting, decided, undecided_days(waiting, decided), np.ones(1) if lean is None else lean)


def undecided_days(waiting: Floats, decided: Floats) -> int:
    """How many of the last days still wait for so many times the usual decisions."""
    share = waiting / np.maximum(waiting + decided, 1.0)
    usual = float(np.median(share[: max(len(share) // 2, 7)])) if len(share) else 0.0
    last = len(share)
    while last > 1 and share[last - 1] > min(OPEN * usual + 0.02, 0.98):
        last -= 1
    return len(share) - last


def kinship(cubes: Sequence[tuple[Family, Cube]]) -> Kinship:
    """Values of different dimensions that mostly occur together, read off the cubes' pairs."""
    found: dict[Pair, set[Pair]] = {}
    for _, cube in cubes:
        for (finer, coarser), inside in cube.nesting.items():
            for code in np.flatnonzero(inside != ANY):
                part = (cube.dimensions[finer], cube.values[finer][code])
                whole = (cube.dimensions[coarser], cube.values[coarser][inside[code]])
                found.setdefault(part, set()).add(whole)
        total = next(iter(cube.measures.values())).sum(axis=1)
        pairs = np.flatnonzero(cube.depth == 2)
        if not len(pairs):
            continue
        ends = np.array([np.flatnonzero(codes != ANY) for codes in cube.codes[pairs]])
        for side in (0, 1):
            here, there = (_alone(cube, pairs, ends[:, place]) for place in (side, 1 - side))
            share = total[pairs] / np.maximum(total[here], 1.0)
            overall = total[there] / max(float(total[0]), 1.0)
            for pair in np.flatnonzero((share >= KIN_SHARE) & (share > 2 * overall)):
                (value,), (other,) = cube.segment(int(here[pair])), cube.segment(int(there[pair]))
                found.setdefault(value, set()).add(other)
    return {value: frozenset(others) for value, others in found.items()}


def _alone(cube: Cube, pairs: Ints, place: Ints) -> Ints:
    """The cells that fix one of the dimensions of pairs."""
    codes = np.full((len(pairs), len(cube.dimensions)), ANY, dtype=np.int64)
    rows = np.arange(len(pairs))
    codes[rows, place] = cube.codes[pairs, place]
    return cube.find(codes)


def prices_of(rules: Rules) -> Mapping[str, float]:
    """What dollars' formulas may multiply with."""
    return {"planning_cost_per_call": rules.planning_cost_per_call, "cost_per_minute": rules.cost_per_minute}
