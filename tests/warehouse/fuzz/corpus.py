"""What fuzzing starts from, how long it runs, and what becomes of a statement that breaks a property."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

from warehouse.guard import Allow, check
from warehouse.principal import Principal

DATA = Path(__file__).parents[2] / "data"
EXECUTIVE = Principal("ann", "executive")
FIXED_SEED = 20241105


def _lines(name: str) -> list[str]:
    return (DATA / name).read_text().splitlines()[1:]


def allowed() -> list[str]:
    """Every statement that an executive may run, of all lists, without its semicolon."""
    listed = [json.loads(line) for line in (DATA / "guard_statements.jsonl").read_text().splitlines()]
    texts = [entry["sql"] for entry in listed if entry["expect"] == "allow"]
    texts += _lines("guard_allowed.sql") + _lines("guard_benign.sql")
    plain = [text.strip().removesuffix(";").strip() for text in texts]
    return list(dict.fromkeys(plain))


def seconds() -> float:
    """FUZZ_SECONDS for all properties together; 0 means the short, fixed run of every change."""
    return float(os.environ.get("FUZZ_SECONDS", "0"))


def seed() -> int:
    """FUZZ_SEED, else a fixed one for the short run and a new one for the long run."""
    given = os.environ.get("FUZZ_SEED")
    if given:
        return int(given)
    return FIXED_SEED if not seconds() else random.SystemRandom().randrange(2**31)


def rounds(examples: int, share: float) -> Iterator[random.Random]:
    """Generators of random choices: so many in the short run, else until this property's share of time is over."""
    start = seed()
    deadline = time.monotonic() + seconds() * share
    number = 0
    while number < examples if not seconds() else time.monotonic() < deadline:
        yield random.Random(f"{start}-{number}")
        number += 1
    print(f"\n{number} rounds with FUZZ_SEED={start}")


def fail(name: str, sql: str, breaks: Callable[[str], bool]) -> None:
    """Make the statement as small as still breaks the property, keep it, and fail."""
    small = minimised(sql, breaks)
    folder = Path(os.environ.get("FUZZ_FOLDER", ".fuzz"))
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.sql"
    with file.open("a") as stream:
        stream.write(small.replace("\n", " ") + "\n")
    raise AssertionError(f"{name} (kept in {file}):\n{small}\nfound as:\n{sql}")


def minimised(sql: str, breaks: Callable[[str], bool]) -> str:
    """Drop clauses and list items one by one, as long as what is left still breaks the property."""
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(sql):
            if len(smaller) < len(sql) and _holds(breaks, smaller):
                sql, shrunk = smaller, True
                break
    return sql


def _smaller(sql: str) -> Iterator[str]:
    try:
        size = sum(1 for _ in sqlglot.parse_one(sql, dialect="duckdb").walk())
    except sqlglot.errors.SqlglotError:
        return
    for place in range(1, size):
        tree = sqlglot.parse_one(sql, dialect="duckdb")
        node = next(item for at, item in enumerate(tree.walk()) if at == place)
        if isinstance(node, exp.Query) and node is not tree:
            yield node.sql("duckdb")
        try:
            node.pop()
            yield tree.sql("duckdb")
        except Exception:
            continue


def _holds(breaks: Callable[[str], bool], sql: str) -> bool:
    try:
        return breaks(sql)
    except Exception:
        return False


def is_allowed(sql: str, reader: Principal = EXECUTIVE) -> bool:
    """The guard lets it run."""
    return isinstance(check(sql, reader), Allow)


_PICKING = (
    "LIMIT", "FIRST(", "LAST(", "MODE(", "ANY_VALUE", "_BY(", "ARG_", "STRING_AGG", "GROUP_CONCAT", "LISTAGG",
    "OFFSET", "ROW_NUMBER", "NTILE", "APPROX", "FETCH", "ASOF", "ROWS ", "LAG(", "LEAD(", "VALUE(", "NOW()",
    "CURRENT_TIMESTAMP", "VAR", "STDDEV", "KURTOSIS", "SKEW", "CORR", "REGR", "PRODUCT",
)  # fmt: skip


def is_settled(sql: str) -> bool:
    """Neither ties nor the order of rows nor the last digits of a float decide what comes out."""
    return not any(word in sql.upper() for word in _PICKING)
