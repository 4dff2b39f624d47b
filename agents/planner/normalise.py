"""Text to tokens: unicode, case, contractions, possessives, punctuation, hyphens, inflection."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from agents.planner.once import once
from agents.planner.reading import Token
from agents.planner.rewriting import Rule, rewritten
from agents.planner.shorthand import written_out
from agents.planner.turns import TURNS
from agents.planner.words import FUNCTION, NUMBER_WORDS, TIME_WORDS

_CONTRACTIONS = (
    (re.compile(r"\b(can)(?:'t|not)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|would|could|should)n'?t\b"), r"\1 not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\b(what|where|who|how|it|that|there|here|which|when|why)'s\b"), r"\1 is"),
    (re.compile(r"\b(what|where|how)s\b"), r"\1 is"),
    (re.compile(r"\b(what|where|who|how|they|we|you)'re\b"), r"\1 are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'s\b|(?<=s)'(?=\s|$)"), ""),
    (re.compile(r"\bw/o\b"), "without"),
    (re.compile(r"\bw/\s?"), "with "),
)
_PRIOR_AUTH = (
    (re.compile(r"\bpas\b"), "prior auths"),
    (
        re.compile(
            r"\bpa(?= (?:(?:is|was|gets?|got|itself|still|status|decisions?|denials?|denied|approvals?|approved|"
            r"pending|required|requests?|rules|turnaround|needed|reviews?|checks?)\b|rate\b))"
        ),
        "prior auth",
    ),
    (re.compile(r"\b(an?|when|where|whose|no|without|needing|requiring|had|carrying) pa\b"), r"\1 prior auth"),
)
"""PA is Pennsylvania, and what has to be approved before a treatment: the words around it tell."""
_OPENED = tuple(Rule.of(pattern, replacement) for pattern, replacement in (*_CONTRACTIONS, *_PRIOR_AUTH))
_WORD = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
    r"|[$€£]?\d+(?:,\d{3})*(?:\.\d+)?(?:%|bn\b|[kmb]\b|\+|st\b|nd\b|rd\b|th\b)?(?:-\d+(?:\.\d+)?)?"
    r"|[^\W\d_]+\d*|[,.;:?!()\u2013\u2014/&<>=%+]"
)
_MARKS = {";": ",", ":": ".", "(": ",", ")": ",", "\u2013": ",", "\u2014": ",", "?": ".", "!": "."}
_REPLACED = {
    "/": "and", "&": "and", "+": "and", "%": "percent", "avg": "average", "ppl": "people", "mins": "minutes",
    "secs": "seconds", "hrs": "hours", "rang": "called", "rung": "called", "phoned": "called", "dialed": "called",
    "dialled": "called", "ring": "call", "rings": "calls", "ringing": "calling", "phoning": "calling",
    "msgs": "messages", "msg": "message", "approx": "approximately", "vol": "volume", "qty": "number",
    "excl": "excluding", "incl": "including", "prev": "previous", "curr": "current", "amt": "amount",
    "num": "number",
    "mos": "months", "yrs": "years", "pcnt": "percent", "perc": "percent", "w": "with", "bn": "billion",
    "theme": "topic", "themes": "topics", "quantity": "number",
    "yr": "year", "qtr": "quarter", "wk": "week", "wks": "weeks", "qtrs": "quarters", "mth": "month",
    "mths": "months", "grad": "graduate",
    "priciest": "costliest", "pricey": "expensive", "pricier": "costlier",
    "svc": "service", "svcs": "services", "neg": "negative", "pos.": "positive", "mbr": "member",
    "mbrs": "members", "grp": "group", "grps": "groups", "req": "request", "reqs": "requests", "amts": "amounts",
    "thru": "through", "n": "and", "hh": "household", "pt": "patient", "pts": "patients", "cust": "customer",
    "custs": "customers", "auths": "authorizations", "chg": "change", "chgs": "changes", "sess": "sessions",
    "r": "are", "u": "you", "ur": "your", "rn": "today", "shd": "should", "cld": "could", "wld": "would",
    "pls": "please", "plz": "please", "wat": "what", "wut": "what", "kno": "know", "prob": "problem",
    "probs": "problems", "bc": "because", "cuz": "because", "tho": "though",
    "participation": "share", "contribution": "share", "quantities": "numbers",
}  # fmt: skip
_IRREGULAR = {
    "people": "people", "aht": "aht", "does": "do", "did": "do", "has": "have", "had": "have",
    "is": "be", "are": "be",
    "was": "be", "were": "be", "been": "be", "being": "be", "paid": "pay", "pays": "pay", "paying": "pay",
    "fell": "fall", "rose": "rise", "went": "go", "goes": "go", "gone": "go", "took": "take", "got": "get",
    "spent": "spend", "lost": "lose", "made": "make", "took ": "take", "sent": "send", "felt": "feel",
    "men": "man", "women": "woman", "children": "child", "costliest": "costly", "denied": "deny", "denies": "deny",
    "less": "less", "business": "business", "status": "status", "process": "process", "access": "access",
    "news": "news",
    "this": "this", "its": "its", "us": "us", "as": "as", "plus": "plus", "versus": "versus", "gas": "gas",
    "bus": "bus", "during": "during", "string": "string", "thing": "thing", "king": "king", "ring": "ring",
    "bring": "bring", "spring": "spring", "morning": "morning", "need": "need", "speed": "speed", "feed": "feed",
    "red": "red", "bed": "bed", "med": "med", "hundred": "hundred", "used": "use", "using": "use",
    "buses": "bus", "analyses": "analysis", "series": "series", "yes": "yes", "always": "always",
}  # fmt: skip


_DEAR, _CHEAP = "(?:most )?(?:expensive|costly)", "(?:cheap(?:est)?|least (?:expensive|costly))"
_ORDERS = tuple(
    Rule.of(rf"\b(?:from )?(?:the )?{start} to (?:the )?{end}\b", order)
    for start, end, order in (
        ("high(?:est)?", "low(?:est)?", "highest first"), ("low(?:est)?", "high(?:est)?", "lowest first"),
        ("(?:big|large)(?:g?est|st)?", "(?:small|little)(?:est)?", "highest first"),
        ("most", "least", "highest first"),
        (f"{_DEAR}(?: down)?", _CHEAP, "highest first"), (f"{_CHEAP}(?: up)?", _DEAR, "lowest first"),
        ("(?:small)(?:est)?", "(?:big|large)(?:g?est|st)?", "lowest first"), ("least", "most", "lowest first"),
        ("(?:bad|worst)", "(?:good|best)", "worst first"), ("(?:good|best)", "(?:bad|worst)", "best first"),
        ("slow(?:est)?", "fast(?:est)?", "slowest first"), ("fast(?:est)?", "slow(?:est)?", "fastest first"),
        ("long(?:est)?", "short(?:est)?", "longest first"), ("short(?:est)?", "long(?:est)?", "shortest first"),
    )
)  # fmt: skip


_PART = re.compile(
    r"\b(what|which|the|and|a)"
    r"((?: (?!first|second|third|last|latter|earl|late|bett?er|best|larg|bigg?|most|main|small|middle)\w+)?)"
    r" (?:part|slice|chunk|piece) of\b"
    r"(?! (?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|the (?:week|month|quarter|year|day|problem|reason|answer|story|question)|what|our|this|it)\b)"
)
"""`which part of the calls were leaked`, not `the first part of October`."""


def normalise(question: str) -> str:
    """Lower-case text with contractions opened; emoji and symbols dropped; what remains is ASCII-like."""
    text = unicodedata.normalize("NFKC", question).replace("\u2019", "'").replace("\u2018", "'")
    text = "".join(
        ch if unicodedata.category(ch) not in {"So", "Sk", "Cs", "Co", "Cn", "Cf"} else " " for ch in text
    )
    lowered = re.sub(r"\$(?!\s?\d)", " dollars ", re.sub(r"#(?!\s?\d)", " number ", written_out(text.lower())))
    return re.sub(r"\s+", " ", rewritten(lowered, _OPENED)).strip()


def tokenise(question: str) -> list[Token]:
    """Tokens of a question. Hyphenated words split, numbers and dates stay whole."""
    return list(once(("tokens", question), lambda: tuple(_tokenised(question))))


def _tokenised(question: str) -> list[Token]:
    upper = _upper_words(question)
    tokens = []
    for match in _WORD.finditer(_joined(normalise(question))):
        word = match.group()
        text = _MARKS.get(word, _REPLACED.get(word, word.replace(",", "") if word[-1:].isalnum() else word))
        parts = _superlative(text)
        tokens += [Token(part, lemma(part), part.upper() if part in upper else part) for part in parts]
    return _trim(tokens)


def phrase_tokens(phrase: str) -> list[Token]:
    """Tokens of a phrase of the vocabulary, remembered: making a lexicon asks for most of them several times.

    Questions are not remembered.
    """
    return list(_remembered(phrase))


@lru_cache(maxsize=30_000)
def _remembered(phrase: str) -> tuple[Token, ...]:
    return tuple(tokenise(phrase))


_OF_HUNDRED = re.compile(
    r"(?:out )?of (?:every|each) (?:hundred|100) ((?:[\w-]+ ){0,3}[\w-]+),? how many (?:of them )?(?=\w)"
)
"""`out of every hundred leaked calls, how many are repeat calls?`: a percentage in other words."""


_ALIKE = (
    Rule.of(r"(?<=[a-z])-(?=\w)|(?<=\d)-(?=[a-z])", " "),
    *TURNS,
    Rule.of(r"\bhow long\b", "time"),
    *_ORDERS,
    Rule.of(r"\bmore (old|young|long|short|slow|fast|high|low|big|small)\b(?= than\b)", r"\1er"),
    Rule.of(r"\bexcl\.", "excluding"),
    Rule.of(r"\bper cent\b", "percent"),
    Rule.of(r"\bthe fortnight (?=before\b|from\b)", "the 2 weeks "),
    Rule.of(_OF_HUNDRED, r"what percentage of \1 "),
    Rule.of(r"\bfrom (?:one|each) ((?:\w+ ){0,2}\w+) to the next\b", r"by \1"),
    Rule.of(r"\bi\.\s?e\.(?!\w)|\be\.\s?g\.(?!\w)", ","),
    Rule.of(_PART, r"\1\2 share of"),
    Rule.of(r"\bwhat is the bill\b", "what is the cost"),
    Rule.of(r"(?<=\d-\d\d)s\b", ""),
    Rule.of(r"(?<=\d)\s?%", "%"),
)
"""Ways to say the same, after which there is one."""


def _joined(text: str) -> str:
    """Undo hyphens inside words; `18-34` and ISO dates keep theirs."""
    if unit := re.search(r"\d+-(days?|months?|years?|minutes?|hours?)\b", text):
        text = re.sub(r"\b(\d+)-(?=\s*(?:,|and\b|or\b))", rf"\1 {unit[1]}", text)  # "30-, 60- and 90-day supplies"
    return rewritten(text, _ALIKE)


def _upper_words(question: str) -> frozenset[str]:
    """Words typed in capitals, unless the whole question is."""
    words = re.findall(r"[A-Za-z]+", question)
    capitals = [word for word in words if word.isupper() and len(word) > 1]
    return (
        frozenset() if len(capitals) > len(words) * 0.7 and len(words) > 2 else frozenset(map(str.lower, capitals))
    )


def _superlative(word: str) -> tuple[str, ...]:
    """`angriest` reads as `most angry`, so that adjectives of the vocabulary rank too."""
    if word in ("busiest", "quietest"):
        return ("highest",) if word == "busiest" else ("lowest",)
    if word.endswith("iest") and len(word) > 6 and word not in TIME_WORDS:
        return ("most", word[:-4] + "y")
    return (word,)


def _trim(tokens: list[Token]) -> list[Token]:
    """Drop repeated and trailing marks."""
    kept: list[Token] = []
    for token in tokens:
        if not (token.is_mark and (not kept or kept[-1].is_mark)):
            kept.append(token)
    while kept and kept[-1].is_mark:
        kept.pop()
    return kept


@lru_cache(maxsize=20_000)
def lemma(word: str) -> str:
    """The word without plural, -ing and -ed: rough, but the same for vocabulary and question."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in FUNCTION or word in NUMBER_WORDS or not word.isalpha() or len(word) < 4:
        return word
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + replacement
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return lemma(word[:-1]) if len(word) > 4 else word[:-1]
    return _without_tense(word)


def _without_tense(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 3 and re.search(r"[aeiouy]", root):
            if root[-1] == root[-2] and root[-1] not in "lsz":
                return root[:-1]
            if root.endswith("i"):
                return root[:-1] + "y"
            return _with_final_e(root)
    return _with_final_e(word[:-1]) if word.endswith("e") else word


def _with_final_e(root: str) -> str:
    """Words lose their final e on both sides (`handle`, `handling`), so that both sides meet."""
    return root[:-1] if root.endswith("e") and len(root) > 3 else root


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The lemma without noun endings, so that `leakage`, `leaked` and `leaks` meet."""
    root = lemma(word)
    if root == "exception":  # no kind of "except", which leaves something out
        return root
    for ending in (
        "ations",
        "ation",
        "ement",
        "ment",
        "anc",
        "enc",
        "ag",
        "ur",
        "al",
        "ion",
        "ity",
        "ness",
        "at",
        "ly",
    ):
        if root.endswith(ending) and len(root) - len(ending) >= 4:
            root = root[: -len(ending)]
            break
    if root.endswith("aint"):
        root = root[:-1]
    if root.endswith(("y", "i")) and len(root) > 3:
        root = root[:-1]
    return root[:-1] if len(root) > 4 and root[-1] == root[-2] else root
