"""Figures as the dashboard writes them: abbreviated to line up, with the full value beside for whoever asks."""

from __future__ import annotations

from tools.outcome import PlainCell

_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_UNITS = {"minutes": " min", "seconds": " s", "days": " days", "weeks": " weeks", "points": " pt"}
NOTHING = "\u2013"
IN_POINTS = "change of a rate"  # percentage points: 60.5% after 62.4% is no fall of 1.9%


def short(value: PlainCell, unit: str) -> str:
    """Three or four figures: 5,000; $40.0K; 23.6%; 9.9 min; -0.65."""
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    sign, size = ("\u2212" if value < 0 else ""), abs(float(value))
    if unit == IN_POINTS:
        return f"{sign}{size * 100:.1f} pp"
    if unit == "rate":
        return f"{sign}{size * 100:.1f}%"
    if unit == "usd":
        return f"{sign}${_abbreviated(size, 1000, 2)}"
    if unit in ("count", "") and (unit or size.is_integer()):
        return f"{sign}{_abbreviated(size, 100_000, 1)}"
    if unit in ("days", "weeks") and size.is_integer():  # as in the chat: 8 days, not 8.0
        return f"{sign}{size:,.0f}{_UNITS[unit] if size != 1 else _UNITS[unit].removesuffix('s')}"
    if unit in _UNITS:
        return f"{sign}{size:,.1f}{_UNITS[unit]}"
    return f"{sign}{size:,.2f}"


def _abbreviated(size: float, above: float, digits: int) -> str:
    """A size in thousands or millions from a bound on, else whole with separators."""
    if size < above:
        return f"{size:,.0f}" if size >= 10 or size.is_integer() else f"{size:,.{digits}f}"
    for step, letter in _STEPS:
        if size >= step * 0.9995:
            scaled = size / step
            return (
                f"{scaled:.0f}{letter}" if scaled >= 99.95 else f"{scaled:.{2 if letter != 'K' else 1}f}{letter}"
            )
    return f"{size:,.0f}"


def full(value: PlainCell, unit: str) -> str:
    """The whole value, for the hover and the table: 30,265; $242,120.00; 23.550%."""
    if value is None:
        return "no value"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit in ("rate", IN_POINTS):
        return f"{value * 100:,.3f}{'%' if unit == 'rate' else ' percentage points'}"
    if unit == "usd":
        return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.4f}".rstrip("0")


def signed(value: PlainCell, unit: str = "rate") -> str:
    """A change with its sign: +14.0%, \u22120.3%, 0.0%."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        text = short(value, unit)
        return text if text.strip("0.%$ p") == "" else f"+{text}"
    return short(value, unit)


def change_of(metric: str, unit: str) -> str:
    """The column that says how a metric moved: a rate by percentage points, anything else as a part of it."""
    return f"{metric}__change" if unit == "rate" else f"{metric}__change_pct"
