"""Asks the assistant over an instance and writes down what it does, and what would have been right there."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from agents.answer import Answer
from agents.chat_models.breaker import REST_SECONDS
from agents.runtime import Assistant
from evals.days import days_of, with_days
from evals.trials.case_files import Case, Gold, GoldQuery
from evals.trials.instances import instance, warehouse_of
from evals.trials.trial import Observation, Trial
from semantic.compiler import compile_query
from semantic.query import SemanticQuery, TimeRange
from tools.outcome import PlainCell
from warehouse.door import QueryContext, QueryResult
from warehouse.errors import CommandCenterError, UpstreamModelError
from warehouse.guard import Deny
from warehouse.principal import Principal, Role
from warehouse.settings import Settings

JUDGE = Principal("evals", "data_engineer")
"""Who runs what is right: sees every figure, through the same door."""
_KEPT = (
    "status", "agent", "route_reason", "trust", "text", "columns", "rows", "suppressed", "parts", "facts",
    "constants", "choices", "assumptions", "refusal_code", "as_of", "snapshot", "answer_id", "role",
    "semantic_query", "verified", "follow_ups",
)  # fmt: skip


class Bench:
    """One instance's assistant with state of its own. Raises MissingDataError when it cannot be built."""

    def __init__(self, name: str, folder: Path, state: Path, settings: Settings) -> None:
        self.instance = instance(name)
        warehouse = warehouse_of(self.instance, folder, settings)
        own = settings.model_copy(update={"var": state})
        self._passed = timedelta(0)
        self.assistant = Assistant.open(own, warehouse, clock=lambda: self.instance.now + self._passed)
        self._same: dict[tuple[str, str], dict[str, Any]] = {}

    def observe(self, trial: Trial) -> Observation:
        """Run a trial. What the assistant raises is part of what is observed."""
        seen = Observation(trial.key, trial.suite, trial.id, trial.instance, trial.question)
        principal = Principal("evals", cast(Role, trial.role), trial.purpose, dict(trial.case.only))
        try:
            if trial.case.sql:
                return self._sent(seen, trial.case, principal)
            return self._asked(seen, trial, principal)
        except CommandCenterError as error:
            if isinstance(error, UpstreamModelError):
                self._passed += timedelta(seconds=REST_SECONDS)  # the next case finds out for itself
            return _with(seen, failure=f"{type(error).__name__}: {error.what}")

    def close(self) -> None:
        """Let go of the warehouse."""
        self.assistant.close()

    def _asked(self, seen: Observation, trial: Trial, principal: Principal) -> Observation:
        thread = uuid.uuid4().hex  # state is kept from run to run: a name of its own follows on nothing
        for earlier in trial.case.after:
            self.assistant.ask(earlier, principal, thread, source="evals")
        started = time.perf_counter()
        answer = self.assistant.ask(trial.question, principal, thread, source="evals")
        spent = (time.perf_counter() - started) * 1000
        spans = self._spans(answer)
        gold = trial.case.gold
        return _with(
            seen,
            answer=_document(answer),
            calls=_calls(spans),
            spans=spans,
            wanted=self._wanted(gold, principal) if gold else {},
            offered=[self._result_of(choice.question, principal) for choice in answer.choices] if gold else [],
            milliseconds=round(spent, 2),
            tokens=sum(int(s["attributes"].get(name, 0)) for s in spans for name in _TOKENS),
            cost_usd=self._cost(answer),
        )

    def _sent(self, seen: Observation, case: Case, principal: Principal) -> Observation:
        """A statement's verdict; with gold also its rows: what a row filter leaves of it."""
        verdict = self._verdict(case.sql, principal)
        if case.gold is None or verdict["verdict"] == "deny":
            return _with(seen, verdict=verdict)
        result = self.assistant.door.query(case.sql, principal, context=QueryContext(source="evals"))
        found = _result(result)
        columns = [{"name": name, "role": "metric"} for name in found["columns"]]
        part = {**found, "columns": columns, "suppressed": sorted(result.suppressed)}
        return _with(seen, verdict=verdict, answer={"parts": [part]}, wanted=self._wanted(case.gold, principal))

    def _verdict(self, sql: str, principal: Principal) -> dict[str, str]:
        decision = self.assistant.door.check(sql, principal)
        if isinstance(decision, Deny):
            return {"verdict": "deny", "code": decision.code, "reason": decision.reason}
        return {"verdict": "allow", "code": "", "reason": "; ".join(decision.reasons)}

    def _wanted(self, gold: Gold, principal: Principal) -> dict[str, dict[str, Any]]:
        """What is right here, from each source that the case names."""
        found: dict[str, dict[str, Any]] = {}
        if gold.query:
            found["query"] = self._of_query(gold.query)
        if gold.sql:
            found["sql"] = _result(self._door(with_days(gold.sql, self.instance.as_of)))
        if gold.same_as:
            found["same_as"] = self._result_of(gold.same_as, principal)
        return found

    def _of_query(self, wanted: GoldQuery) -> dict[str, Any]:
        known = self.assistant.knowledge(JUDGE)
        query = semantic_query(wanted, self)
        compiled = compile_query(known.semantic, query, as_of=known.as_of, first_day=known.first_day)
        result = self.assistant.door.query(
            compiled.sql, JUDGE, params=dict(compiled.params), context=QueryContext(source="evals")
        )
        return {**_result(result), "query": query.model_dump(mode="json")}

    def _door(self, sql: str) -> QueryResult:
        return self.assistant.door.query(sql, JUDGE, context=QueryContext(source="evals"))

    def _result_of(self, question: str, principal: Principal) -> dict[str, Any]:
        """The parts of another question's answer; asked once an instance and role."""
        key = (question, principal.role)
        if key not in self._same:
            answer = self.assistant.ask(question, principal, source="evals")
            self._same[key] = {"status": answer.status, "parts": _document(answer)["parts"]}
        return self._same[key]

    def _spans(self, answer: Answer) -> list[dict[str, Any]]:
        assert self.assistant.traces is not None
        kept = self.assistant.traces.find(answer.answer_id, content=True)
        return [
            {"name": s.name, "kind": s.kind, "parent": s.parent, "start_ms": s.start_ms, "ms": s.duration_ms,
             "status": s.status, "attributes": dict(s.attributes), "content": dict(s.content)}
            for s in kept.spans
        ]  # fmt: skip

    def _cost(self, answer: Answer) -> float:
        upstream = self.assistant.upstream
        if upstream is None:
            return 0.0
        lines = upstream.usage.lines(by_answer=True)
        return sum(line.spent.cost_usd for line in lines if line.answer_id == answer.answer_id)


_TOKENS = ("prompt_tokens", "completion_tokens")


def semantic_query(wanted: GoldQuery, bench: Bench) -> SemanticQuery:
    """The gold query with its period in days of the instance."""
    body = wanted.model_dump(exclude={"period"})
    start, end = days_of(wanted.period, bench.instance.as_of)
    return SemanticQuery.model_validate({**body, "time": TimeRange(start=start, end=end)})


def _with(seen: Observation, **more: Any) -> Observation:
    return replace(seen, **more)


def _document(answer: Answer) -> dict[str, Any]:
    whole = answer.model_dump(mode="json")
    return {name: whole[name] for name in _KEPT}


def _calls(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"tool": s["name"], "arguments": json.loads(s["content"].get("arguments", "{}")), "status": s["status"]}
        for s in spans
        if s["kind"] == "tool"
    ]


def _result(result: QueryResult) -> dict[str, Any]:
    return {
        "columns": [column.name for column in result.columns],
        "rows": [[_plain(cell) for cell in row] for row in result.rows],
    }


def _plain(cell: Any) -> PlainCell:
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return float(cell) if isinstance(cell, Decimal) else cast(PlainCell, cell)
