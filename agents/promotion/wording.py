"""Words that may stand in a verified query: those of the model and of plain English, nobody's name or number."""

from __future__ import annotations

import re

from agents.planner.normalise import tokenise
from agents.planner.planner import Planner
from agents.planner.refusals import refuse_text

MOST_CHARACTERS = 300
_LONG_NUMBER = re.compile(r"\d(?:[ \-.]?\d){5,}")
_MAILBOX = re.compile(r"\S@\S")
_DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")


def unfit_words(question: str, planner: Planner) -> tuple[str, ...]:
    """What of a question may not be kept: words that neither the model nor English has, personal data, ids."""
    found = [personal] if (personal := personal_in(question, planner)) else []
    known = planner.speller.known
    for token in tokenise(question):
        plain = token.text.isalpha() and len(token.text) > 2
        if plain and token.text not in known and token.lemma not in known:
            found.append(f"'{token.raw}'")
    return tuple(dict.fromkeys(found))


def personal_in(text: str, planner: Planner) -> str:
    """Why a text seems to hold personal data; nothing when it does not."""
    if len(text) > MOST_CHARACTERS:
        return f"more than {MOST_CHARACTERS} characters"
    if _MAILBOX.search(text):
        return "what looks like a mail address"
    if _LONG_NUMBER.search(_DATE.sub("", text)):
        return "a long number, which may be somebody's"
    refused = refuse_text(text, planner.lexicon, MOST_CHARACTERS, follow_up=False, hypothetical=True)
    return "what may be personal data" if refused and refused.kind == "pii" else ""
