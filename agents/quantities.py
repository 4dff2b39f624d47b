"""Numbers and days as people write them, and whether a cell or a day is what is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from agents.claims import MONTHS
from tools.outcome import PlainCell

_WORDS = {"zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
          "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
          "hundred": 100}  # fmt: skip
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_VALUE = re.compile(
    r"(?P<sign>[-+\u2212]?)(?P<money>[$\u20ac\u00a3]?)(?P<digits>\d[\d,]*(?:\.\d+)?)[ -]?(?P<unit>.*)"
)
_ABBREVIATED = {month[:3].lower(): i for i, month in enumerate(MONTHS.split("|"), start=1)}
_RATES = ("%", "percent", "percentage", "pp")
_DURATIONS = {"minute": "minutes", "second": "seconds", "day": "days", "week": "weeks", "point": "points"}
_FITS = {
    "usd": ("usd",),
    "rate": ("rate", "percent"),
    "plain": ("count", "score", "points", "", "minutes", "days", "seconds"),
    "count": ("count", ""),
}


@dataclass(frozen=True)
class Quantity:
    """A number as written: its value, half the weight of its last digit, and what kind of thing it counts."""

    value: float
    tolerance: float
    kind: str


def quantity_of(text: str) -> Quantity | None:
    """A written number: "$1.46M", "-0.65", "28.1%", "twelve". None when it is an ordinal or a vague word."""
    lowered = text.lower()
    if lowered in _WORDS:
        return Quantity(_WORDS[lowered], 0.0, "count")
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        return None
    digits, unit = match["digits"].replace(",", ""), match["unit"].strip().lower()
    scale = _SCALES.get(unit.split(" ")[0], 1.0) if unit else 1.0
    decimals = len(digits.partition(".")[2])
    value = float(digits) * scale * (-1 if match["sign"] in ("-", "\u2212") else 1)
    return Quantity(value, scale * 0.5 * 10**-decimals * 1.000001, _kind(match["money"], unit))


def _kind(money: str, unit: str) -> str:
    if money or unit.startswith(("dollar", "cent")):
        return "usd"
    if unit.startswith(_RATES):
        return "rate"
    return next((kind for word, kind in _DURATIONS.items() if unit.startswith(word)), "plain")


def fits(quantity: Quantity, cell: PlainCell, unit: str, role: str = "metric") -> bool:
    """Whether a cell with this unit is written so; without its sign where words say that ("down 5%")."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    if unit not in _FITS.get(quantity.kind, (quantity.kind,)):
        return False
    value = cell * 100 if unit == "rate" else float(cell)
    if role not in ("metric", "dimension") and quantity.value >= 0:
        value = abs(value)
    return abs(value - quantity.value) <= quantity.tolerance


def same_date(text: str, day: date) -> bool:
    """Whether a written date, as far as it goes, is that day."""
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
    if iso:
        return text == day.isoformat()
    quarter = re.fullmatch(r"[Qq]([1-4])(?: (\d{4}))?", text)
    if quarter:
        return (day.month - 1) // 3 + 1 == int(quarter[1]) and quarter[2] in (None, str(day.year))
    words = [word[:3].lower() for word in re.findall(r"[A-Za-z]{3,}", text)]
    month = next((_ABBREVIATED[word] for word in words if word in _ABBREVIATED), None)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    years = [number for number in numbers if number > 31]
    days = [number for number in numbers if number <= 31]
    return month == day.month and years in ([], [day.year]) and days in ([], [day.day])
