"""Questions from the command line: one or a file of them, each with exactly one outcome.

Whatever goes wrong with a question becomes an answer with the status `error`: a script that reads JSON gets one
object a question, and the next question is asked all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.answer import Answer
from ui.acting import operator
from ui.failures import unexpected
from warehouse.errors import (
    CommandCenterError,
    DeniedError,
    MissingDataError,
    UpstreamModelError,
    UsageError,
)
from warehouse.principal import Principal
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from semantic.company import Company

_REFUSAL_EXIT_CODES = {"empty": 2, "too_long": 2, "bad_reduction": 2, "pii": 3, "write": 3, "denied": 3}


@dataclass(frozen=True)
class Outcome:
    """What became of one question: the answer as it is shown, its exit code, and the failure behind it, if any.

    `case` is the id that a question file gave it, as it was written there.
    """

    answer: Answer
    exit_code: int
    failure: CommandCenterError | None = None
    case: object = None

    def document(self) -> dict[str, object]:
        """The object that `--json` prints."""
        shown: dict[str, object] = self.answer.model_dump(mode="json")
        return shown if self.case is None else {**shown, "id": self.case}


class Asking:
    """Asks on behalf of the command line. The assistant opens with the first question.

    With a `snapshot_id` every question is answered from that kept snapshot, otherwise from the served one; with
    a `company` from its file.
    """

    def __init__(
        self,
        settings: Settings,
        warehouse: Path,
        principal: Callable[[str], Principal],
        snapshot_id: str | None = None,
        company: Company | None = None,
    ) -> None:
        self._settings = settings
        self._company = company
        self._warehouse = warehouse
        self._principal = principal
        self._snapshot_id = snapshot_id
        self._assistant: Assistant | None = None

    def ask(self, question: str, role: str, thread: str | None) -> Outcome:
        """One question's outcome; never raises for what a question, a warehouse or a chat model can do."""
        text = readable(question)
        return self._settled(text, lambda: self._opened().ask(text, self._principal(role), thread, source="cli"))

    def savings(self, journey: str, reduce: float, cost_model: str, role: str) -> Outcome:
        """The projection of a reduction, without a conversation."""
        return self._settled(
            f"What does avoiding {reduce:g}% of {readable(journey)} leaked calls save?",
            lambda: self._opened().savings(readable(journey), reduce, cost_model, self._principal(role)),
        )

    def ask_file(self, file: Path, role: str, thread: str | None) -> Iterator[Outcome]:
        """The outcomes of a file's lines, in order. Raises UsageError when the file itself cannot be read."""
        for where, line in _lines(file):
            try:
                case = _case(line, where)
            except UsageError as error:
                yield Outcome(_failed("", error), error.exit_code, error, case=where)
                continue
            outcome = self.ask(case["question"], case.get("role") or role, case.get("thread") or thread)
            yield replace(outcome, case=case["id"])

    def close(self) -> None:
        """Close the assistant, if a question opened it."""
        if self._assistant is not None:
            self._assistant.close()

    def _opened(self) -> Assistant:
        if self._assistant is None:
            require_chat_model(self._settings)
            from agents.runtime import Assistant

            self._assistant = Assistant.open(
                self._settings, self._warehouse, snapshot_id=self._snapshot_id, company=self._company
            )
            self._assistant.operator = operator()  # decisions that a question holds are somebody's
        return self._assistant

    def _settled(self, question: str, work: Callable[[], Answer]) -> Outcome:
        try:
            answer = work()
        except CommandCenterError as error:
            return Outcome(_failed(question, error), error.exit_code, error)
        except Exception as error:
            failure = unexpected(error, self._settings)
            return Outcome(_failed(question, failure), failure.exit_code, failure)
        return Outcome(answer, exit_code(answer))


def readable(text: str) -> str:
    """Text that any encoder takes: half characters (bytes of another encoding, lone surrogates) become `?`."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def exit_code(answer: Answer) -> int:
    """The documented exit code of one answer: a clarification or a refusal in words is a normal end (0)."""
    if answer.status == "error":
        return 5 if answer.refusal_code.startswith("model") else 1
    kind = answer.refusal_code.partition(":")[0]
    return _REFUSAL_EXIT_CODES.get(kind, 0) if answer.status == "refused" else 0


def require_chat_model(settings: Settings) -> None:
    """Raises UsageError (exit 2) that names the setting which the chosen chat model lacks.

    A key is not among them: services on one's own machines often want none, and the others say so themselves.
    """
    model = settings.chat_model
    needed: dict[str, dict[str, object]] = {
        "service": {"chat_model.base_url": model.base_url, "chat_model.model": model.model},
        "recorded": {"chat_model.recording": model.recording},
    }
    missing = [name for name, value in needed.get(model.kind, {}).items() if not value]
    if missing:
        raise UsageError(
            f"The {model.kind} chat model lacks: {', '.join(missing)}.",
            where="settings.toml or COMMAND_CENTER_* variables",
            next_step="Set it, or set chat_model.kind to embedded.",
        )


def failure_code(error: CommandCenterError) -> str:
    """A fixed word for a failure, for scripts."""
    if isinstance(error, DeniedError):
        return f"denied:{error.code}"
    known = {UsageError: "usage", MissingDataError: "missing_data", UpstreamModelError: "model_failed"}
    return known.get(type(error), "unexpected")


def _failed(question: str, error: CommandCenterError) -> Answer:
    return Answer(question=question, status="error", refusal_code=failure_code(error), text=str(error))


def _lines(file: Path) -> Iterator[tuple[str, bytes]]:
    """The lines that are not blank, each with `file:line`."""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield f"{file}:{number}", line
    except OSError as error:
        raise UsageError(
            f"The question file cannot be read ({error.strerror}).", where=str(file), next_step="Correct the path."
        ) from error


def _case(line: bytes, where: str) -> dict[str, Any]:
    try:
        case = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError("A line is not UTF-8.", where=where, next_step="Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise UsageError(f"A line is not JSON: {reason}.", where=where, next_step="Correct the line.") from error
    if not isinstance(case, dict) or not isinstance(case.get("question"), str) or "id" not in case:
        raise UsageError('A line lacks "id" or "question".', where=where, next_step="Add them.")
    if any(not isinstance(case.get(name) or "", str) for name in ("role", "thread")):
        raise UsageError('"role" and "thread" are texts.', where=where, next_step="Correct the line.")
    return case
