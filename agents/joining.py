"""Answers to the parts of a question as one answer: tables numbered through, weakest trust, nothing dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.answer import Answer, AnswerPart, Chart, Fact, Trust

_ORDER: tuple[Trust, ...] = ("verified_query", "governed_metric", "analysis", "generated_sql", "none")
_SOURCE = re.compile(
    r"\b((?:cell|sum|mean|rows|series|query:period|query:previous|shown|shown_rows)"
    r"|(?:extreme|extreme_complete|extreme_change):(?:max|min)):(\d+)"
)
WAITS = "It leans on the part before it, which has no answer."
QUOTED = "query:question"


@dataclass(frozen=True)
class Part:
    """What was asked in a part, in the reader's words, and its answer; None when it was not asked at all."""

    question: str
    answer: Answer | None


def joined(question: str, parts: Sequence[Part]) -> Answer:
    """One answer to the whole question.

    A first part that asks back or is refused with nothing answered beside it speaks for the whole; otherwise what
    is answered is shown and what is not is named, with the reason.
    """
    answered = [part for part in parts if part.answer and part.answer.status == "answered"]
    first = parts[0].answer
    assert first is not None
    if first.status == "clarify":
        rest = " ".join(_sentence(part.question) for part in parts[1:])
        choices = [c.model_copy(update={"question": f"{_sentence(c.question)} {rest}"}) for c in first.choices]
        return first.model_copy(update={"question": question, "choices": choices})
    if not answered:
        return first.model_copy(update={"question": question})
    return _of_answered(question, parts, [part.answer for part in answered if part.answer])


def _of_answered(question: str, parts: Sequence[Part], answers: list[Answer]) -> Answer:
    text: list[str] = []
    facts: list[Fact] = []
    tables: list[AnswerPart] = []
    charts: list[Chart] = []
    constants: dict[str, float] = {}
    assumptions: list[str] = []
    for part in parts:
        answer = part.answer
        if answer is None or answer.status != "answered":
            text.append(f'Not answered: "{part.question}".')
            facts.append(Fact(text=part.question, value=part.question, source=QUOTED))
            assumptions.append(f'Not answered: "{part.question}": {answer.text if answer else WAITS}')
            continue
        moved = _renamed(answer, constants)
        offset = len(tables)
        text.append(moved.text)
        facts += [fact.model_copy(update={"source": _shifted(fact.source, offset)}) for fact in moved.facts]
        tables += [_moved(table, offset, part.question, lead=n == 0) for n, table in enumerate(moved.parts)]
        charts += [chart.model_copy(update={"part": chart.part + offset}) for chart in moved.charts]
        constants |= moved.constants
        assumptions += moved.assumptions
    lead, last = answers[0], answers[-1]
    weakest = max(answers, key=lambda answer: _ORDER.index(answer.trust))
    return lead.model_copy(
        update={
            "question": question,
            "interpretation": " ".join(dict.fromkeys(answer.interpretation for answer in answers)).strip(),
            "text": "\n\n".join(text),
            "facts": facts,
            "parts": tables,
            "charts": charts,
            "constants": constants,
            "trust": weakest.trust,
            "trust_reason": weakest.trust_reason,
            "route_reason": " ".join(dict.fromkeys(answer.route_reason for answer in answers)),
            "agent": weakest.agent,
            "assumptions": list(dict.fromkeys(assumptions)),
            "chips": last.chips,
            "follow_ups": _follow_ups(parts, last),
            "steps": answers[-1].steps,
        }
    )


def _follow_ups(parts: Sequence[Part], last: Answer) -> list[str]:
    """How an unanswered part can be asked, then what follows the last answer."""
    open_parts = [part.answer for part in parts if part.answer and part.answer.status != "answered"]
    asked = [choice.question for answer in open_parts for choice in answer.choices]
    asked += [question for answer in open_parts if answer.status == "refused" for question in answer.follow_ups]
    return list(dict.fromkeys([*asked, *last.follow_ups]))[:3]


def _moved(table: AnswerPart, offset: int, question: str, *, lead: bool) -> AnswerPart:
    """The table at its new place; the first one of a part is headed by what was asked."""
    formulas = {name: _shifted(formula, offset) for name, formula in table.formulas.items()}
    title = f'"{question}" \u2013 {table.title}' if lead else table.title
    return table.model_copy(update={"formulas": formulas, "question": question, "title": title})


def _shifted(source: str, offset: int) -> str:
    """A source or formula whose tables stand `offset` places further on."""
    return _SOURCE.sub(lambda match: f"{match[1]}:{int(match[2]) + offset}", source) if offset else source


def _renamed(answer: Answer, taken: dict[str, float]) -> Answer:
    """The answer with new names for constants that an earlier part uses for another number."""
    clashing = [name for name, value in answer.constants.items() if taken.get(name, value) != value]
    if not clashing:
        return answer
    mark = f"_{len(taken)}"
    pattern = re.compile(rf"\bquery:({'|'.join(map(re.escape, clashing))})\b")

    def again(text: str) -> str:
        return pattern.sub(lambda match: f"query:{match[1]}{mark}", text)

    return answer.model_copy(
        update={
            "constants": {f"{n}{mark}" if n in clashing else n: v for n, v in answer.constants.items()},
            "facts": [fact.model_copy(update={"source": again(fact.source)}) for fact in answer.facts],
            "parts": [
                p.model_copy(update={"formulas": {n: again(f) for n, f in p.formulas.items()}})
                for p in answer.parts
            ],
        }
    )


def _sentence(text: str) -> str:
    """A part as a sentence of its own, so that it is told apart from the next one."""
    return text if text.endswith(("?", ".", "!")) else f"{text}?"
