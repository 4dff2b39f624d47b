"""Sentences for recommended actions: what to change, who, what it is expected to bring, and why in this order."""

from __future__ import annotations

from agents.answer import Fact
from agents.prose import Piece, Prose, series
from agents.sight import Sight
from agents.voice import Voice, interval

SHOWN = 3
OWNERS = 5


def actions(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Start with the first action: what to change, what it brings, who; then the next ones and all together."""
    plan, basis, together = voices[:3]
    prose.write("Start here: {change}", change=_change(basis, 0))
    _why(prose, plan, basis, 0, sight)
    following = [_brief(plan, row) for row in sorted(plan.table.rows)[1:SHOWN]]
    if following:
        prose.write("After it, by savings, CX lift and speed: {items}.", items=series(following))
    _all_together(prose, together)


def by_owner(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Digital Product: change this ($1.46M a year, 8 days). Contact Center: ..."""
    plan, basis, together = voices[:3]
    told: set[str] = set()
    for row in sorted(plan.table.rows):
        owner = str(plan.table.cell(row, "owner"))
        if owner in told or len(told) == OWNERS:
            continue
        told.add(owner)
        prose.write(
            "{owner}: {change} Expected: {savings} a year ({interval} range {low} to {high}), {effort} of work, "
            "felt after {weeks}.",
            owner=plan.value(row, "owner"), change=_change(basis, row), **_figures(plan, row, sight),
        )  # fmt: skip
    _all_together(prose, together)


def issue(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing saves the most: its actions are expected to save $3.8M a year. Why: ... What it takes: ..."""
    issues, basis = voices[0], voices[2]
    rows = sorted(issues.table.rows)
    if issues.table.number(0, "savings_per_year") is None:
        prose.write("What fixing an issue saves is not shown: too few members are behind the figures.")
        return
    lead: list[Piece] = [" saves the ", _most(issues)] if len(rows) > 1 else []
    scope = issues.scope("savings_per_year")
    lead += [" of the issues", *scope] if lead and scope else []
    prose.write(
        "Fixing {issue}{lead}: {what} of its leak can be expected to stop with a quarter's capacity, worth "
        "{savings} a year ({interval} range {low} to {high}).",
        issue=issues.value(0, "journey"), lead=lead, what=issues.cell(0, "stopped"),
        savings=issues.cell(0, "savings_per_year"), interval=interval(sight), low=issues.cell(0, "savings_low"),
        high=issues.cell(0, "savings_high"),
    )  # fmt: skip
    prose.write(
        "Why: {calls} leaked calls a day cost {cost} a year{reach}{chance}.",
        calls=issues.cell(0, "leaked_per_day"), cost=issues.cell(0, "leak_per_year"), reach=_reach(basis, 0),
        chance=[", and in ", issues.cell(0, "chance_best"), " of the model's draws no other issue saves as much"]
        if len(rows) > 1 else "",
    )  # fmt: skip
    prose.write(
        "It takes {effort} of work and {cost}. To begin with: {change}",
        effort=issues.cell(0, "effort_days"), cost=issues.cell(0, "cost"), change=_change(basis, 0),
    )  # fmt: skip
    following: list[list[Piece]] = [
        [issues.value(row, "journey"), " (", issues.cell(row, "savings_per_year"), " a year)"]
        for row in rows[1:SHOWN]
        if issues.table.number(row, "savings_per_year") is not None
    ]
    if following:
        prose.write("Next: {items}.", items=series(following))


def levers(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Billing: Digital ($1.47M a year), then Communication ($877K) and Training ($679K)."""
    side = voices[0]
    groups = [name for name in side.table.names("derived") if name.endswith("_savings")]
    prose.write("By what the leading action of each kind is expected to save a year:")
    for row in sorted(side.table.rows)[:SHOWN]:
        known = [name for name in groups if side.table.number(row, name) is not None]
        order = sorted(known, key=lambda name: -(side.table.number(row, name) or 0.0))
        if not order:
            continue
        rest: list[list[Piece]] = [[side.metric(name), " (", side.cell(row, name), ")"] for name in order[1:]]
        prose.write(
            "{issue}: {lever} ({savings}){rest}.",
            issue=side.value(row, "journey"), lever=side.value(row, "best_lever"),
            savings=side.cell(row, order[0]), rest=[", before ", *series(rest)] if rest else "",
        )  # fmt: skip
    prose.write("To begin with: {change}", change=_change(voices[2], 0))


def reviewed(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """Approved: Billing: clearer message (Digital Product). Expected: $1.47M a year; its state is approved."""
    table = voices[0].table
    for row in sorted(table.rows):
        said = _sentence(table.part, row, "said", table.cell(row, "said"))
        action = _sentence(table.part, row, "action", table.cell(row, "action"))
        owner = _sentence(table.part, row, "owner", table.cell(row, "owner"))
        if said.text == "Owner":
            prose.write(
                "{owner} owns {action}: {effort} of work, {savings} a year expected; the proposal is {state}.",
                owner=owner, action=action, effort=voices[0].cell(row, "effort_days"),
                savings=voices[0].cell(row, "savings_per_year"),
                state=_sentence(table.part, row, "state", table.cell(row, "state")),
            )  # fmt: skip
            continue
        prose.write(
            "{said}: {action} ({owner}, {savings} a year expected). It is {state} now.",
            said=said, action=action, owner=owner, savings=voices[0].cell(row, "savings_per_year"),
            state=_sentence(table.part, row, "state", table.cell(row, "state")),
        )  # fmt: skip


def _sentence(part: int, row: int, name: str, cell: object) -> Fact:
    return Fact(text=str(cell), value=str(cell), source=f"text:{part}:{row}:{name}")


def _change(basis: Voice, row: int) -> Fact:
    """What to change, word for word as the playbook filled it."""
    text = str(basis.table.cell(row, "change"))
    return Fact(text=text, value=text, source=f"text:{basis.table.part}:{row}:change")


def _figures(plan: Voice, row: int, sight: Sight) -> dict[str, Piece | list[Piece]]:
    return {
        "savings": plan.cell(row, "savings_per_year"), "interval": interval(sight),
        "low": plan.cell(row, "savings_low"), "high": plan.cell(row, "savings_high"),
        "effort": plan.cell(row, "effort_days"), "weeks": plan.cell(row, "weeks"),
    }  # fmt: skip


def _why(prose: Prose, plan: Voice, basis: Voice, row: int, sight: Sight) -> None:
    """Why it stands where it stands: what it reaches, what such fixes stop, how soon."""
    seen = basis.table.number(row, "past_fixes")
    prose.write(
        "It reaches {calls} leaked calls a day{reach} and is expected to stop {reduction} of them{basis}: "
        "{savings} a year ({interval} range {low} to {high}). {owner} needs {effort}; it is felt after {weeks}.",
        calls=plan.cell(row, "calls_per_day"), reach=_part(basis, row), reduction=basis.cell(row, "reduction"),
        basis=[", by ", basis.cell(row, "past_fixes"), " past fixes of its kind"] if seen
        else ", by the playbook's own assumption",
        owner=plan.value(row, "owner"), **_figures(plan, row, sight),
    )  # fmt: skip


def _part(basis: Voice, row: int) -> list[Piece]:
    return [" (", basis.cell(row, "part_of_leak"), " of its leak)"]


def _reach(basis: Voice, row: int) -> list[Piece]:
    """, 77.9% of which one change can reach."""
    if basis.table.number(row, "part_of_leak") is None:
        return []
    return [", ", basis.cell(row, "part_of_leak"), " of which a single change can reach"]


def _brief(plan: Voice, row: int) -> list[Piece]:
    return [
        plan.value(row, "action"), " (", plan.value(row, "owner"), ", ", plan.cell(row, "savings_per_year"),
        " a year, ", plan.cell(row, "effort_days"), ", felt after ", plan.cell(row, "weeks"), ")",
    ]  # fmt: skip


def _all_together(prose: Prose, together: Voice) -> None:
    items: list[list[Piece]] = [
        [together.value(row, "journey"), " ", together.cell(row, "savings_per_year")]
        for row in sorted(together.table.rows)
        if (together.table.number(row, "actions") or 0) > 1
        and together.table.number(row, "savings_per_year") is not None
    ]
    if items:
        prose.write("Together, with what overlaps counted once: {items} a year.", items=series(items))


def _most(issues: Voice) -> Fact:
    return Fact(text="most", value="max", source=f"extreme:max:{issues.table.part}:0:savings_per_year")
