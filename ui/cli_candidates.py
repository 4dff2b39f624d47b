"""The commands about cases from production: what readers were not content with, reviewed by an ML engineer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.acting import AsUserOption, acting
from ui.terminal import JsonOption, RoleOption, WarehouseOption, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.reviews import Action, ReviewStore
    from agents.runtime import Assistant
    from evals.production.candidates import Candidate
    from warehouse.principal import Principal

candidates_app = typer.Typer(
    help="Thumbs down, refusals and questions back as candidate cases: an ML engineer decides.",
    no_args_is_help=True,
)
Which = Annotated[str, typer.Argument(help="A candidate's id, or how it begins.")]
Reason = Annotated[str, typer.Option(help="Why: kept with the decision.")]
Patterns = Annotated[list[str] | None, typer.Option(help="A regular expression that the text must match.")]
_STATES = ("open", "accepted", "rejected", "all")
_ROLE = "ml_engineer"


@candidates_app.command("list")
def list_candidates(
    state: Annotated[str, typer.Option(help="open, accepted, rejected or all.")] = "open",
    role: RoleOption = _ROLE,
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was judged badly, refused or asked back, redacted; the most pressing first."""
    if state not in _STATES:
        raise UsageError(
            f"There is no state {state!r}.", where="--state", next_step=f"One of {', '.join(_STATES)}."
        )
    with _desk(warehouse, role, as_user) as desk:
        found = [one for one in desk.candidates if state in ("all", one.state)]
    if as_json:
        print_json([_document(one) for one in found])
        return
    _print(found)


@candidates_app.command()
def accept(
    which: Which,
    ask: Annotated[str, typer.Option(help="The question in your words, where something of it is hidden.")] = "",
    sql: Annotated[str, typer.Option(help="SQL over gold whose rows are right; {call_date last7} for days.")] = "",
    same_as: Annotated[str, typer.Option(help="A question whose answer has the right rows.")] = "",
    columns: Annotated[str, typer.Option(help="Which columns are compared: all, metrics or given.")] = "given",
    expect: Annotated[list[str] | None, typer.Option(help="The right status: answered, clarify, refused.")] = None,
    code: Annotated[list[str] | None, typer.Option(help="The right refusal's code.")] = None,
    says: Patterns = None,
    never: Annotated[list[str] | None, typer.Option(help="One that it must not match.")] = None,
    into: Annotated[Path | None, typer.Option(help="The suite's file (default: the suite production).")] = None,
    reason: Reason = "",
    role: RoleOption = _ROLE,
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
) -> None:
    """Write a candidate as a case, with what is right; it runs with `eval run production` from then on."""
    from evals.production.landing import FILE, case_of, land

    gold = {"sql": sql, "same_as": same_as, "columns": columns} if sql or same_as else {}
    wanted = {"status": expect, "codes": code, "says": says, "never": never}
    with _desk(warehouse, role, as_user) as desk:
        found = desk.named(which)
        desk.require_open(found, "accept")
        if sql:
            desk.check(sql)
        case = case_of(found, asked=ask, gold=gold, expect=wanted)
        land(case, into or FILE, desk.lock)
        desk.decide(found, "accept", reason)
    console().print(f"{case['id']} is a case of {into or FILE}.", markup=False, highlight=False, soft_wrap=True)


@candidates_app.command()
def reject(
    which: Which,
    reason: Reason = "",
    role: RoleOption = _ROLE,
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
) -> None:
    """Take a candidate off the list; it stays off when the question is asked again."""
    with _desk(warehouse, role, as_user) as desk:
        found = desk.named(which)
        desk.require_open(found, "reject")
        desk.decide(found, "reject", reason)
    console().print(f"{found.id} is rejected.", markup=False, highlight=False)


@dataclass
class _Desk:
    """The queue as it is now, and what is decided on it."""

    assistant: Assistant
    store: ReviewStore
    by: Principal
    candidates: list[Candidate]
    lock: Path

    def named(self, start: str) -> Candidate:
        from evals.production.candidates import named

        return named(self.candidates, start)

    def require_open(self, one: Candidate, action: Action) -> None:
        """Before anything is written: what is decided stays decided, but for a second look at a rejection."""
        if one.state == "open" or (one.state == "rejected" and action == "accept"):
            return
        raise UsageError(f"It is {one.state} already.", where=one.id, next_step="See `eval candidates list`.")

    def check(self, sql: str) -> None:
        """Raises UsageError when the door would not run the statement."""
        from evals.days import with_days
        from evals.trials.observing import JUDGE
        from warehouse.guard import Deny

        try:
            statement = with_days(sql, self.assistant.knowledge().as_of)
        except KeyError as error:
            raise UsageError(str(error.args[0]), where="--sql", next_step="See docs/evals.md.") from error
        decision = self.assistant.door.check(statement, JUDGE)
        if isinstance(decision, Deny):
            raise UsageError(decision.reason, where="--sql", next_step="Correct the statement.")

    def decide(self, one: Candidate, action: Action, reason: str) -> None:
        from evals.production.candidates import KIND, require_ml_engineer

        now = datetime.now(UTC)
        if not any(entry.id == one.id for entry in self.store.entries(KIND)):
            self.store.propose(KIND, one.key, one.payload(), self.by, now)
        self.store.decide(KIND, one.id, action, self.by, now, reason, allowed=require_ml_engineer)


@contextmanager
def _desk(warehouse: Path | None, role: str, as_user: str) -> Iterator[_Desk]:
    from agents.reviews import REVIEWS, ReviewStore
    from agents.runtime import Assistant
    from evals.production.candidates import KIND, Queue, require_ml_engineer
    from evals.production.wording import QuestionRedactor
    from evals.reporting.scoring import suite_questions

    by = acting(as_user, role)
    require_ml_engineer(by)
    settings = load_settings()
    with (
        closing(Assistant.open(settings, warehouse or settings.warehouse)) as assistant,
        closing(ReviewStore(settings.state / REVIEWS)) as store,
    ):
        known, audit = assistant.knowledge(by), assistant.audit
        redactor = QuestionRedactor(known.planner.speller, known.semantic, audit.spoken)
        decided = {entry.id: entry for entry in store.entries(KIND)}
        queue = Queue(known, redactor, audit.fingerprint, decided, suite_questions())
        made = queue.candidates(assistant.answers.unsatisfying())
        yield _Desk(assistant, store, by, made, settings.state / "production-cases.lock")


def _document(one: Candidate) -> dict[str, Any]:
    body = {name: value for name, value in asdict(one).items() if name != "key"}
    return {**body, "times": one.times}


def _print(found: list[Candidate]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not found:
        console().print("Nothing waits here.", soft_wrap=True)
        return
    table = Table()
    for heading in ("id", "question", "role", "why", "last", "state", "answer"):
        table.add_column(heading, ratio=1 if heading == "question" else None, min_width=8)
    for one in found:
        asked = "\n".join([*(f"({turn})" for turn in one.after), one.question, *(f"- {r}" for r in one.reasons)])
        why = "\n".join([*(f"{name} {n}" for name, n in one.counts.items() if n), *one.codes])
        state = f"case {one.known}" if one.known and one.state == "open" else one.state
        cells = (one.id, asked, one.role, why, one.last, state, one.answers[0][:8])
        table.add_row(*(Text(cell) for cell in cells))
    console().print(table)
    console().print("What an answer did: command-center trace ID; --content for its words.", soft_wrap=True)
