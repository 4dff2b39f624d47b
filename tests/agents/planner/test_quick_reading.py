"""What is left out to be quick changes nothing: rules that cannot begin, cues that cannot match, steps done."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterable, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.planner import Planner, cues, time_points, time_words, times
from agents.planner.cue_words import needed_words
from agents.planner.intents import PATTERNS
from agents.planner.once import once, one_question
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Token
from agents.planner.time_words import Found, Rule, Rules
from semantic.loader import load_model
from semantic.model import CalendarEvent
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AEP = CalendarEvent("aep", (10, 15), (12, 7), ("open enrollment", "annual enrollment period"))
CLOCK = Clock(date(2026, 10, 29), date(2024, 10, 1), 1, (AEP,))
WORDS = st.sampled_from(
    """
    last this since from between and to until the first second half week month quarter year days 2025 26 q3 h1
    october may 15th 5 , . before after then early end of on in ytd date so far ago labor day weekend summer vs
    compared change than ending through onwards same aep yesterday today three few a an as prior previous fiscal
    fy26 open enrollment month 9/3/2025 2026-09-03 3-9 christmas new years calendar iso 41 monday next all time
    """.split()  # noqa: SIM905
)


class _All(Rules):
    """Every rule, whatever the word."""

    def _at(self, word: str, further: str = "") -> tuple[Rule, ...]:
        return tuple(rule for rule, _ in self._opened)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=9))
def test_a_period_is_what_all_rules_together_read(words: list[str]) -> None:
    quick = list(times.read_spans(words, CLOCK))
    assert [times.read_span(words, at, CLOCK) for at, _, _ in quick] == [found[1:] for found in quick]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(time_points, "POINTS", _All(time_points._OPENED))
        patched.setattr(times, "SPANS", _All(times._OPENED))
        slow = [(at, *found) for at in range(len(words)) if (found := times.read_span(words, at, CLOCK))]
    assert quick == slow


def test_periods_at_a_place_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(rules: Iterable[Rule], words: Sequence[str], at: int, clock: Clock) -> Found:
        calls.append(at)
        return time_words.longest(rules, words, at, clock)

    monkeypatch.setattr(time_points, "longest", counted)
    assert list(times.read_spans(["from", "june", "to", "august"], CLOCK))
    assert sorted(calls) == sorted(set(calls))
    assert {1, 3} <= set(calls)


NEEDED = [
    ("what if", [{"what"}, {"if"}]),
    ("fix(?:es)?", [{"fix", "fixes"}]),
    ("(?:what|which) (?:\\S+ ){0,3}?journeys?", [{"what", "which"}, {"journey", "journeys"}]),
    ("(?:the )?(?:share|part) of", [{"of"}, {"the", "share", "part"}]),
    ("\\d+(?:\\.\\d+)? ?(?:%|percent) (?:cut|drop)", [{"cut", "drop"}, {"%", "percent", "cut", "drop"}]),
    ("a|b c|c", [{"a", "b", "c"}, {"a", "c"}]),
    ("how (?:\\S+ )?x|why", [{"how", "why"}]),
    ("(?:\\S+ )?", []),
    ("[ab]c", []),
    ("not(?! (?:only|just)) now", [{"not"}, {"now"}]),
]


@pytest.mark.parametrize(("pattern", "wanted"), NEEDED)
def test_the_words_that_a_cue_needs(pattern: str, wanted: list[set[str]]) -> None:
    found = needed_words(pattern)
    assert set(found) == {frozenset(words) for words in wanted}
    assert sorted(map(len, found)) == [len(words) for words in found]


ALL = [pattern for _, patterns in PATTERNS for pattern in patterns]
SAID = sorted({word for pattern in ALL for word in re.findall(r"[a-z]+", pattern)})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(ALL), st.data())
def test_a_cue_is_found_wherever_its_pattern_matches(pattern: str, data: st.DataObject) -> None:
    matched = data.draw(st.from_regex(rf"(?:{pattern})\Z", fullmatch=True))
    around = data.draw(st.lists(st.sampled_from(SAID), max_size=4))
    words = [word for word in [*around, *matched.split(" ")] if word]
    reading = Reading("?", [Token(word, word, word) for word in words])
    slow = re.compile(rf"(?<!\S)(?:{pattern})(?!\S)").search(reading.text)
    assert bool(slow) == (cues.first(reading, pattern) is not None)


def test_most_cues_are_ruled_out_by_words() -> None:
    unknown = [pattern for pattern in ALL if not needed_words(pattern)]
    assert len(unknown) < len(ALL) / 20


def test_a_question_is_forgotten_when_it_is_planned() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    with one_question():
        assert [once("a", make), once("a", make)] == [1, 1]
        with one_question():
            assert once("a", make) == 1
        assert once("b", make) == 2
    with one_question():
        assert once("a", make) == 3
    assert [once("a", make), once("a", make)] == [4, 5]


def test_planners_that_know_the_same_share_what_they_look_things_up_in() -> None:
    model = load_model()
    one, same, other = (
        Planner(model, ValueDictionary.from_rows(model, {"county": [county]}), Questions())
        for county in ("Kings", "Kings", "Orange")
    )
    assert one.lexicon is same.lexicon
    assert one.verified is same.verified
    assert other.lexicon is not one.lexicon
    assert ("orange",) in other.lexicon.surfaces
    assert ("orange",) not in one.lexicon.surfaces
    held = weakref.ref(one.lexicon)
    del one, same
    gc.collect()
    assert held() is None, "nothing is kept for planners that are gone"
