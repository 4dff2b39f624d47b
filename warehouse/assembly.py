"""The work of one build on its private engine: rows accepted, tables derived, the new snapshot's files written.

A build goes on from the segments of the served snapshot. It writes new segments for what changed and refers to
the old ones for the rest. Everything is written to the staging folder; nothing outside it changes before
`warehouse.build` publishes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from warehouse import partition_rows, segments, value_words
from warehouse.acceptance import accept_reference, decide_events, event_tables, read_rows, reference_tables
from warehouse.checks import CheckResult, checks_of, run_check
from warehouse.contract import Contract, SourceTable, parts_of
from warehouse.derive import Destination, derive, show_accepted
from warehouse.errors import MissingDataError
from warehouse.ingest import Batch, LoadedFile, create_bronze, load
from warehouse.layout import Partition, first_cuts, later_cuts, partitions, reached, stands
from warehouse.reading import Words, quoted
from warehouse.received import gather, show_bronze
from warehouse.runner import Phases, Place, SqlModel, load_seeds, phases, run_models
from warehouse.segments import Segment
from warehouse.settings import Settings
from warehouse.shared_copy import Copied, SharedCopy
from warehouse.source_files import SourceFile
from warehouse.unions import Types, columns_of, relation_of, union_of

LAKE, SERVE, SHARED = "lake", "serve", "shared"  # the catalogs of the snapshot's own files
OWN = {"silver": LAKE, "gold": SERVE}
MADE = ("lake", "gold", "shared")  # the parts of a segment that the models make
_MANY_RAW = 12
_SMALL_RAW = 250_000  # rows


@dataclass(frozen=True)
class Plan:
    """What a build goes on from and what it must do again.

    `kept` are segments of the snapshot before; with `read_again` their raw rows are read once more (the
    contract or the engine changed), with `derive_again` silver and gold are made of all days (a rule or a model
    changed).
    """

    kept: Sequence[Segment] = ()
    known: dict[str, Words] = field(default_factory=dict)
    read_again: bool = False
    derive_again: bool = False

    def of_kind(self, kind: segments.Kind) -> list[Segment]:
        return [segment for segment in self.kept if segment.kind == kind]


class Assembly:
    """One build's engine and what it has made so far. `token` makes the names of new files unique."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        staging: Path,
        folder: Path,
        plan: Plan,
        contract: Contract,
        settings: Settings,
        models: list[SqlModel],
        shared: SharedCopy,
        token: str,
    ) -> None:
        self.con, self.staging, self.folder = con, staging, folder
        self.plan, self.contract, self.settings, self.token = plan, contract, settings, token
        self.models, self.shared = models, shared
        self.phases: Phases = phases(models)
        self.threads = settings.build.threads
        self.words: dict[str, Words] = dict(plan.known)
        self.raw: list[Segment] = plan.of_kind("raw")
        self.reference: Segment | None = next(iter(plan.of_kind("reference")), None)
        self.days: list[Segment] = [] if plan.read_again else plan.of_kind("days")
        self.results: list[CheckResult] = []
        self.progress: Callable[[str], None] = lambda _label: None

    def open(self, *, large: bool) -> None:
        """Attach what is kept and make the engine's own schemas. Large loads work in a file instead of memory."""
        (self.staging / segments.FOLDER).mkdir()
        segments.attach(self.con, self.folder, self.plan.kept, segments.PARTS)
        file = quoted(str(self.staging / "work.duckdb"))
        self.con.execute(f"ATTACH {file} AS work ({segments.UNLOGGED})" if large else "ATTACH ':memory:' AS work")
        for schema in ("typed", "again", "fates", "revived"):
            self.con.execute(f"CREATE SCHEMA work.{schema}")
        for schema in ("taken", "raw", "base", "accepted", "silver", "gold", "bronze", "build"):
            self.con.execute(f"CREATE SCHEMA {schema}")
        rules = self.settings.rules.model_dump()
        listed = ", ".join(f"${name} AS {name}" for name in rules)
        self.con.execute(f"CREATE TABLE build.rules AS SELECT {listed}", rules)
        load_seeds(self.con)

    @property
    def _accepted(self) -> list[Segment]:
        """The segments of accepted rows: that of the small tables, then the days."""
        return [*([self.reference] if self.reference else []), *self.days]

    def create(self, part: str, name: str) -> str:
        """A new file for a part in the staging folder, attached; returns its alias."""
        return segments.create(self.con, self.staging / segments.FOLDER, part, name)

    # raw rows

    def take(self, files: Sequence[tuple[int, SourceFile]], batch: Batch) -> list[LoadedFile]:
        """Read new files into a raw segment; with `read_again` the raw rows of all earlier ones go there, too."""
        name = f"{self.token}_raw"
        alias = self.create("raw", name)
        create_bronze(self.con, self.contract, alias)
        loaded = load(self.con, files, self.contract, replace(batch, catalog=alias), self.threads)
        rows = sum(file.rows for file in loaded)
        if self.plan.read_again:
            gather(self.con, self.contract, self.raw, alias, everything=False)
            rows += sum(segment.rows["rows"] for segment in self.raw)
            self.raw = []
        self.new_raw = Segment("raw", {"raw": name}, rows={"rows": rows})
        self.raw = [*self.raw, self.new_raw]
        return loaded

    # accepted rows

    def accept(self) -> bool:
        """Read the new raw rows and decide their fates; says whether members or other small tables changed."""
        types = columns_of(self.con)
        fresh = [self.new_raw]
        for table in self.contract.values():
            for schema, raw in (("taken", fresh), ("raw", self.raw)):
                listed = [relation_of(s, "raw", "bronze", table.name, types) for s in raw]
                self.con.execute(f"CREATE OR REPLACE VIEW {schema}.{table.name} AS {union_of(listed)}")
        changed = self._accept_reference()
        self.words |= read_rows(
            self.con, event_tables(self.contract), self.words, self.new_raw.alias("raw"), self.threads
        )
        self._show_base(event_tables(self.contract), self.days)
        self._show_parts(types)
        for table in event_tables(self.contract):
            self.con.execute(f"CREATE TABLE work.revived.{table.name} (_file_no INTEGER, _row_number BIGINT)")
        if changed:
            partition_rows.revive(self.con, self.contract)
        decide_events(self.con, self.contract, self.threads)
        return changed

    def _show_base(self, tables: Sequence[SourceTable], kept: Sequence[Segment]) -> None:
        """`base.<table>`: the rows of earlier builds, in the types of the new ones."""
        types = columns_of(self.con)
        for table in tables:
            now = types["work", "typed", table.name]
            if not kept:
                fate = "CAST(NULL AS VARCHAR) AS _fate"
                select = f"SELECT * EXCLUDE (_fault), {fate} FROM work.typed.{table.name} WHERE false"
            else:
                union = union_of([relation_of(s, "accepted", "rows", table.name, types) for s in kept])
                present = relation_of(kept[-1], "accepted", "rows", table.name, types)[1]
                casts = ", ".join(
                    f'CAST("{name}" AS {now[name]}) AS "{name}"'
                    for name in present
                    if name in now and name[0] != "_"
                )
                select = f"SELECT * REPLACE ({casts}) FROM ({union})"
            self.con.execute(f"CREATE OR REPLACE VIEW base.{table.name} AS {select}")

    def _show_parts(self, types: Types) -> None:
        """`build.<part>`: the parts of all rows ever received, kept once, whatever the fates of the rows."""
        for part in parts_of(self.contract):
            listed = [relation_of(s, "raw", "bronze", part, types) for s in self.raw]
            self.con.execute(f"CREATE OR REPLACE VIEW build.{part} AS {union_of(listed)}")

    def _accept_reference(self) -> bool:
        tables = reference_tables(self.contract)
        self.words |= read_rows(self.con, tables, self.words, self.new_raw.alias("raw"), self.threads)
        new = any(
            self.con.execute(f"SELECT count(*) FROM work.typed.{table.name}").fetchall()[0][0] for table in tables
        )
        old = None if self.plan.read_again else self.reference
        self._show_base(tables, [old] if old else [])
        if new or old is None:
            name = f"{self.token}_reference"
            alias = self.create("accepted", name)
            accept_reference(self.con, self.contract, alias)
            partition_rows.account_for_reference(self.con, self.contract, alias)
            self._number_members(alias)
            self.before, self.reference = old, Segment("reference", {"accepted": name})
        else:
            self.before = old
        assert self.reference is not None
        alias = self.reference.alias("accepted")
        self.con.execute(f"CREATE VIEW build.member_keys AS FROM {alias}.rows.member_keys")
        self.con.execute("CREATE VIEW accepted.member_keys AS FROM build.member_keys")
        for table in tables:
            self.con.execute(
                f"CREATE VIEW accepted.{table.name} AS SELECT * EXCLUDE (_fate) FROM {alias}.rows.{table.name} "
                "WHERE _fate = 'kept'"
            )
        self.shared.number_members(self.con)
        return self.reference is not self.before

    def _number_members(self, alias: str) -> None:
        """Every member's integer key: sixty bits of a digest, so that it is the same in every build."""
        self.con.execute(
            f"CREATE TABLE {alias}.rows.member_keys AS SELECT DISTINCT member_id, "
            "CAST('0x' || substr(md5(member_id), 1, 15) AS BIGINT) AS member_key "
            f"FROM {alias}.rows.members WHERE _fate = 'kept' ORDER BY member_id"
        )
        members, keys = self.con.execute(
            f"SELECT count(*), count(DISTINCT member_key) FROM {alias}.rows.member_keys"
        ).fetchall()[0]
        if members != keys:
            raise MissingDataError(
                "Two member ids have the same key.",
                where="members",
                next_step="Rename one of the two ids in the source.",
            )

    def members_changed_from(self) -> date | None:
        """The first day on which known members have other attributes than in the snapshot before; None without
        any.
        """
        if self.before is None or self.reference is self.before or self.reference is None:
            return None
        members = self.contract["members"]
        columns = ", ".join(f'CAST("{c.name}" AS VARCHAR) AS "{c.name}"' for c in members.columns)
        old, new = (
            f"SELECT {columns}, valid_from FROM {s.alias('accepted')}.rows.members WHERE _fate = 'kept' "
            "AND member_id IN (SELECT member_id FROM work.typed.members)"
            for s in (self.before, self.reference)
        )
        known = f"{self.before.alias('accepted')}.rows.member_keys"
        found: date | None = self.con.execute(
            f"SELECT min(valid_from) FROM (({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old})) "
            f"WHERE member_id IN (SELECT member_id FROM {known})"
        ).fetchall()[0][0]
        return found

    # partitions

    def partition(self, *, reference_changed: bool) -> list[Destination]:
        """Write the accepted rows of the partitions that changed; returns the partitions to derive, in order."""
        new = partition_rows.new_days(self.con, self.contract)
        own = set(new) | partition_rows.days_with_other_fates(self.con, self.contract)
        settings = self.settings.build
        if self.days:
            cuts = later_cuts(sorted(s.starts for s in self.days if s.starts), self.days, new, settings)
        else:
            cuts = first_cuts(new, settings)
        changes = partition_rows.changes(self.con, self.contract)
        surveys = partition_rows.days_of_related_surveys(self.con)
        members_from = self.members_changed_from() if reference_changed else None
        planned: list[Segment] = []
        again: set[int] = set()
        for place, part in enumerate(partitions(cuts, self.days)):
            if stands(part) and not any(part.holds(day) for day in own):
                segment = part.segments[0]
            else:
                segment = self._write_rows(part)
                again.add(place)
            late = members_from is not None and segment.last_day is not None and segment.last_day >= members_from
            if (
                self.plan.derive_again
                or late
                or any(part.holds(day) for day in surveys)
                or reached(segment, changes, self.settings.rules)
            ):
                again.add(place)
            planned.append(segment)
        self.days = planned
        edges = partitions(cuts, [])
        return [self._destination(place, edges[place]) for place in sorted(again)]

    def _name(self, part: Partition) -> str:
        return f"{self.token}_{part.starts:%Y%m%d}" if part.starts else f"{self.token}_first"

    def _write_rows(self, part: Partition) -> Segment:
        name = self._name(part)
        alias = self.create("accepted", name)
        partition_rows.write_rows(self.con, self.contract, part, alias)
        facts = partition_rows.facts_of_rows(self.con, self.contract, alias)
        return Segment("days", {"accepted": name}, part.starts, **facts)

    def _destination(self, place: int, part: Partition) -> Destination:
        name = self._name(part)
        self.days[place] = _made(self.days[place], name)
        return Destination(part, *(self.create(made, name) for made in MADE))

    # models

    def give_types(self) -> None:
        """`build.interaction_types`: every type of interaction ever accepted."""
        words = self.words["digital_interactions"].get("interaction_type")
        if words is None:
            rows = " UNION ".join(
                f"SELECT CAST(interaction_type AS VARCHAR) FROM {s.alias('accepted')}.rows.digital_interactions"
                for s in self.days
            )
            self.con.execute(f"CREATE TABLE build.interaction_types(interaction_type) AS {rows}")
        else:
            self.con.execute(
                "CREATE TABLE build.interaction_types AS SELECT unnest(?) AS interaction_type", [list(words)]
            )

    def derive_reference(self, *, changed: bool) -> None:
        """Make or show the small tables that events refer to."""
        assert self.reference is not None
        types_before = self.plan.known.get("digital_interactions", {}).get("interaction_type")
        types_now = self.words["digital_interactions"].get("interaction_type")
        if (
            not changed
            and not self.plan.derive_again
            and types_before == types_now
            and "lake" in self.reference.parts
        ):
            for model in self.phases.reference:
                alias = self.reference.alias(model.layer_part)
                self.con.execute(f"CREATE VIEW {model.table} AS FROM {alias}.{model.table}")
            return
        name = f"{self.token}_reference"
        lake, gold, shared = (self.create(part, name) for part in MADE)
        catalogs = {"silver": lake, "gold": gold}
        self.results += self._run(self.phases.reference, lambda model: [Place(catalogs[model.layer])])
        self.shared.copy(self.con, [Copied(model, gold, shared) for model in self.phases.reference], self.threads)
        self.reference = _made(self.reference, name)

    def _run(self, models: list[SqlModel], places: Callable[[SqlModel], Sequence[Place]]) -> list[CheckResult]:
        found = run_models(
            self.con, models, places, lambda worker, model: self._finish(worker, model, {}), self.threads
        )
        return [result for results in found for result in results]

    def _finish(
        self, worker: duckdb.DuckDBPyConnection, model: SqlModel, scope: dict[str, str]
    ) -> list[CheckResult]:
        results = [run_check(worker, check) for check in checks_of(model, scope)]
        self.progress(f"Built and checked {model.table}")
        return results

    def make_on_spark(self, exchange: Path) -> str:
        """Let Spark make every table: from here on the models read what it wrote. Returns Spark's version."""
        from warehouse.spark.engine import made_on_spark

        show_accepted(self.con, self.contract, Partition(None, None), self.days, self.settings.rules)
        self.models, version = made_on_spark(
            self.con, self.models, exchange, self.staging / "spark", self.settings, self.progress
        )
        self.phases = phases(self.models)
        return version

    def derive_days(self, destinations: Sequence[Destination]) -> None:
        """Silver and gold of all partitions that changed, neighbours together while they fit into memory."""
        for run in self._runs(destinations):
            self.results += derive(
                self.con,
                self.phases.events,
                self.contract,
                run,
                self.days,
                self.settings.rules,
                self._finish,
                self.threads,
            )
            self.shared.copy(
                self.con,
                [
                    Copied(model, destination.gold, destination.shared, destination.partition.starts)
                    for destination in run
                    for model in self.phases.events
                ],
                self.threads,
            )

    def _runs(self, destinations: Sequence[Destination]) -> list[list[Destination]]:
        rows = {segment.starts: segment.rows["rows"] for segment in self.days}
        runs: list[list[Destination]] = []
        held = 0
        for destination in destinations:
            size = rows[destination.partition.starts]
            adjoins = bool(runs) and runs[-1][-1].partition.ends == destination.partition.starts
            if adjoins and held + size <= self.settings.build.partition_rows // 2:
                runs[-1].append(destination)
                held += size
            else:
                runs.append([destination])
                held = size
        return runs

    # the snapshot's own files

    def show_received(self) -> None:
        """Begin the snapshot's own files and show what was received, of all segments, as one."""
        for file, catalog in (("lake.tmp", LAKE), ("gold.tmp", SERVE), ("shared.tmp", SHARED)):
            self.con.execute(f"ATTACH {quoted(str(self.staging / file))} AS {catalog} ({segments.UNLOGGED})")
        for schema in (f"{LAKE}.bronze", f"{LAKE}.silver", f"{SERVE}.gold", f"{SHARED}.gold"):
            self.con.execute(f"CREATE SCHEMA {schema}")
        show_bronze(self.con, LAKE, self.contract, self.raw, self._accepted, self.words)

    def summarize(self) -> None:
        """Show all segments as one in the snapshot's own files, then make the tables that sum over all days."""
        types = columns_of(self.con)
        small = [segment for segment in self._accepted if segment.kind == "reference"]
        for models, held in ((self.phases.reference, small), (self.phases.events, self.days)):
            for model in models:
                catalog = OWN[model.layer]
                listed = [relation_of(s, model.layer_part, model.layer, model.name, types) for s in held]
                self.con.execute(f"CREATE VIEW {catalog}.{model.table} AS {union_of(listed)}")
                self.con.execute(f"CREATE OR REPLACE VIEW memory.{model.table} AS FROM {catalog}.{model.table}")
                if self.shared.holds(model):
                    listed = [relation_of(s, SHARED, model.layer, model.name, types) for s in held]
                    shown = self.shared.view(model, union_of(listed))
                    self.con.execute(f"CREATE VIEW {SHARED}.{model.table} AS {shown}")
        self.results += self._run(self.phases.summary, lambda model: [Place(OWN[model.layer])])
        self.shared.copy(self.con, [Copied(model, SERVE, SHARED) for model in self.phases.summary], self.threads)

    def compact_raw(self) -> None:
        """Join the small raw segments when they have become many."""
        small = [segment for segment in self.raw if segment.rows["rows"] < _SMALL_RAW]
        if len(small) <= _MANY_RAW:
            return
        name = f"{self.token}_joined"
        alias = self.create("raw", name)
        create_bronze(self.con, self.contract, alias)
        gather(self.con, self.contract, small, alias, everything=True)
        joined = Segment("raw", {"raw": name}, rows={"rows": sum(s.rows["rows"] for s in small)})
        self.raw = [*[s for s in self.raw if s not in small], joined]

    def segments(self) -> list[Segment]:
        """All segments of the new snapshot, with their rows counted."""
        return [*self.raw, *(self._counted(segment) for segment in self._accepted)]

    def write_values(self) -> None:
        """Write the values of all segments' dimensions beside the manifest to be."""
        found = value_words.document(self.con, self._accepted)
        (self.staging / value_words.FILE).write_text(json.dumps(found), encoding="utf-8")

    def close(self) -> None:
        """Write everything out."""
        new = {
            f"{part}_{name}"
            for segment in (*self.raw, *self._accepted)
            for part, name in segment.parts.items()
            if name.startswith(self.token)
        }
        for catalog in (LAKE, SERVE, SHARED, *sorted(new)):
            self.con.execute(f"CHECKPOINT {catalog}")
            self.con.execute(f"DETACH {catalog}")

    def _counted(self, segment: Segment) -> Segment:
        """With the rows of each silver and gold table, when they were made now."""
        if not segment.parts["gold"].startswith(self.token):
            return segment
        models = self.phases.reference if segment.kind == "reference" else self.phases.events
        rows = {
            model.table: self.con.execute(
                f"SELECT count(*) FROM {segment.alias(model.layer_part)}.{model.table}"
            ).fetchall()[0][0]
            for model in models
        }
        return replace(segment, rows=segment.rows | rows)


def _made(segment: Segment, name: str) -> Segment:
    """With the parts that the models make under a new name."""
    return replace(segment, parts={"accepted": segment.parts["accepted"], **dict.fromkeys(MADE, name)})
