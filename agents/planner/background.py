"""Background: sentences and clauses that tell why somebody asks, and ask for nothing themselves.

`Somebody told me that seniors never touch the app. Show me sessions by age group`: what is told goes aside, and
the answer says so. A clause that restricts (`we only mean MAPD`) or names what is asked for is never background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agents.planner.cues import find
from agents.planner.grounds import gives_grounds
from agents.planner.reading import Reading, Span
from agents.planner.words import AUXILIARIES, DETERMINERS, PREPOSITIONS, carriers, harmless, word_set

_TELLERS = word_set(
    "i we they he she somebody someone everybody everyone people you it folks finance marketing management nobody"
)
_PRONOUNS = word_set("i we they he she")
_RESTRICTING = word_set(
    """
    only just exclude excluding except without ignore ignoring leave leaving omit skip restrict
    restricted limit limited focus
    mean means must should want wants wanted need needs care interested consider considering look looking
    include including
    not no never besides other than minus
    """
)
_NARRATING = word_set(
    """
    told tell tells said says say heard hear claims claimed think thinks thought believe believes suspect
    suspects changed launched
    shipped pushed started introduced rolled moved sent got had have made hired trained promised
    complained keeps keep kept worry
    worried am was were are has believe hear hearing planning rewrite rewrote redesigned rebuilt released
    updated ran did prepare
    prepared preparing reworking
    """
)
_OPENERS = word_set("before after when while as since because now if so although though given considering")
_ASKING = word_set(
    """
    what which who where when why how show give list compare tell is are was were did does do has have
    can could would will please rank
    count break pull get number share percentage percent total average top
    """
)


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    sentence: int


def set_background_aside(reading: Reading) -> None:
    """Explain the words of clauses that only tell, drop what was linked in them, and say so.

    Nothing is dropped unless a metric is named in what remains.
    """
    clauses = _clauses(reading)
    if len(clauses) < 2:
        return
    told = [clause for clause in clauses if _tells(reading, clause, clauses) and not _pointed_at(reading, clause)]
    for clause in told:
        if _referred_to(reading, clause):
            places = range(clause.start, clause.end)
            reading.spans = [span for span in reading.spans if span.kind == "value" or span.start not in places]
            reading.explain(clause.start, clause.end)
            continue
        inside = [span for span in reading.spans if clause.start <= span.start < clause.end]
        left = [span for span in reading.spans if span not in inside]
        if not any(span.kind == "metric" for span in left):
            continue
        reading.spans = left
        reading.explain(clause.start, clause.end)
        if inside:
            reading.assumptions.append(_as_background(reading, clause))


def set_occasions_aside(reading: Reading, today: date) -> None:
    """`for tomorrow's stand-up, ...`: a coming day that says what the figures are for, not what they are of."""
    clauses = _clauses(reading)
    for span in reading.of_kind("time"):
        if span.period is None or span.period.start <= today:
            continue
        own = next((clause for clause in clauses if clause.start <= span.start < clause.end), None)
        if own is None or _names_a_metric(reading, own):
            continue
        named = own.end > span.end and reading.tokens[span.end].text not in PREPOSITIONS | DETERMINERS
        ended = own.end < len(reading.tokens) and reading.tokens[own.end].text == "."
        told = ended and (own.end - own.start) - (span.end - span.start) >= _LEAST
        if (named or told) and any(
            clause.start >= own.end and _names_a_metric(reading, clause) for clause in clauses
        ):
            reading.spans = [one for one in reading.spans if not own.start <= one.start < own.end]
            reading.explain(own.start, own.end)
            reading.assumptions.append(_as_background(reading, own))


def as_background(words: str) -> str:
    """What an answer says of words that it set aside."""
    return f"Taken as background, not as a condition: '{words}'."


def _as_background(reading: Reading, clause: _Clause) -> str:
    words = " ".join(token.text for token in reading.tokens[clause.start : clause.end])
    return as_background(words)


def _pointed_at(reading: Reading, clause: _Clause) -> bool:
    """`Someone said the Retention Desk is dear. What does one call there cost?`: a value that `there` means."""
    words = [token.text for token in reading.tokens]
    later = [at for at in range(clause.end, len(words)) if words[at] == "there"]
    points = any(words[at - 1] not in ("is", "are", "was", "were", "how") for at in later)
    valued = any(span.kind == "value" and clause.start <= span.start < clause.end for span in reading.spans)
    return points and valued


_REFERRING = (
    r"both of (?:them|these|those)|(?:for|of) both|each of (?:them|these|those|the two)|either of them|"
    r"(?:the|these|those) two(?: of them)?|(?:the )?one (?:against|versus|vs|next to|beside) the other"
)


_THEIRS = r"(?:did|do|have|had|are|were|can|is|was|of|for|by|with|among|from) (?:they|them|theirs|their)(?: own)?"


def _referred_to(reading: Reading, clause: _Clause) -> bool:
    """`I have the Commercial and the Medicare leads here. ... for both of them`: its values are asked about.

    So is the one of `a note for the Pharmacy Desk. How many calls did they resolve?`
    """
    values = {span.start for span in reading.of_kind("value") if clause.start <= span.start < clause.end}
    meant = _REFERRING if len(values) > 1 else _THEIRS
    return bool(values) and any(start >= clause.end for start, _ in find(reading, meant))


def is_told(reading: Reading, span: Span) -> bool:
    """`Doctors keep lobbying us, thus PA denials`: named in a clause that tells, before one that asks."""
    clauses = _clauses(reading)
    own = next((clause for clause in clauses if clause.start <= span.start < clause.end), None)
    if own is None or _names_a_metric(reading, own):
        return False
    words = [token.text for token in reading.tokens[own.start : own.end]]
    tells = len(words) > _LEAST and not set(words[:3]) & _ASKING and any(_has_verb(word) for word in words[1:])
    return tells and any(clause.start >= own.end and _names_a_metric(reading, clause) for clause in clauses)


_LEAST = 3


def _has_verb(word: str) -> bool:
    return word in AUXILIARIES | _NARRATING or word in ("fear", "says", "lobby") or word.endswith("ing")


def _names_a_metric(reading: Reading, clause: _Clause) -> bool:
    return any(clause.start <= span.start < clause.end for span in reading.of_kind("metric"))


def _clauses(reading: Reading) -> list[_Clause]:
    found, start, sentence = [], 0, 0
    for at, token in enumerate([*reading.tokens, None]):
        if token is None or token.is_mark:
            if at > start:
                found.append(_Clause(start, at, sentence))
            start = at + 1
            sentence += token is not None and token.text == "."
    return found


def _tells(reading: Reading, clause: _Clause, clauses: Sequence[_Clause]) -> bool:
    words = [token.text for token in reading.tokens[clause.start : clause.end]]
    spans = [span for span in reading.spans if clause.start <= span.start < clause.end]
    follows = any(other.end <= clause.start and _names_a_metric(reading, other) for other in clauses)
    period = any(span.kind == "time" and span.start <= clause.start + 1 for span in spans)
    # `to fill it in`, `the auditors will visit us`: verbs
    verbs = {span.start for span in spans if reading.tokens[span.start - 1].text in AUXILIARIES | {"to", "will"}}
    kinds = frozenset(span.kind for span in spans if span.start not in verbs)
    if gives_grounds(words, follows=follows, opens_period=period, names=kinds):
        return True
    teller = _teller(words)
    if teller is None:
        return False
    if spans:
        later = any(other.start > clause.end and _asks(reading, other) for other in clauses)
        opening = words[0] in _OPENERS and words[0] not in ("since", "if", "when")
        narrated = opening or bool(set(words[teller + 1 : teller + 3]) & _NARRATING)
        restricts = bool(set(words) & (_RESTRICTING - _SAID_OF_OTHERS))
        return later and narrated and not restricts and not _is_answer_part(spans, words)
    own = words[teller] in ("i", "we")
    return not set(words[teller:]) & (_RESTRICTING if own else _RESTRICTING - _SAID_OF_OTHERS)


# in what somebody said these words restrict nothing of what is asked
_SAID_OF_OTHERS = word_set("other never no not mean means must should need needs look looking")


def _is_answer_part(spans: Sequence[Span], words: Sequence[str]) -> bool:
    """`I have to know the transfer rate, by team`: told in the first person, but it is the question."""
    return bool({"know", "see", "understand", "like"} & set(words)) and any(
        span.kind == "metric" for span in spans
    )


def _teller(words: Sequence[str]) -> int | None:
    """Where the subject of a telling clause stands (`we`, `my colleague`), before a verb; else None."""
    start = 1 if words[0] in _OPENERS | {"and", "but", "well", "ok", "okay"} else 0
    if len(words) > start + 1 and words[start] in _TELLERS:
        pronoun = words[start] in _PRONOUNS and words[start + 1] not in DETERMINERS | PREPOSITIONS
        if pronoun or _is_verb(words[start + 1]):
            return start
    if words[start : start + 1] and words[start] in ("my", "our") and len(words) > start + 2:
        for at in range(start + 2, min(len(words), start + 6)):
            if words[at] in _NARRATING or words[at] in ("will", "would", "wants", "asks", "ask"):
                return at - 1
    return None


def _is_verb(word: str) -> bool:
    plain = word in AUXILIARIES | carriers() | _NARRATING or word in ("never", "always", "still", "keep")
    return plain or (word.endswith(("ed", "s")) and word not in DETERMINERS | PREPOSITIONS) or word in harmless()


def _asks(reading: Reading, clause: _Clause) -> bool:
    words = [token.text for token in reading.tokens[clause.start : clause.end]]
    metric = any(span.kind == "metric" and clause.start <= span.start < clause.end for span in reading.spans)
    return metric and bool(set(words[:3]) & _ASKING or clause.sentence)
