"""Which dimension a breakdown means, given the metrics it has to go with."""

from __future__ import annotations

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, phrase_tokens
from agents.planner.reading import Reading, Span, Target
from agents.planner.siblings import words_of
from agents.planner.words import POPULATION


def read_dimensions(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    for span in sorted(reading.breakdown, key=lambda span: span.start):
        targets = tuple(t for t in span.targets if t in reading.settled) or span.targets
        chosen = _choose(draft, _with_heads(draft, targets, reading, span, lexicon), lexicon)
        if len(chosen) > 1:
            chosen = _own_kind(draft, chosen, reading.tokens[span.end - 1].lemma, lexicon)
        if len(chosen) == 1:
            if chosen[0] not in draft.dimensions:
                draft.dimensions.append(chosen[0])
            _say_fallback(draft, span, chosen[0], lexicon)
        else:
            targets = tuple(Target("dimension", name) for name in chosen)
            draft.issues.append(Issue("ambiguous_dimension", targets, at=span.start))
    for span in reading.loose:
        if _is_named_after(draft, reading, span, lexicon) or _follows_value(reading, span):
            continue
        if reading.tokens[span.end - 1].text.endswith("s") and _for_plural(reading, span):
            chosen = _choose(draft, tuple(target.name for target in span.targets), lexicon)
            draft.dimensions += [name for name in chosen[:1] if name not in draft.dimensions]
        elif not _is_noise(reading, span, lexicon):
            draft.issues.append(Issue("loose_dimension", span.targets, at=span.start))


def _with_heads(
    draft: Draft, targets: tuple[Target, ...], reading: Reading, span: Span, lexicon: Lexicon
) -> tuple[str, ...]:
    """`by channel` for a metric that does not know the platform: the dimension it knows that ends in this word."""
    names = tuple(target.name for target in targets)
    single = span.end - span.start == 1
    heads = lexicon.heads.get(reading.tokens[span.start].lemma, frozenset()) if single else frozenset()
    if not draft.metrics or any(lexicon.compatible(m, name) for m in draft.metrics for name in names):
        return names
    known = tuple(name for name in sorted(heads) if all(lexicon.compatible(m, name) for m in draft.metrics))
    return known if len(known) == 1 else names


def _own_kind(draft: Draft, names: tuple[str, ...], asked: str, lexicon: Lexicon) -> tuple[str, ...]:
    """`claims by status`: of several, the dimension that is called after the metric (claim status)."""
    labels = [words_of(lexicon.model.metrics[metric].label) for metric in draft.metrics]
    called = {name: lexicon.model.dimensions[name].label for name in names}
    asked = lemma("type") if asked in (lemma("kind"), lemma("sort")) else asked
    own = [
        name
        for name, label in called.items()
        if phrase_tokens(label)[-1].lemma == asked and any(words & words_of(label) for words in labels)
    ]
    if len(own) != 1:
        return names
    draft.assumptions.append(f"Broken down by {lexicon.model.dimensions[own[0]].label.lower()}.")
    return tuple(own)


def _is_named_after(draft: Draft, reading: Reading, span: Span, lexicon: Lexicon) -> bool:
    """`responses for providers that nobody asked for`: the word is part of what the figure is."""
    words = words_of(" ".join(token.text for token in reading.tokens[span.start : span.end]))
    own = [words_of(lexicon.model.metrics[name].label) for name in draft.metrics]
    own += [words_of(synonym) for name in draft.metrics for synonym in lexicon.model.metrics[name].synonyms]
    return bool(own) and any(words < longer for longer in own)


def _follows_value(reading: Reading, span: Span) -> bool:
    """`membership in Commercial plans`: the noun of a value, not what the figure is broken down by."""
    plural = reading.tokens[span.end - 1].text.endswith("s")
    return plural and any(value.end == span.start for value in reading.of_kind("value"))


def _for_plural(reading: Reading, span: Span) -> bool:
    named = {at for metric in reading.of_kind("metric") for at in range(metric.start, metric.end)}
    near = range(max(0, span.start - 2), span.start)
    before = {reading.tokens[at].text for at in near if at not in named}  # not `with in-network providers`
    ours = reading.tokens[span.start - 1].text == "our"
    return bool(before & {"for", "of", "in", "on"}) and not ours and not _population(reading, span)


def _population(reading: Reading, span: Span) -> bool:
    return all(token.text in POPULATION for token in reading.tokens[span.start : span.end])


def _is_noise(reading: Reading, span: Span, lexicon: Lexicon) -> bool:
    words = reading.tokens[span.start : span.end]
    return all(token.lemma in lexicon.noise for token in words) or _population(reading, span)


def _choose(draft: Draft, names: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    """The dimensions of a span that go with all metrics: the primary one (it has a fallback) first."""
    fitting = [name for name in names if all(lexicon.compatible(m, name) for m in draft.metrics)]
    if not fitting and not any(lexicon.compatible(m, name) for m in draft.metrics for name in names):
        fallbacks = [lexicon.model.dimensions[name].fallback for name in names]
        fitting = [f for f in fallbacks if f and all(lexicon.compatible(m, f) for m in draft.metrics)]
    if not fitting:
        return names
    fitting = list(dict.fromkeys(fitting))
    primary = [name for name in fitting if lexicon.model.dimensions[name].fallback in fitting]
    return tuple(primary[:1]) if primary else tuple(fitting)


def _say_fallback(draft: Draft, span: Span, chosen: str, lexicon: Lexicon) -> None:
    named = span.names
    if chosen not in named:
        asked = lexicon.model.dimensions[sorted(named)[0]].label
        used = lexicon.model.dimensions[chosen].label
        draft.assumptions.append(f"{asked} is not known for this metric; {used} is used instead.")
