"""From an observation to an outcome: small checks in a row, each naming what is wrong. Nothing is run here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from evals.days import PERIODS, days_of
from evals.trials.case_files import Call, Case, Gold
from evals.trials.instances import instance
from evals.trials.rows import Failure, Result, difference
from evals.trials.texts import unfaithful
from evals.trials.trial import Observation

Outcome = Literal["correct", "clarified", "abstained", "failed_loudly", "wrong_in_silence"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""From the best to the worst: a case is as good as its worst instance."""


@dataclass(frozen=True)
class Score:
    """One outcome and what is wrong; `notes` say it in words, or what is over budget without being wrong."""

    outcome: Outcome
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()


Problem = tuple[Failure, str]
Check = Callable[[Case, Observation], Iterator[Problem]]


def judge(case: Case, seen: Observation) -> Score:
    """The outcome of one observation."""
    if broken := _broken(case, seen):
        return Score("failed_loudly", ("BROKEN_CASE",), (broken,))
    if seen.failure:
        return Score("failed_loudly", ("FAILED",), (seen.failure,))
    if seen.verdict is not None:
        return _of_verdict(case, seen, seen.verdict)
    answer = seen.answer or {}
    status = answer.get("status", "error")
    if status == "error":
        return Score("failed_loudly", ("FAILED",), (str(answer.get("text", "")),))
    if status not in _wanted_status(case):
        return _other_status(case, seen, str(status))
    problems = [problem for check in CHECKS for problem in check(case, seen)]
    if not problems:
        return Score("correct", notes=_budget_notes(case, seen))
    failures = tuple(dict.fromkeys(failure for failure, _ in problems))
    # A refusal that was due, for another reason than was due, misleads nobody about a figure.
    beside = status != "answered" and set(failures) == {"WRONG_WORDS"}
    return Score("abstained" if beside else "wrong_in_silence", failures, tuple(said for _, said in problems))


def worst(scores: Sequence[Score]) -> Score:
    """The worst of a case's scores, with all that is wrong anywhere."""
    lowest = max(scores, key=lambda score: OUTCOMES.index(score.outcome))
    failures = tuple(dict.fromkeys(failure for score in scores for failure in score.failures))
    notes = tuple(dict.fromkeys(note for score in scores for note in score.notes))
    return Score(lowest.outcome, failures, notes)


def _wanted_status(case: Case) -> tuple[str, ...]:
    return case.expect.status or ("answered",)


def _other_status(case: Case, seen: Observation, status: str) -> Score:
    """A status that was not wanted: an answer where none was due is wrong, anything else only less than hoped."""
    if status == "answered":
        return Score("wrong_in_silence", ("MISSED_REFUSAL",), (f"answered: {_text(seen)[:200]}",))
    wanted = _wanted_status(case)
    if status == "clarify" and ("answered" not in wanted or _helps(case, seen)):
        return Score("clarified", (), (_text(seen)[:200],))
    code = str((seen.answer or {}).get("refusal_code", ""))
    return Score("abstained", ("OVER_ABSTAINED",), (f"{status} {code}: {_text(seen)[:200]}",))


def _helps(case: Case, seen: Observation) -> bool:
    """Whether one of the choices of a question back has the rows that are right."""
    gold = case.gold
    if gold is None:
        return bool((seen.answer or {}).get("choices"))
    return any(not _differs(_part(choice, gold), seen, gold) for choice in seen.offered)


def _of_verdict(case: Case, seen: Observation, verdict: Mapping[str, str]) -> Score:
    wanted, found = case.expect.verdict, verdict["verdict"]
    said = f"{found} {verdict['code']}: {verdict['reason'][:160]}"
    if found == wanted:
        if case.gold and (wrong := _differs(_part(seen.answer or {}, case.gold), seen, case.gold)):
            return Score("wrong_in_silence", wrong, wrong)
        fine = not case.expect.codes or verdict["code"] in case.expect.codes
        return Score("correct") if fine else Score("abstained", ("WRONG_VERDICT",), (said,))
    if found == "allow":
        return Score("wrong_in_silence", ("WRONG_VERDICT",), (said,))
    return Score("abstained", ("OVER_ABSTAINED",), (said,))


def _broken(case: Case, seen: Observation) -> str:
    """A case whose two golds disagree judges nobody."""
    one, other = seen.wanted.get("query"), seen.wanted.get("sql")
    if not one or not other or case.gold is None:
        return ""
    found = difference(_result(one), _result(other), extra_columns=True, first=case.gold.first)
    return f"gold query and statement differ: {', '.join(found)}" if found else ""


def _rows(case: Case, seen: Observation) -> Iterator[Problem]:
    gold, answer = case.gold, seen.answer or {}
    if gold is None or answer.get("status") != "answered":
        return
    found = _part(answer, gold)
    differing = _differs(found, seen, gold)
    for failure in differing:
        yield failure, failure
    if differing and (query := _query_of(answer, gold.part)) and gold.query:
        yield from _slots(query, seen.wanted["query"]["query"])


def _differs(found: Result | None, seen: Observation, gold: Gold) -> tuple[Failure, ...]:
    if found is None:
        return ("EMPTY_RESULT",)
    wanted = _right(seen, gold)
    if wanted is None:
        return ("EMPTY_RESULT",) if not found.rows else ()
    loose = gold.columns != "all"
    return difference(found, wanted, ordered=gold.ordered, first=gold.first, extra_columns=loose)


def _right(seen: Observation, gold: Gold) -> Result | None:
    """The result that is right: the statement's where there is one, the planner's other wording last."""
    for name in ("sql", "query"):
        if name in seen.wanted:
            return _result(seen.wanted[name])
    return _part(seen.wanted.get("same_as", {}), gold)


def _slots(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Problem]:
    """In which slot of the semantic query the difference lies."""
    named: tuple[tuple[Failure, tuple[str, ...]], ...] = (
        ("WRONG_METRIC", ("metrics",)),
        ("WRONG_FILTER", ("filters", "having")),
        ("WRONG_PERIOD", ("time",)),
        ("WRONG_BREAKDOWN", ("dimensions", "time_grain")),
    )
    for failure, slots in named:
        for slot in slots:
            one, other = _slot(found.get(slot) or []), _slot(wanted.get(slot) or [])
            if one != other:
                yield failure, f"{slot}: {one} instead of {other}"


def _slot(value: Any) -> Any:
    """A slot as it is compared: lists without order, no labels, and what a query may leave out as it is then."""
    if isinstance(value, Mapping):
        return {"op": "in"} | {k: _slot(v) for k, v in value.items() if k != "label"}
    if isinstance(value, list | tuple):
        return sorted((_slot(entry) for entry in value), key=repr)
    return value


def _routed(case: Case, seen: Observation) -> Iterator[Problem]:
    agent, trust = str((seen.answer or {}).get("agent")), str((seen.answer or {}).get("trust"))
    if case.expect.agent and agent != case.expect.agent:
        yield "WRONG_AGENT", f"{agent} instead of {case.expect.agent}"
    if case.expect.trust and trust not in case.expect.trust:
        yield "WRONG_AGENT", f"trust {trust} instead of {' or '.join(case.expect.trust)}"


def _called(case: Case, seen: Observation) -> Iterator[Problem]:
    wanted = [_in_days(call, seen.instance) for call in case.expect.calls]
    made = seen.calls
    for call in wanted:
        if not any(_is_call(call, one) for one in made):
            yield "WRONG_TOOL", f"no call {call.tool} with {call.arguments}; made: {made!r:.300}"
    names = {one["tool"] for one in made}
    for name in sorted(names & set(case.expect.no_calls)):
        yield "WRONG_TOOL", f"called {name}"
    if case.expect.only_calls:
        for name in sorted(names - {call.tool for call in wanted}):
            yield "WRONG_TOOL", f"called {name} as well"


def _in_days(call: Call, name: str) -> Call:
    """The call with a period's name under `time` as days of the instance: a chat model may write either."""

    def dated(value: Any, key: str = "") -> Any:
        if key == "time" and value in PERIODS:
            start, end = days_of(value, instance(name).as_of)
            return {"start": start.isoformat(), "end": end.isoformat()}
        if isinstance(value, Mapping):
            return {k: dated(v, k) for k, v in value.items()}
        return [dated(entry) for entry in value] if isinstance(value, list) else value

    return call.model_copy(update={"arguments": dated(call.arguments)})


def _is_call(wanted: Call, made: Mapping[str, Any]) -> bool:
    return wanted.tool == made["tool"] and _within(wanted.arguments, made["arguments"])


def _within(wanted: Any, found: Any) -> bool:
    """Whether all of `wanted` is in `found`: keys of objects, entries of lists in any order, equal values."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(k in found and _within(v, found[k]) for k, v in wanted.items())
    if isinstance(wanted, list | tuple):
        return isinstance(found, list) and all(any(_within(w, f) for f in found) for w in wanted)
    return bool(wanted == found)


def _coded(case: Case, seen: Observation) -> Iterator[Problem]:
    answer = seen.answer or {}
    code = str(answer.get("refusal_code", ""))
    if case.expect.codes and answer.get("status") == "refused" and code not in case.expect.codes:
        yield "WRONG_WORDS", f"refused for {code or 'nothing'} instead of {' or '.join(case.expect.codes)}"


def _worded(case: Case, seen: Observation) -> Iterator[Problem]:
    text = _text(seen)
    everything = f"{text} {' '.join((seen.answer or {}).get('assumptions', ()))}"
    for pattern in case.expect.says:
        if not re.search(pattern, text, re.IGNORECASE):
            yield "WRONG_WORDS", f"does not say {pattern!r}: {text[:200]}"
    for pattern in case.expect.never:
        if re.search(pattern, everything, re.IGNORECASE):
            yield "FORBIDDEN_WORDS", f"says {pattern!r}: {text[:200]}"


def _faithful(case: Case, seen: Observation) -> Iterator[Problem]:
    answer = seen.answer or {}
    if answer.get("status") == "answered" and answer.get("role") not in ("member_advocate",):
        for said in unfaithful(answer):
            yield "UNGROUNDED", said


def _paid(case: Case, seen: Observation) -> Iterator[Problem]:
    if case.expect.tokens is not None and seen.tokens > case.expect.tokens:
        yield "OVER_BUDGET", f"{seen.tokens} tokens instead of {case.expect.tokens}"
    if case.expect.cost_usd is not None and seen.cost_usd > case.expect.cost_usd:
        yield "OVER_BUDGET", f"${seen.cost_usd:.4f} instead of ${case.expect.cost_usd:.4f}"


CHECKS: tuple[Check, ...] = (_rows, _routed, _called, _coded, _worded, _faithful, _paid)


def _budget_notes(case: Case, seen: Observation) -> tuple[str, ...]:
    """Time is told, never judged: it is the machine's as much as ours."""
    most = case.expect.milliseconds
    return (f"{seen.milliseconds:.0f} ms, more than {most:.0f}",) if most and seen.milliseconds > most else ()


def _text(seen: Observation) -> str:
    return str((seen.answer or {}).get("text", ""))


def _result(body: Mapping[str, Any]) -> Result:
    return Result(tuple(body["columns"]), tuple(tuple(row) for row in body["rows"]))


def _part(answer: Mapping[str, Any], gold: Gold) -> Result | None:
    """One table of an answer; None without one. `columns: metrics` leaves the names of ties aside."""
    parts = answer.get("parts") or []
    if gold.part >= len(parts):
        return None
    part = parts[gold.part]
    columns = part["columns"]
    kept = [at for at, c in enumerate(columns) if gold.columns != "metrics" or c["role"] == "metric"]
    places = {at: number for number, at in enumerate(kept)}
    hidden = frozenset((row, places[at]) for row, at in part.get("suppressed") or () if at in places)
    rows = tuple(tuple(row[at] for at in kept) for row in part["rows"])
    return Result(tuple(columns[at]["name"] for at in kept), rows, hidden)


def _query_of(answer: Mapping[str, Any], part: int) -> Mapping[str, Any] | None:
    parts = answer.get("parts") or []
    found: Mapping[str, Any] | None = parts[part]["semantic_query"] if part < len(parts) else None
    return found
