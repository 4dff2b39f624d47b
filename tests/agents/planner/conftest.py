"""Planners over the packaged model and over a company of another trade."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn
from semantic.loader import load_model
from semantic.model import CalendarEvent, Dataset, Defaults, Dimension, Measure, Metric, SemanticModel, Topic
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AS_OF = date(2026, 10, 29)
FIRST_DAY = date(2024, 10, 1)
Ask = Callable[..., Plan]


@pytest.fixture(scope="session")
def planner() -> Planner:
    """The planner over the packaged semantic model, with its declared values."""
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


@pytest.fixture(scope="session")
def ask(planner: Planner) -> Ask:
    """Ask one question, after earlier ones when given: `ask("and by plan type?", "Leakage rate by journey")`."""

    def asked(question: str, *earlier: str) -> Plan:
        history: list[PriorTurn] = []
        for text in earlier:
            plan = planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)
            history.append(PriorTurn(text, plan.kind, plan.query, plan.what_if_pct))
        return planner.plan(question, history=history, as_of=AS_OF, first_day=FIRST_DAY)

    return asked


@pytest.fixture(scope="session")
def bicycles() -> Planner:
    """A bicycle-hire company: rides and repairs, stations and bicycles, nothing of a health plan."""
    model = bicycle_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def bicycle_model() -> SemanticModel:
    """Two datasets, six metrics, five dimensions, one yearly event, one topic that has no data."""
    rides = {"city": "city", "station": "station", "bike_type": "bike_type", "rider_type": "rider_type"}
    repairs = {"city": "city", "bike_type": "bike_type", "fault": "fault"}
    names = ("rides", "late_returns", "ride_minutes", "fares", "repairs", "repair_days")
    return SemanticModel(
        name="bicycles",
        version="1",
        datasets={
            "rides": Dataset("rides", "rides", "ride_date", "ride", rides),
            "repairs": Dataset("repairs", "repairs", "repair_date", "repair", repairs),
        },
        marts=(),
        measures={n: Measure(n, "repairs" if n.startswith("repair") else "rides", "sum", n) for n in names},
        metrics={metric.name: metric for metric in _bicycle_metrics()},
        dimensions={dimension.name: dimension for dimension in _bicycle_dimensions()},
        verified_queries={},
        events=(CalendarEvent("summer festival", (7, 1), (7, 14), ("festival",)),),
        topics=(Topic("helmets", ("helmet", "helmets"), "Helmets are not recorded.", ("rides",)),),
        defaults=Defaults(where_dimension="city", who_dimension="rider_type", money_metric="fares"),
    )


def _bicycle_metrics() -> list[Metric]:
    def metric(
        name: str, label: str, unit: str, polarity: str, synonyms: tuple[str, ...], **more: object
    ) -> Metric:
        return Metric(
            name, label, label, unit, polarity, "Operations", ((more.pop("of", name), 1.0),),  # type: ignore[arg-type]
            synonyms=synonyms, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    return [
        metric("rides", "Rides", "count", "neutral", ("trips", "number of rides")),
        metric("late_returns", "Late returns", "count", "lower", ("overdue bikes",),
               siblings=("late_return_rate",)),
        metric(
            "late_return_rate", "Late return rate", "rate", "lower", ("share returned late",), of="late_returns",
            denominator=(("rides", 1.0),), siblings=("late_returns",),
        ),
        metric("ride_time", "Average ride time", "minutes", "neutral", ("ride length",), of="ride_minutes",
               denominator=(("rides", 1.0),)),
        metric("fares", "Fares", "usd", "higher", ("takings", "income")),
        metric("repair_days", "Repair days", "days", "lower", ("time to repair",),
               denominator=(("repairs", 1.0),)),
    ]  # fmt: skip


def _bicycle_dimensions() -> list[Dimension]:
    return [
        Dimension("city", "City", "", "Operations", ("cities", "town"), {"Lyon": (), "Ghent": (), "Porto": ()}),
        Dimension("station", "Station", "", "Operations", ("stations", "dock"), {"Harbour": (), "Old Town": ()}),
        Dimension(
            "bike_type", "Bike type", "", "Operations", ("type of bike",),
            {"Electric": ("e-bike", "e-bikes"), "Cargo": (), "Classic": ("ordinary bikes",)},
        ),
        Dimension("rider_type", "Rider type", "", "Operations", ("riders",),
                  {"Subscriber": (), "Visitor": ("tourists",)}),
        Dimension("fault", "Fault", "", "Operations", ("faults",), {"Puncture": ("flat tyre",), "Brakes": ()}),
    ]  # fmt: skip


@pytest.fixture(scope="session")
def ask_codes() -> Ask:
    """Like `ask`, over data whose service codes and networks are known."""
    model = load_model()
    values = {"service_code": ["42420", "97112", "J0897"], "network": ["00210", "00301"]}
    coded = Planner(model, ValueDictionary.from_rows(model, values), Questions())

    def asked(question: str, *earlier: str) -> Plan:
        assert not earlier
        return coded.plan(question, as_of=AS_OF, first_day=FIRST_DAY)

    return asked
