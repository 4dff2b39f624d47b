"""Writes the example warehouse of an insurance company: the same seed, the same rows.

python tests/data/insurance/make.py insurance.duckdb
"""

from __future__ import annotations

import random
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

SEED = 5
LAST_DAY = date(2026, 6, 30)
_PRODUCTS = ("Home", "Motor", "Travel")
_REGIONS = ("North", "South", "East", "West")
_CHANNELS = ("Branch", "Broker", "Online")
_CAUSES = ("Water", "Fire", "Theft", "Collision")
_STATUSES = ("paid", "open", "rejected")
_TABLES = """
CREATE TABLE customers (customer_id VARCHAR, region VARCHAR, birth_year INTEGER, full_name VARCHAR);
CREATE TABLE agents (agent_id VARCHAR, agent_name VARCHAR, channel VARCHAR);
CREATE TABLE policies (policy_no VARCHAR, customer_id VARCHAR, product VARCHAR, start_date DATE,
                       premium DECIMAL(10,2));
CREATE TABLE policy_agents (policy_no VARCHAR, agent_id VARCHAR, share DOUBLE);
CREATE TABLE claims (claim_no BIGINT, policy_no VARCHAR, reported_at TIMESTAMP, cause VARCHAR, status VARCHAR,
                     paid DECIMAL(10,2), is_late BOOLEAN);
"""


def write(file: Path, seed: int = SEED) -> None:
    """Make the file: 120 customers, 15 agents, 200 policies with one to three agents each, some 400 claims."""
    file.unlink(missing_ok=True)
    chance = random.Random(seed)
    with duckdb.connect(str(file)) as con:
        con.execute(_TABLES)
        for table, rows in _rows(chance).items():
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _rows(chance: random.Random) -> dict[str, list[tuple[object, ...]]]:
    customers = [
        (f"C{n:04}", chance.choice(_REGIONS), chance.randint(1940, 2005), f"Person {n}") for n in range(1, 121)
    ]
    agents = [(f"A{n:02}", f"Agent {n}", _CHANNELS[n % 3]) for n in range(1, 16)]
    policies: list[tuple[object, ...]] = []
    pairs: list[tuple[object, ...]] = []
    claims: list[tuple[object, ...]] = []
    for n in range(1, 201):
        number = f"P{n:05}"
        start = LAST_DAY - timedelta(days=chance.randint(0, 540))
        premium = chance.randint(20_000, 150_000) / 100
        policies.append((number, chance.choice(customers)[0], chance.choice(_PRODUCTS), start, premium))
        sellers = chance.sample(agents, chance.choice((0, 1, 1, 2, 2, 3)))
        pairs += [(number, agent[0], 1 / len(sellers)) for agent in sellers]
        for _ in range(chance.choice((0, 0, 1, 2, 3, 6))):
            claims.append(_claim(chance, len(claims) + 1, number, start))
    return {
        "customers": customers,
        "agents": agents,
        "policies": policies,
        "policy_agents": pairs,
        "claims": claims,
    }


def _claim(chance: random.Random, number: int, policy: str, start: date) -> tuple[object, ...]:
    day = start + timedelta(days=chance.randint(0, (LAST_DAY - start).days))
    at = f"{day.isoformat()} {chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00"
    status = chance.choice(_STATUSES)
    paid = chance.randint(5_000, 400_000) / 100 if status == "paid" else None
    return number, policy, at, chance.choice(_CAUSES), status, paid, chance.random() < 0.3


if __name__ == "__main__":
    write(Path(sys.argv[1]))
