"""Comparisons: values with each other, a period with the one before or the year before; trends and grains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agents.planner import periods as p
from agents.planner.cues import find, first, take, unexplained
from agents.planner.periods import Clock, Period
from agents.planner.reading import Reading, Span
from agents.planner.time_points import SAME_DAYS, read_point
from agents.planner.time_ranges import SIDE_BY_SIDE
from agents.planner.words import UNITS, word_set
from agents.planner.year_of_both import in_one_year
from semantic.query import Comparison, TimeGrain, TimeRange
from semantic.windows import shift, shift_end

VERSUS = (
    r"versus|vs|v|against|compared|compare|compares|comparing|comparison|relative|than|"
    r"contrast|contrasts|contrasted|contrasting|difference|differences|gap|differ|differs|"
    r"beat|beats|outperform|outperformed|next to"
)
_BEFORE_DOWN = ("turned", "turn", "turning", "broken", "break", "write", "note", "shut")
_BEFORE_UP = ("tied", "locked", "end", "ends", "ended", "pick", "picked", "picks", "signed", "made", "took",
              "held", "caught", "sum", "sums", "summed", "add", "adds", "added", "adding", "follow", "followed",
              "following")  # fmt: skip
"""`turned down`, `sum up`: verbs with a particle that says nothing of a change."""
CHANGE = (
    r"increase|increased|increases|increasing|decrease|decreased|decreases|decreasing|drop|dropped|drops|dropping|fall|"
    r"fell|fallen|falling|rise|rose|risen|rising|spike|spiked|spiking|improve|improved|improves|improving|improvement|"
    r"worsen|worsened|worsening|change|changed|changes|changing|jump|jumped|jumping|grow|grew|grown|growing|growth|"
    r"decline|declined|declining|climb|climbed|climbing|getting better|getting worse|got better|got worse|"
    r"better or worse|any better|any worse|better|worse|higher|lower|up or down|gone up|gone "
    r"down|go up|go down|went up|went down|going up|going down|shifted|moved|"
    r"surge|surged|dipped|dip|deteriorated|deteriorate|deteriorating|slipped|slip|"
    + "".join(rf"(?<!{word} )" for word in _BEFORE_DOWN)
    + "down|"
    + "".join(rf"(?<!{word} )" for word in _BEFORE_UP)
    + "up"
)
_BEFORE_IT = (
    r"(?:the )?(?:previous|prior|preceding|earlier) one|the one (?:before|prior|preceding)(?: (?:that|it))?|"
    r"one (?:before|prior|preceding) (?:that|it)|"
    r"the (?:\d+|two|three|four|six|ten|same (?:number|count) of) (?:days|weeks|months) before(?: (?:that|it))?|"
    r"the one before (?:beside|next to) it|the same (?:span|stretch) before(?: it)?"
)
_ASKS_CHANGE = (
    r"(?:did|has|have|had|is|are|was|were|how much|how|by how much|what is the|"
    r"what was the|show the|any|the|there)"
)
_YEARLY = r"year (?:over|on) year|yoy|y o y|annual change|versus last year|compared with last year"
_PERIODIC = {
    r"month (?:over|on) month|mom|m o m": "month", r"week (?:over|on) week|wow|w o w": "week",
    r"quarter (?:over|on) quarter|qoq|q o q": "quarter", r"day (?:over|on) day|dod": "day",
    r"period (?:over|on) period|pop": "",
}  # fmt: skip
_TREND = (
    r"trend|trends|trending|trended|over time|evolve|evolved|evolving|evolution|time series|historically|history|"
    r"progress|progressed|progression|trajectory|trendline|trend line|developed|developing|develop|moving"
)


_WHOLE_WEEK = r"monday (?:to|through|until|till|-) sunday"


def read_periods(reading: Reading, clock: Clock) -> None:
    """Settle the period, the comparison of periods and the time grain."""
    spans = reading.of_kind("time")
    baselines = [span for span in spans if span.period and span.period.baseline]
    for span in spans:
        reading.explain(span.start, span.end)
    take(reading, _WHOLE_WEEK)  # a week runs so
    plain = _asked_about(reading, [span for span in spans if span.period and not span.period.baseline])
    plain = in_one_year(reading, plain, clock)
    _read_grain(reading, plain)
    _over_periods(reading, clock)
    if plain and take(reading, _BEFORE_IT) and not baselines:
        take(reading, VERSUS)
        take(reading, CHANGE)
        reading.compare_to = "previous_period"
    if baselines and (plain or reading.compare_cue or first(reading, VERSUS) or _changes(reading)):
        take(reading, VERSUS)
        _changes(reading)
        reading.compare_to = baselines[0].period.baseline or None if baselines[0].period else None
        if earlier := _day_a_unit_earlier(reading, baselines[0], plain):
            reading.compare_to = earlier
            reading.assumptions.append(f"A day is compared with {earlier.label}, {earlier.start}.")
        elif earlier := _days_a_unit_earlier(baselines[0].period, plain, clock):
            reading.compare_to = earlier
            reading.assumptions.append(f"Compared with {earlier.label}: {earlier.start} to {earlier.end}.")
        if first(reading, "than"):
            explain_comparatives(reading)
    if len(plain) > 1:
        _two_periods(reading, plain, clock)
    elif len(plain) == 1:
        _one_period(reading, plain[0], clock)
    elif not reading.compare_to and not reading.grain and _changes(reading):
        reading.compare_to = "previous_period"
    if baselines and not reading.compare_to:
        reading.problems.append("baseline")


def _day_a_unit_earlier(reading: Reading, said: Span, plain: Sequence[Span]) -> TimeRange | None:
    """`calls on 28 October compared with the week before`: with that day a week earlier, no day before."""
    units = (UNITS.get(token.text) for token in reading.tokens[said.start : said.end])
    unit = next((one for one in units if one), None)
    period = plain[0].period if len(plain) == 1 else None
    if unit not in ("week", "month") or period is None or period.start != period.end:
        return None
    day = period.start - timedelta(days=7)
    if unit == "month":
        before = period.start.replace(day=1) - timedelta(days=1)
        day = before.replace(day=min(before.day, period.start.day))
    return TimeRange(start=day, end=day, label=f"the same day a {unit} earlier")


def _days_a_unit_earlier(said: Period | None, plain: Sequence[Span], clock: Clock) -> TimeRange | None:
    """`1 to 15 October vs the same days last month`: 1 to 15 September; this month's are those before, anyway."""
    period = plain[0].period if len(plain) == 1 else None
    if said is None or period is None or said.unit == "range" or said.unit == "event":
        return None
    if said.label != SAME_DAYS.format(unit=said.unit):
        return None
    now = p.current(said.unit, clock, "")
    if (period.start, period.end) in ((now.start, now.end), (now.start, clock.today)):
        return None
    return TimeRange(
        start=shift(period.start, said.unit, -1), end=shift_end(period.end, said.unit, -1), label=said.label
    )


def _asked_about(reading: Reading, plain: list[Span]) -> list[Span]:
    """Without what says from where on `since then` counts, and without periods of sentences that ask nothing."""
    anchored = [span for span in plain if span.period and span.period.anchored]
    if anchored:
        return anchored[-1:]
    plain = _said_once(reading, plain)
    if len(plain) < 2:
        return plain
    ends = [at for at, token in enumerate(reading.tokens) if token.text == "."]

    def sentence(span: Span) -> int:
        return sum(end < span.start for end in ends)

    asking = {sentence(span) for span in reading.of_kind("metric")}
    inside = [span for span in plain if sentence(span) in asking]
    if not inside or len(inside) == len(plain) or first(reading, VERSUS) or first(reading, _BEFORE_IT):
        return plain
    for span in plain:
        if span not in inside and span.period:
            reading.assumptions.append(f"Taken as background, not as a condition: '{span.period.label}'.")
    return inside


_CORRECTED = {"mean", "rather", "sorry", "actually", "correction", "say"}


def _said_once(reading: Reading, plain: list[Span]) -> list[Span]:
    """`during AEP, I mean between ...`, `since spring, say from April on`: the last word counts; twice is once."""
    kept: list[Span] = []
    for span in plain:
        between = {token.text for token in reading.tokens[kept[-1].end : span.start]} if kept else set()
        if kept and between & _CORRECTED and span.start - kept[-1].end <= 5:
            kept.pop()
            reading.explain(span.start - 1, span.start)
        if kept and _dates_of_event(kept[-1], span, between):
            kept.pop()
        same = [known for known in kept if _days(known) == _days(span)]
        if not same or any(one.period and _relative(one.period) for one in (span, *same)):
            kept.append(span)
    return kept


_OF_AN_EVENT = word_set("window period season of from , ( between")


def _dates_of_event(event: Span, dates: Span, between: set[str]) -> bool:
    """`the open enrollment window 15 October 2025 to 7 December 2025`: the days that are said count."""
    return bool(event.period and event.period.unit == "event" and dates.period) and between <= _OF_AN_EVENT


def _days(span: Span) -> tuple[object, object] | None:
    return (span.period.start, span.period.end) if span.period else None


def _over_periods(reading: Reading, clock: Clock) -> None:
    if take(reading, _YEARLY, outside_spans=False):
        reading.compare_to = "previous_year"
        take(reading, CHANGE)
    for pattern, unit in _PERIODIC.items():
        if take(reading, pattern, outside_spans=False):
            if unit and _longer(reading, unit):
                reading.grain = unit  # type: ignore[assignment]
                continue
            reading.compare_to = "previous_period"
            reading.grain = None
            take(reading, CHANGE)
            if unit and not reading.of_kind("time"):
                known: p.Unit = unit  # type: ignore[assignment]
                reading.period = p.last(known, 1, clock, f"last {unit}" if unit != "day" else "today")
                reading.assumptions.append(f"The latest complete {unit} is compared with the {unit} before.")


def _longer(reading: Reading, unit: str) -> bool:
    """`month over month this year`: a period of several such units is shown unit by unit."""
    periods = [span.period for span in reading.of_kind("time") if span.period and not span.period.baseline]
    days = {"day": 1, "week": 7, "month": 31, "quarter": 92}[unit]
    return len(periods) == 1 and (periods[0].end - periods[0].start).days + 1 >= 2 * days


def _changes(reading: Reading) -> bool:
    """Whether the question asks if something rose or fell; the words become explained."""
    ranking = reading.ranking
    if ranking and ranking.comparative and reading.breakdown and not _became(reading, ranking.start):
        return False
    return _asks_of_change(reading) and unexplained(reading, CHANGE) and take(reading, CHANGE)


def _became(reading: Reading, at: int) -> bool:
    """`which states got worse on NPS`: than they were, not than others."""
    return at > 0 and reading.tokens[at - 1].text in BECOMING


BECOMING = word_set("getting got gotten gets get becoming become became growing going gone went")


def _asks_of_change(reading: Reading) -> bool:
    asked = first(reading, rf"{_ASKS_CHANGE} (?:\S+ ){{0,7}}?(?:{CHANGE})")
    most = first(reading, rf"(?:{CHANGE})(?: the)? (?:most|least)")  # `which plan type improved most on NPS`
    became = first(reading, r"(?:got|gotten|getting|gone) (?:better|worse|up|down)")  # `which states got worse`
    return bool(asked or most or became or first(reading, rf"(?:{CHANGE}) (?:in|of|since|from)"))


def _read_grain(reading: Reading, plain: list[Span]) -> None:
    grains = reading.of_kind("grain")
    for span in grains:
        reading.explain(span.start, span.end)
    if grains:
        reading.grain = grains[0].grain
    trend = take(reading, _TREND)
    if trend and not reading.grain:
        period = plain[0].period if len(plain) == 1 else None
        reading.grain = _trend_grain(period)
    if not reading.grain and reading.ranking and not reading.breakdown and take(reading, _WHEN):
        period = plain[0].period if len(plain) == 1 else None
        reading.grain = _step_of(period)
        reading.ranking = replace(reading.ranking, limit=reading.ranking.limit or 1)
    if reading.grain:
        take(
            reading,
            r"(?:going|heading|trending|moving) (?:up|down|the wrong way|the right way|in the right direction)",
        )
        _changes(reading)


_WHEN = r"when (?:was|were|is|are|did|do|does|has|have|had)(?: (?:it|we|they))?"


def _step_of(period: Period | None) -> TimeGrain:
    """In which steps a period is shown, and the one that stands out in it is looked for: days, weeks or months."""
    days = (period.end - period.start).days + 1 if period else 366
    return "month" if days > 92 else "week" if days > 31 else "day"


def _trend_grain(period: Period | None) -> TimeGrain:
    if period and period.unit in ("day", "week", "month") and period.count > 1:
        return period.unit
    return _step_of(period)


def _one_period(reading: Reading, span: Span, clock: Clock) -> None:
    assert span.period
    words = [token.text for token in reading.tokens[max(0, span.start - 1) : span.start + 1]]
    # `phone versus callback: how did it compare in September`, `compare Q3 with the quarter before`
    within = bool(reading.compared) and "in" in words
    opens = any(other.period and other.period.baseline for other in reading.of_kind("time"))
    cued = not within and not opens and _cue_before(reading, span)
    if cued and _is_recent(span.period, clock):
        reading.period, reading.compare_to = _against(span.period, clock)
        _changes(reading)
        return
    if not within and not opens and _then_and_now(reading, span, clock, cued=cued):
        return
    reading.period = span.period
    yearly = span.period.unit == "year"
    if _against_last(reading, span):
        reading.compare_to = "previous_year" if yearly else "previous_period"
    if not reading.compare_to and not reading.grain and _changes(reading):
        reading.compare_to = "previous_year" if yearly else "previous_period"


def _against_last(reading: Reading, span: Span) -> bool:
    """`this quarter versus last`: the unit before it, in one word."""
    words = [token.text for token in reading.tokens]
    if "this" not in words[max(0, span.start - 1) : span.end]:
        return False
    last = rf"(?:{VERSUS}|on|over|to)(?: (?:to|with))?(?: the)? (?:last|previous)(?: one)?"
    for start, end in find(reading, last):
        ends = end == len(words) or reading.tokens[end].is_mark
        if start == span.end and ends:
            reading.explain(start, end)
            _changes(reading)
            return True
    return False


def _cue_before(reading: Reading, span: Span) -> bool:
    """`compared with last month`, `vs last quarter`, `than last week`, `improved since last quarter`."""
    words = [token.text for token in reading.tokens]
    at = span.start
    if words[at] == "since" and first(reading, rf"(?:{CHANGE})"):
        return span.period is not None and span.period.end == span.period.end and words[at + 1] in ("last", "the")
    if words[at] == "from" and first(reading, rf"(?:{CHANGE})"):
        return True
    while at > 0 and words[at - 1] in ("with", "to", "the", "that", "of", "in", "they", "it", "were", "was"):
        at -= 1
    if at > 0 and words[at - 1] in (
        "versus",
        "vs",
        "v",
        "against",
        "compared",
        "compare",
        "compares",
        "than",
        "relative",
        "next",
        "beside",
        "alongside",
    ):
        take(reading, VERSUS)
        return True
    return False


def _then_and_now(reading: Reading, span: Span, clock: Clock, *, cued: bool) -> bool:
    """`better than it was in June`, `compared with Q1`, `changed since August`: today's unit against that one."""
    then = _whole_since(reading, span, clock) or (span.period if cued else None)
    yesterday = then is not None and then.unit == "day" and then.start == clock.today - timedelta(days=1)
    if then is None or reading.grain or reading.thresholds or then.count != 1:
        return False
    if then.unit not in _RUNNING and not yesterday:  # `changed since yesterday`: today against it
        return False
    label = "today" if yesterday else f"this {then.unit}"
    now = p.current(then.unit, clock, label)
    if then.end >= now.start:
        return False
    reading.period, reading.compare_to = now, _neighbour(now, then) or then.range()
    reading.assumptions.append(
        f"What {then.label} is compared with was not said: {label}{'' if yesterday else ' so far'}."
    )
    _changes(reading)
    explain_comparatives(reading)
    return True


def _whole_since(reading: Reading, span: Span, clock: Clock) -> Period | None:
    """The unit named after `since` where a change since then is asked for; None for a day or any other span."""
    words = [token.text for token in reading.tokens]
    if words[span.start] != "since" or reading.compared or not _asks_of_change(reading):
        return None
    ends = [0, *(at for at, word in enumerate(words) if word in (".", "?", ";")), len(words)]
    begin, end = max(at for at in ends if at <= span.start), min(at for at in ends if at >= span.end)
    if not any(begin <= at < end for at, _ in find(reading, CHANGE)):
        return None
    found = read_point(words, span.start + 1, clock)
    return found[1] if found and found[0] == span.end else None


_RUNNING: tuple[p.Unit, ...] = ("quarter", "month", "week", "year")


def _is_recent(period: Period, clock: Clock) -> bool:
    """Whether the period is the last complete unit, so that the running one is what is compared with it."""
    if period.unit not in ("day", "week", "month", "quarter", "year"):
        return period.label in {f"since last {unit}" for unit in _RUNNING}
    return p.step(p.floor(clock.today, period.unit), period.unit, -1) == p.floor(period.start, period.unit)


def _against(period: Period, clock: Clock) -> tuple[Period, Comparison]:
    unit = period.unit
    if unit == "range":
        unit = next(u for u in _RUNNING if u in period.label)
    label = f"this {unit}" if unit != "day" else "today"
    return p.current(unit, clock, label), "previous_year" if unit == "year" else "previous_period"


def _two_periods(reading: Reading, plain: list[Span], clock: Clock) -> None:
    """The later period is the question, the earlier one its baseline: only neighbours can be compared."""
    same = len({_days(span) for span in plain}) == 1
    if same and not _one_before(reading, plain):
        reading.period = plain[-1].period
        return
    if len(plain) > 2 or not (
        _changed_after(reading, plain)
        or reading.compare_cue
        or unexplained(reading, VERSUS)
        or _changes(reading)
        or _conjoined(reading, plain)
        or take(reading, r"before(?: that| it)?|(?:each )?(?:beside|alongside)")
    ):
        reading.problems.append("periods")
        return
    take(reading, VERSUS)
    _changes(reading)
    explain_comparatives(reading)
    if reading.tokens[plain[0].start - 1].text == "between":
        reading.explain(plain[0].start - 1, plain[0].start)
    periods = [span.period for span in plain if span.period]
    if _one_before(reading, plain):
        reading.period = next(period for period in periods if not _relative(period))
        reading.compare_to = "previous_period"
        return
    main, other = sorted(periods, key=lambda period: (period.start, period.end), reverse=True)
    if other.unit == "year" and main.unit != "year" and other.start.year == main.start.year - 1:
        reading.period, reading.compare_to = main, "previous_year"
        return
    reading.period, reading.compare_to = main, _neighbour(main, other)
    apart = other.end < main.start and not reading.grain
    if reading.compare_to is None and apart and _side_by_side(reading, plain):
        reading.compare_to = other.range()
    if reading.compare_to is None:
        reading.problems.append("periods")


_BETWEEN_TWO = word_set(
    "to and versus vs v against compared compare with than over or in the it was of next beside"
)


def _side_by_side(reading: Reading, plain: list[Span]) -> bool:
    """Whether the two stand together or are two units of one kind; not `a kit in June; how did Q3 compare`."""
    first_span, second = sorted(plain, key=lambda span: span.start)
    between = {token.text for token in reading.tokens[first_span.end : second.start]}
    one, other = first_span.period, second.period
    alike = one is not None and other is not None and one.unit == other.unit and one.unit in _RUNNING
    return between <= _BETWEEN_TWO or (alike and not between & {".", ";", "?"})


def _relative(period: Period) -> bool:
    return period.label.split()[0] in ("prior", "preceding", "previous")


def _one_before(reading: Reading, plain: list[Span]) -> bool:
    """`September vs prior month`: the unit before the period that is named, not before today."""
    ends = [span.period for span in plain if span.period]
    relative = [period for period in ends if _relative(period)]
    if len(ends) != 2 or len(relative) != 1:
        return False
    (named,) = (period for period in ends if period is not relative[0])
    absolute = not set(named.label.lower().split()) & {"this", "current", "last", "past", "today", "yesterday"}
    same = (named.start, named.end) == (relative[0].start, relative[0].end)  # `last 7 days vs previous 7 days`
    return named.unit == relative[0].unit and named.count == relative[0].count and (absolute or same)


def _changed_after(reading: Reading, plain: list[Span]) -> bool:
    """`Q2 to Q3 change`, `the August to September difference`."""
    at = plain[-1].end
    if at >= len(reading.tokens) or reading.tokens[at].text not in SIDE_BY_SIDE:
        return False
    reading.explain(at, at + 1)
    return True


def _conjoined(reading: Reading, plain: list[Span]) -> bool:
    """`September over August`, `Q1 2026 or Q1 2025`; joined by `and`, only the same unit of two years."""
    between = [reading.tokens[at].text for at in range(plain[0].end, plain[1].start)]
    if not between:
        return reading.tokens[plain[1].start].text in ("over", "against", "on")
    if set(between) <= {"and", ","} and plain[0].period and plain[1].period:
        later, earlier = sorted((plain[0].period, plain[1].period), key=lambda one: one.start, reverse=True)
        return later.unit != "year" and _neighbour(later, earlier) == "previous_year"
    return all(
        word in ("vs", "versus", "against", "to", "with", "compared", "or", "over", "as") for word in between
    )


def _neighbour(main: Period, other: Period) -> Comparison | None:
    if main.unit == other.unit and main.unit in ("day", "week", "month", "quarter", "year"):
        if main.unit == "year":
            return "previous_year" if p.step(p.floor(main.start, "year"), "year", -1) == other.start else None
        if p.step(main.start, main.unit, -1 * other.count) == other.start and main.count == other.count:
            return "previous_period"
        if p.step(p.floor(main.start, "month"), "year", -1) == p.floor(other.start, "month"):
            return "previous_year"
    if other.start.replace(day=1) == p.month_start(main.start, -12) and main.label[:2] == other.label[:2]:
        return "previous_year"
    return "previous_period" if p.previous(main) == (other.start, other.end) else None


def explain_comparatives(reading: Reading) -> None:
    """Take the words that say more or less: what is held against what says it already."""
    for start, end in find(reading, r"more|less|worse|better|higher|lower|longer|shorter|fewer|greater|further"):
        reading.explain(start, end)
