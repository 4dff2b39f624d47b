"""Words that are a metric and a dimension or a value: the cues around them decide which."""

from __future__ import annotations

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.words import word_set


def settle_twins(reading: Reading, kind: str, lexicon: Lexicon) -> None:
    """Words that are a metric and a dimension or value: the cues decide which one."""
    breakdown = {(span.start, span.end) for span in reading.breakdown}
    _settle_lists(reading)
    metric_places = {(span.start, span.end) for span in reading.of_kind("metric")}
    kept = []
    for span in reading.spans:
        place = (span.start, span.end)
        twins = [other for other in reading.spans if (other.start, other.end) == place and other.kind != span.kind]
        others = len(metric_places) + (kind in ("briefing", "journey", "impact"))
        if twins and _narrows(span, twins, reading, lexicon):
            if span.kind == "value":
                kept.append(span)
            continue
        if twins and not _wins(span, twins, reading, breakdown, others):
            continue
        kept.append(span)
    reading.spans = kept


def _narrows(span: Span, twins: list[Span], reading: Reading, lexicon: Lexicon) -> bool:
    """`claims leakage`: right before a figure that it can narrow, the word is a value and no figure."""
    value = next((one for one in (span, *twins) if one.kind == "value"), None)
    figures = [other for other in reading.of_kind("metric") if other.start == span.end]
    return value is not None and any(
        lexicon.compatible(figure.name, target.name)
        for other in figures
        for figure in other.targets
        for target in value.targets
    )


_LISTING = word_set(
    "split splits into divide divided divides between among across over by each separate separated versus vs"
)


def _settle_lists(reading: Reading) -> None:
    """`split into promoters, passives and detractors`: in a list of one dimension's values all are values."""
    values = sorted(reading.of_kind("value"), key=lambda span: span.start)
    metrics = {(span.start, span.end) for span in reading.of_kind("metric")}
    for chain in _chains(values, reading):
        places = {(span.start, span.end) for span in chain}
        cued = {token.text for token in reading.tokens[max(0, chain[0].start - 3) : chain[0].start]} & _LISTING
        outside = metrics - places
        if cued and outside and places & metrics and not places <= metrics:
            reading.spans = [s for s in reading.spans if s.kind != "metric" or (s.start, s.end) not in places]
            reading.compared |= {span.start for span in chain}


def _chains(values: list[Span], reading: Reading) -> list[list[Span]]:
    """Runs of values of one dimension with only commas, `and`, `or`, `vs` between."""
    chains: list[list[Span]] = []
    for span in values:
        if chains and _continues(chains[-1][-1], span, reading):
            chains[-1].append(span)
        else:
            chains.append([span])
    return [chain for chain in chains if len(chain) > 1]


def _continues(one: Span, other: Span, reading: Reading) -> bool:
    between = {reading.tokens[at].text for at in range(one.end, other.start)}
    shared = one.names & other.names
    return bool(shared) and one.end < other.start and between <= {",", "and", "or", "vs", "versus", "the"}


def _wins(span: Span, twins: list[Span], reading: Reading, breakdown: set[tuple[int, int]], metrics: int) -> bool:
    kinds = {twin.kind for twin in twins} | {span.kind}
    if (span.start, span.end) in breakdown and "dimension" in kinds:
        return span.kind == "dimension"
    value = next((twin for twin in [span, *twins] if twin.kind == "value"), None)
    if "metric" in kinds and _counted(reading, span):
        return span.kind == "metric"
    if value and _reads_as_value(reading, value, metrics > 1 or "metric" not in kinds):
        return span.kind == "value"
    if "metric" in kinds:
        return span.kind == "metric"
    return span.kind == "value" if "value" in kinds else True


def _counted(reading: Reading, span: Span) -> bool:
    """`number of claims`: what is counted is the metric."""
    before = [token.text for token in reading.tokens[max(0, span.start - 2) : span.start]]
    return before[-1:] == ["of"] and before[0] in ("number", "count", "volume", "numbers", "total")


def _reads_as_value(reading: Reading, span: Span, others: bool) -> bool:
    before = reading.tokens[span.start - 1].text if span.start else ""
    if span.kind == "value" and named_beside(reading, span):
        return True
    governed = span.start in reading.negated or span.start in reading.compared or _listed(reading, span)
    return governed or (
        others and before in ("for", "in", "about", "on", "with", "using", "only", "to", "regarding", "of")
    )


def _listed(reading: Reading, span: Span) -> bool:
    """`about claims status or prior auth`: another value of the dimension stands before the joining word."""
    own = span.names
    if span.kind != "value" or not span.start or reading.tokens[span.start - 1].text not in ("or", "and", ","):
        return False
    before = (other for other in reading.of_kind("value") if other.end == span.start - 1)
    shared = any(own & other.names for other in before)
    return shared and reading.tokens[span.start - 1].text == "or"


def named_beside(reading: Reading, span: Span) -> bool:
    """`enrollment type renewal`: the value's own dimension stands right before it."""
    own = span.names
    dimensions = (other for other in reading.of_kind("dimension") if other.end == span.start)
    return any(own & other.names for other in dimensions)
