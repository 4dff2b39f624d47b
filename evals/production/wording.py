"""Questions as they may stand in a case file: nothing that could point at a person, everything that we know."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.planner.normalise import lemma, tokenise
from agents.planner.reading import Token
from agents.planner.spelling import Speller
from agents.planner.words import FILLER, FUNCTION, KNOWN
from semantic.model import SemanticModel

HIDDEN = "<hidden>"
"""Stands for what was taken out. A question that has it cannot be asked again as it is."""
_FINGERPRINT = re.compile(r"<[0-9a-f]{16}>")
_CODED = re.compile(r"\b[^\W\d_]+[-_]?\d{4,}\w*|\b\d{4,}[^\W\d_]+\w*")
_LETTERS = r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff])*"
_WORD = re.compile(rf"(?P<mark><hidden>)|{_LETTERS}(?:['\u2019-]{_LETTERS})*")
_ENDS = ".?!:;\n"


class QuestionRedactor:
    """Keeps words of the vocabulary, plain English and what is a typo of ours; hides the rest, and names.

    `spoken` is the audit trail's redaction of free text: addresses, and numbers that may be somebody's. Capitals
    in mid-sentence are kept only in words of labels and values: `Mark` may be a name where `mark` is a word.
    """

    def __init__(self, speller: Speller, model: SemanticModel, spoken: Callable[[str], str]) -> None:
        self._speller, self._spoken = speller, spoken
        labels = [metric.label for metric in model.metrics.values()]
        labels += [dimension.label for dimension in model.dimensions.values()]
        named = {word for label in labels for word in re.findall(r"[a-z]+", label.lower())}
        asked = " ".join(q for query in model.verified_queries.values() for q in query.questions).lower()
        self._codes = {found.group() for found in _CODED.finditer(asked)}
        self._known_words = speller.known | {token.text for token in tokenise(asked)}
        self._capitals = {lemma(word) for word in named | speller.names | (KNOWN - {"rose", "may"})}

    def __call__(self, text: str) -> str:
        """The text with everything hidden that is not known to be harmless."""
        plain = _CODED.sub(self._coded, _FINGERPRINT.sub(HIDDEN, self._spoken(text)))
        words = list(_WORD.finditer(plain))
        shouted = plain.upper() == plain
        hidden = [not self._kept(plain, match, shouted=shouted) for match in words]
        pieces, at = [], 0
        for number, match in enumerate(words):
            follows = number + 1 < len(words) and hidden[number + 1] and words[number + 1].group()[0].isupper()
            alone = hidden[number] or (follows and not shouted and self._begins_a_name(match.group()))
            pieces += [plain[at : match.start()], HIDDEN if alone else match.group()]
            at = match.end()
        text = "".join(pieces) + plain[at:]
        return re.sub(rf"{HIDDEN}(?:[\s,'\u2019-]*{HIDDEN})+", HIDDEN, text)

    def _coded(self, match: re.Match[str]) -> str:
        """A code that an owner's wording has (`0337U`) is a service; any other may be somebody's number."""
        return match.group() if match.group().lower() in self._codes else HIDDEN

    def _kept(self, text: str, match: re.Match[str], *, shouted: bool) -> bool:
        word = match.group()
        if match["mark"]:
            return False
        before = text[: match.start()].rstrip(" \"'(*\u201c\u2018")
        within = bool(before) and before[-1] not in _ENDS
        if within and not shouted and word[0].isupper() and not word.isupper():
            return all(token.lemma in self._capitals for token in tokenise(word))
        if text[: match.start()][-1:].isdigit():
            return True  # the end of a code that was kept
        if len(word) == 1 and text[match.end() : match.end() + 1].isdigit():
            return True  # Q3
        return all(self._known(token) for token in tokenise(word))

    def _known(self, token: Token) -> bool:
        if {token.text, token.lemma} & self._known_words or not token.text.isalpha():
            return True
        repaired, _ = self._speller.repair([token])
        return repaired[0].text in self._known_words

    @staticmethod
    def _begins_a_name(word: str) -> bool:
        """Whether a capitalised word before a hidden one goes with it: `Rose` of `Rose Hartmann`."""
        return word[0].isupper() and not word.isupper() and word.lower() not in FUNCTION | FILLER
