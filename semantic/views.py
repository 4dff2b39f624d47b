"""The governed views over somebody else's tables: one for each dataset, and one for each bridge that it crosses.

A view has the columns that the model names and no others: what the model does not mention cannot be read. A
dataset's view has a row for each of its rows, joins only adding columns; a bridge's view has a row for each pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.compiler.bridges import PART
from semantic.model import Bridge, Dataset, SemanticModel
from semantic.names import plain_name
from semantic.relationships import paths_from
from warehouse.outside import SOURCE
from warehouse.policy.loader import GOVERNED_SCHEMA, Kind

DAYS = f"{GOVERNED_SCHEMA}.days"
MISSING = "Unknown"
Where = tuple[tuple[str, tuple[str, ...]], ...]
_ROW = "fact"


@dataclass(frozen=True)
class Shown:
    """A column of a view: how it is read, what kind the policy calls it, and its type where it is changed."""

    name: str
    value: exp.Expression
    kind: Kind
    type: str = ""

    @property
    def stored(self) -> str:
        """What the view calls it: a member's id is a number there, as in the published files."""
        return f"{self.name.removesuffix('_id')}_key" if self.kind == "member_id" else self.name


@dataclass(frozen=True)
class View:
    """A view `gold.<name>` of a dataset. `day` is its day column, `member` that of the member's id, if any."""

    name: str
    dataset: str
    columns: tuple[Shown, ...]
    body: exp.Select
    day: str
    member: str


def views(model: SemanticModel) -> tuple[View, ...]:
    """Every view that the compiler may read for a placed model."""
    found = []
    for dataset in model.datasets.values():
        crossed = {way.bridge for way in dataset.reached.values() if way.bridge}
        found += [_view(model, dataset, None), *(_view(model, dataset, model.bridges[b]) for b in sorted(crossed))]
    return tuple(found)


def placed(model: SemanticModel) -> SemanticModel:
    """The same model over the views: each dataset is `gold.<name>`, days are counted in `gold.days`.

    Every dimension has a value for rows without one: a NULL would not find its like in another dataset.
    """
    datasets = {name: _placed(model, dataset) for name, dataset in model.datasets.items()}
    measures = {
        name: replace(
            measure,
            column=_plain(measure.column or "") or None,
            flag=_plain(measure.flag or "") or None,
            where=_plain_where(measure.where),
        )
        for name, measure in model.measures.items()
    }
    dimensions = {n: replace(d, missing=d.missing or MISSING) for n, d in model.dimensions.items()}
    return replace(model, datasets=datasets, measures=measures, dimensions=dimensions, spine=f"{DAYS}.day")


def _placed(model: SemanticModel, dataset: Dataset) -> Dataset:
    return replace(
        dataset,
        table=f"{GOVERNED_SCHEMA}.{dataset.name}",
        columns={dimension: plain_name(exposed(dataset, dimension)) for dimension in dataset.columns},
        member_column=_plain(member_of(model, dataset.name)[1]),
        key=_plain(dataset.key),
        time_column=_plain(dataset.time_column),
        where=_plain_where(dataset.where),
        reached={name: replace(way, column=_plain(way.column)) for name, way in dataset.reached.items()},
    )


def _plain(column: str) -> str:
    return plain_name(column) if column else ""


def _plain_where(where: Where) -> Where:
    return tuple((plain_name(column), values) for column, values in where)


def exposed(dataset: Dataset, dimension: str) -> str:
    """What the view calls a dimension: the column's own name, or the dimension's when it comes by a join."""
    if dimension not in dataset.reached:
        return dataset.columns[dimension]
    taken = {column for name, column in dataset.columns.items() if name not in dataset.reached}
    taken |= {dataset.key, dataset.time_column, dataset.member_column, *(column for column, _ in dataset.where)}
    return f"{dimension}_joined" if dimension in taken else dimension


def member_of(model: SemanticModel, name: str) -> tuple[tuple[str, ...], str]:
    """The path to the dataset that says whose a row is, the shortest first, and its column; ((), "") for none."""
    if model.datasets[name].member_column:
        return (), model.datasets[name].member_column
    paths = sorted(paths_from(name, model.datasets), key=len)
    return next(((path, column) for path in paths if (column := model.datasets[path[-1]].member_column)), ((), ""))


def _view(model: SemanticModel, dataset: Dataset, bridge: Bridge | None) -> View:
    columns: dict[str, Shown] = {}
    for shown in _columns(model, dataset, bridge):
        columns.setdefault(plain_name(shown.name), replace(shown, name=plain_name(shown.name)))
    name = f"{dataset.name}__{bridge.name}" if bridge else dataset.name
    body = exp.select(*(exp.alias_(shown.value.copy(), shown.stored, quoted=True) for shown in columns.values()))
    body = body.from_(_table(dataset.table, _ROW), copy=False)
    paths = {way.path for way in dataset.reached.values() if not way.bridge} | {member_of(model, dataset.name)[0]}
    if bridge:
        start, _, _ = _start(model, dataset, bridge)
        paths.add(start)
    for step in _steps(paths):
        _join(model, body, dataset, step)
    if bridge:
        _cross(model, body, dataset, bridge)
    return View(
        name, dataset.name, tuple(columns.values()), body, _plain(dataset.time_column), _member_name(columns)
    )


def _steps(paths: set[tuple[str, ...]], first: int = 1) -> list[tuple[str, ...]]:
    """The joins along paths, the nearer first; in one order in every process, for they name a snapshot."""
    steps = {path[:end] for path in paths for end in range(first, len(path) + 1)}
    return sorted(steps, key=lambda step: (len(step), step))


def _member_name(columns: dict[str, Shown]) -> str:
    return next((shown.name for shown in columns.values() if shown.kind == "member_id"), "")


def _columns(model: SemanticModel, dataset: Dataset, bridge: Bridge | None) -> Iterator[Shown]:
    """The columns in the order in which the stricter kinds come first: the first of a name counts."""
    path, member = member_of(model, dataset.name)
    if member:
        yield Shown(member, _number(_column(member, _alias(path))), "member_id", "BIGINT")
    if dataset.time_column:
        yield Shown(dataset.time_column, _cast(_column(dataset.time_column, _ROW), "DATE"), "time", "DATE")
    dimensions = {name: column for name, column in dataset.columns.items() if name not in dataset.reached}
    if dataset.key and dataset.key not in dimensions.values():
        yield Shown(dataset.key, _column(dataset.key, _ROW), "event_id")
    for column in dimensions.values():
        yield _text(column, _column(column, _ROW))
    for column, _ in dataset.where:
        yield _text(column, _column(column, _ROW))
    yield from _measured(model, dataset, bridge)
    for name, way in dataset.reached.items():
        if not way.bridge or (bridge and way.bridge == bridge.name):
            yield _text(exposed(dataset, name), _column(way.column, _alias(way.path, way.bridge)))


def _measured(model: SemanticModel, dataset: Dataset, bridge: Bridge | None) -> Iterator[Shown]:
    used = [measure for measure in model.measures.values() if measure.dataset == dataset.name]
    for measure in used:
        for column, _ in measure.where:
            yield _text(column, _column(column, _ROW))
        if measure.flag:
            yield Shown(measure.flag, _cast(_column(measure.flag, _ROW), "INTEGER"), "ordinal", "INTEGER")
    for measure in used:
        if measure.column and measure.aggregation == "count_distinct":
            yield Shown(measure.column, _column(measure.column, _ROW), "event_id")
    for measure in used:
        if not measure.column:
            continue
        value = _column(measure.column, _ROW)
        yield Shown(measure.column, value, "measure")
        if bridge and bridge.weight and measure.aggregation == "sum":
            forth = _start(model, dataset, bridge)[1] == bridge.left
            whole = _cast(value.copy(), "DOUBLE")
            part = exp.Mul(this=whole, expression=_weight(bridge))
            yield Shown(f"{measure.column}{PART}", part if forth else whole, "measure")


def _number(member: exp.Expression) -> exp.Expression:
    """A number for an id: members are counted and told apart by it, and the id itself is not in the view."""
    hashed = exp.Mod(this=exp.func("hash", member.copy()), expression=exp.Literal.number(2**63))
    none = exp.Is(this=member, expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=none, true=exp.Null())], default=_cast(hashed, "BIGINT"))


def _weight(bridge: Bridge) -> exp.Expression:
    """The weight of a pair; a row without a pair is whole."""
    none = exp.Is(this=_column(bridge.left_column, _pair(bridge)), expression=exp.Null())
    weight = _column(bridge.weight, _pair(bridge))
    return exp.Case(ifs=[exp.If(this=none, true=exp.Literal.number(1))], default=weight)


def _text(name: str, value: exp.Expression) -> Shown:
    return Shown(name, _cast(value, "VARCHAR"), "dimension", "VARCHAR")


def _cast(value: exp.Expression, type_: str) -> exp.Expression:
    return exp.cast(value, type_, dialect="duckdb")


def _column(name: str, table: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))


def _alias(path: tuple[str, ...], bridge: str = "") -> str:
    """What a joined table is called in a view: the way to it, so that a table joined twice has two names."""
    return "__".join((bridge, *path) if bridge else path) or _ROW


def _pair(bridge: Bridge) -> str:
    return f"{bridge.name}__pairs"


def _table(name: str, alias: str) -> exp.Table:
    schema, _, table = name.rpartition(".")
    return exp.Table(
        this=exp.to_identifier(table, quoted=True),
        db=exp.to_identifier(schema or "main", quoted=True),
        catalog=exp.to_identifier(SOURCE),
        alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
    )


def _join(
    model: SemanticModel, body: exp.Select, dataset: Dataset, path: tuple[str, ...], bridge: str = ""
) -> None:
    """Adds the last dataset of a path; what comes before it on the path is there already."""
    before = path[:-1]
    owner = model.datasets[before[-1]] if before else dataset
    other = model.datasets[path[-1]]
    on = exp.EQ(
        this=_column(owner.joins[other.name], _alias(before, bridge)),
        expression=_column(other.key, _alias(path, bridge)),
    )
    body.join(_table(other.table, _alias(path, bridge)), on=on, join_type="left", copy=False)


def _start(model: SemanticModel, dataset: Dataset, bridge: Bridge) -> tuple[tuple[str, ...], str, str]:
    """The path to the near end of a bridge, the near dataset and the far one."""
    first = next(way.path[0] for way in dataset.reached.values() if way.bridge == bridge.name)
    near, far = (bridge.left, bridge.right) if first == bridge.right else (bridge.right, bridge.left)
    if near == dataset.name:
        return (), near, far
    path = min((path for path in paths_from(dataset.name, model.datasets) if path[-1] == near), key=len)
    return path, near, far


def _cross(model: SemanticModel, body: exp.Select, dataset: Dataset, bridge: Bridge) -> None:
    """Adds the pairs, each once, and what is joined beyond them. A row without a pair stays."""
    path, near, far = _start(model, dataset, bridge)
    columns = {bridge.left: bridge.left_column, bridge.right: bridge.right_column}
    pairs = exp.select(*(_column(column, _pair(bridge)) for column in columns.values()))
    if bridge.weight:
        total = exp.Sum(this=_column(bridge.weight, _pair(bridge)))
        pairs = pairs.select(exp.alias_(total, bridge.weight, quoted=True), copy=False)
    pairs = pairs.from_(_table(bridge.table, _pair(bridge)), copy=False)
    pairs = pairs.group_by(*(_column(column, _pair(bridge)) for column in columns.values()), copy=False)
    key = _column(model.datasets[near].key, _alias(path))
    on: exp.Expression = exp.EQ(this=key, expression=_column(columns[near], _pair(bridge)))
    once = pairs.subquery(exp.to_identifier(_pair(bridge), quoted=True), copy=False)
    body.join(once, on=on, join_type="left", copy=False)
    on = exp.EQ(
        this=_column(columns[far], _pair(bridge)),
        expression=_column(model.datasets[far].key, _alias((far,), bridge.name)),
    )
    body.join(_table(model.datasets[far].table, _alias((far,), bridge.name)), on=on, join_type="left", copy=False)
    beyond = {way.path for way in dataset.reached.values() if way.bridge == bridge.name}
    for step in _steps(beyond, 2):
        _join(model, body, dataset, step, bridge.name)
