"""Sentences for analyses: projections, opportunities, the state of the day, drivers."""

from __future__ import annotations

from agents.answer import Fact
from agents.courses import bucket
from agents.disclosure import OR_GIVEN_AWAY
from agents.prose import Piece, Prose, number, series
from agents.rankings import UNSAYING, ranked
from agents.shapes import Telling, dimension_names, nothing, single
from agents.sight import Sight
from agents.voice import Voice
from agents.wording import in_sentence, plural

SHOWN = 3
STEP_ROWS = 7
STEP_SIZE = 0.08


def asked_row(plan: Voice, sight: Sight) -> int:
    """The row of the reduction that was asked for."""
    wanted = sight.constants["reduce"]
    return min(plan.table.rows, key=lambda row: abs((plan.table.number(row, "reduction") or 0.0) - wanted))


def what_if(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Reducing leaked calls for Billing by 10% would avoid 500 calls and save $4,000 a day, $1.46M a year."""
    plan, today, week = voices[:3]
    row = asked_row(plan, sight)
    count = today.table.names("metric")[0]
    if today.table.hides(0, count):
        _from_the_week(prose, voices, row, sight)
        return
    if not today.table.number(0, count) and not week.table.number(0, count):
        single(prose, Telling(week, week))
        prose.write("There is nothing to save there.")
        return
    prose.write(
        "Reducing {count}{filters} by {percent} would avoid about {calls} calls and save about {day} a day, "
        "{year} a year.",
        count=today.metric(count), filters=today.filters(), percent=_percent(sight),
        calls=plan.cell(row, "calls_avoided_per_day"), day=plan.cell(row, "savings_per_day"),
        year=plan.cell(row, "savings_per_year"),
    )  # fmt: skip
    if plan.table.number(row, "repeat_calls_avoided_per_day"):
        prose.write("About {repeats} of the calls avoided a day would be repeat calls.",
                    repeats=plan.cell(row, "repeat_calls_avoided_per_day"))  # fmt: skip
    prose.write(
        "It is a projection from {daily} {count}{period}, not a measured effect; at the daily average{week} it "
        "would be {average} a year.",
        daily=today.cell(0, count), count=today.metric(count), period=today.period(), week=week.period(),
        average=plan.cell(row, "savings_per_year_on_average"),
    )  # fmt: skip
    _nps_lift(prose, voices, row)


def _nps_lift(prose: Prose, voices: list[Voice], row: int) -> None:
    """NPS is -12.0 points after a call on it and 20.3 points after using digital: a lift of 1.9 points."""
    plan = voices[0]
    if not plan.table.has("nps_lift") or plan.table.number(row, "nps_lift") is None:
        return
    after_call, online = voices[3:5]
    if (plan.table.number(row, "nps_gain") or 0.0) <= 0:
        prose.write(
            "No NPS lift is estimated: NPS is {after} after a call on it and {online} after using digital.",
            after=after_call.cell(0, "nps"), online=online.cell(0, "nps"),
        )  # fmt: skip
        return
    prose.write(
        "NPS is {after} after a call on it and {online} after using digital, so the estimated NPS lift is {gain} "
        "for each member who need not call and {lift} over all who call on it.",
        after=after_call.cell(0, "nps"), online=online.cell(0, "nps"), gain=plan.cell(row, "nps_gain"),
        lift=plan.cell(row, "nps_lift"),
    )  # fmt: skip


def _from_the_week(prose: Prose, voices: list[Voice], row: int, sight: Sight) -> None:
    """The projection where the last day's figure is not shown: from the week's average, if that one is."""
    plan, today, week = voices[:3]
    count = today.table.names("metric")[0]
    if plan.table.number(row, "savings_per_year_on_average") is None:
        single(prose, Telling(week, week))
        return
    prose.write(
        "Reducing {count}{filters} by {percent} would save about {average} a year at the daily average{week}.",
        count=today.metric(count), filters=today.filters(), percent=_percent(sight),
        average=plan.cell(row, "savings_per_year_on_average"), week=week.period(),
    )  # fmt: skip
    prose.write(
        "It is a projection, not a measured effect; the figure{period} alone is not shown, because {few} are "
        f"behind it, {OR_GIVEN_AWAY}.",
        period=today.period(),
        few=today.few(),
    )


def _percent(sight: Sight, name: str = "reduce_pct") -> Fact:
    percent = sight.constants[name]
    return Fact(text=f"{percent:g}%", value=percent, unit="percent", source=f"query:{name}")


def opportunities(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing saves the most: avoiding 10% of its leaked calls would be worth about $1.46M a year. Why: ..."""
    plan, base = voices[0], voices[1]
    volume = base.metric(base.table.names("metric")[1])
    rows = [row for row in sorted(plan.table.rows) if plan.table.number(row, "calls_per_day")]
    if not rows and base.table.small_cell:
        nothing(prose, base)
        return
    if not rows:
        prose.write("There is nothing to rank{period}: no {volume}.", period=base.period(), volume=volume)
        return
    first, scope = rows[0], plan.scope("savings_per_year")
    lead: list[Piece] = [" saves the ", _most(plan, first)] if len(rows) > 1 else []
    lead += [" of the ", *_places(plan), *scope] if lead and scope else []
    prose.write(
        "{name}{lead}: avoiding {percent} of its {volume} would be worth about {year} a year, "
        "{other} about {less}.",
        name=_place(plan, first), lead=lead, percent=_percent(sight), volume=volume,
        year=plan.cell(first, "savings_per_year"), other=_percent(sight, "other_pct"),
        less=plan.cell(first, "savings_per_year_otherwise"),
    )  # fmt: skip
    prose.write(
        "Why: {calls} {volume} a day cost {cost} a day{period}{trend}{driver}; the primary lever is {lever}.",
        calls=plan.cell(first, "calls_per_day"), volume=volume, cost=plan.cell(first, "cost_per_day"),
        period=base.period(), trend=_trend(plan, first), driver=_driver(voices[2:]),
        lever=plan.value(first, "primary_lever"),
    )  # fmt: skip
    following = [[_place(plan, row), " (", plan.value(row, "primary_lever"), ", ",
                  plan.cell(row, "savings_per_year"), " a year", *_trend(plan, row), ")"]
                 for row in rows[1:SHOWN]]  # fmt: skip
    if following:
        prose.write("Next: {items}.", items=series(following))
    prose.write("It is a projection that assumes the reduction; recommended actions are scored on past fixes.")


def _driver(cuts: list[Voice]) -> list[Piece]:
    """; 78.0% of them come with the error message "Your plan is not eligible for this option"."""
    if not cuts:
        return []
    cut = cuts[0]
    row, dimension = _telling_row(cut), cut.table.names("dimension")[0]
    share = f"{cut.table.names('metric')[0]}__share"
    if cut.table.number(row, share) is None:
        return []
    what: list[Piece] = [*dimension_names(cut), ' "', cut.value(row, dimension), '"']
    if row:  # the first row is "Unknown" or the like: the named ones are not the bulk
        known = [*dimension_names(cut), ' is "', cut.value(row, dimension), '"']
        return ["; the leading known ", *known, " (", cut.cell(row, share), ")"]
    return ["; ", cut.cell(row, share), " of them come with the ", *what]


def _place(plan: Voice, row: int) -> Fact:
    """The journey of a row, without its lever."""
    return plan.value(row, plan.table.names("dimension")[0])


def _places(plan: Voice) -> list[Piece]:
    """journeys: what is ranked, without its lever."""
    label = plan.table.column(plan.table.names("dimension")[0]).label
    return [Fact(text=plural(in_sentence(label)), value=label, source="query:dimension")]


def _most(plan: Voice, row: int) -> Fact:
    return Fact(text="most", value="max", source=f"extreme:max:{plan.table.part}:{row}:savings_per_year")


def _trend(plan: Voice, row: int) -> list[Piece]:
    change = plan.table.number(row, "trend")
    if change is None:
        return []
    source = f"cell:{plan.table.part}:{row}:trend"
    return [", ", *plan.went(change, source), " on the week"]


def briefing(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The costliest leaks of the week and how the headline metrics moved."""
    plan, base = voices[0], voices[1]
    rows = [row for row in sorted(plan.table.rows) if plan.table.number(row, "calls_per_day")][:SHOWN]
    if rows:
        items = [[_place(plan, row), " (", plan.cell(row, "calls_per_day"), " calls and ",
                  plan.cell(row, "cost_per_day"), " a day", *_trend(plan, row), ")"]
                 for row in rows]  # fmt: skip
        scope = plan.scope("calls_per_day", "cost_per_day")
        prose.write("The costliest leaks into the call center{period}{scope}: {items}.", period=base.period(),
                    scope=[", of the ", *_places(plan), *scope] if scope else "", items=series(items))  # fmt: skip
    elif base.table.small_cell:
        nothing(prose, base)
    headlines(prose, voices[2:])


def headlines(prose: Prose, voices: list[Voice]) -> None:
    """How the headline metrics moved."""
    said: list[list[Piece]] = []
    for voice in voices:
        name = voice.table.names("metric")[0]
        moved = voice.moved(0, name, brief=True) if voice.table.count else []
        if moved:
            said.append([voice.metric(name), " ", voice.cell(0, name), ", ", *moved])
    if said:
        pieces: list[Piece] = []
        for index, item in enumerate(said):
            pieces += ["; " if index else "", *item]
        prose.write("Against the week before: {items}.", items=pieces)


def drivers(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The change, the values that carry most of it, the day it stepped up, and that this is no proven cause."""
    if voices[0].table.names("dimension"):
        _side_by_side(prose, voices)
        return
    single(prose, Telling(voices[0], voices[0]))
    total = voices[0]
    cuts = [voice for voice in voices[1:] if voice.table.names("dimension") and voice.table.rows]
    metric = total.table.names("metric")[0]
    share = f"{metric}__share"
    items: list[list[Piece]] = []
    for voice in cuts:
        row = _telling_row(voice)
        figure: list[Piece] = []
        if voice.table.number(row, share) is not None:
            figure = [voice.cell(row, share)]
        elif voice.table.number(row, metric) is not None:
            figure = [voice.cell(row, metric)]
            if voice.table.has(share):  # it is the share that is not shown
                figure += [" ", voice.metric(metric)]
        if figure:
            items.append([*voice.row_name(row), " (", *figure, " by ", *dimension_names(voice), ")"])
    if items:
        lead = "t concentrates in" if cuts[0].table.has(share) else "t stands out for"
        scope = next((scope for voice in cuts if (scope := voice.scope(share, metric))), [])
        prose.write(
            "{scope}{lead} {items}.",
            scope=["Of the figures", *scope, ", i"] if scope else "I", lead=lead, items=series(items),
        )  # fmt: skip
    step(prose, voices, metric)
    prose.write("This is a breakdown of where it happens, not a proven cause.")


def _side_by_side(prose: Prose, voices: list[Voice]) -> None:
    """Values set against each other: their figures, then where within them the figure stands out."""
    lead = voices[0]
    ranked(prose, Telling(lead, lead))
    metric = lead.table.names("metric")[0]
    items: list[list[Piece]] = []
    for voice in (voice for voice in voices[1:] if voice.table.rows):
        row = _telling_row(voice)
        if voice.table.number(row, metric) is not None:
            items.append(
                [*voice.row_name(row), " (", voice.cell(row, metric), " by ", *dimension_names(voice), ")"]
            )
    if items:
        prose.write("Within them it stands out for {items}.", items=series(items))
    prose.write("This is a breakdown of where it happens, not a proven cause.")


def _telling_row(voice: Voice) -> int:
    """The first row whose values say something: "Unknown" explains nothing."""
    names = voice.table.names("dimension")
    rows = sorted(voice.table.rows)
    named = [row for row in rows if not any(str(voice.table.cell(row, n)).startswith(UNSAYING) for n in names)]
    return named[0] if named else rows[0]


def step(prose: Prose, voices: list[Voice], metric: str) -> None:
    """The day from which the level is higher or lower, when two whole weeks on each side differ enough."""
    course = next((voice for voice in voices if voice.table.names("time")), None)
    if course is None or not voices[0].semantic.metrics[metric].additive or course.table.shows_part(metric):
        return
    if not course.table.complete:
        return  # a level before and after is said of the whole course only
    split = best_split([course.table.number(row, metric) or 0.0 for row in range(course.table.count)])
    if split is None:
        return
    table, last = course.table, course.table.count - 1
    earlier = f"mean:{table.part}:{metric}:0:{split - 1}"
    later = f"mean:{table.part}:{metric}:{split}:{last}"
    old = sum(table.number(row, metric) or 0.0 for row in range(split)) / split
    new = sum(table.number(row, metric) or 0.0 for row in range(split, last + 1)) / (last + 1 - split)
    prose.write(
        "The daily level moved {direction} from about {old} to about {new} around {day}.",
        direction=course.direction(new - old, f"formula:sub({later}, {earlier})"),
        old=number(old, table.column(metric).unit, f"formula:{earlier}"),
        new=number(new, table.column(metric).unit, f"formula:{later}"),
        day=bucket(course, split),
    )  # fmt: skip


def best_split(days: list[float]) -> int | None:
    """Index of the first day of a new level in a daily series, None when there is no clear step.

    Least squares over the weekday-adjusted series; the step must be at least 8 % and stand out of the noise.
    """
    if len(days) < 4 * STEP_ROWS or sum(days) <= 0:
        return None
    adjusted = _without_weekdays(days)
    best, gain, total = None, 0.0, _spread(adjusted)
    for split in range(STEP_ROWS, len(days) - STEP_ROWS + 1):
        left, right = adjusted[:split], adjusted[split:]
        saved = total - _spread(left) - _spread(right)
        if saved > gain:
            best, gain = split, saved
    if best is None or gain < total / 2:
        return None
    old, new = sum(days[:best]) / best, sum(days[best:]) / (len(days) - best)
    return best if old and abs(new - old) / old >= STEP_SIZE else None


def _spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def _without_weekdays(days: list[float]) -> list[float]:
    overall = sum(days) / len(days)
    means = [sum(days[i::7]) / len(days[i::7]) for i in range(7)]
    return [value * overall / means[i % 7] if means[i % 7] else value for i, value in enumerate(days)]
