"""What is refused by name before or after reading: personal data, writes, forecasts, SQL, other languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import normalise, tokenise
from agents.planner.plan import Refusal
from agents.planner.words import FOREIGN_WORDS, FUNCTION, english


@dataclass(frozen=True)
class Refused:
    """A refusal kind and the sentence for the reader; `nearest` names metrics that can be asked instead."""

    kind: Refusal
    message: str
    nearest: tuple[str, ...] = ()


_SQL = re.compile(
    r"\bselect\b.+\bfrom\b|\b(?:insert\s+into|drop\s+table|delete\s+from|truncate\s+table|alter\s+table|create\s+table|"
    r"union\s+(?:all\s+)?select|update\s+\w+\s+set)\b|;\s*--|^\s*with\s+\w+\s+as\s*\(|^\s*(?:pragma|attach|copy)\s+\w+\s+"
    r"|^\s*explain\s+(?:analyze\s+|verbose\s+)*(?:select|with|insert|update|delete|create|table|from|analyze)\b",
    re.I | re.S,
)
_PII_NOUNS = (
    r"phone numbers?|telephone numbers?|home address(?:es)?|mailing address(?:es)?|street "
    r"address(?:es)?|e ?mail address(?:es)?|"
    r"emails?(?! (?:fix|campaign|notice|reminder|template|change|message|communication))|"
    r"addresses|social security(?: numbers?)?|ssns?|dates? of birth|birth ?dates?|dobs?|"
    r"birthdays?|contact (?:details|info|information)|"
    r"(?:first|last|full) names?|names of|names and|(?:member|customer|patient|agent|user|client|"
    r"policy) (?:ids?|names?|numbers?)|credit cards?|bank accounts?|passwords? of|"
    r"medical records?|health records?|diagnos[ie]s of|personal (?:data|details|information)|"
    r"identif(?:y|ies) (?:the )?(?:members?|customers?)"
)
_NO_CODES = "in|since|from|for|over|above|under|below|than|at|by|on|to|until|till|and|or|vs|q"
_PII = re.compile(
    rf"\b(?:{_PII_NOUNS})\b|\b(?:member|customer|patient|claim|user|client|agent|policy|account|"
    rf"rider)(?:s(?! (?:[a-z]{{1,5}} )?20[12]\d\b))? (?:id |number |no |# ?)?"
    rf"(?:(?!(?:{_NO_CODES})\b)[a-z]{{1,5}} ?)?\d{{3,}}\b|"
    r"\bwho (?:is|was|are|were) (?:our|the|my) (?:\w+ ){0,3}(?:member|customer|patient|caller)\b|"
    r"\bwhich (?:members|customers|patients|people) (?:have )?(?:called|contacted|phoned|complained) "
    r"(?:us )?(?:the )?(?:most|more than)\b(?!.* by )|"
    r"\b(?:list|show|give|name|export|dump|download) (?:me )?(?:all |every |the |each "
    r")*(?:individual )?(?:members|customers|patients|users|clients)(?: who\b| that\b| with\b|$)(?!.* by )|"
    r"\bwho (?:is|are) the (?:individual |specific )?(?:members|customers|patients)\b(?=.*\bby name\b)|"
    r"\bby name\b(?! of)|"
    r"(?:^|[,;.] ?)(?:and )?names(?: only| too| please| pls| plz)* ?[.?!]?$|"
    r"\b(?:with|including|include|plus|and) (?:all )?(?:the |their )?names"
    r"(?! of (?:the )?(?:drug|plan|provider|team))\b"
)
_OTHER_LETTERS = 3  # letters of another script that are no slip of the keyboard
_OF_PLACES = frozenset({"in", "from", "for", "at", "near", "around", "outside"})
_WRITE_VERBS = (
    r"delete|erase|purge|wipe|truncate|mark|update|cancel|approve|create|insert|send|email|e mail|text|notify|"
    r"schedule|assign|refund|pay|reset|"
    r"change|modify|edit|set|add|remove|drop|close|open|book|enroll|enrol|register|transfer|escalate|file|submit|reject|deny|"
    r"upload|import|grant|revoke|make|increase|decrease|turn off|turn on|"
    r"switch off|switch on|unsubscribe|deactivate|activate|disable|enable|fix|call"
)
_WRITE = re.compile(
    rf"^(?:please |can you |could you |would you |i want you to |go ahead and |now |then "
    rf")*(?:{_WRITE_VERBS}) (?:the |all |my |our |a |an |this |that |me |every |these |those |"
    rf"claim |member |new )?\w+"
)
_WRITE_SAFE = re.compile(
    r"^(?:please |now )*(?:make (?:me |us )?(?:a |an |the )?(?:list|ranking|table|chart|graph|report|"
    r"comparison|it|that|this|the)|change (?:it|that|the (?:period|grain|"
    r"breakdown|filter|dates?|time|metric)|to|in|since|over|from)|set (?:it|the period|the "
    r"filter)|set (?:out|forth)|set (?:\S+ ){1,14}(?:beside|against|next to|alongside)|"
    r"add (?:a |the )?(?:filter|breakdown|column)?|remove|drop|transfer rate|"
    r"call (?:volume|cost|center|centre|handle|duration|length|time|count|topic|reason)s?|"
    r"approve rate|open enrollment|fix types?|file types?|cancel(?:lation)? rate|text analytics|"
    r"deny rate|make up|close rate|register rate|increase in|decrease in|change in|drop in|drop off|call\b)"
)
_DATES = (
    r"me|us|date|day|january|february|march|april|may|june|july|august|september|october|november|december|q\d|\d+|"
    r"now|today|yesterday|last|this|the (?:end|last|previous|prior|same|quarter|month|year|week)"
)
_SENT = re.compile(
    r"^(?:please |kindly |can you |could you |would you |now |then )*send (?:over |across )?(?:the|those|these) "
    r"(?!(?:\w+ ){0,2}(?:members?|patients?|customers?|callers?|people|clients?|teams?|desk|board|staff|agents?|"
    r"providers?|letters?|e ?mails?|messages?|texts?|reminders?|notices?|notifications?|invites?|invitations?|"
    rf"cards?|packets?|leaflets?)\b)(?!.* to (?!(?:{_DATES})\b))"
)
"""`send the NPS for Texas`: to the reader, who asks for it; nothing goes to anybody else."""
# `fix billing this week - what is the upside?`: what would come of it is asked, nothing is ordered.
_WEIGHED = re.compile(r"\bwhat (?:is|are|would be) the (?:upside|savings?|benefit|gain|value|worth)\b")
_FORECAST = re.compile(
    r"\bforecasts?\b|\bforecasted\b|\bpredict(?:s|ed|ion|ions|ive)?\b|\bprojections?\b|\bproject "
    r"(?!the savings)\b|\bprojected\b(?! savings)|"
    r"\b(?:next|coming|upcoming|following) (?:\w+ )?(?:days?|weeks?|months?|quarters?|years?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|aep|spring|summer|fall|winter)\b|"
    r"\btomorrow\b|\bin the future\b|\bwill (?!we (?:know|see|tell|learn)\b)(?:we|our|the|be|it|there|"
    r"\w+ be|\w+ \w+ be|\w+ (?:go|rise|fall|drop|increase|decrease|grow|reach|exceed))\b|"
    r"\bgoing to (?:be|look|reach|hit|cost|need)\b|"
    r"\b(?:are|is) (?:\w+ ){1,4}going to (?:get|have|see|take|receive|lose|spend|handle|pay|"
    r"gain|make|file|answer|process|serve|call|leave)\b|"
    r"\bshould (?:we|i) (?:be )?(?:expect|expecting|plan for|brace for|prepare for)\b|\bby the end "
    r"of (?:the|this|next) (?:year|quarter|month)\b|\bby year end\b|\bexpect(?:ed)? (?:to|next|during|"
    r"in|for)\b|\boutlook\b|\bwould (?:we|there|they) (?:have|be|get|need|take)\b"
)
_GROUNDS = re.compile(r"[,;] (?:because|since|as|so that)\b(?! of)[^.?!]*")
"""`..., because the auditors will visit us`: no forecast is asked for."""
_CORRELATION = re.compile(
    r"\bcorrelat\w*\b|\bregress(?:ion)?\b|\brelationship between\b|\bcausal\w*\b|"
    r"\bstatistical(?:ly)? signific\w*\b|\blink between\b|\bassociation between\b|"
    r"\bdepend(?:s|ence)? on the\b|"
    r"^(?!.*\bhow (?:many|much)\b).*\b(?:does|do|did) .+ "
    r"(?:cause|predict|lead to|affect|influence|impact|drive) .+"
)


def refuse_text(
    question: str,
    lexicon: Lexicon,
    limit: int,
    *,
    follow_up: bool,
    hypothetical: bool,
    repaired: str = "",
) -> Refused | None:
    """Refusals that the text alone decides, in order of severity.

    `repaired` is the text with its typos mended: `transfer ratte` is no order to transfer something.
    """
    if not question.strip() or not re.search(r"\w", question):
        return Refused(
            "empty", "There is no question to answer. Ask for a metric, for example by a dimension or a period."
        )
    if len(question) > limit:
        return Refused(
            "too_long", f"The question is longer than {limit} characters. Please ask one thing at a time."
        )
    if _SQL.search(question):
        return Refused("sql", "Questions are asked in words here. To run a statement use `command-center sql`.")
    language = foreign_language(question, lexicon.words)
    if language:
        return Refused("language", f"I only read English questions ({language}). Please ask in English.")
    text = " ".join(token.text for token in tokenise(question))
    personal = _PII.search(text) and not _is_vocabulary(text, _PII, lexicon)
    if personal or names_a_person(question, lexicon.words):
        return Refused(
            "pii", "Personal data of single people is not part of these answers: figures are about groups."
        )
    mended = repaired or text
    if _is_write(text, follow_up) and _is_write(mended, follow_up) and not _opens_with_vocabulary(mended, lexicon):
        return Refused("write", "I can only read figures; nothing can be changed, sent or deleted from here.")
    if not hypothetical and _forecasts(text, lexicon):
        return Refused("forecast", "The data ends with the last complete day: there is no forecast in this model.")
    if _CORRELATION.search(text) and not _is_vocabulary(text, _CORRELATION, lexicon):
        return Refused(
            "correlation",
            "How two figures move together is not something this model answers; each can be asked for on its own.",
        )
    return None


def severe(question: str) -> bool:
    """Whether all of the question is to be looked at as it stands: a statement, or an order to change."""
    text = " ".join(token.text for token in tokenise(question))
    return bool(_SQL.search(question) or (_WRITE.search(text) and not _SENT.search(text)))


_OCCASION = re.compile(
    r"^(?:(?:for|before|ahead of|in time for|to prepare|prepping|preparing|going into) .*|"
    r"(?:the |our )?(?:tomorrow|(?:next|coming|upcoming) \w+) (?!(?:in|by|for|per|with|and|to|the|how)\b)\w+.*|"
    r"\w+ing\b.+)"
)
"""A clause that only says what the figures are for: `for tomorrow's stand-up`, `negotiating next week`."""


_SHORT = 3


def _forecasts(text: str, lexicon: Lexicon) -> bool:
    """Whether the future is asked for; an occasion in the future, told before what is asked, is none."""
    if not _FORECAST.search(_GROUNDS.sub("", text)) or _is_vocabulary(text, _FORECAST, lexicon):
        return False
    told, _, asked = text.partition(" , ") if " , " in text.partition(" . ")[0] else text.partition(" . ")
    sentence = " , " not in text.partition(" . ")[0] and len(told.split()) > _SHORT
    apart = not _names_a_metric(told, lexicon) and _names_a_metric(asked, lexicon)
    occasion = apart and (sentence or _OCCASION.match(told))
    return not occasion or bool(_FORECAST.search(_GROUNDS.sub("", asked)))


def _names_a_metric(text: str, lexicon: Lexicon) -> bool:
    lemmas = [token.lemma for token in tokenise(text)]
    return any(
        target.kind == "metric"
        for start in range(len(lemmas))
        for end in range(start + 1, min(len(lemmas), start + lexicon.longest) + 1)
        for target in lexicon.exact.get(tuple(lemmas[start:end]), ())
    )


def names_a_person(question: str, vocabulary: frozenset[str]) -> bool:
    """Whether two capitalised words in a row, neither English nor the model's, stand where a person would.

    After a preposition of place they are more likely a town, which is an unknown value and no personal data.
    """
    known = english() | vocabulary
    words = re.findall(r"[^\W\d_]+", question)
    return any(
        first.istitle()
        and second.istitle()
        and len(first) > 1
        and len(second) > 1
        and not {first.lower(), second.lower()} & known
        and (not at or words[at - 1].lower() not in _OF_PLACES)
        for at, (first, second) in enumerate(pairwise(words))
    )


def _is_write(text: str, follow_up: bool) -> bool:
    if not _WRITE.search(text) or _WEIGHED.search(text) or re.match(r"[a-z]{2,5} \d{3,}\b", text):
        return False  # "PAY-2107 hitting us": a code, not an order to pay
    if re.search(r"^(?:please )?(?:drop|remove|truncate) (?:the )?(?:\w+ ){0,2}tables?$", text) and not follow_up:
        return True
    if _SENT.search(text):
        return False
    if _WRITE_SAFE.search(text):
        return text.startswith(("drop table", "remove all", "drop all")) and not follow_up
    return True


def _opens_with_vocabulary(text: str, lexicon: Lexicon) -> bool:
    """`change reasons ranked by ...`: what looks like an order begins a longer name of the model."""
    words = [token.text for token in tokenise(text)]
    found = (lexicon.surfaces.get(tuple(words[:length]), frozenset()) for length in (4, 3, 2))
    return any(target.kind != "value" for targets in found for target in targets)


def _is_vocabulary(text: str, pattern: re.Pattern[str], lexicon: Lexicon) -> bool:
    """Whether the words that matched are a phrase of the model (a metric called `predicted churn`)."""
    match = pattern.search(text)
    if not match:
        return False
    return tuple(token.lemma for token in tokenise(match.group())) in lexicon.exact


def foreign_language(question: str, vocabulary: frozenset[str] = frozenset()) -> str:
    """The language of a question that is not English, or an empty string.

    Words of the English list and of the model's vocabulary are no evidence; when most are such, it is English,
    unless two of the others are telling ones, too long for a part of a name (`Cuántas llamadas by plan type?`).
    """
    text = normalise(question)
    letters = [ch for ch in text if ch.isalpha()]
    words = re.findall(r"[^\W\d_]+", text)
    other = sum(ord(ch) > 0x24F for word in words if word not in vocabulary for ch in word)
    if other >= _OTHER_LETTERS or sum(ord(ch) > 0x24F for ch in letters) > len(letters) * 0.3:
        return "this script is not Latin"
    english_count = sum(word in FUNCTION for word in words)
    scores = {name: sum(word in known for word in words) for name, known in FOREIGN_WORDS.items()}
    name, score = max(scores.items(), key=lambda item: item[1])
    own = sum(word in FOREIGN_WORDS[name] and word in FUNCTION for word in words)
    known = english() | vocabulary
    strange = [word for word in words if word not in known]
    if sum(len(word) > 3 and word in FOREIGN_WORDS[name] for word in strange) >= 2:
        return name
    if not strange or len(strange) < len(words) * 0.4:
        return ""
    return name if score >= 2 and score - own > english_count - own and score >= len(words) * 0.25 else ""


def refuse_topic(names: list[str], lexicon: Lexicon) -> Refused | None:
    """A topic the model's owners have named as not in the data."""
    for topic in lexicon.model.topics:
        if topic.name in names:
            return Refused("no_metric", topic.reason, topic.nearest)
    return None
