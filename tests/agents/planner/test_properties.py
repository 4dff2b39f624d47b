"""For any text: a plan, always the same; and a phrased query plans back to itself."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.planner import Plan, Planner, PriorTurn, unexplained
from agents.planner.periods import Clock
from agents.planner.phrasing import phrase
from semantic.attribution import todays_dimensions
from semantic.query import DimensionFilter, Order, SemanticQuery, TimeRange

AS_OF = date(2026, 10, 29)
FIRST_DAY = date(2024, 10, 1)
WORDS = [
    "leakage",
    "rate",
    "by",
    "journey",
    "plan",
    "type",
    "MAPD",
    "Texas",
    "not",
    "excluding",
    "vs",
    "compare",
    "last",
    "week",
    "Q3",
    "2026",
    "between",
    "June",
    "and",
    "July",
    "since",
    "why",
    "what",
    "if",
    "cut",
    "half",
    "top",
    "5",
    "worst",
    "how",
    "many",
    "share",
    "of",
    "percent",
    "per",
    "day",
    "monthly",
    "trend",
    "above",
    "20%",
    "$50k",
    "nps",
    "calls",
    "billing",
    "new",
    "members",
    "same",
    "only",
    "instead",
    "drop",
    "that",
    "filter",
    "the",
    "before",
    "after",
    "AEP",
    "fiscal",
    "year",
    "ago",
    ",",
    ".",
    "?",
    "'",
    '"',
    "$",
    "%",
]
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(
    text=st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=16).map(" ".join), follows=st.booleans()
)
def test_any_text_gets_a_plan_and_the_same_one_again(planner: Planner, text: str, follows: bool) -> None:
    before = SemanticQuery(metrics=("leakage_rate",), dimensions=("journey",))
    history = [PriorTurn("Leakage rate by journey", "query", before)] if follows else []
    plan = planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)
    assert isinstance(plan, Plan)
    assert plan == planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)
    assert (plan.kind == "refuse") == bool(plan.refusal)
    assert plan.query is None or plan.kind not in ("clarify", "refuse")


@st.composite
def queries(draw: st.DrawFn, planner: Planner) -> SemanticQuery:
    model = planner.model
    metric = draw(st.sampled_from(sorted(n for n in model.metrics if n != "membership")))
    fitting = sorted(model.dimensions_of(metric))
    dimensions = draw(st.lists(st.sampled_from(fitting), max_size=2, unique=True))
    valued = [name for name in fitting if planner.lexicon.values.values(name)]
    filters = []
    for name in draw(st.lists(st.sampled_from(valued), max_size=2, unique=True)):
        value = draw(st.sampled_from(planner.lexicon.values.values(name)))
        filters.append(
            DimensionFilter(dimension=name, op=draw(st.sampled_from(["in", "not_in"])), values=(value,))
        )
    dated = TimeRange(start=date(2026, 1, 5), end=date(2026, 2, 1))
    query = SemanticQuery(
        metrics=(metric,),
        dimensions=tuple(dimensions),
        filters=tuple(filters),
        time=draw(st.sampled_from([None, dated])),
        order_by=(Order(by=metric, direction="desc"),) if dimensions and draw(st.booleans()) else (),
    )
    today = query.model_copy(update={"attribution": "today"})
    return draw(st.sampled_from([query, today])) if todays_dimensions(today, model) else query


@QUIET
@given(data=st.data())
def test_a_phrased_query_plans_back_or_not_at_all(planner: Planner, data: st.DataObject) -> None:
    """The danger is a choice that answers something else: a phrased query never becomes another query."""
    query = data.draw(queries(planner))
    clock = Clock(AS_OF, FIRST_DAY, 1, planner.model.events)
    draft, _, _ = planner.draft(phrase(query, planner.lexicon), (), clock)
    if not draft.issues:
        assert planner.plans_to(phrase(query, planner.lexicon), query, clock)


def test_a_value_is_of_the_dimension_said_right_before_it(planner: Planner) -> None:
    question = "New enrollments for enrolled plan MAPD and plan type PPO"
    plan = planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)
    assert plan.query is not None
    assert {item.dimension: item.values for item in plan.query.filters} == {
        "enrolled_plan_type": ("MAPD",),
        "plan_type": ("PPO",),
    }


def test_unexplained_names_what_a_query_leaves_out(planner: Planner) -> None:
    query = SemanticQuery(metrics=("leakage_rate",), dimensions=("journey",))
    days = {"as_of": AS_OF, "first_day": FIRST_DAY}
    assert unexplained("Leakage rate by journey", query, planner, **days) == ()
    assert unexplained("Leakage rate by journey for MAPD", query, planner, **days) == ("mapd",)
    assert unexplained("Leakage rate by journey last month", query, planner, **days) == ("last month",)
    assert unexplained("Leakage rate by journey for platinum members", query, planner, **days) == ("platinum",)
