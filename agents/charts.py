"""Which chart suits a table: chosen from its shape, declared over its own columns, never code."""

from __future__ import annotations

from agents.answer import AnswerColumn, AnswerPart, Chart, ChartKind

MAX_BARS = 30
MAX_SERIES = 8
_THEN = {"before": "since", "after": "before"}  # of a fix, of a notice; else what was before is named after it


def charts_for(parts: list[AnswerPart]) -> list[Chart]:
    """A chart for each part that has something to draw; the first part's comes first."""
    return [chart for index, part in enumerate(parts) if (chart := chart_for(part, index))]


def chart_for(part: AnswerPart, index: int) -> Chart | None:
    """A line over time, bars by category, grouped bars for two dimensions or a comparison, else a stat."""
    if not part.rows:
        return None
    roles = {
        role: [c for c in part.columns if c.role == role] for role in ("time", "dimension", "metric", "derived")
    }
    measured = roles["metric"] or _computed(roles["derived"])
    if not measured:
        return None
    first = measured[0]
    at = part.columns.index(first)
    if part.suppressed and all(row[at] is None for row in part.rows):
        return None
    title = part.title or first.label or first.name

    def chart(kind: ChartKind, x: str, y: tuple[str, ...], series: str | None = None) -> Chart:
        return Chart(kind=kind, title=title, x=x, y=y, series=series, unit=first.unit, part=index)

    dimensions = roles["dimension"]
    within = (part.semantic_query or {}).get("limit_by")
    if within and len(part.rows) > 1 and len(part.rows) <= MAX_BARS * MAX_SERIES:
        # The first of each are bars beside each other, also those of each month: what leads changes.
        group = next(c for c in part.columns if c.name == within)
        ranked = next((c for c in dimensions if c is not group), None)
        return chart("grouped_bar", group.name, (first.name,), ranked.name if ranked else None)
    one_each = bool(dimensions) and _each_once(part, dimensions[0])
    if roles["time"] and len(part.rows) > 1 and not (one_each and _is_told_by(part, dimensions[0])):
        if _entangled(part, dimensions[:1]):
            return None
        return chart("line", roles["time"][0].name, _alike(first.name, measured, part), _series(part, dimensions))
    if not dimensions:
        return chart("stat", "", (first.name,)) if len(part.rows) == 1 else None
    if len(part.rows) > MAX_BARS * MAX_SERIES:
        return None
    then = _THEN.get(first.name, f"{first.name}__previous")
    if (len(dimensions) == 1 or one_each) and any(c.name == then for c in part.columns):
        return chart("grouped_bar", dimensions[0].name, (first.name, then))
    if one_each and not roles["metric"] and {c.unit for c in roles["derived"]} == {"usd"} and measured[1:]:
        return chart("grouped_bar", dimensions[0].name, tuple(c.name for c in measured))
    if len(dimensions) == 1 or one_each:
        return chart("bar", dimensions[0].name, (first.name,))
    return chart("grouped_bar", dimensions[0].name, (first.name,), dimensions[1].name)


def _computed(derived: list[AnswerColumn]) -> list[AnswerColumn]:
    """What to draw of computed columns: what a table leads with where that is a rate, else its money."""
    figures = [c for c in derived if c.unit]
    if figures and figures[0].unit == "rate":
        return figures[:1]
    return [c for c in derived if c.unit == "usd"]


def _is_told_by(part: AnswerPart, dimension: AnswerColumn) -> bool:
    """Whether rows are things with a day of their own rather than the days of a course: the name stands first."""
    return part.columns[0] == dimension


def _each_once(part: AnswerPart, dimension: AnswerColumn) -> bool:
    """Whether no value of a dimension comes twice, so that the others only describe it."""
    position = next(i for i, c in enumerate(part.columns) if c.name == dimension.name)
    return len({row[position] for row in part.rows}) == len(part.rows)


def _entangled(part: AnswerPart, told_apart_by: list[AnswerColumn]) -> bool:
    """Whether lines for these would each go through several rows of one day, of other dimensions' values."""
    keys = [i for i, c in enumerate(part.columns) if c.role == "time" or c in told_apart_by]
    return len({tuple(row[i] for i in keys) for row in part.rows}) < len(part.rows)


def _alike(name: str, measured: list[AnswerColumn], part: AnswerPart) -> tuple[str, ...]:
    """The metrics that share the first one's unit, so that one axis fits all."""
    unit = next(c.unit for c in part.columns if c.name == name)
    return tuple(c.name for c in part.columns if c in measured and c.unit == unit)


def _series(part: AnswerPart, dimensions: list[AnswerColumn]) -> str | None:
    names = [c.name for c in part.columns if c in dimensions]
    if not names:
        return None
    position = next(i for i, c in enumerate(part.columns) if c.name == names[0])
    return names[0] if len({row[position] for row in part.rows}) <= 50 else None
