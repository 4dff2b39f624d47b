"""The decision between the rules' plan and the judged candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agents.planner.draft import Draft
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon
from agents.planner.ordering import sorted_by
from agents.planner.periods import Clock
from agents.planner.plan import ROUTE_REASONS, Plan
from agents.planner.policy import Check, choices_of, planned
from agents.planner.ranking import row_limit
from agents.planner.reading import Reading
from agents.planner.reranker import judging, slots
from agents.planner.reranker.barring import is_barred, sliced_to_one, status_lost
from agents.planner.reranker.candidates import Candidate, Evidence, Making
from agents.planner.reranker.judging import Judge, judged
from agents.planner.reranker.slots import Slots
from agents.planner.sameness import same_query
from agents.planner.several import taken_back
from agents.planner.verify import left_aside, unexplained_words
from agents.planner.words import SHARE, word_set
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

OFFERED = ("no_metric", "no_dimension", "no_value", "incompatible", "domain", "")
"""Refusals beside which a likely candidate may be offered; a forecast or personal data stays refused alone."""


@dataclass(frozen=True)
class Reranker:
    """The trained slots and the judge over one lexicon."""

    lexicon: Lexicon
    slots: Slots
    judge: Judge
    known: frozenset[str]

    @classmethod
    def of(cls, model: SemanticModel, lexicon: Lexicon) -> Reranker | None:
        """For a model that has every metric the slots were fitted on; None for any other.

        None also where the files are of an earlier form of the slots: until they are fitted, the rules decide.
        """
        found, judge = slots.packaged(), judging.packaged()
        if found is None or judge is None or not set(slots.NEEDED) <= set(found.columns):
            return None
        if not set(found.columns["metric"][0]) <= set(model.metrics):
            return None
        words = frozenset(name[2:] for name in found.vocabulary if name.startswith("1 "))
        return cls(lexicon, found, judge, words)

    def reread(
        self, plan: Plan, reading: Reading, intent: Intent, clock: Clock, check: Check, *, answers: bool = True
    ) -> Plan:
        """The plan after a second reading. `reading` is as the reading steps left it, `plan` is the rules'.

        Without `answers` the likely candidates are only offered beside it.
        """
        if intent.kind != "query" or plan.kind not in ("query", "clarify", "refuse"):
            return plan
        if plan.refusal not in OFFERED or reading.attribution or self._is_new(reading) or taken_back(reading):
            return plan
        evidence = Evidence.of(reading, intent, self.slots, self.lexicon, clock)
        made = Making.of(evidence, self.lexicon, clock)
        if plan.kind == "query" and not self._doubts(made, evidence, reading):
            return plan
        own, found = made.own, made.candidates()
        likely = judged(found, own, evidence, self.lexicon, self.judge, self.known)
        if not likely:
            return plan
        chance, best = likely[0]
        left = unexplained_words(best.draft, best.reading, intent, self.lexicon)
        if answers and chance >= self.judge.answer and not is_barred(best, own, left, self.lexicon, chance):
            return self._answered(best, own, [word for _, word in left])
        offered = [(known, one) for known, one in likely if not status_lost(one, self.lexicon)] or likely
        return (self._asking if plan.kind == "query" else self._offering)(plan, own, offered, check)

    def chance(self, query: SemanticQuery, reading: Reading, intent: Intent, clock: Clock) -> float:
        """Of a query that it is what is asked; 0 where it is no candidate."""
        evidence = Evidence.of(reading, intent, self.slots, self.lexicon, clock)
        made = Making.of(evidence, self.lexicon, clock)
        likely = judged(made.candidates(), made.own, evidence, self.lexicon, self.judge, self.known)
        return max((chance for chance, one in likely if same_query(one.draft.query(), query)), default=0.0)

    def _doubts(self, made: Making, evidence: Evidence, reading: Reading) -> bool:
        """Whether a draft that the rules made without doubt is unlikely all the same. Asks no other candidate."""
        first = made.first()
        if first is None or _is_plain(made.own, reading):
            return False
        order = made.own.order
        if (
            (made.own.grain and made.own.limit)
            or made.own.average_per
            or (order and order.by.endswith("__change"))
            or sorted_by(reading)
        ):
            return False  # the labelled questions rank no days or months, and nothing by change or another figure
        ((chance, _),) = judged([first], made.own, evidence, self.lexicon, self.judge, self.known)
        return chance < self.judge.doubt

    def _is_new(self, reading: Reading) -> bool:
        """Whether a metric is named that the slots have never seen."""
        seen = set(self.slots.columns["metric"][0])
        return any(target.name not in seen for span in reading.of_kind("metric") for target in span.targets)

    def _answered(self, best: Candidate, own: Draft, unexplained: list[str]) -> Plan:
        """The candidate's plan; what was read into the question, and what was left aside, is said."""
        draft = replace(best.draft, issues=[], ask=None, assumptions=list(best.draft.assumptions))
        draft.dimensions = [name for name in draft.dimensions if name not in sliced_to_one(draft)]
        tokens = best.reading.tokens
        left = [word for word in unexplained if draft.limit is None or row_limit(word) != draft.limit] + [
            " ".join(token.raw for token in tokens[span.start : span.end]) for span in best.dropped
        ]
        if draft.metrics != own.metrics:
            labels = [self.lexicon.model.metrics[name].label for name in draft.metrics]
            draft.assumptions.append(f"Read as {' and '.join(labels)}.")
        if left:
            draft.assumptions.append(left_aside(left))
        return planned(draft)

    def _asking(self, plan: Plan, own: Draft, likely: list[tuple[float, Candidate]], check: Check) -> Plan:
        """A question back with what is likely and the rules' reading; their plan when nothing else is likely."""
        drafts = [one.draft for chance, one in likely if chance >= self.judge.offer]
        choices = choices_of([*drafts[:2], own], self.lexicon, check)
        chance = next((known for known, one in likely if one.draft.query() == own.query()), 0.0)
        if not choices and chance >= _UNLIKELY:
            return plan
        if not choices:
            said = "I am not sure that all of the question is taken up. Please ask it in other words."
            return Plan(kind="clarify", message=said, route_reason=ROUTE_REASONS["clarify"])
        several = len(choices) > 1
        return Plan(
            kind="clarify",
            message="This can be read in more than one way. Which one do you mean?"
            if several
            else "I am not sure that all of the question is taken up. Is this what you mean?",
            choices=choices,
            route_reason=ROUTE_REASONS["clarify"],
        )

    def _offering(self, plan: Plan, own: Draft, likely: list[tuple[float, Candidate]], check: Check) -> Plan:
        """The same question back or refusal with the likeliest candidates first among its choices."""
        drafts = [replace(one.draft, issues=[]) for chance, one in likely[:3] if chance >= self.judge.offer]
        offered = choices_of(drafts, self.lexicon, check)
        # `what part of calls is about claims`: each topic's part of the whole is what is asked, or near it
        first = plan.choices[:1] if any(issue.kind == "share" for issue in own.issues) else ()
        if own.issues and all(issue.kind == "ambiguous_metric" for issue in own.issues):
            first = plan.choices  # every word is understood, and names several figures: one of these is meant
        return replace(plan, choices=tuple(dict.fromkeys((*first, *offered, *plan.choices)))[:3])


_UNLIKELY = 0.2
"""Below this chance the rules' reading is not answered, even where no choice can be put into words."""
_JOINING = word_set(
    """
    by and for excluding with from to the a an of in on top bottom first highest lowest together compared previous
    period same last year above below at least most equal current
    """
)


def _is_plain(own: Draft, reading: Reading) -> bool:
    """Whether every word is a name, value, period or limit, or joins them: `Leakage rate by journey for Florida`.

    Who asks so knows the names, and the rules read them as they stand; so do choices and chips.
    """
    names = [span.names for span in reading.of_kind("metric")]
    if len(names) > len(own.metrics) and not all(named & set(own.metrics) for named in names):
        return False  # one of the figures named was taken for a part of another one
    taken = reading.taken()
    if reading.ranking:
        taken |= set(range(reading.ranking.start, reading.ranking.end))
    joining = _JOINING | SHARE | {"as", "total"} if own.share else _JOINING
    return all(at in taken or token.text in joining or token.is_mark for at, token in enumerate(reading.tokens))
