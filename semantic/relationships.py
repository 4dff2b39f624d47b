"""How datasets hang together: which dimensions each reaches by joins, and which way, when there are several.

A join goes from many rows to one (a claim has one policy), so it multiplies nothing and may be followed as far as
it leads. A bridge gives several rows for one (a policy has several agents) and is crossed at most once. A way back
from one to many is never taken: the measures of each dataset are summed by themselves, at their own grain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from semantic.model import Bridge, Dataset, Reached
from semantic.parsing import Draft
from semantic.reading import did_you_mean

Datasets = Mapping[str, Dataset]
Bridges = Mapping[str, Bridge]


def with_reached(datasets: Datasets, bridges: Bridges) -> dict[str, Dataset]:
    """The datasets with the dimensions that they reach: their own first, then by joins, then beyond a bridge.

    Where several ways lead to a dimension and none is chosen, the first is taken; the loader refuses such a model.
    """
    found = {}
    for name, dataset in datasets.items():
        reached = {
            dimension: _chosen(dataset, dimension, ways)
            for dimension, ways in ways_to_dimensions(name, datasets, bridges).items()
        }
        columns = dataset.columns | {dimension: dimension for dimension in reached}
        found[name] = replace(dataset, reached=dataset.reached | reached, columns=columns)
    return found


def ways_to_dimensions(name: str, datasets: Datasets, bridges: Bridges) -> dict[str, list[Reached]]:
    """The ways to each dimension that a dataset does not have itself; over a bridge only where no join leads."""
    plain: dict[str, list[Reached]] = {}
    for path in paths_from(name, datasets):
        _add(plain, path, "", datasets)
    beyond: dict[str, list[Reached]] = {}
    starts: dict[str, tuple[str, ...]] = {name: (), **{path[-1]: path for path in paths_from(name, datasets)}}
    for bridge in bridges.values():
        for near, far in ((bridge.left, bridge.right), (bridge.right, bridge.left)):
            if near in starts and far in datasets and far not in starts:
                for path in ((far,), *((far, *rest) for rest in paths_from(far, datasets))):
                    _add(beyond, path, bridge.name, datasets)
    own = datasets[name].columns
    return {d: ways for d, ways in {**beyond, **plain}.items() if d not in own}


def paths_from(name: str, datasets: Datasets, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of joins, each at most once through a dataset, the shorter ones before their continuations."""
    for other in datasets[name].joins:
        if other in datasets and other != name and other not in seen:
            yield (other,)
            for rest in paths_from(other, datasets, (*seen, name)):
                yield (other, *rest)


def _add(ways: dict[str, list[Reached]], path: tuple[str, ...], bridge: str, datasets: Datasets) -> None:
    for dimension, column in datasets[path[-1]].columns.items():
        ways.setdefault(dimension, []).append(Reached(path, column, bridge))


def written(way: Reached) -> str:
    """The way as `paths` names it: policies.customers, or policy_agents.agents over a bridge."""
    return ".".join((way.bridge, *way.path) if way.bridge else way.path)


def _chosen(dataset: Dataset, dimension: str, ways: list[Reached]) -> Reached:
    wanted = dataset.paths.get(dimension)
    return next((way for way in ways if written(way) == wanted), ways[0])


def relationships_are_sound(draft: Draft) -> None:
    """Adds a problem for a join without a key, a circle, and every dimension with several ways and no choice."""
    before = len(draft.problems.found)
    for name, dataset in draft.datasets.items():
        _joins_have_keys(name, dataset, draft)
    for bridge in draft.bridges.values():
        _bridge_is_sound(bridge, draft)
    if len(draft.problems.found) == before:
        for name in draft.datasets:
            _ways_are_clear(name, draft)


def _joins_have_keys(name: str, dataset: Dataset, draft: Draft) -> None:
    place = draft.places[f"joins {name}"]
    for other in dataset.joins:
        known = draft.datasets.get(other)
        if known is not None and not known.key:
            draft.problems.add(place, f"'{name}' joins '{other}', which has no 'key' that tells its rows apart")
        back = other == name or (known and any(path[-1] == name for path in paths_from(other, draft.datasets)))
        if back:
            draft.problems.add(place, f"the joins of '{name}' lead in a circle over '{other}'")


def _bridge_is_sound(bridge: Bridge, draft: Draft) -> None:
    place = draft.places[f"bridge {bridge.name}"]
    for end in (bridge.left, bridge.right):
        known = draft.datasets.get(end)
        if known is not None and not known.key:
            draft.problems.add(place, f"the bridge '{bridge.name}' joins '{end}', which has no 'key'")
        if end not in draft.datasets:
            continue
        for name, dataset in draft.datasets.items():
            starts = name == end or any(path[-1] == end for path in paths_from(name, draft.datasets))
            measured = any(measure.dataset == name for measure in draft.measures.values())
            if starts and measured and not dataset.key:
                draft.problems.add(
                    draft.places[f"dataset {name}"],
                    f"'{name}' is counted over the bridge '{bridge.name}' and needs a 'key'",
                )


def _ways_are_clear(name: str, draft: Draft) -> None:
    dataset = draft.datasets[name]
    ways = ways_to_dimensions(name, draft.datasets, draft.bridges)
    for dimension, wanted in dataset.paths.items():
        choices = [written(way) for way in ways.get(dimension, ())]
        if wanted not in choices:
            place = draft.places[f"path {name} {dimension}"]
            hint = did_you_mean(wanted, choices) or (f"; there is {', '.join(choices)}" if choices else "")
            draft.problems.add(place, f"no join leads from '{name}' over '{wanted}' to '{dimension}'{hint}")
    for dimension, several in ways.items():
        if len(several) > 1 and dimension not in dataset.paths:
            named = ", ".join(written(way) for way in several)
            draft.problems.add(
                draft.places[f"joins {name}"],
                f"several joins lead from '{name}' to '{dimension}': {named}; "
                f"choose one under 'paths', such as {dimension}: {written(several[0])}",
            )
