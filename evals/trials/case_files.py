"""Cases as people write them: YAML with a JSON Schema (`evals/cases/schema.json`) for editors and the loader."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from semantic.query import Comparison, DimensionFilter, MetricFilter, Order, TimeGrain
from warehouse.errors import UsageError
from warehouse.principal import Role

FOLDER = Path(__file__).parents[1] / "cases" / "suites"
SCHEMA = FOLDER.parent / "schema.json"
Instance = str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoldQuery(_Part):
    """The semantic query that answers: a `semantic.query.SemanticQuery` with a period's name (`evals/days.py`)."""

    metrics: tuple[str, ...] = Field(min_length=1)
    dimensions: tuple[str, ...] = ()
    filters: tuple[DimensionFilter, ...] = ()
    having: tuple[MetricFilter, ...] = ()
    period: str = "last30"
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
    sql: str = ""
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
    agent: str = ""
    trust: tuple[str, ...] = ()
    codes: tuple[str, ...] = Field(default=(), description="Refusal codes, or the guard's.")
    calls: tuple[Call, ...] = ()
    no_calls: tuple[str, ...] = ()
    only_calls: bool = Field(default=False, description="No other tool is called.")
    verdict: Literal["allow", "deny", ""] = ""
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
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
    perturb: tuple[str, ...] = ()
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


class CaseFile(_Part):
    """A suite's cases and what holds for all of them."""

    suite: str
    about: str
    role: Role = "executive"
    purpose: str | None = None
    instances: tuple[Instance, ...] = ("seven",)
    tags: tuple[str, ...] = ()
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
    """A file's cases. Raises UsageError (exit 2) with the file, the case and what is wrong with it."""
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        return CaseFile.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"{_where(first['loc'], body)}: {first['msg']}.", where=str(path), next_step=f"See {SCHEMA.name}."
        ) from error
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(
            f"The cases cannot be read: {error}.", where=str(path), next_step="Correct the file."
        ) from error


def _where(location: tuple[int | str, ...], body: Any) -> str:
    if location[:1] == ("cases",) and len(location) > 1 and isinstance(location[1], int):
        case = body["cases"][location[1]]
        name = case.get("id", f"number {location[1] + 1}") if isinstance(case, dict) else str(location[1] + 1)
        return f"case {name}, {'.'.join(map(str, location[2:])) or 'the whole'}"
    return ".".join(map(str, location)) or "the file"


def schema_text() -> str:
    """The JSON Schema of a case file, as it is kept beside the cases."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **CaseFile.model_json_schema()}
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"
