"""What a figure means: `what does leakage rate mean?`, `how is the avoidable cost calculated?`, from the model."""

from __future__ import annotations

from agents.planner.cues import first
from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.phrasing import phrase
from agents.planner.plan import ROUTE_REASONS, Plan
from agents.planner.reading import Reading
from semantic.query import SemanticQuery

_ASKED = (
    r"what (?:does|do) (?:\S+ ){1,7}?(?:(?<!i )mean|stand for)|what (?:is|are|do you|do we) (?:meant|mean) by|"
    r"(?:the |your |our )?definitions? (?:of|for|behind)|(?:please )?define|what counts as|"
    r"how (?:is|are|was|were|do we|do you) (?:\S+ ){1,7}?(?:defined|calculated|computed|worked out|derived|define|"
    r"calculate|compute|work out|derive)"
)
_MOST = 3


def definition(draft: Draft, reading: Reading, lexicon: Lexicon) -> Plan | None:
    """What the named figures mean, with a question for the figure itself; None where nothing of the kind is asked.

    Of a name of several figures each is told. What a value or a breakdown of the question narrows plays no part.
    """
    if first(reading, _ASKED) is None:
        return None
    named = [target.name for span in reading.of_kind("metric") for target in span.targets]
    names = list(dict.fromkeys([*draft.metrics, *named]))[:_MOST] if named else []
    if not names:
        return None
    told = []
    for name in names:
        metric = lexicon.model.metrics[name]
        told.append(f"{metric.label}: {metric.description.rstrip('.')}.")
    choices = tuple((phrase(SemanticQuery(metrics=(name,)), lexicon),) * 2 for name in names)
    message = f"{' '.join(told)} Shall I show {'it' if len(names) == 1 else 'one of them'}?"
    return Plan(kind="clarify", message=message, choices=choices, route_reason=ROUTE_REASONS["clarify"])
