"""The planner: a question and the turns before it become a plan. Pure functions, no I/O, no chat model."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from functools import cached_property

from agents.planner.after_a_turn import (
    is_fragment,
    leave_affected,
    leave_counted,
    leave_elsewhere,
    leave_people,
    leave_who,
    prefer_values,
)
from agents.planner.among import value_of_place
from agents.planner.analyses import read_analysis
from agents.planner.assemble import assemble
from agents.planner.attribution import missed_attribution, read_attribution, settle_attribution
from agents.planner.averages import keep_average
from agents.planner.background import as_background, set_background_aside, set_occasions_aside
from agents.planner.bands import fill_bands, read_bands
from agents.planner.breakdown import read_breakdowns
from agents.planner.comparing import read_periods
from agents.planner.core import Asking, needed
from agents.planner.corrections import take_back
from agents.planner.definitions import definition
from agents.planner.draft import Draft
from agents.planner.edits import Surroundings, edited
from agents.planner.examples import leave_examples, read_ones
from agents.planner.followups import is_follow_up, merge
from agents.planner.indexes import indexes_of
from agents.planner.intents import Intent, after_drivers, after_what_if, of_all_fixes, read_intent
from agents.planner.lexicon import Lexicon, Values
from agents.planner.linking import link
from agents.planner.lists import (
    agree_in_lists,
    bind_to_named,
    complete_lists,
    complete_pairs,
    read_as_written,
    read_both_sides,
)
from agents.planner.meaning import Meanings, match_meaning
from agents.planner.named_parts import read_named_parts
from agents.planner.negation import read_negation
from agents.planner.normalise import tokenise
from agents.planner.of_figures import of_figures
from agents.planner.once import once, one_question
from agents.planner.people import read_how_often
from agents.planner.periods import Clock
from agents.planner.phrasing import phrase
from agents.planner.picking import picked
from agents.planner.plan import ROUTE_REASONS, Plan, PriorTurn
from agents.planner.policy import choices_of, decide, refused
from agents.planner.ranking import read_ranking
from agents.planner.reading import Reading, Span, Target, Token
from agents.planner.reasons import read_reasons
from agents.planner.references import resolve
from agents.planner.refusals import refuse_text, refuse_topic, severe
from agents.planner.reranker import OFFERED, Reranker
from agents.planner.reshaping import free_cues
from agents.planner.restating import restated, restated_after
from agents.planner.sameness import same_query
from agents.planner.shaping import shape
from agents.planner.side_by_side import read_value_comparison
from agents.planner.spelling import Speller, names_in
from agents.planner.statuses import read_status_pairs, settle_statuses
from agents.planner.steps import in_steps
from agents.planner.suggestions import follow_ups
from agents.planner.tails import Tails, widen_tails
from agents.planner.thread import command, obey, plan_as, standing, without_correction
from agents.planner.thresholds import read_thresholds
from agents.planner.value_parts import Parts, parts_of, read_parts_of_values
from agents.planner.variants import Variants
from agents.planner.verified import Verified, led_on, match_verified, still_verified, turn_as_asked
from agents.planner.verify import LEFT, unexplained_words, verify
from semantic.compiler.answerable import compared_time
from semantic.compiler.refused import NotAnswerable
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.settings import Questions

_HYPOTHETICAL = (
    "what if",
    " if ",
    "suppose",
    "save",
    "worth",
    "upside",
    "savings",
    "assume",
    "let us say",
    "free up",
)


class Planner:
    """Plans questions over one semantic model. `plan` is deterministic.

    Indexes are built once, when the first question needs them: a day's scan and its briefing ask none.
    """

    def __init__(self, model: SemanticModel, values: Values, questions: Questions) -> None:
        self.model = model
        self.questions = questions
        self._made = indexes_of(model, values)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of the model and of the data's values."""
        return self._made.lexicon

    @cached_property
    def tails(self) -> Tails:
        """Short names that end several figures' labels."""
        return self._made.tails

    @cached_property
    def value_parts(self) -> Parts:
        """Words that values of the data have beside others."""
        return parts_of(self.lexicon)

    @cached_property
    def speller(self) -> Speller:
        """What mends words that are nearly known."""
        return self._made.speller

    @cached_property
    def verified(self) -> Verified:
        """The owner's own questions."""
        return self._made.verified

    @cached_property
    def variants(self) -> Variants:
        """Words that tell how a figure is measured, where it may be measured in two ways."""
        return self._made.variants

    @cached_property
    def meanings(self) -> Meanings:
        """What is meant by words that name nothing."""
        return self._made.meanings

    @cached_property
    def asking(self) -> Asking | None:
        """What sets clauses aside that only tell."""
        return self._made.asking

    @cached_property
    def reranker(self) -> Reranker | None:
        """The trained second reading; None where the model has none."""
        return self._made.reranker

    def ready(self) -> None:
        """Build the indexes now, before somebody asks."""
        _ = (
            self.tails,
            self.value_parts,
            self.speller,
            self.verified,
            self.meanings,
            self.variants,
            self.asking,
            self.reranker,
        )

    def with_verified(self, model: SemanticModel) -> Planner:
        """A planner for a model that differs in its verified queries only: all the rest is taken over."""
        verified = Verified.of(model, self.lexicon)
        other = copy(self)
        other.model, other.__dict__["verified"] = model, verified
        return other

    def plan(
        self, question: str, *, history: Sequence[PriorTurn] = (), as_of: date, first_day: date,
        partial_day: date | None = None,
    ) -> Plan:  # fmt: skip
        """The plan for a question asked on the data up to `as_of`. Never raises on text.

        `partial_day` is the incomplete day of data after `as_of`, when there is one.
        """
        clock = Clock(as_of, first_day, self.questions.fiscal_year_start_month, self.model.events, partial_day)
        with one_question():
            return self._finished(self.outline(question, history, clock, rereads=True), clock)

    def outline(self, question: str, history: Sequence[PriorTurn], clock: Clock, *, rereads: bool = False) -> Plan:
        """The plan without what is told beside it: the default window, follow-ups.

        With `rereads` the trained reranker has its say; without, as for the parts of a question, the rules alone.
        """
        ruled = self.variants.ruled_out(restated(question))
        plan = self._without_told(ruled.text, history, clock, rereads=rereads)
        if rereads and (stands := standing(history)):
            plan = in_steps(
                ruled.text, plan, stands,
                lambda text, turns: self._outlined(text, turns, clock, rereads=False),
                lambda text: self._names_anything(text, clock),
            )  # fmt: skip
        if not ruled.words:
            return plan
        if plan.query and not set(plan.query.metrics).isdisjoint(ruled.instead):
            metrics = tuple(dict.fromkeys(ruled.instead.get(name, name) for name in plan.query.metrics))
            return self._in_place_of(plan.query.model_copy(update={"metrics": metrics}), ruled.words, clock)
        return replace(plan, assumptions=(*plan.assumptions, f"Read as ruled out: '{ruled.words}'."))

    def _in_place_of(self, query: SemanticQuery, words: str, clock: Clock) -> Plan:
        """A question back with the figure that is measured the other way than the one ruled out."""
        choices = choices_of([Draft.of(query)], self.lexicon, lambda text, one: self.plans_to(text, one, clock))
        message = f"'{words}' rules out the figure that the rest of the question names. Which one do you mean?"
        return Plan(kind="clarify", message=message, choices=choices, route_reason=ROUTE_REASONS["clarify"])

    def _without_told(self, question: str, history: Sequence[PriorTurn], clock: Clock, *, rereads: bool) -> Plan:
        """The plan of what the question asks, without the clauses that only tell why."""
        if severe(question):
            return self._outlined(question, history, clock, rereads=rereads)
        asked, told = self.core(question, clock)
        if not told or self.verified_plan(question, clock, follows=bool(history)):
            plan = self._outlined(question, history, clock, rereads=rereads)
            return self._on_trial(plan, question, history, clock, rereads=rereads)
        plan = self._outlined(asked, history, clock, rereads=rereads)
        if plan.kind not in ("query", "drivers"):
            whole = self._outlined(question, history, clock, rereads=rereads)
            if whole.kind not in ("clarify", "refuse") or plan.kind not in ("clarify", "refuse"):
                return whole  # the words set aside were needed
            trial = self._on_trial(plan, question, history, clock, rereads=rereads)
            if trial is not plan:
                return trial
        return _with_background(plan, told)

    def _on_trial(
        self, plan: Plan, question: str, history: Sequence[PriorTurn], clock: Clock, *, rereads: bool
    ) -> Plan:
        """A plan that asks back, or the query of the question without what may only tell, where that is likely.

        The less sure it is that a clause only tells, the likelier the query has to be.
        """
        if self.asking is None or self.reranker is None or history or not rereads:
            return plan
        if plan.kind not in ("clarify", "refuse") or plan.refusal not in (*OFFERED, "forecast"):
            return plan
        for core in self.asking.narrower(question, clock):
            other = self._outlined(core.text, (), clock, rereads=True)
            if other.kind != "query" or other.query is None or any(a.startswith(LEFT) for a in other.assumptions):
                continue
            reading, intent = self.read(core.text, clock)
            if self.reranker.chance(other.query, reading, intent, clock) >= needed(core):
                return _with_background(other, core.aside)
        return plan

    def core(self, question: str, clock: Clock) -> tuple[str, tuple[str, ...]]:
        """The question without the clauses that only tell why it is asked, and those clauses."""
        return self.asking.core(question, clock) if self.asking else (question, ())

    def _outlined(self, question: str, history: Sequence[PriorTurn], clock: Clock, *, rereads: bool) -> Plan:
        last = history[-1] if history else None
        said, history = command(question) if history else "", standing(history)
        history = tuple(turn_as_asked(turn, self.model, clock) for turn in history)
        if said:
            told = obey(said, history, self._starters())
            return still_verified(told, history, self.model, clock)
        if last and (chosen := self._picked(question, last, history, clock)):
            return chosen
        if history and (clicked := self._edited(question, history[-1], clock)):
            return led_on(clicked, history[-1], self.model, clock)
        if history and (aside := self._of_figures(question, history[-1], clock)):
            return still_verified(aside, history, self.model, clock)
        question = restated_after(question) if history else question
        hypothetical = any(word in f" {question.lower()} " for word in _HYPOTHETICAL)
        if (analysis := self._analysis(question, history, clock)) is not None:
            return analysis
        refusal = refuse_text(
            question, self.lexicon, self.questions.max_question_characters,
            follow_up=bool(history), hypothetical=hypothetical, repaired=self._mended(question),
        )  # fmt: skip
        # What an owner has answered before is no question of cause and effect that the data cannot settle.
        if refusal and refusal.kind != "correlation":
            return refused(refusal.kind, refusal.message, self._nearest(refusal.nearest))
        verified = self.verified_plan(question, clock, follows=bool(history))
        if verified:
            return verified
        if refusal:
            return refused(refusal.kind, refusal.message, self._nearest(refusal.nearest))
        draft, reading, intent = self.draft(question, history, clock)
        topic = refuse_topic(reading.topics, self.lexicon)
        if topic:
            plan = refused(topic.kind, topic.message, self._nearest(topic.nearest))
            return self._reread(plan, question, clock, answers=False) if rereads and not history else plan
        if meant := definition(draft, reading, self.lexicon):
            return meant
        plan = decide(
            draft,
            reading,
            self.lexicon,
            lambda text, query: self.plans_to(text, query, clock),
            lambda target: self.draft(question, history, clock, frozenset({target}))[0],
        )
        if history and is_follow_up(reading, intent):
            return led_on(plan, history[-1], self.model, clock)
        return self._reread(plan, question, clock) if rereads else plan

    def _reread(self, plan: Plan, question: str, clock: Clock, *, answers: bool = True) -> Plan:
        """The plan after the trained reranker has read the question again; without `answers` it only offers."""
        if self.reranker is None:
            return plan
        reading, intent = self.read(question, clock)
        return self.reranker.reread(
            plan, reading, intent, clock, lambda text, query: self.plans_to(text, query, clock), answers=answers
        )

    def _analysis(self, question: str, history: Sequence[PriorTurn], clock: Clock) -> Plan | None:
        """The plan of a question that an analysis of its own answers, unless an owner has checked it."""
        if len(question) > self.questions.max_question_characters:
            return None
        found = read_analysis(question, self.model, lambda text: self.draft(text, (), clock)[0])
        return None if found and self.verified_plan(question, clock, follows=bool(history)) else found

    def _picked(self, question: str, last: PriorTurn, history: Sequence[PriorTurn], clock: Clock) -> Plan | None:
        """The plan of the question that a reply picks among those that the last turn offered."""
        pick = picked(
            question, last, stands=bool(history), named=lambda reply, offered: self._naming(reply, offered, clock)
        )
        if pick is None:
            return None
        plan = self._outlined(pick.question, (), clock, rereads=False)
        if not pick.more or plan.query is None:
            return replace(plan, assumptions=(f'Read as "{pick.question}".', *plan.assumptions))
        turn = PriorTurn(pick.question, plan.kind, plan.query, plan.what_if_pct)
        return self._outlined(pick.more, (turn,), clock, rereads=False)

    def _naming(self, reply: str, offered: Sequence[str], clock: Clock) -> list[int]:
        """Places of the offered questions whose query has all that a reply names, if that is of one kind."""
        draft, reading, _ = self.draft(reply, (), clock)
        spans = [span for span in reading.spans if span.kind != "grain"]
        unread = any(issue.kind == "unexplained" for issue in draft.issues)
        if unread or len({span.kind for span in spans}) != 1 or spans[0].kind == "time":
            return []
        queries = [self._outlined(question, (), clock, rereads=False).query for question in offered]
        return [at for at, query in enumerate(queries) if query and all(self._exactly(s, query) for s in spans)]

    def _exactly(self, span: Span, query: SemanticQuery) -> bool:
        """Whether the query has one of the things that a span may name, and no sibling in its place."""
        named = {target.name for target in span.targets if target.kind == "metric"}
        return bool(named & set(query.metrics)) if span.kind == "metric" else self._used(span, query)

    def _of_figures(self, question: str, prior: PriorTurn, clock: Clock) -> Plan | None:
        """The plan of a question about the figures of the last answer."""

        def leading_on(plan: Plan) -> tuple[str, ...]:
            return follow_ups(plan, self.lexicon, lambda text, query: self._offers(text, query, clock))

        return of_figures(question, prior, self.model, clock.today, leading_on)

    def _edited(self, question: str, prior: PriorTurn, clock: Clock) -> Plan | None:
        """The plan of a question that a chip of the last answer asks, word for word."""
        if prior.query is None:
            return None
        around = Surroundings(self.model, self.lexicon.values, clock)
        query = edited(question, prior.query, around, analysis=prior.kind != "query")
        return plan_as(prior, query) if query else None

    def openers(self, count: int, clock: Clock) -> list[str]:
        """Questions that a model without verified queries can be begun with: metrics by their own dimensions."""
        found: list[str] = []
        for at, metric in enumerate(self.model.metrics):
            names = [name for name in self.model.dimensions if name in self.model.dimensions_of(metric)]
            chosen = (names[at % len(names)],) if names else ()
            query = SemanticQuery(metrics=(metric,), dimensions=chosen)
            question = phrase(query, self.lexicon)
            if self.plans_to(question, query, clock):
                found.append(question)
            if len(found) == count:
                break
        return found

    def _names_anything(self, words: str, clock: Clock) -> bool:
        """Whether words name something of the model or a period, or say in which order or how many."""
        reading, intent = self.read(words, clock)
        return bool(reading.spans or reading.ranking or reading.topics or intent.kind != "query")

    def _starters(self) -> tuple[str, ...]:
        """The first wordings of the first verified queries: questions to begin with."""
        return tuple(query.questions[0] for query in list(self.model.verified_queries.values())[:3])

    def _mended(self, question: str) -> str:
        """The words of a question without its typos."""
        return " ".join(token.text for token in self.speller.repair(tokenise(question), names_in(question))[0])

    def verified_plan(self, question: str, clock: Clock, *, follows: bool = False) -> Plan | None:
        """The plan of the verified query that a question repeats, if any.

        It goes by what members had at the event: it does not answer for today's plan.
        """
        tokens = tokenise(question)
        if read_attribution(question, tokens, self.lexicon)[1] or (follows and is_fragment(tokens)):
            return None
        if plan := self._checked(tokens, clock, follows=follows):
            return plan
        tokens, changes = self.speller.repair(tokens)
        plan = self._checked(tokens, clock, follows=follows) if changes else None
        said = tuple(f"Read '{wrong}' as '{right}'." for wrong, right in changes)
        return replace(plan, assumptions=(*said, *plan.assumptions)) if plan else None

    def _checked(self, tokens: list[Token], clock: Clock, *, follows: bool) -> Plan | None:
        """The verified query that these words repeat, or that they mean."""
        repeated = match_verified(tokens, self.verified, clock, follows=follows)
        return repeated or match_meaning(tokens, self.meanings, clock, follows=follows)

    def draft(
        self, question: str, history: Sequence[PriorTurn], clock: Clock, settled: frozenset[Target] = frozenset()
    ) -> tuple[Draft, Reading, Intent]:
        """Read, assemble, merge with the turn before, verify: the pipeline without its policy.

        `settled` are the targets that a choice has picked among the candidates of an ambiguous word.
        """
        prior = history[-1] if history and history[-1].query else None
        reading, intent = self.read(question, clock, prior)
        reading.settled = settled
        if prior:
            value_of_place(reading, self.lexicon)
            leave_people(reading)
            leave_elsewhere(reading)
            leave_counted(reading, prior, self.lexicon)
            leave_who(reading, prior)
            leave_affected(reading, prior, self.lexicon)
            prefer_values(reading, prior, self.lexicon)
        follows = prior is not None and is_follow_up(reading, intent)
        context = prior.query.metrics if follows and prior and prior.query else self._stand_in(intent)
        draft = assemble(reading, self.lexicon, clock, intent.kind, context)
        draft.kind, draft.pct = intent.kind, intent.pct
        if follows and prior:
            draft = merge(reading, draft, intent, history, self.lexicon)
            keep_average(draft, self.lexicon)
        elif intent.kind != "query":
            shape(draft, reading, self.lexicon)
        settle_attribution(draft, reading, self.model)
        return verify(draft, reading, intent, self.lexicon), reading, intent

    def _stand_in(self, intent: Intent) -> tuple[str, ...]:
        """The metric that gives values their dimension where none is named and none is needed."""
        money = self.model.defaults.money_metric
        return (money,) if money and intent.kind not in ("query", "drivers") else ()

    def read(self, question: str, clock: Clock, prior: PriorTurn | None = None) -> tuple[Reading, Intent]:
        """Run the reading steps in turn. `prior` is the turn that a follow-up may point at rows of."""
        if prior:
            return self._read(question, clock, prior)
        reading, intent = once(("read", id(self), question, clock), lambda: self._read(question, clock))
        return reading.copy(), replace(intent)

    def _read(self, question: str, clock: Clock, prior: PriorTurn | None = None) -> tuple[Reading, Intent]:
        tokens, changes = self.speller.repair(tokenise(question), names_in(question))
        tokens, correction = without_correction(tokens) if prior else (tokens, False)
        tokens, attribution = read_attribution(question, tokens, self.lexicon)
        reading = Reading(question, tokens, attribution=attribution, correction=correction)
        reading.assumptions += [f"Read '{wrong}' as '{right}'." for wrong, right in changes]
        link(reading, self.lexicon, clock)
        settle_statuses(reading, self.lexicon)
        read_status_pairs(reading, self.lexicon)
        read_how_often(reading, self.lexicon)
        take_back(reading)
        if prior is None:
            widen_tails(reading, self.tails, self.lexicon)
        complete_lists(reading, self.lexicon)
        complete_pairs(reading, self.lexicon)
        leave_examples(reading, self.lexicon)
        read_ones(reading, self.lexicon)
        read_as_written(reading, self.lexicon)
        agree_in_lists(reading)
        bind_to_named(reading, self.lexicon)
        set_occasions_aside(reading, clock.today)
        set_background_aside(reading)
        read_bands(reading, self.lexicon)
        fill_bands(reading, self.lexicon)
        before = prior.query.metrics if prior and prior.query else ()
        read_parts_of_values(reading, self.value_parts, self.lexicon, before)
        if prior:
            resolve(reading, prior, self.lexicon)
            free_cues(reading)
        read_both_sides(reading, self.lexicon)
        read_negation(reading)
        read_thresholds(reading)
        read_ranking(reading)
        read_breakdowns(reading, self.lexicon)
        read_named_parts(reading, self.lexicon)
        read_reasons(reading, self.lexicon)
        intent = read_intent(reading)
        if prior is None:
            intent = of_all_fixes(intent, reading)
        elif prior.kind == "what_if":
            intent = after_what_if(intent, reading, prior.what_if_pct)
        if prior and prior.kind == "drivers" and prior.query:
            intent = after_drivers(intent, reading, [item.dimension for item in prior.query.filters])
        if intent.cue:
            reading.explain(*intent.cue)
            reading.spans = [span for span in reading.spans if not self._in_cue(span, intent, reading)]
        read_value_comparison(reading)
        read_periods(reading, clock)
        return reading, intent

    def _in_cue(self, span: Span, intent: Intent, reading: Reading) -> bool:
        """Whether a metric was only seen in the words of the intent (`impact` in `the impact of our actions`)."""
        assert intent.cue
        inside = span.kind in ("metric", "value") and intent.cue[0] <= span.start and span.end <= intent.cue[1]
        if span.kind == "value":  # the benefit of fixing billing is no benefit of a plan
            return inside and intent.kind == "what_if" and span.start == intent.cue[0]
        words = tuple(token.text for token in reading.tokens[span.start : span.end])
        return inside and intent.kind != "query" and words not in self.lexicon.surfaces

    def plans_to(self, question: str, query: SemanticQuery, clock: Clock) -> bool:
        """Whether a question plans, without any doubt, to exactly this query."""
        draft, _, _ = self.draft(question, (), clock)
        return not draft.issues and same_query(draft.query(), query)

    def _offers(self, question: str, query: SemanticQuery, clock: Clock) -> bool:
        """Whether a question may be offered: it plans to this query, and the data reach back as far as it does."""
        try:
            if query.time is not None:
                compared_time(query, query.time, clock.today, clock.first_day)
        except NotAnswerable:
            return False
        return self.plans_to(question, query, clock)

    def unexplained(self, question: str, query: SemanticQuery, *, as_of: date, first_day: date) -> tuple[str, ...]:
        """Content words of the question that the query does not account for: checks any tool call."""
        clock = Clock(as_of, first_day, self.questions.fiscal_year_start_month, self.model.events)
        reading, intent = self.read(question, clock)
        assemble(reading, self.lexicon, clock, intent.kind)
        words = [word for _, word in unexplained_words(Draft.of(query), reading, intent, self.lexicon)]
        missed = [span for span in reading.spans if not self._used(span, query)]
        named = [" ".join(token.text for token in reading.tokens[span.start : span.end]) for span in missed]
        named += missed_attribution(reading, query)
        return tuple(dict.fromkeys([*words, *named]))

    def _used(self, span: Span, query: SemanticQuery) -> bool:
        """Whether a span's metric, dimension, value or period is in the query (a sibling metric counts)."""
        if span.kind == "time":
            return query.time is not None or query.compare_to is not None
        if span.kind == "grain":
            return query.time_grain is not None
        return any(self._has(target, query) for target in span.targets)

    def _has(self, target: Target, query: SemanticQuery) -> bool:
        if target.kind == "metric":
            siblings = {name for metric in query.metrics for name in self.model.metrics[metric].siblings}
            return (
                target.name in {*query.metrics, *siblings} or self.model.metrics[target.name].polarity == "neutral"
            )
        if target.kind == "dimension":
            return target.name in {*query.dimensions, *(item.dimension for item in query.filters)}
        return any(item.dimension == target.name and target.value in item.values for item in query.filters)

    def _nearest(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        queries = [SemanticQuery(metrics=(name,)) for name in names if name in self.model.metrics]
        return tuple((phrase(query, self.lexicon),) * 2 for query in queries[:3])

    def _finished(self, plan: Plan, clock: Clock) -> Plan:
        """Add what the reader is told about the default window, and three follow-ups."""
        if plan.query is None or plan.kind in ("clarify", "refuse"):
            return plan
        assumptions = plan.assumptions
        if plan.query.time is None and plan.kind == "query":
            assumptions = (*assumptions, self._window(plan.query))

        def check(text: str, query: SemanticQuery) -> bool:
            return self._offers(text, query, clock)

        return replace(plan, assumptions=assumptions, follow_ups=follow_ups(plan, self.lexicon, check))

    def _window(self, query: SemanticQuery) -> str:
        spans = {
            "day": "30 days",
            "week": "12 weeks",
            "month": "12 months",
            "quarter": "8 quarters",
            "year": "all years",
        }
        if query.time_grain:
            return f"No period was named: the last {spans[query.time_grain]} are shown."
        return f"No period was named: the last {self.questions.default_window_days} days are shown."


def _with_background(plan: Plan, told: Sequence[str]) -> Plan:
    """The plan, with what of the question was set aside."""
    return replace(plan, assumptions=(as_background("; ".join(told)), *plan.assumptions))
