"""What kind of answer is asked for: figures, drivers, a what-if, a briefing, actions, impact, a member's path."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import yaml

from agents.planner.cues import find, first
from agents.planner.numerals import read_quantity
from agents.planner.plan import PlanKind
from agents.planner.reading import Reading
from agents.planner.words import CHANGING

_FILE = Path(__file__).parent / "intents.yml"
_READING: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
PATTERNS: tuple[tuple[PlanKind, tuple[str, ...]], ...] = tuple(
    (cast(PlanKind, kind), tuple(patterns)) for kind, patterns in _READING.items()
)


@dataclass
class Intent:
    """The kind, the words that said so, and the size of a what-if in percent."""

    kind: PlanKind = "query"
    cue: tuple[int, int] | None = None
    pct: float | None = None


def read_intent(reading: Reading) -> Intent:
    """The first kind whose cue stands in the question outside linked metric and dimension names."""
    covered = {at for span in reading.spans if span.kind != "time" for at in range(span.start, span.end)}
    for kind, patterns in PATTERNS:
        for pattern in patterns:
            for start, end in find(reading, pattern):
                if kind == "drivers" and (_ranks_dimension(reading, start) or _lists_reasons(reading, start, end)):
                    continue
                if covered.issuperset(range(start, end)) or (kind == "briefing" and _is_occasion(reading, start)):
                    continue
                intent = Intent(kind, (start, end))
                if kind == "what_if":
                    intent.pct = _percentage(reading)
                return intent
    return Intent()


def of_all_fixes(intent: Intent, reading: Reading) -> Intent:
    """`how much money could we save in total?` as a first question: what fixes bring, not one reduction."""
    if intent.kind != "what_if" or intent.pct or not intent.cue:
        return intent
    start, end = intent.cue
    if any(span.start < start or span.end > end for span in reading.spans):
        return intent
    said = {token.text for token in reading.tokens}
    return Intent("next_best_action", intent.cue) if said & _GAINS and not said & _POINTING else intent


_GAINS = frozenset({"save", "gain", "recover", "recoup"})
_POINTING = frozenset({"it", "this", "that", "these", "those", "them", "if", "by", "there"})


def after_what_if(intent: Intent, reading: Reading, pct: float | None) -> Intent:
    """The intent of a question right after a what-if of `pct` percent: `and 25 percent?`, `how sure are you?`.

    A size alone asks for the same what-if with it; a doubt asks for the same again, whose answer tells its range.
    """
    if intent.kind != "query" or any(reading.of_kind(kind) for kind in ("metric", "dimension", "value", "time")):
        return intent
    if doubt := first(reading, _DOUBT):
        reading.explain(0, len(reading.tokens))
        return Intent("what_if", doubt, pct)
    size = _percentage(reading) or _bare_size(reading)
    if size is None or len(reading.tokens) > _FRAGMENT:
        return intent
    reading.thresholds = []
    return Intent("what_if", None, size)


def after_drivers(intent: Intent, reading: Reading, fixed: Collection[str]) -> Intent:
    """The intent right after an analysis: `and Texas?` asks for the same of another value of what is `fixed`."""
    cue = first(reading, r"and|what about|how about|same (?:thing )?(?:for|in)|only|just|for|in")
    narrows = bool({token.text for token in reading.tokens[:2]} & {"only", "just", "for", "in"})
    values = [span for span in reading.of_kind("value") if narrows or set(span.names) & set(fixed)]
    others = any(reading.of_kind(kind) for kind in ("metric", "dimension", "grain")) or reading.breakdown
    if intent.kind != "query" or not values or others or cue is None or cue[0] or len(reading.tokens) > _FRAGMENT:
        return intent
    return Intent("drivers", cue)


_FRAGMENT = 7
_DOUBT = (
    r"how (?:sure|certain|confident|reliable|solid|robust|firm|accurate|precise) (?:are|is) "
    r"(?:you|we|that|this|it|these|those|the)|"
    r"(?:are|is) (?:you|that|this|these|those) (?:really )?(?:sure|certain|confident|reliable)|"
    r"what is the (?:range|uncertainty|margin of error|confidence)"
)


def _bare_size(reading: Reading) -> float | None:
    """`and 25?`: one number from 1 to 100 and no other."""
    words = [token.text for token in reading.tokens]
    found = [quantity for at in range(len(words)) if (quantity := read_quantity(words, at))]
    if len(found) != 1 or found[0].unit or not 0 < found[0].value <= 100:
        return None
    reading.explain(found[0].end - 1, found[0].end)
    return found[0].value


def _ranks_dimension(reading: Reading, start: int) -> bool:
    """`which three journeys are driving the most cost`: a ranking, although it says driving."""
    words = [token.text for token in reading.tokens]
    return words[start] in ("what", "which") and reading.ranking is not None and bool(reading.breakdown)


_REASONS = frozenset(("reason", "reasons", "cause", "causes"))


def _lists_reasons(reading: Reading, start: int, after: int) -> bool:
    """`Why do members change plans? Plan changes by change reason`: what is to be shown is said itself.

    Not where a change is asked about: that is explained by what moved.
    """
    words = [token.text for token in reading.tokens]
    end = next((at for at in range(start, len(words)) if words[at] == "."), len(words))
    later = [s for s in reading.breakdown if s.start >= after and _REASONS & set(words[s.start : s.end])]
    figured = bool(reading.of_kind("metric"))
    if words[start] not in ("why", "what") or not figured or not later or CHANGING & set(words[start:end]):
        return False
    before_it = min(end, min(span.start for span in later))
    named = {at for span in reading.spans for at in range(span.start, span.end)}
    reading.explained |= set(range(start, before_it)) - named
    return True


def _is_occasion(reading: Reading, start: int) -> bool:
    """`for this morning's briefing: how long did callers wait`, `..., so I can check the anomaly detector`.

    What it is for, where a figure is named outside of it.
    """
    words = [token.text for token in reading.tokens]
    since = max((at for at in range(start) if reading.tokens[at].is_mark), default=-1) + 1
    led = words[since:start]
    so = any(pair in (("so", "i"), ("so", "we"), ("so", "that")) for pair in pairwise(led))
    figures = [span.start for span in reading.of_kind("metric")]
    return (so and bool(figures)) or (led[:1] == ["for"] and any(not since <= at < start for at in figures))


_NO_ONE = (["if", "no", "one"], ["if", "nobody"], ["if", "none"])


def _percentage(reading: Reading) -> float | None:
    words = [token.text for token in reading.tokens]
    for at in range(len(words)):
        quantity = read_quantity(words, at)
        if quantity and quantity.unit == "percent":
            reading.explain(at, quantity.end)
            return round(quantity.value * 100, 1)
        if words[at : at + 3] == ["by", "a", "quarter"]:
            reading.explain(at, at + 3)
            return 25.0
        if any(words[at : at + len(phrase)] == phrase for phrase in _NO_ONE):
            return 100.0
        if words[at] in ("halve", "halved", "halving"):
            reading.explain(at, at + 1)
            return 50.0
    return None
