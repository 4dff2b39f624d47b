"""Whole days: a timestamp of a member's event may be used only where the hour cannot matter."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.relations import Relations

_UNITS = frozenset(
    (
        "DAY",
        "WEEK",
        "MONTH",
        "QUARTER",
        "YEAR",
        "DECADE",
        "CENTURY",
        "DOW",
        "DOY",
        "ISODOW",
        "ISOYEAR",
        "DAYOFWEEK",
        "DAYOFYEAR",
        "DAYOFMONTH",
        "WEEKDAY",
        "WEEKOFYEAR",
        "YEARWEEK",
    )
)
_PARTS = (
    exp.Year,
    exp.Quarter,
    exp.Month,
    exp.Week,
    exp.WeekOfYear,
    exp.Day,
    exp.DayOfMonth,
    exp.DayOfWeek,
    exp.DayOfWeekIso,
    exp.DayOfYear,
    exp.Dayname,
    exp.Monthname,
    exp.LastDay,
    exp.TsOrDsToDate,
    exp.Date,
)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.NullSafeEQ, exp.NullSafeNEQ)
_MIDNIGHT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?")
_DAY_FORMAT = re.compile(r"(%[-]?[YyGmbBdjaAuwUWV]|[ ,./Qq-])*")


def keeps_whole_days(column: exp.Column, scope: Scope, relations: Relations) -> bool:
    """The timestamp is cut to a day or coarser, or compared with a day's first moment."""
    parent = column.parent
    if isinstance(parent, _COMPARISONS):
        others = [part for part in parent.iter_expressions() if id(part) != id(column)]
        return all(is_whole_day(other, scope, relations) for other in others)
    if isinstance(parent, exp.Is):
        return isinstance(parent.expression, exp.Null)
    return _cuts_to_days(parent)


def is_whole_day(node: exp.Expr, scope: Scope, relations: Relations) -> bool:
    """The expression is a date, or a timestamp that can only be midnight."""
    if isinstance(node, exp.Literal):
        return node.is_string and bool(_MIDNIGHT.fullmatch(node.name))
    if isinstance(node, exp.Column):
        return _is_date_column(node, scope, relations)
    if isinstance(node, exp.Placeholder):
        return _is_day_value(relations.statement.parameters.get(node.name))
    if isinstance(node, exp.CurrentDate | exp.Date | exp.TsOrDsToDate | exp.LastDay):
        return True
    if isinstance(node, exp.Cast):
        return node.to.this == exp.DataType.Type.DATE or is_whole_day(node.this, scope, relations)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return _unit(node) in _UNITS
    if isinstance(node, exp.Add | exp.Sub):
        return is_whole_day(node.this, scope, relations) and _is_days(node.expression)
    if isinstance(node, exp.Paren | exp.Max | exp.Min):
        return is_whole_day(node.this, scope, relations)
    return False


def _cuts_to_days(node: exp.Expr | None) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc | exp.DateDiff):
        return _unit(node) in _UNITS
    if isinstance(node, exp.Extract):
        return isinstance(node.this, exp.Var) and node.name.upper().rstrip("S") in _UNITS
    if isinstance(node, exp.TimeToStr):
        pattern = node.args.get("format")
        return isinstance(pattern, exp.Literal) and bool(_DAY_FORMAT.fullmatch(pattern.name))
    return isinstance(node, _PARTS)


def _unit(node: exp.Expr) -> str:
    """The unit as written in the text; one that a column supplies could be any."""
    unit = node.args.get("unit")
    if unit is None and isinstance(node, exp.DateDiff):
        return "DAY"
    return unit.name.upper().rstrip("S") if isinstance(unit, exp.Var | exp.Literal) else ""


def _is_days(node: exp.Expr) -> bool:
    if isinstance(node, exp.Interval):
        return _unit(node) in _UNITS and isinstance(node.this, exp.Literal) and node.this.name.isdigit()
    return isinstance(node, exp.Literal) and node.name.isdigit() and not node.is_string


def _is_date_column(column: exp.Column, scope: Scope, relations: Relations) -> bool:
    return relations.type_of(column, scope) == "DATE"


def _is_day_value(value: object) -> bool:
    if isinstance(value, str):
        return bool(_MIDNIGHT.fullmatch(value))
    return isinstance(value, date) and not isinstance(value, datetime)
