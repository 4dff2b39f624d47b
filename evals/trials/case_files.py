"""Cases as people write them: YAML with a JSON Schema (`evals/cases/schema.json`) for editors and the loader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from evals.case_reading import read_shape
from evals.days import MARK, PERIODS
from evals.trials.instances import INSTANCES
from evals.trials.wordings import WORDINGS
from semantic.query import Comparison, DimensionFilter, MetricFilter, Order, TimeGrain
from warehouse.errors import UsageError
from warehouse.principal import Role

FOLDER = Path(__file__).parents[1] / "cases" / "suites"


def _one_of(known: Iterable[str]) -> AfterValidator:
    """A check that a name is known."""
    names = list(known)

    def checked(name: str) -> str:
        if name not in names:
            raise ValueError(f"there is no {name!r}; known: {', '.join(names)}")
        return name

    return AfterValidator(checked)


def _listed(known: Iterable[str]) -> WithJsonSchema:
    """The names as editors offer them."""
    return WithJsonSchema({"type": "string", "enum": list(known)})


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


def _dated(sql: str) -> str:
    for mark in MARK.finditer(sql):
        if mark[2] not in PERIODS:
            raise ValueError(f"there is no period {mark[2]!r}; known: {', '.join(PERIODS)}")
    return sql


Instance = Annotated[str, _one_of(INSTANCES), _listed(INSTANCES)]
Wording = Annotated[str, _one_of(WORDINGS), _listed(WORDINGS)]
Period = Annotated[str, _one_of(PERIODS), _listed(PERIODS)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoldQuery(_Part):
    """The semantic query that answers: a `semantic.query.SemanticQuery` with a period's name (`evals/days.py`)."""

    metrics: tuple[str, ...] = Field(min_length=1)
    dimensions: tuple[str, ...] = ()
    filters: tuple[DimensionFilter, ...] = ()
    having: tuple[MetricFilter, ...] = ()
    period: Period = "last30"
    time_grain: TimeGrain | None = None
    compare_to: Comparison | None = None
    share_of_total: bool = False
    order_by: tuple[Order, ...] = ()
    limit: int | None = Field(default=None, ge=1)


class Gold(_Part):
    """What is right. With both, query and statement must agree on every instance, or the case itself is broken.

    `sql` is over gold tables with `{call_date last7}` for a condition on days. `columns` says which columns of the
    answer are compared with the statement's: by name where they have one, otherwise by what is in them.
    `first` compares so many leading rows, `ordered` their order too; `part` is the part of the answer.
    """

    query: GoldQuery | None = None
    sql: Annotated[str, AfterValidator(_dated)] = ""
    same_as: str = Field(default="", description="A question whose answer has the same rows.")
    part: int = 0
    first: int | None = None
    ordered: bool = False
    columns: Literal["all", "metrics", "given"] = "all"


class Call(_Part):
    """A tool call that must be made: `arguments` are those that must be there, nested as deep as written.

    `time` may be a period's name (`evals/days.py`), in days of the instance.
    """

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Expect(_Part):
    """What else must hold. Patterns are regular expressions over the answer's text, ignoring case."""

    status: tuple[Literal["answered", "clarify", "refused"], ...] = ()
    agent: Literal["", "genie", "insight_scout", "next_best_action"] = ""
    trust: tuple[str, ...] = ()
    codes: tuple[str, ...] = Field(default=(), description="Refusal codes, or the guard's.")
    calls: tuple[Call, ...] = ()
    no_calls: tuple[str, ...] = ()
    only_calls: bool = Field(default=False, description="No other tool is called.")
    verdict: Literal["allow", "deny", ""] = ""
    says: tuple[Pattern, ...] = ()
    never: tuple[Pattern, ...] = ()
    tokens: int | None = Field(default=None, ge=0, description="The most that a service may read and write.")
    cost_usd: float | None = Field(default=None, ge=0)
    milliseconds: float | None = Field(default=None, gt=0, description="Of one answer; reported, not gated.")


class Case(_Part):
    """One thing asked: a question `q` after the turns `after`, or a statement `sql` sent to the guard.

    `forms` are other wordings that must have the same outcome, `perturb` names wordings that are made of `q`
    (`evals/trials/wordings.py`). Each becomes a case of its own.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{1,79}$")
    q: str = ""
    sql: str = ""
    after: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    perturb: tuple[Wording, ...] = ()
    plain: bool = Field(default=True, description="Whether `q` itself is asked, or its other wordings only.")
    role: Role | None = None
    purpose: str | None = None
    only: dict[str, str] = Field(default_factory=dict, description="Row filters, as for a regional lead.")
    instances: tuple[Instance, ...] = Field(default=(), description="Instances; without one, those of the suite.")
    tags: tuple[str, ...] = ()
    gold: Gold | None = None
    expect: Expect = Expect()
    why: str = ""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Case:
        if bool(self.q) == bool(self.sql):
            raise ValueError("a case asks a question `q` or sends a statement `sql`, one of them")
        return self


class Derived(_Part):
    """Every question of another suite in wordings that are made of it; gold, role and instances are that suite's.

    A case is called `suite.case`, and its plain wording is left to the other suite. A quick run asks one wording
    of each, in turn.
    """

    suite: str
    perturb: tuple[Wording, ...] = Field(min_length=1)


class CaseFile(_Part):
    """A suite's cases and what holds for all of them."""

    suite: str
    about: str
    role: Role = "executive"
    purpose: str | None = None
    instances: tuple[Instance, ...] = ("seven",)
    tags: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> CaseFile:
        counted = Counter(case.id for case in self.cases)
        twice = [name for name, times in counted.items() if times > 1]
        if twice:
            raise ValueError(f"two cases are called {', '.join(sorted(twice))}")
        return self


@cache
def read_cases(path: Path) -> CaseFile:
    """A file's cases, and those derived from suites beside it.

    Raises UsageError (exit 2) as `read_shape` does.
    """
    file = read_shape(path, CaseFile)
    derived = [case for rule in file.derived for case in _derived(rule, path)]
    return file.model_copy(update={"cases": (*file.cases, *derived)})


def _derived(rule: Derived, path: Path) -> Iterator[Case]:
    beside = path.with_name(f"{rule.suite}.yml")
    if beside == path:
        raise UsageError("A suite is derived from itself.", where=f"{path}, derived", next_step="Name another.")
    source = read_cases(beside)
    for case in source.cases:
        yield case.model_copy(
            update={
                "id": f"{source.suite}.{case.id}", "plain": False, "forms": (), "perturb": rule.perturb,
                "role": case.role or source.role, "purpose": case.purpose or source.purpose,
                "instances": case.instances or source.instances, "tags": (source.suite,),
            }
        )  # fmt: skip
