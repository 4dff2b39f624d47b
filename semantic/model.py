"""The semantic model in memory: what the YAML under `semantic/models/` says, checked and indexed.

Everything that differs between companies is here as data: the planner, the compiler and the agents hold no
metric, dimension or value of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

Unit = Literal["count", "rate", "usd", "minutes", "days", "seconds", "score", "points", "percent"]
Polarity = Literal["higher", "lower", "neutral"]
VerifiedKind = Literal["query", "next_best_action", "impact"]
ActionView = Literal["ranked", "by_owner", "one_issue", "by_lever"]
ParameterType = Literal["limit", "period", "value", "metric", "percent"]
Aggregation = Literal["sum", "count", "count_distinct", "min", "max"]


@dataclass(frozen=True)
class Dataset:
    """A gold table, or the part of one, that measures are taken from. `columns` maps dimensions to columns.

    `where` restricts to rows of the part: (column, values), no values meaning "is not null". A table may be behind
    several datasets: `leaks` is the calls that leaked, with dimensions that other calls do not have. An empty
    `time_column` marks a state as of the snapshot (members today), which has no history. `member_column` holds the
    member's id where a row belongs to one member; `event` says in a word what a row is. `source` names the source
    table of the events where a dimension also comes from another one: what that one lacks is not missing here.

    `key` is the column that tells rows apart. `joins` maps datasets to the column here that holds their key (many
    rows here, one there), `paths` a dimension to the way to it where there are several ("policies.customers");
    `reached` are the dimensions that come by joins, which `columns` has too.
    """

    name: str
    table: str
    time_column: str
    grain: str
    columns: dict[str, str]
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    member_column: str = ""
    event: str = ""
    source: str = ""
    key: str = ""
    joins: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    reached: dict[str, Reached] = field(default_factory=dict)

    def is_part(self, dimension: str) -> bool:
        """Whether a row has several values of the dimension, each on a row of the table that it is spread over."""
        way = self.reached.get(dimension)
        return way is not None and bool(way.bridge) and not way.path


@dataclass(frozen=True)
class Reached:
    """A dimension that a dataset has by joins: over `path` (datasets, each with one row for a row before it).

    A `bridge` comes before the path and gives several rows for one. `column` is in the last dataset's table;
    without a path it is in the bridge's.
    """

    path: tuple[str, ...]
    column: str
    bridge: str = ""


@dataclass(frozen=True)
class Bridge:
    """A table of pairs: which rows of `left` belong to which of `right`, by their keys.

    A fact counts once for each value of a dimension beyond the bridge, however many pairs lead there. With a
    `weight` column (the weights of a left row add up to 1) sums are divided, otherwise each value gets the whole.
    Without a `right` the table has all columns of `left` too, a row of which is there once for each part of it.
    """

    name: str
    table: str
    left: str
    left_column: str
    right: str
    right_column: str
    weight: str = ""


@dataclass(frozen=True)
class Mart:
    """A smaller gold table equal to a dataset for the measures and dimensions it carries.

    `measures` maps measure names to columns that are summed; among the marts that can answer, the lowest
    `rows_rank` is read.
    """

    table: str
    dataset: str
    time_column: str
    columns: dict[str, str]
    measures: dict[str, str]
    rows_rank: int


@dataclass(frozen=True)
class Measure:
    """An aggregate over one dataset. `where` restricts to values of its columns, `flag` to rows where it is 1."""

    name: str
    dataset: str
    aggregation: Aggregation
    column: str | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    flag: str | None = None


@dataclass(frozen=True)
class Metric:
    """A governed number. Value = scale x sum(numerator) / sum(denominator), or just the numerator.

    `numerator` holds (measure, weight) pairs so that differences such as promoters minus detractors are one
    metric; `per_day` divides by the days of the period (then `scale` annualises). `distinct` marks counts whose
    parts do not add up. `requires` names optional source columns ("call_center.queue_wait_seconds") without
    which the number cannot be given.
    """

    name: str
    label: str
    description: str
    unit: Unit
    polarity: Polarity
    owner: str
    numerator: tuple[tuple[str, float], ...]
    denominator: tuple[tuple[str, float], ...] = ()
    scale: float = 1.0
    per_day: bool = False
    distinct: bool = False
    synonyms: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    notes: str = ""

    @property
    def additive(self) -> bool:
        """Whether parts add up to the whole: no ratio, no daily average, no distinct count."""
        return not (self.denominator or self.per_day or self.distinct)


@dataclass(frozen=True)
class Dimension:
    """A way to slice. `values` maps each declared governed value to its synonyms; data may hold more.

    `fallback` names the dimension that answers for this one where a metric does not have it; `within` the one in
    which its values lie, without which names may mean several (a county's state); `missing` is the
    value shown for rows that have none (a failure without an error code). `value_words` are words that reviewers
    have accepted for values, declared or not: they do not make a value known.
    """

    name: str
    label: str
    description: str
    owner: str
    synonyms: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    value_labels: dict[str, str] = field(default_factory=dict)
    fallback: str | None = None
    missing: str = ""
    requires: tuple[str, ...] = ()
    value_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    within: str = ""


@dataclass(frozen=True)
class CalendarEvent:
    """A yearly period people name (month-day to month-day), such as the annual enrollment period."""

    name: str
    start: tuple[int, int]
    end: tuple[int, int]
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """Something people plausibly ask for that the data cannot say: refused by name with the nearest metric."""

    name: str
    phrases: tuple[str, ...]
    reason: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Defaults:
    """What a question leaves open: 'where' and 'who' dimensions, money and impact metrics, noise words.

    `same_words` are groups of words that people use for one another inside the names of metrics and dimensions.
    """

    where_dimension: str = ""
    who_dimension: str = ""
    problem_dimension: str = ""
    money_metric: str = ""
    impact_metric: str = ""
    dimension_metric: dict[str, str] = field(default_factory=dict)
    noise_words: tuple[str, ...] = ()
    noise_phrases: tuple[str, ...] = ()
    same_words: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Parameter:
    """What a question may set in a verified query: rows, period, values of a dimension, metric, percentage.

    `default` holds what stands when a question does not say it, as texts: one, several values, or none.
    `dimension` is that of a `value`, `choices` are what a `metric` may be; a number is from `least` to `most`.
    """

    name: str
    type: ParameterType
    label: str
    default: tuple[str, ...] = ()
    dimension: str = ""
    choices: tuple[str, ...] = ()
    least: float = 1
    most: float = 100


@dataclass(frozen=True)
class VerifiedQuery:
    """A question an owner has checked. `query` is a semantic query as a mapping; its `time` may be a relative
    phrase ("today", "last 7 days") and `parts` lists further queries shown with it. A `next_best_action` is not
    answered by the query as it stands but by the recommended actions within its filters, seen by `view`: ranked,
    by owner, the issue that saves the most, or lever against lever. With
    `notices` those of benefit and cost changes are told as well, each beside the negative calls that followed it.

    `parameters` hold for the query and every part (`semantic.parameters`). `checked` is the day (ISO) on which its
    owner last checked it. A promoted one has the fingerprint of the `plan` that was approved, its
    `file`, and in `promotion` who proposed and approved it, when, and from which answer.

    `meaning` are the ideas that a question must say, each by one of its phrases, to be this query in words of its
    own; `aside` are phrases that may stand beside them and change nothing.
    """

    name: str
    title: str
    questions: tuple[str, ...]
    query: dict[str, object]
    parts: tuple[dict[str, object], ...] = ()
    parameters: dict[str, Parameter] = field(default_factory=dict)
    owner: str = ""
    checked: str = ""
    plan: str = ""
    file: str = ""
    promotion: dict[str, str] = field(default_factory=dict)
    follow_ups: tuple[str, ...] = ()
    note: str = ""
    kind: VerifiedKind = "query"
    view: ActionView = "ranked"
    notices: bool = False
    meaning: tuple[tuple[str, ...], ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class SemanticModel:
    """The whole model. Names are unique across metrics and dimensions; `version` is a content hash.

    `members_today` names the dataset with one row a member, as the member is today; empty when there is none.
    `as_of` names the dataset whose last day is today, for a warehouse that does not say it itself.
    """

    name: str
    version: str
    datasets: dict[str, Dataset]
    marts: tuple[Mart, ...]
    measures: dict[str, Measure]
    metrics: dict[str, Metric]
    dimensions: dict[str, Dimension]
    verified_queries: dict[str, VerifiedQuery]
    events: tuple[CalendarEvent, ...]
    topics: tuple[Topic, ...]
    defaults: Defaults
    spine: str = ""
    members_today: str = ""
    bridges: dict[str, Bridge] = field(default_factory=dict)
    as_of: str = ""

    def narrowed_by(self, columns: Iterable[str]) -> SemanticModel:
        """The model for somebody who sees only rows with certain values of these columns.

        A mart without one of them cannot be narrowed, so the figure is read from a larger table that has it.
        """
        needed = set(columns)
        kept = tuple(mart for mart in self.marts if needed <= set(mart.columns.values()))
        return self if len(kept) == len(self.marts) else replace(self, marts=kept)

    def bridge_of(self, dataset: str, dimensions: Iterable[str]) -> Bridge | None:
        """The bridge that a dataset crosses for dimensions, the first of several (which the compiler refuses)."""
        reached = self.datasets[dataset].reached
        names = [reached[name].bridge for name in dimensions if name in reached and reached[name].bridge]
        return self.bridges[names[0]] if names else None

    def divides(self, metric: str, measure: str, dimensions: Iterable[str]) -> bool:
        """Whether a measure of a metric is divided by a bridge's weights: a plain sum that is no count.

        Averages and ratios go by whole rows above and below; from right to left there are no weights.
        """
        used, known = self.measures[measure], self.metrics[metric]
        if known.denominator or known.unit == "count" or used.aggregation != "sum":
            return False
        reached = self.datasets[used.dataset].reached
        ways = [reached[name] for name in dimensions if name in reached and reached[name].bridge]
        crossed = [(self.bridges[way.bridge], way.path[0]) for way in ways if way.path]
        return any(bridge.weight and first == bridge.right for bridge, first in crossed)

    def adds_up_by(self, metric: str, dimensions: Iterable[str]) -> bool:
        """Whether the parts of a metric by these dimensions make up its whole.

        Not where a row counts for several values of a dimension beyond a bridge, unless its sum is divided.
        """
        names, known = tuple(dimensions), self.metrics[metric]
        whole = any(
            self.bridge_of(self.measures[measure].dataset, names) and not self.divides(metric, measure, names)
            for measure, _ in known.numerator
        )
        return self.adds_up(metric) and not whole

    @property
    def member_dimensions(self) -> frozenset[str]:
        """Dimensions that say who the member is: an event has them as of its day, a member as of today."""
        return frozenset(self.datasets[self.members_today].columns) if self.members_today else frozenset()

    def adds_up(self, metric: str) -> bool:
        """Whether the metric's parts make up its whole: sums and counts, and people without a history."""
        known = self.metrics[metric]
        dated = any(self.datasets[name].time_column for name in self.datasets_of(metric))
        return known.additive or (known.distinct and not known.denominator and not dated)

    def datasets_of(self, metric: str) -> frozenset[str]:
        """Names of the datasets that a metric's measures come from."""
        found = self._datasets.get(metric)
        if found is None:
            definition = self.metrics[metric]
            pairs = definition.numerator + definition.denominator
            found = self._datasets[metric] = frozenset(self.measures[name].dataset for name, _ in pairs)
        return found

    def dimensions_of(self, metric: str) -> frozenset[str]:
        """Dimensions that every dataset behind the metric carries: the ones it can be sliced by."""
        found = self._dimensions.get(metric)
        if found is None:
            definition = self.metrics[metric]
            measures = (self.measures[name] for name, _ in definition.numerator + definition.denominator)
            found = self._dimensions[metric] = frozenset.intersection(*(self._carried(one) for one in measures))
        return found

    def _carried(self, measure: Measure) -> frozenset[str]:
        """Sums do not go by the parts of a row: each part would get the whole of it."""
        dataset = self.datasets[measure.dataset]
        if not dataset.reached or measure.aggregation != "sum":
            return frozenset(dataset.columns)
        return frozenset(name for name in dataset.columns if not dataset.is_part(name))

    @cached_property
    def _datasets(self) -> dict[str, frozenset[str]]:
        return {}  # by metric, filled as they are asked for

    @cached_property
    def _dimensions(self) -> dict[str, frozenset[str]]:
        return {}
