"""Turns the blocks of the model's YAML files into typed entries and notes every name they refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from semantic.model import (
    ActionView,
    Aggregation,
    Bridge,
    CalendarEvent,
    Dataset,
    Defaults,
    Dimension,
    Mart,
    Measure,
    Metric,
    Parameter,
    ParameterType,
    Polarity,
    Reached,
    Topic,
    Unit,
    VerifiedKind,
    VerifiedQuery,
)
from semantic.reading import Block, Place, Problems

Kind = Literal["dataset", "measure", "metric", "dimension", "dimension set", "bridge"]


@dataclass(frozen=True)
class Reference:
    """A name used at a place; the checks resolve it when everything has been read."""

    kind: Kind
    name: str
    place: Place


@dataclass
class Draft:
    """What has been read so far from all files."""

    problems: Problems
    name: str = ""
    spine: str = ""
    members_today: str = ""
    as_of: str = ""
    dimension_sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    marts: list[Mart] = field(default_factory=list)
    measures: dict[str, Measure] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    verified_queries: dict[str, VerifiedQuery] = field(default_factory=dict)
    events: list[CalendarEvent] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    defaults: Defaults = field(default_factory=Defaults)
    references: list[Reference] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def refer(self, kind: Kind, name: str, place: Place) -> None:
        self.references.append(Reference(kind, name, place))

    def claim(self, name: str, kind: str, block: Block) -> None:
        """Takes a name for one kind of entry; a second taker is a problem."""
        key = f"{kind} {name}"
        if key in self.places:
            self.problems.add(block.place, f"the {kind} '{name}' is already defined at {self.places[key]}")
        self.places[key] = block.place


def read_file(block: Block, draft: Draft) -> None:
    """Reads every section that a file may hold."""
    draft.name = block.text("model", draft.name)
    draft.spine = block.text("spine", draft.spine)
    if "members_today" in block:
        draft.members_today = block.text("members_today")
        draft.refer("dataset", draft.members_today, block.place_of("members_today"))
    if "as_of" in block:
        draft.as_of = block.text("as_of")
        draft.refer("dataset", draft.as_of, block.place_of("as_of"))
        draft.places["as_of"] = block.place_of("as_of")
    sets = block.block("dimension_sets")
    for name in sets.names():
        draft.dimension_sets[name] = sets.texts(name)
        for dimension in sets.texts(name):
            draft.refer("dimension", dimension, sets.place_of(name))
    for section, read in (
        ("datasets", _dataset),
        ("bridges", _bridge),
        ("dimensions", _dimension),
        ("metrics", _metric),
        ("verified_queries", _verified_query),
        ("events", _event),
        ("topics", _topic),
    ):
        entries = block.block(section)
        for name in entries.names():
            read(name, entries.block(name), draft)
    for mart in block.blocks("marts"):
        _mart(mart, draft)
    if "defaults" in block:
        _defaults(block.block("defaults"), draft)
    block.finish()


def _dataset(name: str, block: Block, draft: Draft) -> None:
    draft.claim(name, "dataset", block)
    columns: dict[str, str] = {}
    for group in block.texts("dimension_sets"):
        draft.refer("dimension set", group, block.place_of("dimension_sets"))
        columns |= {dimension: dimension for dimension in draft.dimension_sets.get(group, ())}
    own = block.named("dimensions")
    for dimension in own:
        draft.refer("dimension", dimension, block.place_of("dimensions"))
    measures = block.block("measures")
    for measure in measures.names():
        _measure(measure, name, measures.block(measure), draft)
    key = block.text("key", "")
    spread = _spread(name, key, block.block("spread"), draft) if "spread" in block else {}
    draft.datasets[name] = Dataset(
        name=name,
        table=block.text("table"),
        time_column=block.text("time", ""),
        grain=block.text("grain"),
        columns={dimension: way.column for dimension, way in spread.items()} | columns | own,
        where=_where(block.block("where")),
        member_column=block.text("member", ""),
        event=block.text("event", ""),
        source=block.text("source", ""),
        key=key,
        joins=_joins(name, block, draft),
        paths=_paths(name, block, draft),
        reached=spread,
    )
    block.finish()


def _spread(name: str, key: str, block: Block, draft: Draft) -> dict[str, Reached]:
    """The table that has a row of the dataset once for each part of it: a bridge that needs no far side."""
    dimensions = block.named("dimensions")
    for dimension in dimensions:
        draft.refer("dimension", dimension, block.place_of("dimensions"))
    if not key:
        draft.problems.add(block.place, f"'{name}' is spread over several rows and needs a 'key'")
    bridge = f"{name}_spread"
    draft.claim(bridge, "bridge", block)
    draft.bridges[bridge] = Bridge(bridge, block.text("table"), name, key, "", "")
    block.finish()
    return {dimension: Reached((), column, bridge) for dimension, column in dimensions.items()}


def _joins(name: str, block: Block, draft: Draft) -> dict[str, str]:
    joins = block.block("joins")
    draft.places[f"joins {name}"] = block.place_of("joins")
    for other in joins.names():
        draft.refer("dataset", other, joins.place_of(other))
    return {other: joins.text(other) for other in joins.names()}


def _paths(name: str, block: Block, draft: Draft) -> dict[str, str]:
    paths = block.block("paths")
    for dimension in paths.names():
        draft.refer("dimension", dimension, paths.place_of(dimension))
        draft.places[f"path {name} {dimension}"] = paths.place_of(dimension)
    return {dimension: paths.text(dimension) for dimension in paths.names()}


def _bridge(name: str, block: Block, draft: Draft) -> None:
    """`join: {left dataset: column, right dataset: column}`: pairs of keys."""
    draft.claim(name, "bridge", block)
    join = block.block("join")
    ends = [(dataset, join.text(dataset)) for dataset in join.names()]
    for dataset, _ in ends:
        draft.refer("dataset", dataset, join.place_of(dataset))
    table, weight = block.text("table"), block.text("weight", "")
    if len(ends) != 2:
        draft.problems.add(block.place, f"the bridge '{name}' must join two datasets, each by its column here")
    else:
        draft.bridges[name] = Bridge(name, table, *ends[0], *ends[1], weight)
    block.finish()


def _measure(name: str, dataset: str, block: Block, draft: Draft) -> None:
    draft.claim(name, "measure", block)
    aggregation = block.choice("aggregate", get_args(Aggregation))
    column = block.text("column", "")
    if not column and aggregation != "count":
        draft.problems.add(block.place, f"the measure '{name}' needs a column")
    draft.measures[name] = Measure(
        name=name,
        dataset=dataset,
        aggregation=cast(Aggregation, aggregation),
        column=column or None,
        where=_where(block.block("where")),
        flag=block.text("flag", "") or None,
    )
    block.finish()


def _where(block: Block) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((column, block.texts(column)) for column in block.names())


def _mart(block: Block, draft: Draft) -> None:
    dataset = block.text("dataset")
    columns, measures = block.named("dimensions"), block.named("measures")
    draft.refer("dataset", dataset, block.place)
    for dimension in columns:
        draft.refer("dimension", dimension, block.place_of("dimensions"))
    for measure in measures:
        draft.refer("measure", measure, block.place_of("measures"))
    draft.marts.append(
        Mart(block.text("table"), dataset, block.text("time"), columns, measures, int(block.number("rank", 1)))
    )
    block.finish()


def _dimension(name: str, block: Block, draft: Draft) -> None:
    draft.claim(name, "name", block)
    values = block.block("values")
    fallback = block.text("fallback", "")
    if fallback:
        draft.refer("dimension", fallback, block.place_of("fallback"))
    within = block.text("within", "")
    if within == name:
        draft.problems.add(block.place_of("within"), f"'{name}' cannot lie within itself")
    elif within:
        draft.refer("dimension", within, block.place_of("within"))
    labels = block.block("value_labels")
    draft.dimensions[name] = Dimension(
        name=name,
        label=block.text("label"),
        description=block.text("description"),
        owner=block.text("owner"),
        synonyms=block.texts("synonyms"),
        values={value: values.texts(value) for value in values.names()},
        value_labels={value: labels.text(value) for value in labels.names()},
        fallback=fallback or None,
        missing=block.text("missing", ""),
        requires=block.texts("requires"),
        within=within,
    )
    for value in labels.names():
        if value not in values:
            draft.problems.add(labels.place_of(value), f"'{value}' has a label but is no value of '{name}'")
    block.finish()


def _metric(name: str, block: Block, draft: Draft) -> None:
    draft.claim(name, "name", block)
    numerator, denominator = _weighted("numerator", block, draft), _weighted("denominator", block, draft)
    siblings = block.texts("siblings")
    for sibling in siblings:
        draft.refer("metric", sibling, block.place_of("siblings"))
    if not numerator:
        draft.problems.add(block.place, f"the metric '{name}' has no numerator")
    draft.metrics[name] = Metric(
        name=name,
        label=block.text("label"),
        description=block.text("description"),
        unit=cast(Unit, block.choice("unit", get_args(Unit))),
        polarity=cast(Polarity, block.choice("polarity", get_args(Polarity))),
        owner=block.text("owner"),
        numerator=numerator,
        denominator=denominator,
        scale=block.number("scale", 1.0),
        per_day=block.choice("per_day", ("true", "false"), "false") == "true",
        synonyms=block.texts("synonyms"),
        siblings=siblings,
        requires=block.texts("requires"),
        notes=block.text("notes", ""),
    )
    block.finish()


def _weighted(key: str, block: Block, draft: Draft) -> tuple[tuple[str, float], ...]:
    """One measure, a list of measures, or `{measure: weight}`."""
    pairs = []
    for measure, weight in block.named(key).items():
        draft.refer("measure", measure, block.place_of(key))
        try:
            pairs.append((measure, 1.0 if weight == measure else float(weight)))
        except ValueError:
            draft.problems.add(block.place_of(key), f"the weight of '{measure}' must be a number, not '{weight}'")
    return tuple(pairs)


def _verified_query(name: str, block: Block, draft: Draft) -> None:
    draft.claim(name, "verified query", block)
    query = _mapping(block, "query", draft)
    parts = tuple(_semantic_query(part, draft) for part in block.blocks("parts"))
    parameters, promotion = block.block("parameters"), block.block("promotion")
    draft.verified_queries[name] = VerifiedQuery(
        name=name,
        title=block.text("title"),
        questions=block.texts("questions"),
        query=query,
        parts=parts,
        parameters={key: _parameter(name, key, parameters.block(key), draft) for key in parameters.names()},
        owner=block.text("owner"),
        checked=block.text("checked", ""),
        plan=block.text("plan", ""),
        file=block.place.file,
        promotion={key: promotion.text(key) for key in promotion.names()},
        follow_ups=block.texts("follow_ups"),
        note=block.text("note", ""),
        kind=cast(VerifiedKind, block.choice("kind", get_args(VerifiedKind), "query")),
        view=cast(ActionView, block.choice("view", get_args(ActionView), "ranked")),
        notices=block.choice("notices", ("true", "false"), "false") == "true",
        meaning=_ideas(block, draft),
        aside=block.texts("aside"),
    )
    if not draft.verified_queries[name].questions:
        draft.problems.add(block.place, f"the verified query '{name}' has no example questions")
    block.finish()


def _ideas(block: Block, draft: Draft) -> tuple[tuple[str, ...], ...]:
    """Lists of phrases, each list one idea."""
    ideas = block.plain("meaning") if "meaning" in block else []
    lists = [idea for idea in ideas if isinstance(idea, list) and idea] if isinstance(ideas, list) else []
    if not isinstance(ideas, list) or len(lists) < len(ideas):
        draft.problems.add(block.place_of("meaning"), "'meaning' must be a list of lists of phrases")
        return ()
    return tuple(tuple(str(phrase) for phrase in idea) for idea in lists)


def _parameter(query: str, name: str, block: Block, draft: Draft) -> Parameter:
    """`{type: limit, default: 3}`; a `value` is of the dimension that it is called after, or names another."""
    type_ = block.choice("type", get_args(ParameterType))
    dimension = block.text("dimension", name) if type_ == "value" else ""
    if dimension:
        draft.refer("dimension", dimension, block.place_of("dimension"))
    choices = block.texts("choices") if type_ == "metric" else ()
    for metric in choices:
        draft.refer("metric", metric, block.place_of("choices"))
    draft.places[f"parameter {query} {name}"] = block.place
    most = {"limit": 50, "percent": 100}.get(type_, 0)
    made = Parameter(
        name=name,
        type=cast(ParameterType, type_),
        label=block.text("label", ""),
        default=tuple(block.named("default")),
        dimension=dimension,
        choices=choices,
        least=block.number("least", 1) if most else 0,
        most=block.number("most", most) if most else 0,
    )
    block.finish()
    return made


def _mapping(block: Block, key: str, draft: Draft) -> dict[str, object]:
    if key not in block:
        draft.problems.add(block.place, f"'{key}' is missing")
    return _semantic_query(block.block(key), draft)


def _semantic_query(block: Block, draft: Draft) -> dict[str, object]:
    """A semantic query as a mapping, its names noted for the checks."""
    for metric in block.texts("metrics"):
        draft.refer("metric", metric, block.place_of("metrics"))
    for dimension in block.texts("dimensions"):
        draft.refer("dimension", dimension, block.place_of("dimensions"))
    for item in block.blocks("filters"):
        draft.refer("dimension", item.text("dimension"), item.place)
    for item in block.blocks("having"):
        draft.refer("metric", item.text("metric"), item.place)
    return {key: block.plain(key) for key in block.names()}


def _event(name: str, block: Block, draft: Draft) -> None:
    start, end = _month_day("start", block, draft), _month_day("end", block, draft)
    draft.events.append(CalendarEvent(name, start, end, block.texts("synonyms")))
    block.finish()


def _month_day(key: str, block: Block, draft: Draft) -> tuple[int, int]:
    text = block.text(key)
    month, _, day = text.partition("-")
    if month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        return int(month), int(day)
    draft.problems.add(block.place_of(key), f"'{key}' must be a month and a day such as 10-15, not '{text}'")
    return 1, 1


def _topic(name: str, block: Block, draft: Draft) -> None:
    nearest = block.texts("nearest")
    for metric in nearest:
        draft.refer("metric", metric, block.place_of("nearest"))
    draft.topics.append(Topic(name, block.texts("phrases"), block.text("reason"), nearest))
    block.finish()


def _defaults(block: Block, draft: Draft) -> None:
    def named(key: str, kind: Kind) -> str:
        name = block.text(key, "")
        if name:
            draft.refer(kind, name, block.place_of(key))
        return name

    by_dimension = block.block("dimension_metric")
    for dimension in by_dimension.names():
        draft.refer("dimension", dimension, by_dimension.place_of(dimension))
        draft.refer("metric", by_dimension.text(dimension), by_dimension.place_of(dimension))
    draft.defaults = Defaults(
        where_dimension=named("where_dimension", "dimension"),
        who_dimension=named("who_dimension", "dimension"),
        problem_dimension=named("problem_dimension", "dimension"),
        money_metric=named("money_metric", "metric"),
        impact_metric=named("impact_metric", "metric"),
        dimension_metric={name: by_dimension.text(name) for name in by_dimension.names()},
        noise_words=block.texts("noise_words"),
        noise_phrases=block.texts("noise_phrases"),
        same_words=tuple(tuple(part.strip() for part in line.split(",")) for line in block.texts("same_words")),
    )
    block.finish()
