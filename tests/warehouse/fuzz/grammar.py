"""Random statements over the governed tables: sensible ones, and ones that mix in what a reader may not use."""

from __future__ import annotations

import random

from warehouse.policy import Column, Table, load_policy

_AGGREGATES = (
    "SUM",
    "AVG",
    "COUNT",
    "MIN",
    "MAX",
    "MEDIAN",
    "STDDEV",
    "ANY_VALUE",
    "MODE",
    "FIRST",
    "PRODUCT",
    "STRING_AGG",
)
_SCALARS = (
    "ABS({})",
    "ROUND({}, 1)",
    "COALESCE({}, 0)",
    "-{}",
    "({} + 1)",
    "{} * 2",
    "CAST({} AS DOUBLE)",
    "{} % 7",
    "LENGTH({}::VARCHAR)",
)
_DAYS = (
    "date_trunc('month', {})",
    "date_trunc('day', {})",
    "year({})",
    "{}::DATE",
    "strftime({}, '%Y-%m')",
    "hour({})",
    "date_trunc('hour', {})",
    "{}",
    "dayname({})",
    "extract(week FROM {})",
)


class Grammar:
    """Writes statements from one generator of random choices."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._tables = list(load_policy().tables.values())

    def statement(self) -> str:
        """One SELECT, maybe around another, maybe joined or united with one."""
        turn = self._rng.random()
        if turn < 0.12:
            inner = self._select(self._one())
            return (
                f"SELECT * FROM ({inner}) AS q WHERE {self._rng.choice(['TRUE', 'q.c0 IS NOT NULL', 'q.c1 > 3'])}"
            )
        if turn < 0.24:
            inner = self._narrow(self._one())
            outer = self._rng.choice(
                [
                    "SELECT COUNT(*) FROM w",
                    "SELECT c0, COUNT(*) FROM w GROUP BY 1",
                    "SELECT * FROM w",
                    "SELECT c0, SUM(c1), AVG(c1) FROM w GROUP BY c0",
                    "SELECT MAX(c1) FROM w",
                    "SELECT COUNT(DISTINCT c1) FROM w GROUP BY c0",
                ]
            )
            return f"WITH w AS ({inner}) {outer}"
        if turn < 0.32:
            union = self._rng.choice(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL BY NAME"])
            table = self._one()
            return f"{self._select(table)} {union} {self._select(table)}"
        if turn < 0.45:
            return self._joined()
        return self._select(self._one())

    def _one(self) -> Table:
        return self._rng.choice(self._tables)

    def _column(self, table: Table, *kinds: str) -> Column:
        columns = list(table.columns.values())
        wanted = [column for column in columns if column.kind in kinds]
        if wanted and self._rng.random() < 0.93:
            return self._rng.choice(wanted)
        return self._rng.choice(columns)

    def _key(self, table: Table, at: str = "") -> str:
        column = self._column(table, "dimension", "time", "ordinal")
        name = at + column.name
        if column.kind == "time":
            return self._rng.choice(_DAYS).format(name)
        return (
            name
            if self._rng.random() < 0.8
            else self._rng.choice(
                ("upper({})", "left({}::VARCHAR, 3)", "CASE WHEN {} IS NULL THEN 'a' ELSE 'b' END")
            ).format(name)
        )

    def _value(self, table: Table, at: str = "") -> str:
        name = at + self._column(table, "measure", "ordinal").name
        return name if self._rng.random() < 0.6 else self._rng.choice(_SCALARS).format(name)

    def _aggregate(self, table: Table, at: str = "") -> str:
        turn = self._rng.random()
        if turn < 0.25:
            return "COUNT(*)"
        if turn < 0.4:
            return f"COUNT(DISTINCT {at}{self._column(table, 'member_id', 'event_id', 'dimension').name})"
        name = self._rng.choice(_AGGREGATES) if turn > 0.85 else self._rng.choice(("SUM", "AVG", "COUNT"))
        value = self._value(table, at)
        if self._rng.random() < 0.3:
            value = (
                f"CASE WHEN {self._condition(table, at)} THEN {value} {self._rng.choice(['END', 'ELSE 0 END'])}"
            )
        filtered = f" FILTER (WHERE {self._condition(table, at)})" if self._rng.random() < 0.15 else ""
        return f"{name}({value}){filtered}"

    def _condition(self, table: Table, at: str = "") -> str:
        column = self._column(table, "dimension", "time", "ordinal")
        name = at + column.name
        if column.kind == "time":
            day = f"DATE '2026-{self._rng.randrange(1, 11):02}-{self._rng.randrange(1, 28):02}'"
            hour = "TIMESTAMP '2026-09-15 10:37:00'"
            return self._rng.choice(
                (
                    f"{name} >= {day}",
                    f"{name} < {day}",
                    f"{name} > {hour}",
                    f"year({name}) = 2026",
                    f"{name} IS NOT NULL",
                )
            )
        if column.type == "VARCHAR":
            return self._rng.choice(
                (
                    f"{name} = 'PPO'",
                    f"{name} LIKE 'B%'",
                    f"{name} IN ('HMO', 'FL', 'New')",
                    f"{name} IS NULL",
                    f"length({name}) > 5",
                    f"{name} <> 'x'",
                )
            )
        return self._rng.choice((f"{name} = 1", f"{name} > 3", f"{name} BETWEEN 1 AND 50", f"{name} IS NOT NULL"))

    def _where(self, table: Table, at: str = "") -> str:
        found = [self._condition(table, at) for _ in range(self._rng.randrange(3))]
        if self._rng.random() < 0.08:
            other = self._one()
            found.append(f"EXISTS (SELECT 1 FROM gold.{other.name} AS e WHERE {self._condition(other, 'e.')})")
        return f" WHERE {self._rng.choice([' AND ', ' OR ']).join(found)}" if found else ""

    def _select(self, table: Table) -> str:
        if self._rng.random() < (0.1 if table.is_member_level else 0.35):
            return self._narrow(table)
        keys = [self._key(table) for _ in range(self._rng.randrange(3))]
        values = [self._aggregate(table) for _ in range(self._rng.randrange(1, 4))]
        outputs = ", ".join(f"{text} AS c{at}" for at, text in enumerate([*keys, *values]))
        sql = f"SELECT {outputs} FROM gold.{table.name}{self._where(table)}"
        if keys:
            places = ", ".join(str(at + 1) for at in range(len(keys)))
            sql += self._rng.choice(
                (f" GROUP BY {places}", " GROUP BY ALL", f" GROUP BY ROLLUP ({', '.join(keys)})")
            )
        if self._rng.random() < 0.15:
            sql += f" HAVING {self._aggregate(table)} {self._rng.choice(['> 20', 'IS NOT NULL', '>= 100'])}"
        return sql + (" ORDER BY ALL" if self._rng.random() < 0.2 else "")

    def _narrow(self, table: Table) -> str:
        turn = self._rng.random()
        if turn < 0.1:
            outputs = "*"
        else:
            texts = [
                self._key(table),
                *(
                    self._value(table) if self._rng.random() < 0.7 else self._column(table).name
                    for _ in range(self._rng.randrange(1, 3))
                ),
            ]
            outputs = ", ".join(f"{text} AS c{at}" for at, text in enumerate(texts))
            if turn > 0.9:
                outputs += f", SUM({self._value(table)}) OVER (PARTITION BY {self._key(table)}) AS w"
        return f"SELECT {outputs} FROM gold.{table.name}{self._where(table)}"

    def _joined(self) -> str:
        left, right = self._one(), self._one()
        shared = [name for name in left.columns if name in right.columns]
        how = self._rng.choice(("JOIN", "LEFT JOIN", "JOIN", "SEMI JOIN", "FULL JOIN"))
        conditions = [
            f"a.{name} = b.{name}"
            for name in self._rng.sample(shared, min(len(shared), self._rng.randrange(1, 4)))
        ]
        if left.day and right.day and self._rng.random() < 0.8:
            conditions.append(f"a.{left.day} = b.{right.day}")
        on = " AND ".join(conditions) or "TRUE"
        key, value = (
            self._key(left, "a."),
            self._aggregate(self._rng.choice((left, right)), self._rng.choice(("a.", "b."))),
        )
        joined = f"gold.{left.name} AS a {how} gold.{right.name} AS b ON {on}"
        return f"SELECT {key} AS c0, {value} AS c1 FROM {joined}{self._where(left, 'a.')} GROUP BY 1"
