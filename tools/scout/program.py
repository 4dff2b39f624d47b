"""What is scanned: the families of scan.yml, held against a semantic model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from semantic.availability import unavailable
from semantic.model import Metric, SemanticModel
from semantic.query import SemanticQuery
from tools.scout.cube import dimension_sets
from tools.scout.incident import Kind
from warehouse.errors import UsageError

FILE = Path(__file__).with_name("scan.yml")
OTHERS_DEPTH, OTHERS_LEAST = 2, 60


@dataclass(frozen=True)
class ScannedMetric:
    """A metric with how it is judged; see scan.yml."""

    metric: Metric
    kind: Kind
    after_days: int = 0
    open: str = ""
    delay: Mapping[str, str] = field(default_factory=dict)
    settled_with: str = ""
    dollars: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it is made of, the denominator's first."""
        weighted = (*self.metric.denominator, *self.metric.numerator)
        return tuple(dict.fromkeys(name for name, _ in weighted))


@dataclass(frozen=True)
class Family:
    """One cube: dimensions, the sets of them that are grouped by, and the metrics over it.

    `nested` are pairs of dimensions that are not combined, the second of which describes the first less finely.
    """

    name: str
    dimensions: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    least: float
    metrics: tuple[ScannedMetric, ...]
    nested: tuple[tuple[str, str], ...] = ()

    @property
    def fractions(self) -> frozenset[str]:
        """The measures that are sums of scores, not of events."""
        return frozenset(name for one in self.metrics if one.kind == "score" for name, _ in one.metric.numerator)

    def measures(self, semantic: SemanticModel) -> dict[str, tuple[str, ...]]:
        """The measures to read, by dataset, those that cells are counted by first."""
        found: dict[str, dict[str, None]] = {}
        for scanned in self.metrics:
            for name in (*scanned.measures, *((scanned.open,) if scanned.open else ())):
                found.setdefault(semantic.measures[name].dataset, {})[name] = None
        return {dataset: tuple(names) for dataset, names in found.items()}


@dataclass(frozen=True)
class Program:
    """All that is scanned. `lacking` says in sentences what the data at hand do not allow."""

    families: tuple[Family, ...]
    formulas: Mapping[str, str]
    stories: tuple[tuple[str, ...], ...]
    manners: frozenset[str] = frozenset()
    kin: Family | None = None
    lacking: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, frozenset[str]]:
        """By ratio, the scanned counts that it is a share of."""
        every = [entry for family in self.families for entry in family.metrics]
        counts = {entry.metric.numerator: entry.metric.name for entry in every if entry.kind == "count"}
        ratios = {e.metric.name: counts.get(e.metric.denominator) for e in every if e.kind != "count"}
        return {name: frozenset((count,)) for name, count in ratios.items() if count}

    def needed_by(self, family: Family) -> frozenset[str]:
        """The families of whose cubes something is judged with in this one, itself among them."""
        settling = {entry.settled_with for entry in family.metrics}
        others = (one.name for one in self.families if settling & {entry.metric.name for entry in one.metrics})
        return frozenset((family.name, *others))

    @property
    def metrics(self) -> int:
        """How many metrics are scanned, among which the bound on false incidents is shared."""
        return sum(len(family.metrics) for family in self.families)


@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def program(semantic: SemanticModel, missing: Mapping[str, Collection[str]]) -> Program:
    """What of scan.yml the model and the columns at hand allow.

    `missing` are the source columns that this warehouse was built without. A model with none of the names has its
    own counts and ratios scanned by its own dimensions, two at a time. Raises UsageError when there is nothing.
    """
    entries = _file()
    nested = [frozenset(group) for group in entries["nested"]]
    lacking: list[str] = []
    families = []
    for name, entry in entries["families"].items():
        family = _family(name, entry, nested, semantic, missing, lacking)
        if family is not None:
            families.append(family)
    if not families:
        families = _others(semantic)
    if not families:
        raise UsageError(
            "The semantic model has no metric that can be scanned by day.",
            next_step="Give a dataset a time column and a metric that is a sum, a count or a ratio of them.",
        )
    stories = tuple(tuple(story) for story in entries["stories"])
    kin = _kin(entries["kin"], semantic)
    manners = frozenset(entries["manners"])
    return Program(tuple(families), entries["dollars"], stories, manners, kin, tuple(dict.fromkeys(lacking)))


def _kin(entry: dict[str, Any], semantic: SemanticModel) -> Family | None:
    """A cube that tells which values go together."""
    metric, dimensions = semantic.metrics.get(entry["measure"]), tuple(entry["dimensions"])
    if metric is None or not set(dimensions) <= semantic.dimensions_of(metric.name):
        return None
    return Family("kin", dimensions, tuple(dimension_sets(dimensions, 2)), 1, (ScannedMetric(metric, "count"),))


def _family(
    name: str,
    entry: dict[str, Any],
    nested: list[frozenset[str]],
    semantic: SemanticModel,
    missing: Mapping[str, Collection[str]],
    lacking: list[str],
) -> Family | None:
    metrics = []
    for metric, how in entry["metrics"].items():
        if metric not in semantic.metrics:
            continue
        gaps = unavailable(semantic, SemanticQuery(metrics=(metric,)), missing)
        if gaps:
            lacking.append(f"{gaps[0].label} is not judged: the data lack {gaps[0].column}.")
        else:
            metrics.append(_scanned(semantic.metrics[metric], how))
    if not metrics:
        return None
    carried = frozenset.intersection(*(semantic.dimensions_of(m.metric.name) for m in metrics))
    judged = tuple(m.metric.name for m in metrics)
    kept = tuple(d for d in entry["dimensions"] if d in carried and not _is_missing(semantic, judged, d, missing))
    sets = dimension_sets(kept, entry["depth"], nested)
    anchors = frozenset(entry.get("anchors", ())) & frozenset(kept)
    if anchors:
        sets = [names for names in sets if len(names) < entry["depth"] or anchors & set(names)]
    groups = [[name for name in kept if name in group] for group in nested]
    pairs = tuple((group[0], coarser) for group in groups for coarser in group[1:])
    return Family(name, kept, tuple(sets), entry["least"], tuple(metrics), pairs)


def _is_missing(
    semantic: SemanticModel, metrics: tuple[str, ...], dimension: str, missing: Mapping[str, Collection[str]]
) -> bool:
    """Whether these metrics lack it: the service code of cost estimates is in their traces, not in the claims."""
    gaps = unavailable(semantic, SemanticQuery(metrics=metrics, dimensions=(dimension,)), missing)
    return any(gap.name == dimension for gap in gaps)


def _scanned(metric: Metric, how: Mapping[str, Any]) -> ScannedMetric:
    return ScannedMetric(metric, kind_of(metric), **how)


def kind_of(metric: Metric) -> Kind:
    """A count, a share of a whole, or a mean."""
    if not metric.denominator:
        return "count"
    parts = [weight for _, weight in metric.numerator]
    return "rate" if metric.unit == "rate" and all(weight > 0 for weight in parts) else "score"


def _others(semantic: SemanticModel) -> list[Family]:
    """A family for each dataset of a model that scan.yml knows nothing of."""
    families = []
    for name, dataset in semantic.datasets.items():
        if not dataset.time_column:
            continue
        metrics = [m for m in semantic.metrics.values() if _is_plain(semantic, m, name)]
        dimensions = tuple(d for d in dataset.columns if d not in dataset.reached)[:8]
        sets = tuple(dimension_sets(dimensions, OTHERS_DEPTH))
        if metrics:
            scanned = tuple(ScannedMetric(metric, kind_of(metric)) for metric in metrics)
            families.append(Family(name, dimensions, sets, OTHERS_LEAST, scanned))
    return families


def _is_plain(semantic: SemanticModel, metric: Metric, dataset: str) -> bool:
    """Sums and counts of one dataset, and ratios of them."""
    measures = [semantic.measures[name] for name, _ in (*metric.numerator, *metric.denominator)]
    if metric.per_day or metric.distinct or {m.dataset for m in measures} != {dataset}:
        return False
    if metric.unit == "usd" and not metric.denominator:
        return False
    return all(measure.aggregation in ("sum", "count") for measure in measures)
