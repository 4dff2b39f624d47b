"""The commands about who is likely to call or to change plan: fit the models, tell groups, tell one member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.terminal import (
    JsonOption,
    OnlyOption,
    PurposeOption,
    RoleOption,
    WarehouseOption,
    attributes_of,
    console,
    load_settings,
    principal_of,
    print_json,
)
from warehouse.errors import MissingDataError, UsageError

if TYPE_CHECKING:
    from tools.desk import Desk
    from warehouse.principal import Principal

propensity_app = typer.Typer(help="Who is likely to call or to change plan, and why.", no_args_is_help=True)


@propensity_app.command("train")
def train_command(
    role: RoleOption = "executive", warehouse: WarehouseOption = None, as_json: JsonOption = False
) -> None:
    """Fit the models to the served snapshot again and print their cards: figures of days they had not seen."""
    from tools.propensity.outlook import outlook

    with _desk(principal_of(role), warehouse) as desk:
        found = _settled(outlook(desk, again=True))
    cards = {name: made["card"] for name, made in found["outcomes"].items()}
    if as_json:
        print_json({"as_of": found["as_of"], "horizon_days": found["horizon"], "cards": cards})
        return
    for name, card in cards.items():
        console().print("\n".join(_card_lines(name, card, found)), markup=False, highlight=False)


@propensity_app.command("groups")
def groups_command(
    outcome: Annotated[str, typer.Argument(help="contact or plan_change.")] = "contact",
    by: Annotated[str, typer.Option("--by", help="segment, plan_type or tenure_bucket.")] = "segment",
    role: RoleOption = "executive",
    only: OnlyOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Groups of members by how likely they are to call or to change plan next, and what sets each apart."""
    from tools.propensity.outlook import card_of, outlook
    from tools.propensity.signals import signals

    rules = signals()
    for name, known, where in ((outcome, rules.outcomes, "outcome"), (by, rules.groups, "--by")):
        if name not in known:
            raise UsageError(
                f"There is no {name[:40]!r} here.", where=where, next_step=f"One of: {', '.join(known)}."
            )
    settings = load_settings()
    principal = principal_of(role, None, attributes_of(only, warehouse or settings.warehouse, settings))
    with _desk(principal, warehouse) as desk:
        found = _settled(outlook(desk))
    made, says = found["outcomes"][outcome], rules.outcomes[outcome]
    shown = made["groups"][by] if card_of(made).tells else []
    if as_json:
        print_json({"outcome": outcome, "by": by, "horizon_days": found["horizon"], "usual": made["usual"],
                    "groups": shown, "card": made["card"], "caveat": says.caveat})  # fmt: skip
        return
    lines = [_group_line(entry) for entry in shown]
    lines = lines or [f"Nothing in the data tells who is likely to {says.does}; no group is ranked."]
    lines += _card_lines(outcome, made["card"], found)
    console().print("\n".join([*lines, says.caveat] if says.caveat else lines), markup=False, highlight=False)


@propensity_app.command("member")
def member_command(
    member: Annotated[str, typer.Argument(help="The member's id.")],
    role: RoleOption = "executive",
    purpose: PurposeOption = None,
    only: OnlyOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """One member's scores with the reasons, for a member_advocate with a purpose; refused to every other role."""
    from tools.propensity.member import member_scores

    settings = load_settings()
    principal = principal_of(role, purpose, attributes_of(only, warehouse or settings.warehouse, settings))
    with _desk(principal, warehouse) as desk:
        found = _settled(member_scores(desk, member))
    if as_json:
        print_json(found)
        return
    for one in found:
        score = "cannot be told from the data" if one["score"] is None else f"{one['score']:.1%}"
        lines = [f"To {one['does']} within {one['days']} days: {score}; of all members {one['usual']:.1%}."]
        lines += [f"  {reason['said']} ({reason['effect']:+.2f} log-odds)" for reason in one["reasons"]]
        console().print("\n".join([*lines, *filter(None, (one["caveat"],))]), markup=False, highlight=False)


def _group_line(entry: dict[str, Any]) -> str:
    apart = "; ".join(f"{r['said']} ({r['share']:.1%} of them, {r['usual']:.1%} of all)" for r in entry["reasons"])
    return f"{entry['value']}: {entry['score']:.1%} of {entry['members']:,} members. {apart}"


def _card_lines(name: str, card: dict[str, Any], found: dict[str, Any]) -> list[str]:
    verdict = "tells members apart" if card["tells"] else "does not tell members apart: no group is ranked by it"
    return [
        f"{name}, {found['horizon']} days ahead, fitted until {found['as_of']}: {verdict}.",
        f"  On days it had not seen: AUC {card['auc']:.3f} ({card['low']:.3f} to {card['high']:.3f}), Brier "
        f"{card['brier']:.4f}, "
        f"{card['came']:,} of {card['members']:,} members did, {card['expected']:,.0f} expected.",
        "  Expected and observed by tenths: "
        + ", ".join(f"{expected:.1%}/{observed:.1%}" for expected, observed in card["parts"]),
    ]


def _settled(found: Any) -> Any:
    """What was found, which is a value of the tool's own; a refusal becomes an error."""
    from tools.outcome import Refusal

    if isinstance(found, Refusal):
        raise MissingDataError(found.reason, where="propensity", next_step="Build a warehouse with more days.")
    return found


@contextmanager
def _desk(principal: Principal, warehouse: Path | None) -> Iterator[Desk]:
    from agents.proposing import desk_of
    from agents.runtime import Assistant

    settings = load_settings()
    with closing(Assistant.open(settings, warehouse or settings.warehouse)) as assistant:
        yield desk_of(assistant, principal)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(propensity_app, name="propensity")
