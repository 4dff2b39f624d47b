"""Sentences about an earlier answer: what it is based on, how sure it is, why in that order, since when, whose."""

from __future__ import annotations

from agents.answer import Fact
from agents.narratives import asked_row
from agents.prose import Piece, Prose, number, series
from agents.sight import Sight
from agents.voice import Voice, interval

ISSUES = 3


def action_basis(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing: clearer message rests on 27 leaked calls a day that it reaches, of which such fixes stop 15%."""
    plan, basis = voices[:2]
    for row in sorted(plan.table.rows):
        seen = basis.table.number(row, "past_fixes")
        past: list[Piece] = [basis.cell(row, "past_fixes"), " past fixes of its kind and the playbook"]
        prose.write(
            "{action} rests on counted calls and on {past}: it reaches {calls} leaked calls a day ({part} of its "
            "leak), and such a change is expected to stop {reduction} of them ({low} to {high}).",
            action=plan.value(row, "action"), calls=plan.cell(row, "calls_per_day"),
            past=past if seen else "the playbook's own assumption, as there are no past fixes of its kind",
            part=basis.cell(row, "part_of_leak"), reduction=basis.cell(row, "reduction"),
            low=basis.cell(row, "reduction_low"), high=basis.cell(row, "reduction_high"),
        )  # fmt: skip
        prose.write(
            "At the planning cost that is {savings} a year; the CX score rests on this: {why}",
            savings=plan.cell(row, "savings_per_year"), why=basis.text(row, "cx_basis"),
        )  # fmt: skip


def action_sure(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The 80% range is $9,156 to $20,655 a year; it is an expectation, not a measured effect."""
    plan, basis = voices[:2]
    for row in sorted(plan.table.rows):
        prose.write(
            "For {action} the {interval} range is {low} to {high} a year around {savings}; the "
            "chance that it is one of the leading actions is {chance}.",
            action=plan.value(row, "action"), interval=interval(sight), low=plan.cell(row, "savings_low"),
            high=plan.cell(row, "savings_high"), savings=plan.cell(row, "savings_per_year"),
            chance=basis.cell(row, "chance_top"),
        )  # fmt: skip
        seen = basis.table.number(row, "past_fixes")
        past: list[Piece] = [basis.cell(row, "past_fixes"), " past fixes of its kind speak for it"]
        prose.write("{past}.", past=past if seen else "No past fix of its kind speaks for it yet")
    prose.write("It is an expectation, not a measured effect; once it is live it is measured.")


def action_order(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing: clearer message comes ahead of Billing: repair the step: a score of 98.10 against 91.20."""
    plan, basis = voices[:2]
    rows = sorted(plan.table.rows)
    if len(rows) < 2:
        prose.write("{action} is the only one that is recommended.", action=plan.value(rows[0], "action"))
        return
    prose.write(
        "{first} comes ahead of {other} by savings, CX lift and speed together: a score of "
        "{score} against {less}.",
        first=plan.value(0, "action"), other=plan.value(1, "action"), score=plan.cell(0, "score"),
        less=plan.cell(1, "score"),
    )  # fmt: skip
    prose.write(
        "Savings: {one} a year against {two}; CX lift: {lift} against {other_lift}; felt after {weeks} against "
        "{other_weeks}; work: {effort} against {other_effort}.",
        one=plan.cell(0, "savings_per_year"), two=plan.cell(1, "savings_per_year"),
        lift=basis.cell(0, "cx_lift"), other_lift=basis.cell(1, "cx_lift"), weeks=plan.cell(0, "weeks"),
        other_weeks=plan.cell(1, "weeks"), effort=plan.cell(0, "effort_days"),
        other_effort=plan.cell(1, "effort_days"),
    )  # fmt: skip


def action_live(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing: clearer message (Digital Product) is approved; it has no go-live day yet."""
    for row in sorted(voices[0].table.rows):
        prose.write(
            "{action} ({owner}) is {state}; {live}.",
            action=voices[0].text(row, "action"), owner=voices[0].text(row, "owner"),
            state=voices[0].text(row, "state"), live=voices[0].text(row, "live"),
        )  # fmt: skip


def fix_live(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """HMO: plain-language statement went live on 2 October 2026; the data reach until 29 October 2026."""
    prose.write(
        "{fix} went live on {day}; the data go until {until}.",
        fix=voices[0].text(0, "fix"), day=voices[0].text(0, "go_live"), until=voices[0].text(0, "until"),
    )  # fmt: skip


def fix_owner(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Digital Product owns HMO: plain-language statement, live since 2 October 2026."""
    prose.write(
        "{owner} owns {fix}, live since {day}.",
        owner=voices[0].text(0, "owner"), fix=voices[0].text(0, "fix"), day=voices[0].text(0, "go_live"),
    )  # fmt: skip


def impact_basis(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """HMO: statement is held against what other groups of calls did: 45 calls a day since, 55 without it."""
    sides, result = voices[:2]
    prose.write(
        "{fix} is measured on its own calls against other groups of calls that had no such fix: {since} a day "
        "since {day}, {before} before, and {without} without it by what those groups did.",
        fix=result.text(0, "fix"), day=result.text(0, "go_live"), since=sides.cell(1, "calls_per_day"),
        before=sides.cell(0, "calls_per_day"), without=sides.cell(2, "calls_per_day"),
    )  # fmt: skip
    prose.write("Which groups, how many weeks, and the placebo check stand beside the answer.")


def impact_sure(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The change is -19.4%, 95% interval -26.1% to -12.2%; 3.7% of groups without the fix stray as far."""
    result = voices[1]
    low, high = result.table.number(0, "effect_low") or 0.0, result.table.number(0, "effect_high") or 0.0
    prose.write(
        "For {fix} the change is {effect} with a {interval} interval of {low} to {high}{holds}.",
        fix=result.text(0, "fix"), effect=result.cell(0, "effect"), interval=interval(sight),
        low=result.cell(0, "effect_low"), high=result.cell(0, "effect_high"),
        holds=_by_chance(low, high),
    )  # fmt: skip
    prose.write(
        "Placebo check: {placebo} of the groups without the fix, this one counted, stray as far by chance. "
        "Verdict: {verdict}.",
        placebo=result.cell(0, "rank_p"), verdict=result.text(0, "verdict"),
    )  # fmt: skip


def split_basis(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """HMO with the fix is held against MAPD and PPO without it: their weekly ratio before and since."""
    sides, said = voices[:2]
    prose.write(
        "{group} with the fix is held against {others} without it, week by week: the ratio of both over "
        "{since} since against that of {before} before. With it there were {with_it} since; without it {without}.",
        group=sides.text(0, "group"), others=sides.text(1, "group"), since=said.cell(0, "weeks_since"),
        before=said.cell(0, "weeks_before"), with_it=sides.cell(0, "since"), without=sides.cell(1, "since"),
    )  # fmt: skip


def split_sure(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The change is -26.9%, 95% interval -38.4% to -13.3%, by 4.0 weeks before and 4.0 weeks since."""
    said = voices[1]
    low, high = said.table.number(0, "change_low") or 0.0, said.table.number(0, "change_high") or 0.0
    prose.write(
        "The change is {change} with a {interval} interval of {low} to {high}{holds}; it is read from "
        "{before} before and {since} since. The groups were not drawn by lot, so an event in one of them would "
        "count as the fix's.",
        change=said.cell(0, "change"), interval=interval(sight), low=said.cell(0, "change_low"),
        high=said.cell(0, "change_high"), before=said.cell(0, "weeks_before"), since=said.cell(0, "weeks_since"),
        holds=_by_chance(low, high),
    )  # fmt: skip


def what_if_basis(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """It rests on 126 leaked calls today, times the reduction, the cost of a call and the days of a year."""
    plan, today, week = voices[:3]
    count = today.table.names("metric")[0]
    row = asked_row(plan, sight)
    prose.write(
        "It rests on {daily} {count}{filters}{period}: the share that is avoided, times the cost of a call and "
        "the days of a year, gives {year}.",
        daily=today.cell(0, count), count=today.metric(count), filters=today.filters(), period=today.period(),
        year=plan.cell(row, "savings_per_year"),
    )  # fmt: skip
    prose.write(
        "Whether a fix reaches that share is not measured here; at the daily average{week} it would be {average} "
        "a year.",
        week=week.period(), average=plan.cell(row, "savings_per_year_on_average"),
    )  # fmt: skip


def what_if_sure(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """A projection, not a measured effect: $15,476 a year at today's level, $13,557 at the week's average."""
    plan, week = voices[0], voices[2]
    row = asked_row(plan, sight)
    prose.write(
        "It is a projection, not a measured effect, so it has no interval of its own. The level of calls moves "
        "it: {year} a year at the last day's, {average} at the daily average{week}.",
        year=plan.cell(row, "savings_per_year"), average=plan.cell(row, "savings_per_year_on_average"),
        week=week.period(),
    )  # fmt: skip
    others: list[list[Piece]] = [
        [_share(plan, other), " would be worth ", plan.cell(other, "savings_per_year"), " a year"]
        for other in sorted(plan.table.rows)
        if other != row
    ]
    prose.write("So does whether that share is reached: {others}.", others=series(others))


def issue_sure(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing is expected to save $25,272 a year ($15,169 to $34,619), ID Card $15,966: in 97.2% of draws ..."""
    issues = voices[0]
    rows = [row for row in sorted(issues.table.rows) if issues.table.number(row, "savings_per_year") is not None]
    told: list[list[Piece]] = [
        [
            issues.value(row, "journey"), " ", issues.cell(row, "savings_per_year"), " (",
            issues.cell(row, "savings_low"), " to ", issues.cell(row, "savings_high"), ")",
        ]
        for row in rows[:ISSUES]
    ]  # fmt: skip
    if not told:
        prose.write("What fixing an issue saves is not shown: too few members are behind the figures.")
        return
    prose.write(
        "Expected savings a year of fixing each, with the {interval} range: {told}.",
        interval=interval(sight), told=series(told),
    )  # fmt: skip
    prose.write(
        "In {chance} of the model's draws no other issue saves as much as {first}.",
        chance=issues.cell(rows[0], "chance_best"), first=issues.value(rows[0], "journey"),
    )  # fmt: skip


def _by_chance(low: float, high: float) -> str:
    """What an interval of a change says of chance."""
    return ", which chance alone can bring" if low <= 0 <= high else ", which chance alone hardly brings"


def _share(plan: Voice, row: int) -> Fact:
    """A reduction of the table, as a percentage."""
    cell = plan.table.number(row, "reduction") or 0.0
    return number(cell, "rate", f"formula:mul(cell:{plan.table.part}:{row}:reduction, 1)")
