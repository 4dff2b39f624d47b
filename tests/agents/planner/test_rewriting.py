"""Rules that a look for a few letters rules out are those that have nothing to rewrite."""

from __future__ import annotations

from random import Random

import pytest

from agents.planner import normalise, shorthand
from agents.planner.rewriting import Rule, rewritten

RULES = (*normalise._OPENED, *normalise._ALIKE, *shorthand._OPENED)
SAID = """
can't cannot isnt | isn't what's whats they're we've i'll i'm let's won't who'd members' team's w/o
claims w/ errors pas an pa pa rate | high to low | from lowest to highest | biggest to smallest | most to
least | small to big least to most | worst to best | best to worst | slow to fast | fastest to slowest |
long to short shortest to longest | ttm (mo.) q1 -> q2 | 1q26 3q q4'25 2h25 h1 '25 may '26 in '25 |
may-july | may 5 - 9 | may 5-june 3 | 5-9 may 3 may-4 june | may 2025-june | q1 2026-q3 2025-2026 ly py
lm lw lq how long more old than excl. per cent the fortnight before | out of every hundred calls, how
many are | from one team to the next i.e. e. g. which part of the calls | what is the bill 30-49s 20 %
24-hour mail-order | how long do hospital claims take | what would the bill be |
what did new members call about | what does a billing call cost us |
15 % of the time | half the time | full year 2025 | same month prior year | next to september |
for the whole year | since the year began |
losing the most money | in thousands | for seniors | why so and since when |
not yet 65 | to one side | on what grounds | counting only those | we refuse | starting with the worst | commonest
rarest | seniors between 75 and 84 | seniors 75 and up | 75 years of age | aged 75 up | have a negative nps |
has positive nps | shown separately | needed no prior authorization | calls/1000 | claims + denials | billing qs |
same q | since data collection began | presently | which month of 2026 |
2025 q4 | claims denied in may: how many? | prior year to date |
is anything but | under-65s | what is the hold-up |
how many? ten of them | averaging over $5 | not being on the list |
 remains pending | how many calls a day do we get |
on an average day |
2025 as a whole | which of our five plans | how? give me four | ninety-day | till friday | we decline |
cost/call | may vs the may before | among the leaked ones | except where the specialty is x | cost in total |
added up | as compared to | 20 dollars | and its change on may | descending by cost? | log in last may |
did each cause |
how old are members on average |
most expensive 10 | ranked by how many | expensive to cheapest | cheap to most expensive
"""
PIECES = [piece.strip() for piece in SAID.replace("\n", " ").split("|")] + SAID.replace("|", " ").split()


def texts(number: int) -> list[str]:
    random = Random(number)
    return PIECES + [" ".join(random.choices(PIECES, k=random.randint(1, 6))) for _ in range(3000)]


def in_full(text: str) -> str:
    for rule in RULES:
        text = rule.pattern.sub(rule.replacement, text)
    return text


def test_a_text_is_rewritten_as_by_all_rules() -> None:
    for text in texts(7):
        assert rewritten(text, RULES) == in_full(text), text


def test_a_rule_is_tried_on_whatever_it_matches() -> None:
    told = texts(11)
    for rule in RULES:
        matched = [text for text in told if rule.pattern.search(text)]
        assert matched, rule.pattern.pattern
        assert all(not rule.needed or any(each in text for each in rule.needed) for text in matched)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bper cent\b", ("per cent",)),
        (r"(?:wa|ho)s", ("ho", "wa")),
        (r"\b(?:ly|py)\b", ("ly", "py")),
        (r"a?b*(?:cd)?", ()),
        (r"x(?! unless)", ("x",)),
        (r"(?=seen)\w+", ("seen",)),
        (r"[-\u2013]", ("-", "\u2013")),
        (r"(?i)Cased", ()),
        (r"\d+", ()),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, needed: tuple[str, ...]) -> None:
    assert Rule.of(pattern, "").needed == needed
