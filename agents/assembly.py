"""From what an agent found and said to the Answer: checked text, trust from provenance, charts, follow-ups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from agents.answer import Answer, AnswerColumn, AnswerPart, Choice, Fact, Trust
from agents.charts import charts_for
from agents.chips import chips_for
from agents.claims import Names
from agents.disclosure import not_shown, told_constants
from agents.follow_ups import follow_ups_for
from agents.free_text import FreeText
from agents.grounding import Evidence, problems, table_problems
from agents.narrator import Narration, Narrator
from agents.nearest import with_nearest
from agents.plain_words import asks_plainly
from agents.premise import premise
from agents.summaries import seen_by_model
from agents.verified_answer import trust_words, verified_by
from agents.wording import in_sentence
from semantic.query import SemanticQuery, TimeRange
from tools.outcome import Clarification, Column, Found, Provenance, Refusal, Table

if TYPE_CHECKING:
    from agents.context import Context
    from tools.desk import Desk

# From the most to the least trusted: an answer is as good as its weakest part.
TRUST_ORDER: tuple[Provenance, ...] = ("verified_query", "governed_metric", "analysis", "generated_sql")
TRUST_REASONS: dict[Trust, str] = {
    "verified_query": "A question that a data owner has checked, run as written.",
    "governed_metric": "Computed from governed metric definitions.",
    "generated_sql": "Written as SQL for this question and guarded; not a governed metric.",
    "analysis": "An analysis over governed metrics; its formulas are shown.",
    "none": "No figures were computed.",
}
SEVERAL = "The question can be read in several ways."
NOTHING_TO_CHOOSE = "The chat model asked back without a choice that can be answered: ask in other words."
CANNOT = "This cannot be answered with the data at hand."
# What a chat model may name as the reason for a refusal (`tools.dialogue.refuse`).
CODES = frozenset(
    ("pii", "write", "forecast", "no_metric", "no_dimension", "no_value", "incompatible", "domain", "language",
     "correlation", "empty", "too_long", "sql", "not_built")
)  # fmt: skip
REPLACED = "The chat model's wording did not hold against the figures and was replaced."


@dataclass(frozen=True)
class Assembler:
    """Puts answers together for one semantic model."""

    narrator: Narrator
    names: Names

    def answer(self, context: Context) -> Answer:
        """The answer to the context's question."""
        desk, reply = context.desk, context.reply
        answer = Answer(
            question=desk.question,
            status="error",
            agent=reply.agent,
            route_reason=reply.route_reason,
            as_of=desk.as_of,
            snapshot=desk.snapshot,
            answer_id=desk.answer_id,
            id=desk.answer_id,
            role=desk.principal.role,
            trust_reason=TRUST_REASONS["none"],
            steps=list(context.steps),
        )
        stop = next((o for o in reply.outcomes if isinstance(o, Clarification | Refusal)), None)
        found = [o for o in reply.outcomes if isinstance(o, Found)]
        if stop:
            return self._stopped(answer, stop, context)
        if not found:
            return answer.model_copy(update={"text": reply.error, "refusal_code": "model_no_answer"})
        return self._found(answer, combined(found), context)

    def _stopped(self, answer: Answer, stop: Clarification | Refusal, context: Context) -> Answer:
        answer = answer.model_copy(update={"assumptions": list(context.reply.remarks)})
        if context.free_model:
            stop = self._checked(stop, context)
        if isinstance(stop, Refusal):
            stop = with_nearest(stop, context)
        if isinstance(stop, Clarification):
            choices = [Choice(label=label, question=question) for label, question in stop.choices]
            return answer.model_copy(update={"status": "clarify", "text": stop.question, "choices": choices})
        return answer.model_copy(
            update={"status": "refused", "text": stop.reason, "refusal_code": stop.code,
                    "follow_ups": list(stop.nearest)}
        )  # fmt: skip

    def _checked(self, stop: Clarification | Refusal, context: Context) -> Clarification | Refusal:
        """What a free chat model says instead of an answer, without words that rest on nothing."""
        evidence = self._evidence((), {}, context.desk)
        free = FreeText(evidence)

        def holds(text: str) -> bool:
            return bool(text.strip()) and not free.problems(text) and asks_plainly(text, evidence)

        if isinstance(stop, Clarification):
            offered = [(label, asked) for label, asked in stop.choices if context.answerable(asked)]
            choices = tuple((label if holds(label) else asked, asked) for label, asked in offered)
            if not choices:
                return Refusal("model_refused", NOTHING_TO_CHOOSE, chosen=True)
            return Clarification(stop.question if holds(stop.question) else SEVERAL, choices)
        if not stop.chosen:
            return stop
        code = stop.code if stop.code in CODES else "model_refused"
        nearest = tuple(question for question in stop.nearest if context.answerable(question))
        return Refusal(code, stop.reason if holds(stop.reason) else CANNOT, nearest, chosen=True)

    def _found(self, answer: Answer, found: Found, context: Context) -> Answer:
        desk = context.desk
        found = replace(found, constants=told_constants(found))
        evidence = self._evidence(found.tables, found.constants, desk)
        narration = self.narrator.narrate([seen_by_model(found)], desk.question)
        wrong = problems(narration.text, narration.facts, evidence) + table_problems(found.tables, found.constants)
        if wrong:
            return answer.model_copy(
                update={"refusal_code": "ungrounded", "trust_reason": "; ".join(wrong[:3]),
                        "text": "The text for this answer did not hold against the figures and is withheld."}
            )  # fmt: skip
        said, facts, replaced = self._chosen_text(narration, evidence, context)
        parts = [as_part(table) for table in found.tables]
        first = parts[0]
        assumptions = [*premise(desk.question, found), *found.assumptions, *_overlaps(found, desk)]
        assumptions += [*_limited(desk), *not_shown(found.tables)]
        assumptions += [REPLACED] if replaced else []
        return answer.model_copy(
            update={
                "status": "answered",
                "trust": found.provenance,
                "trust_reason": _trust_reason(found, desk),
                "verified": verified_by(found, desk),
                "text": said,
                "facts": list(facts),
                "constants": found.constants,
                "interpretation": first.interpretation,
                "chips": chips_for(found, desk),
                "columns": first.columns,
                "rows": first.rows,
                "suppressed": first.suppressed,
                "sql": next((part.sql for part in parts if part.sql), ""),
                "semantic_query": _main_query(parts),
                "parts": parts,
                "assumptions": list(dict.fromkeys(assumptions)),
                "charts": charts_for(parts),
                "follow_ups": follow_ups_for(found, desk, context.reply.follow_ups, context.plannable),
            }
        )

    def _chosen_text(
        self, narration: Narration, evidence: Evidence, context: Context
    ) -> tuple[str, Sequence[Fact], bool]:
        said = context.reply.text
        if not said or said == narration.text:
            return narration.text, narration.facts, False
        free = FreeText(evidence)
        if free.problems(said):
            return narration.text, narration.facts, True
        facts = free.facts(said)
        return (said, facts, False) if facts else (narration.text, narration.facts, False)

    def recheck(self, answer: Answer) -> list[str]:
        """What an answer's own rows do not bear out of its text and computed cells; empty when it holds."""
        tables = tuple(as_table(part) for part in answer.parts)
        as_of = answer.as_of or date.min
        evidence = Evidence(
            self.narrator.semantic,
            self.narrator.values,
            as_of,
            self.names,
            tables,
            answer.constants,
            answer.question,
        )
        return problems(answer.text, answer.facts, evidence) + table_problems(tables, answer.constants)

    def _evidence(self, tables: tuple[Table, ...], constants: dict[str, float], desk: Desk) -> Evidence:
        return Evidence(desk.semantic, desk.values, desk.as_of, self.names, tables, constants, desk.question)


def combined(found: list[Found]) -> Found:
    """Several results as one: tables numbered through, the weakest provenance, everything said once."""
    tables: list[Table] = []
    for entry in found:
        tables += [_rebased(table, len(tables)) for table in entry.tables] if tables else entry.tables
    weakest = max((entry.provenance for entry in found), key=TRUST_ORDER.index)
    return replace(
        found[0],
        tables=tuple(tables),
        provenance=weakest,
        assumptions=_once(entry.assumptions for entry in found),
        notes=_once(entry.notes for entry in found),
        follow_ups=_once(entry.follow_ups for entry in found),
        caveat=" ".join(dict.fromkeys(entry.caveat for entry in found if entry.caveat)),
        constants={name: value for entry in reversed(found) for name, value in entry.constants.items()},
        verified=found[0].verified if len(found) == 1 else None,
    )


def _once(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for group in groups for text in group))


def _rebased(table: Table, offset: int) -> Table:
    def shift(match: re.Match[str]) -> str:
        return f"{match[1]}:{int(match[2]) + offset}"

    formulas = {
        name: re.sub(r"\b(cell|sum|mean|rows|day):(\d+)", shift, text) for name, text in table.formulas.items()
    }
    return replace(table, formulas=formulas)


def as_part(table: Table) -> AnswerPart:
    """A governed table as a part of the answer."""
    return AnswerPart(
        title=table.title,
        columns=[
            AnswerColumn(name=c.name, type=c.type, unit=c.unit, label=c.label, role=_role(c.role))
            for c in table.columns
        ],
        rows=[list(row) for row in table.rows],
        sql=table.sql,
        semantic_query=table.query.model_dump(mode="json", exclude_defaults=True) if table.query else None,
        interpretation=table.interpretation,
        truncated=table.truncated,
        formulas=table.formulas,
        compared_with=table.compared_with.model_dump(mode="json") if table.compared_with else None,
        suppressed=sorted(table.suppressed),
        small_cell=table.small_cell,
        left_out=table.left_out,
        asked=table.asked,
    )


def as_table(part: AnswerPart) -> Table:
    """The governed table that a part of an answer was made from."""
    return Table(
        title=part.title,
        columns=tuple(Column(c.name, c.type, c.unit, c.role, c.label) for c in part.columns),
        rows=tuple(tuple(row) for row in part.rows),
        sql=part.sql,
        query=SemanticQuery.model_validate(part.semantic_query) if part.semantic_query else None,
        interpretation=part.interpretation,
        truncated=part.truncated,
        compared_with=TimeRange.model_validate(part.compared_with) if part.compared_with else None,
        formulas=part.formulas,
        suppressed=frozenset(part.suppressed),
        small_cell=part.small_cell,
        left_out=part.left_out,
        asked=part.asked,
    )


def _role(role: str) -> Any:
    return role if role in ("time", "dimension", "metric") else "derived"


def _main_query(parts: list[AnswerPart]) -> dict[str, Any] | None:
    return next((part.semantic_query for part in parts if part.semantic_query), None)


def _overlaps(found: Found, desk: Desk) -> list[str]:
    """That the rows of a count are no parts of a whole, where one event counts under several values (a bridge)."""
    model, said = desk.semantic, []
    for table in found.tables:
        query = table.query
        for name in query.metrics if query and len(table.rows) > 1 else ():
            known = model.metrics[name]
            over = [d for d in query.dimensions if not model.adds_up_by(name, (d,))] if query else []
            if known.additive and over:
                labels = " and ".join(in_sentence(model.dimensions[dimension].label) for dimension in over)
                said.append(f"{known.label}: what has several values of {labels} counts under each of them, so "
                            "the rows do not add up to the whole.")  # fmt: skip
    return list(dict.fromkeys(said))


def _limited(desk: Desk) -> list[str]:
    """What the reader's own rights narrow every figure to."""
    labels = {name: dimension.label.lower() for name, dimension in desk.semantic.dimensions.items()}
    seen = [f"{labels.get(name, name)} {value}" for name, value in sorted(desk.principal.attributes.items())]
    return [f"Your view is limited to {' and '.join(seen)}."] if seen else []


def _trust_reason(found: Found, desk: Desk) -> str:
    reason = TRUST_REASONS[found.provenance]
    by = verified_by(found, desk)
    if by and found.provenance == "verified_query":
        reason = f"{reason[:-1]}: {by.title}. {trust_words(by)}"
    return f"{reason} {found.caveat}".strip()
