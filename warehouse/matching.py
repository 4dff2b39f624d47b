"""How the rows of one table are matched in two snapshots: the SQL that counts and lists their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from warehouse.reading import quoted
from warehouse.side_by_side import Side

_IMAGES = "(VALUES ('delete', 0), ('update_preimage', 1), ('update_postimage', 2), ('insert', 3))"
_IS_IMAGE = (
    "CASE WHEN n._here IS NULL THEN image._rank = 0 WHEN o._here IS NULL THEN image._rank = 3 "
    "ELSE image._rank IN (1, 2) END"
)
_BOTH = "o._here IS NOT NULL AND n._here IS NOT NULL"
# A sum of floating-point numbers depends on the order of adding: less than this, of 1 or more, is no change.
_NOISE = "1e-12"
_NOWHERE = Side((), {})


class Matching:
    """One table of an older and a newer snapshot, matched by its grain.

    Only columns that both have decide whether a row changed. A dictionary type counts as text, a column whose type
    differs is compared as text, and floating-point numbers that differ by rounding alone are the same. Without the
    whole grain on both sides no row matches another.
    """

    def __init__(self, grain: Sequence[str], older: Side | None, newer: Side | None) -> None:
        self._sides = {"o": older or _NOWHERE, "n": newer or _NOWHERE}
        self._olds, self._news = (_data_types(side) for side in self._sides.values())
        self.columns = [*self._news, *(name for name in self._olds if name not in self._news)]
        self.common = [name for name in self._news if name in self._olds]
        one_sided = older is None or newer is None
        self.same_grain = one_sided or set(grain) <= set(self.common)
        self._grain = [name for name in grain if name in self.columns]
        self.compared = [name for name in self.common if name not in self._grain or not self.same_grain]
        self._types = {name: self._type(name) for name in self.columns}

    def columns_changed(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Columns that only the newer table has, only the older one, and of another type in both."""
        if not self._olds or not self._news:
            return (), (), ()
        return (
            tuple(name for name in self._news if name not in self._olds),
            tuple(name for name in self._olds if name not in self._news),
            tuple(name for name in self.common if self._olds[name] != self._news[name]),
        )

    def is_date(self, name: str) -> bool:
        """Whether a column holds days in both."""
        return self._types.get(name) == "DATE"

    def counting(self, day: str | None) -> str:
        """One row: inserted, updated, deleted, days of changed rows, then whether each compared column changed.

        `day` is the column that says the day of a row; without one the days are NULL.
        """
        days = ", ".join(f'list(DISTINCT CAST({side}."{day}" AS DATE))' for side in "on")
        return self._query(
            [
                "count(*) FILTER (o._here IS NULL)",
                f"count(*) FILTER ({_BOTH})",
                "count(*) FILTER (n._here IS NULL)",
                f"list_concat({days})" if day else "NULL",
                *(f"coalesce(bool_or({_BOTH} AND {self._differs(name)}), false)" for name in self.compared),
            ]
        )

    def feed(self, older_id: str, newer_id: str) -> str:
        """Every image: its type, the names of the changed columns, both ids, the table's columns; in order."""
        names = [f"CASE WHEN {_BOTH} AND {self._differs(name)} THEN {quoted(name)} END" for name in self.compared]
        listed = f"nullif(concat_ws(', ', {', '.join(names)}), '')" if names else "CAST(NULL AS VARCHAR)"
        images = [
            f'CASE WHEN image._rank < 2 THEN o."{name}" ELSE n."{name}" END AS "{name}"' for name in self.columns
        ]
        chosen = [
            "image._change_type",
            f"{listed} AS _changed_columns",
            f"{quoted(older_id)} AS _from_snapshot",
            f"{quoted(newer_id)} AS _to_snapshot",
            *images,
        ]
        order = ", ".join(str(len(chosen) - len(images) + 1 + self.columns.index(name)) for name in self._grain)
        return (
            self._query(chosen, f" CROSS JOIN {_IMAGES} AS image(_change_type, _rank)", f" AND {_IS_IMAGE}")
            + f" ORDER BY {order}{', ' if order else ''}image._rank"
        )

    def _query(self, chosen: Sequence[str], joined: str = "", condition: str = "") -> str:
        keys = [f'o."{name}" IS NOT DISTINCT FROM n."{name}"' for name in self._grain if self.same_grain]
        differs = " OR ".join(["o._here IS NULL", "n._here IS NULL", *map(self._differs, self.compared)])
        on = " AND ".join(["o._here = n._here", *keys])
        return (
            f"WITH o AS ({self._source('o', 0)}), n AS ({self._source('n', int(not self.same_grain))}) "
            f"SELECT {', '.join(chosen)} FROM o FULL OUTER JOIN n ON {on}{joined} "
            f"WHERE ({differs}){condition}"
        )

    def _source(self, side: str, here: int) -> str:
        """The rows of one side with every column cast; `_here` differs between sides whose rows match no other."""
        known = self._sides[side].columns
        cells = [
            f'CAST({_named(name) if name in known else "NULL"} AS {type_}) AS "{name}"'
            for name, type_ in self._types.items()
        ]
        select = f"SELECT {', '.join([f'{here} AS _here', *cells])}"
        parts = self._sides[side].parts
        if parts:
            return " UNION ALL ".join(f"{select} FROM {part}" for part in parts)
        return f"SELECT * FROM (SELECT {here} AS _here, {', '.join(_empty(self._types))}) WHERE false"

    def _differs(self, name: str) -> str:
        old, new = f'o."{name}"', f'n."{name}"'
        if self._types[name] not in ("DOUBLE", "FLOAT"):
            return f"{old} IS DISTINCT FROM {new}"
        noise = f"abs({old} - {new}) <= {_NOISE} * greatest(1, abs({old}), abs({new}))"
        return f"({old} IS DISTINCT FROM {new} AND NOT coalesce(isfinite({old} - {new}) AND {noise}, false))"

    def _type(self, name: str) -> str:
        types = {side[name] for side in (self._olds, self._news) if name in side}
        return types.pop() if len(types) == 1 else "VARCHAR"


def _data_types(side: Side) -> dict[str, str]:
    """The columns that are data, with their types; text stored as a dictionary is text."""
    return {
        name: "VARCHAR" if type_.startswith("ENUM") else type_
        for name, type_ in side.columns.items()
        if not name.startswith("_")
    }


def _named(name: str) -> str:
    return f'"{name}"'


def _empty(types: Mapping[str, str]) -> list[str]:
    return [f'CAST(NULL AS {type_}) AS "{name}"' for name, type_ in types.items()]
