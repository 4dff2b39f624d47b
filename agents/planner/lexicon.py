"""The vocabulary of a semantic model, indexed once: phrase to targets at three levels of strictness.

Exact: the same lemmas in the same order. Bag: the same content lemmas in any order with linking words between.
Stem: the same word stems in any order. A stricter level always beats a looser one on the same words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

from agents.planner.normalise import lemma, phrase_tokens, stem
from agents.planner.reading import Target, Token
from agents.planner.thesaurus import Piece, Thesaurus
from agents.planner.words import (
    AVERAGE,
    COMMON_VALUES,
    CUE_WORDS,
    EXCLUDERS,
    FILLER,
    FUNCTION,
    KNOWN,
    POPULATION,
    SHARE,
    SUPERLATIVES,
    TIME_WORDS,
)
from semantic.model import Dimension, Metric, SemanticModel
from semantic.values import ValueDictionary

Key = tuple[str, ...]
_COUNT = re.compile(r"\d{1,2}")
_SAYS_NOTHING = frozenset(
    map(
        lemma,
        SHARE
        | FILLER
        | POPULATION
        | AVERAGE
        | TIME_WORDS
        | FUNCTION
        | CUE_WORDS
        | {"minutes", "seconds", "hours", "volume", "back", "again"},
    )
)
_RATE_TAILS = ("percentage", "percent", "share", "proportion", "ratio", "rate")
_AND_MORE = ("and up", "and over", "and above", "and older", "or over", "or older", "or above", "plus", "or more")
_LEADS = ("average", "avg", "mean", "total", "overall", "number of", "count of")


class Values(Protocol):
    """The governed values of dimensions (semantic.values.ValueDictionary)."""

    def values(self, dimension: str) -> tuple[str, ...]: ...

    def label(self, dimension: str, value: str) -> str: ...

    def synonyms(self, dimension: str) -> dict[str, str]: ...

    def knows(self, dimension: str, value: str) -> bool: ...


@dataclass
class Lexicon:
    """The indexes. `words` are all words as written, `capitals` the targets that need capitals.

    `shadowed` are values of the data alone that are written like a figure's label.
    """

    model: SemanticModel
    values: Values
    exact: dict[Key, frozenset[Target]] = field(default_factory=dict)
    surfaces: dict[Key, frozenset[Target]] = field(default_factory=dict)
    orders: frozenset[Key] = frozenset()
    labels: frozenset[tuple[Key, Target]] = frozenset()
    suffixes: dict[Key, frozenset[Target]] = field(default_factory=dict)
    topics: dict[Key, str] = field(default_factory=dict)
    bag: dict[Key, frozenset[Target]] = field(default_factory=dict)
    stems: dict[Key, frozenset[Target]] = field(default_factory=dict)
    heads: dict[str, frozenset[str]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    shadowed: frozenset[Target] = frozenset()
    volumes: frozenset[str] = frozenset()
    noise: frozenset[str] = frozenset()
    noise_phrases: tuple[Key, ...] = ()
    longest: int = 1
    capitals: frozenset[Target] = frozenset()
    related: dict[str, frozenset[str]] = field(default_factory=dict)
    thesaurus: Thesaurus = field(default_factory=Thesaurus)
    same: dict[Key, Target] = field(default_factory=dict)

    @cached_property
    def label_stems(self) -> frozenset[str]:
        """Stems of the words in figures' labels: `planning` and `loaded` tell one figure from another."""
        words = (word for metric in self.model.metrics.values() for word in metric.label.lower().split())
        return frozenset(stem(word.strip("(),")) for word in words)

    @cached_property
    def parts_by_name(self) -> frozenset[str]:
        """Words that alone are the name of a dimension and of nothing else: team, topic."""
        return frozenset(
            key[0]
            for key, targets in self.exact.items()
            if len(key) == 1 and all(target.kind == "dimension" for target in targets)
        )

    @cached_property
    def value_stems(self) -> Mapping[str, frozenset[str]]:
        """Stems of words that stand in the names of declared values and in no other name: their dimensions."""
        found: dict[str, set[str]] = {}
        for name, dimension in self.model.dimensions.items():
            for value in dimension.values:
                for token in phrase_tokens(self.values.label(name, value)):
                    found.setdefault(stem(token.text), set()).add(name)
        named = {stem(word) for one in self.model.dimensions.values() for word in one.label.lower().split()}
        common = self.label_stems | named | {stem(word) for word in FUNCTION | FILLER | KNOWN | POPULATION}
        return {word: frozenset(names) for word, names in found.items() if word not in common and word.isalpha()}

    def written_values(self) -> Iterable[Key]:
        """The phrases of values as they are written, word by word."""
        return (key for key, targets in self.surfaces.items() if any(target.kind == "value" for target in targets))

    def compatible(self, metric: str, dimension: str) -> bool:
        """Whether the metric can be sliced by the dimension."""
        return dimension in self.model.dimensions_of(metric)


def namesake(lexicon: Lexicon, target: Target) -> Target | None:
    """The value of the fallback dimension that goes by the same name: Billing, Billing Question."""
    fallback = lexicon.model.dimensions[target.name].fallback
    if not fallback:
        return None
    key = tuple(token.lemma for token in phrase_tokens(lexicon.values.label(target.name, target.value)))
    exact = [
        found for found in sorted(lexicon.exact.get(key, ())) if found.name == fallback and found.kind == "value"
    ]
    if exact:
        return exact[0]
    starting = [
        value for value in lexicon.values.values(fallback) if _starts(lexicon.values.label(fallback, value), key)
    ]
    return Target("value", fallback, starting[0]) if len(starting) == 1 else None


def _starts(label: str, key: Key) -> bool:
    return tuple(token.lemma for token in phrase_tokens(label))[: len(key)] == key


def content(tokens: Iterable[Token]) -> list[Token]:
    """Tokens that are neither function words nor marks."""
    return [token for token in tokens if token.text not in FUNCTION and not token.is_mark]


def build_lexicon(model: SemanticModel, values: Values) -> Lexicon:
    """Index every phrase of the model. Explicit phrases win over derived ones with the same words.

    Values that only the data has come after those that the model declares: a plan that calls itself like a journey
    of the model does not take its name away.
    """
    explicit, derived = _phrases(model, values)
    declared = _keys(_declared_values(model, values))
    found = [(phrase, target) for phrase, target in _found_values(model, values, _keys(explicit))
             if _key(phrase) not in declared]  # fmt: skip
    explicit += found
    explicit += _short_names(found, _keys(explicit) | declared)
    lexicon = Lexicon(model, values)
    index = _Index()
    for group in (explicit, derived):
        index.close()
        for phrase, target in group:
            index.add(phrase, target)
    lexicon.exact, lexicon.bag, lexicon.stems, lexicon.surfaces = index.frozen()
    lexicon.orders = frozenset(index.orders)
    lexicon.labels = _label_keys(model)
    labelled = {key for key, _ in lexicon.labels}
    lexicon.shadowed = frozenset(target for phrase, target in found if _key(phrase) in labelled)
    lexicon.suffixes = _suffixes(explicit, lexicon.exact)
    lexicon.longest = max((len(key) for key in lexicon.exact), default=1)
    lexicon.heads = _heads(model)
    lexicon.capitals = _capitals(lexicon.exact)
    lexicon.topics = {
        tuple(token.text for token in phrase_tokens(phrase)): topic.name
        for topic in model.topics
        for phrase in topic.phrases
    }
    _add_words(lexicon, explicit)
    lexicon.thesaurus = Thesaurus.of(model)
    lexicon.same = _same_keys(explicit, lexicon.thesaurus, lexicon.labels)
    return lexicon


class _Index:
    """Collects phrases; after `close`, keys that are known already take no further targets."""

    def __init__(self) -> None:
        self.exact: dict[Key, set[Target]] = defaultdict(set)
        self.bag: dict[Key, set[Target]] = defaultdict(set)
        self.stems: dict[Key, set[Target]] = defaultdict(set)
        self.surfaces: dict[Key, set[Target]] = defaultdict(set)
        self.closed: set[Key] = set()
        self.orders: set[Key] = set()

    def close(self) -> None:
        """Keep what is there: explicit phrases are not to be shared with derived ones."""
        self.closed = {*self.exact, *self.bag, *self.stems}

    def add(self, phrase: str, target: Target) -> None:
        """Index one phrase of a target at every level it qualifies for."""
        form = _form(phrase, target.kind)
        if form is None or form.key in self.closed:
            return
        self.exact[form.key].add(target)
        self.surfaces[form.texts].add(target)
        if form.order:
            self.orders.add(form.order)
        if form.bag and form.bag not in self.closed:
            self.bag[form.bag].add(target)
        if form.stems and form.stems not in self.closed:
            self.stems[form.stems].add(target)

    def frozen(self) -> tuple[dict[Key, frozenset[Target]], ...]:
        """The four indexes, read-only."""
        indexes = (self.exact, self.bag, self.stems, self.surfaces)
        return tuple({key: frozenset(found) for key, found in index.items()} for index in indexes)


class _Form(NamedTuple):
    """A phrase as it is indexed: its lemmas and words, and where it is known in any order, its bags."""

    key: Key
    texts: Key
    order: Key = ()
    bag: Key = ()
    stems: Key = ()


@lru_cache(maxsize=30_000)
def _form(phrase: str, kind: str) -> _Form | None:
    """Remembered as the tokens of phrases are: a second lexicon has most of the first one's."""
    tokens = _without_superlative(phrase_tokens(phrase)) if kind == "metric" else phrase_tokens(phrase)
    if not tokens:
        return None
    key, texts = tuple(token.lemma for token in tokens), tuple(token.text for token in tokens)
    words = content(tokens)
    if kind == "value" or not words:
        return _Form(key, texts)
    # "end up calling": with only one telling word left, any order of the words would say too little
    order = tuple(token.lemma for token in words)
    telling = [token for token in words if token.text not in FILLER | SHARE]
    if len(telling) < 2 and any(token.text in FILLER for token in words):
        return _Form(key, texts, order)
    if all(token.text in _SAYING_LITTLE for token in words):
        return _Form(key, texts, order)  # "average time with us" in any order is any time on average
    stems = tuple(sorted(stem(token.text) for token in words))
    single = len(tokens) == 1 and len(stems[0]) > 3 and kind == "metric"
    several = len(words) > 1
    return _Form(key, texts, order, tuple(sorted(order)) if several else (), stems if several or single else ())


def _without_superlative(tokens: list[Token]) -> list[Token]:
    """`least satisfied` is indexed as `satisfied`: the ranking cue says which end is meant."""
    words = [token.text for token in tokens]
    lead = (
        2
        if words[:2] in (["how", "many"], ["number", "of"])
        else 1
        if words[:1] and words[0] in SUPERLATIVES
        else 0
    )
    return tokens if set(words[lead:]) & POPULATION or lead == len(words) else tokens[lead:]


def _same_keys(
    phrases: Iterable[tuple[str, Target]], thesaurus: Thesaurus, labels: frozenset[tuple[Key, Target]]
) -> dict[Key, Target]:
    """Bags of words, each put as its group, that stand for one metric or dimension: by its label or any name.

    At least two words must tell something: `end up calling` in any order is not what `calls that end` means.
    """
    meant: dict[Key, set[Target]] = defaultdict(set)
    labelled: dict[Key, set[Target]] = defaultdict(set)
    for phrase, target in phrases:
        tokens = phrase_tokens(phrase) if target.kind != "value" else []
        pieces = thesaurus.pieces(tokens)
        if tokens and tokens[0].text in SUPERLATIVES:
            continue
        telling = [one for one in pieces if not one.light and tokens[one.start].text not in _SAYING_LITTLE]
        if len(telling) < 2 or not any(piece.grouped for piece in pieces):
            continue
        key = same_key(pieces)
        meant[key].add(target)
        if (_key(phrase), target) in labels:
            labelled[key].add(target)
    named = {key: labelled.get(key) or targets for key, targets in meant.items()}
    return {key: next(iter(targets)) for key, targets in named.items() if len(targets) == 1}


_SAYING_LITTLE = FILLER | SHARE | AVERAGE | TIME_WORDS | POPULATION


def same_key(pieces: Iterable[Piece]) -> Key:
    """What a run of words says whatever their order: their groups and lemmas, without function words."""
    return tuple(sorted(piece.word for piece in pieces if piece.grouped or not piece.light))


def _label_keys(model: SemanticModel) -> frozenset[tuple[Key, Target]]:
    labels = [(m.label, Target("metric", m.name)) for m in model.metrics.values()]
    return frozenset((tuple(token.lemma for token in phrase_tokens(label)), target) for label, target in labels)


def _suffixes(
    explicit: Iterable[tuple[str, Target]], exact: Mapping[Key, frozenset[Target]]
) -> dict[Key, frozenset[Target]]:
    """Ends of metrics' names (`denial rate`, `cost`): ambiguous, used only when no metric is named in full.

    Of names that are nouns only: the end of `time waiting in line` is no name of anything.
    """
    found: dict[Key, set[Target]] = defaultdict(set)
    for phrase, target in explicit:
        if target.kind != "metric":
            continue
        key = tuple(token.lemma for token in phrase_tokens(phrase))
        if FUNCTION & set(key):
            continue
        for start in range(1, len(key)):
            suffix = key[start:]
            if suffix not in exact and suffix[0] not in FUNCTION and not set(suffix) <= _SAYS_NOTHING:
                found[suffix].add(target)
    return {key: frozenset(targets) for key, targets in found.items()}


def _phrases(model: SemanticModel, values: Values) -> tuple[list[tuple[str, Target]], list[tuple[str, Target]]]:
    explicit: list[tuple[str, Target]] = []
    derived: list[tuple[str, Target]] = []
    for metric in model.metrics.values():
        target = Target("metric", metric.name)
        named = (metric.label, metric.name.replace("_", " "), *metric.synonyms)
        explicit += [(phrase, target) for phrase in named]
        derived += [(variant, target) for phrase in named for variant in _variants(metric, phrase)]
    for dimension in model.dimensions.values():
        target = Target("dimension", dimension.name)
        named = (dimension.label, dimension.name.replace("_", " "), *dimension.synonyms)
        named = tuple(phrase for phrase in named if not {"vs", "versus", "by"} & set(phrase.lower().split()))
        explicit += [(phrase, target) for phrase in named]
    return explicit + _declared_values(model, values), derived


def _variants(metric: Metric, phrase: str) -> list[str]:
    """Regular rewordings: `average X` as X, `X rate` as `X percentage` and as X."""
    lowered = phrase.lower()
    found = [lowered[len(lead) + 1 :] for lead in _LEADS if lowered.startswith(lead + " ")]
    if metric.unit in ("rate", "percent"):
        roots = [lowered[: -len(tail) - 1] for tail in _RATE_TAILS if lowered.endswith(" " + tail)]
        found += roots
        found += [f"{root} {tail}" for root in roots or [lowered] for tail in _RATE_TAILS]
    if lowered.split()[0] in POPULATION:
        found += [f"how many {lowered}", f"number of {lowered}"]
    if metric.unit in ("minutes", "seconds", "days", "usd", "score") and not lowered.startswith(tuple(AVERAGE)):
        found += [f"average {lowered}"] if not metric.additive or metric.unit != "usd" else []
    if metric.unit == "count":
        found += [f"{lowered} count", f"{lowered} volume"]
    return [variant for variant in found if len(variant) > 2 and variant.split()[0] not in FUNCTION]


def _declared_values(model: SemanticModel, values: Values) -> list[tuple[str, Target]]:
    """The values that the model itself names, as far as the reader may know them, with labels and synonyms."""
    declared = ValueDictionary.declared(model)
    found = [entry for dimension in model.dimensions.values() for entry in _value_phrases(dimension, declared)]
    return [(phrase, target) for phrase, target in found if values.knows(target.name, target.value)]


def _found_values(model: SemanticModel, values: Values, vocabulary: frozenset[Key]) -> list[tuple[str, Target]]:
    """The values that only the data has, without those that are written in words that questions are built with.

    Whoever can write into a source could otherwise change how everybody's questions are read.
    """
    return [
        (phrase, target)
        for dimension in model.dimensions.values()
        for phrase, target in _value_phrases(dimension, values)
        if target.value not in dimension.values and not is_grammar(phrase, vocabulary)
    ]


_FEW = 8
"""Values that a dimension has at most where the last word of one may stand for it."""
_SHORTEST = 4
_NOT_SO = FUNCTION | EXCLUDERS
"""`required` is no value that is called `not required`."""


def _short_names(found: Iterable[tuple[str, Target]], vocabulary: frozenset[Key]) -> list[tuple[str, Target]]:
    """`chat` for a `live chat`: the last word of one of a few values of the data, where it names nothing else."""
    targets: dict[str, set[Target]] = defaultdict(set)
    of_one: dict[str, set[Target]] = defaultdict(set)
    for phrase, target in found:
        of_one[target.name].add(target)
        words = [token.text for token in phrase_tokens(phrase)]
        match words:
            case [said, last] if last.isalpha() and len(last) >= _SHORTEST and said not in _NOT_SO:
                targets[last].add(target)
    return [
        (word, next(iter(named)))
        for word, named in sorted(targets.items())
        if len(named) == 1
        and len(of_one[next(iter(named)).name]) <= _FEW
        and _key(word) not in vocabulary
        and not is_grammar(word, vocabulary)
    ]


def _value_phrases(dimension: Dimension, values: Values) -> list[tuple[str, Target]]:
    found = []
    for value in values.values(dimension.name):
        target = Target("value", dimension.name, value)
        found += [(value.replace("_", " "), target), (values.label(dimension.name, value), target)]
        if open_ended := re.fullmatch(r"(\d+)\+", value):
            found += [(f"{open_ended[1]} {tail}", target) for tail in _AND_MORE]
    for phrase, value in values.synonyms(dimension.name).items():
        found.append((phrase, Target("value", dimension.name, value)))
    return found


def is_grammar(value: str, vocabulary: frozenset[Key] = frozenset()) -> bool:
    """Whether a value is written in what questions are built with: "how many", "top 3", "calls by plan type"."""
    words = [token.text for token in phrase_tokens(value)]
    if all((word in KNOWN and word not in COMMON_VALUES) or _COUNT.fullmatch(word) for word in words):
        return True
    key = _key(value)
    left = [word for word, place in zip(key, _covered(key, vocabulary), strict=True) if not place]
    return bool(left) and len(left) < len(key) and all(word in FUNCTION | TIME_WORDS | FILLER for word in left)


def _covered(key: Key, vocabulary: frozenset[Key]) -> list[bool]:
    """Which words belong to a phrase of the vocabulary, the longest at each place."""
    covered = [False] * len(key)
    at = 0
    while at < len(key):
        end = next((end for end in range(len(key), at, -1) if key[at:end] in vocabulary), at)
        covered[at:end] = [True] * (end - at)
        at = max(end, at + 1)
    return covered


def _key(phrase: str) -> Key:
    return tuple(token.lemma for token in phrase_tokens(phrase))


def _keys(phrases: Iterable[tuple[str, Target]]) -> frozenset[Key]:
    return frozenset(_key(phrase) for phrase, _ in phrases)


def _heads(model: SemanticModel) -> dict[str, frozenset[str]]:
    """Last words of dimension labels: `reason` may mean any of the model's ... reasons, settled by the metric."""
    heads: dict[str, set[str]] = defaultdict(set)
    for dimension in model.dimensions.values():
        for phrase in (dimension.label, dimension.name.replace("_", " ")):
            words = content(phrase_tokens(phrase))
            if len(words) > 1:
                heads[words[-1].lemma].add(dimension.name)
    return {word: frozenset(names) for word, names in heads.items()}


def _capitals(exact: Mapping[Key, frozenset[Target]]) -> frozenset[Target]:
    """Values written like a common word (`IN`, `OR`) count only when typed in capitals."""
    return frozenset(
        target
        for key, found in exact.items()
        if len(key) == 1 and key[0] in FUNCTION | FILLER
        for target in found
        if target.kind == "value"
    )


def _is_volume(target: Target, model: SemanticModel) -> bool:
    """Whether a target is a neutral count: calls, claims, sessions."""
    if target.kind != "metric":
        return False
    metric = model.metrics[target.name]
    return metric.unit == "count" and metric.polarity == "neutral"


def _add_words(lexicon: Lexicon, explicit: Iterable[tuple[str, Target]]) -> None:
    words: set[str] = set()
    related: dict[str, set[str]] = defaultdict(set)
    for phrase, target in explicit:
        tokens = phrase_tokens(phrase)
        words.update(token.text for token in tokens)
        if target.kind != "value":
            related[target.name].update(stem(token.text) for token in content(tokens))
    for metric in lexicon.model.metrics.values():
        related[metric.name].update(stem(token.text) for token in content(phrase_tokens(metric.description)))
        datasets = lexicon.model.datasets_of(metric.name)
        related[metric.name].update(stem(word) for name in datasets for word in name.split("_"))
    lexicon.volumes = frozenset(
        key[0]
        for key, targets in lexicon.exact.items()
        if len(key) == 1 and any(_is_volume(target, lexicon.model) for target in targets)
    )
    defaults = lexicon.model.defaults
    lexicon.words = frozenset(words)
    lexicon.related = {name: frozenset(found) for name, found in related.items()}
    lexicon.noise = frozenset(token.lemma for word in defaults.noise_words for token in phrase_tokens(word))
    lexicon.noise_phrases = tuple(
        tuple(t.lemma for t in phrase_tokens(phrase)) for phrase in defaults.noise_phrases
    )
