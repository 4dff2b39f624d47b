"""The page of verified queries: proposing an answer for anybody, the review for the data engineer. Plain forms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agents.reviews import REVIEWER
from ui.accounts import Account
from ui.forms import EXPIRED, Field, Forms
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError, UsageError

if TYPE_CHECKING:
    from agents.promotion.review import Listed, Promotion
    from agents.promotion.store import Proposal
    from agents.runtime import Assistant

PAGE = "/verified"
Text = Annotated[str, Form(max_length=4000)]
MOST_QUESTIONS = 20


class VerifiedPages:
    """Routes of `/verified`. With `?answer=ID` the form to propose it, with `?id=ID` one proposal in full."""

    def __init__(self, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._forms = forms
        self._lock = threading.Lock()
        self._made: Promotion | None = None
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(PAGE, self.show, methods=["GET"])
        self.router.add_api_route(PAGE, self.act, methods=["POST"])

    def show(self, request: Request, answer: str = "", id: str = "") -> Response:
        """The list, the form to propose an answer, or one proposal."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={PAGE}", 303)
        return self._page(request, account, answer=answer[:64], proposal_id=id[:64])

    def act(
        self,
        request: Request,
        action: Field = "",
        answer: Field = "",
        id: Field = "",
        revision: Field = "0",
        title: Field = "",
        owner: Field = "",
        questions: Text = "",
        parameters: Text = "",
        reason: Field = "",
        token: Field = "",
    ) -> Response:
        """Propose, save, approve, reject or retire; then the list or the proposal again."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={PAGE}", 303)
        given = {
            "title": title,
            "owner": owner,
            "questions": questions,
            "parameters": parameters,
            "reason": reason,
        }
        try:
            if not self._forms.is_ours(request, token):
                raise DeniedError(EXPIRED, code="form_expired")
            if action == "propose":
                self._promotion().propose(answer, title, owner, account.principal)
                return RedirectResponse(PAGE, 303)
            made = self._acted(action, self._seen(id, revision), given, account)
        except CommandCenterError as error:
            code = 400 if isinstance(error, UsageError) else 403 if isinstance(error, DeniedError) else 503
            message = f"{error.what} {error.next_step}".strip()
            return self._page(request, account, code, answer=answer, proposal_id=id, message=message, given=given)
        return RedirectResponse(f"{PAGE}?id={made.id}", 303)

    def _acted(self, action: str, proposal: Proposal, given: dict[str, str], account: Account) -> Proposal:
        promotion, by = self._promotion(), account.principal
        actions: dict[str, Callable[[], Proposal]] = {
            "save": lambda: promotion.edit(proposal, _changes(given), by),
            "approve": lambda: promotion.approve(proposal, by),
            "reject": lambda: promotion.reject(proposal, given["reason"], by),
            "retire": lambda: promotion.retire(proposal, given["reason"], by),
        }
        if action not in actions:
            raise UsageError(f"There is no action {action[:20]!r}.", next_step="Use the buttons of this page.")
        return actions[action]()

    def _seen(self, proposal_id: str, revision: str) -> Proposal:
        """The proposal at the revision that the form was shown for."""
        if not revision.isdigit():
            raise UsageError("The form names no revision.", next_step="Look at the proposal again.")
        return replace(self._promotion().store.find(proposal_id), revision=int(revision))

    def _promotion(self) -> Promotion:
        """Opened with the first use: a server of another company's model has none."""
        from agents.promotion.review import Promotion

        with self._lock:
            if self._made is None:
                self._made = Promotion(self._assistant)
            return self._made

    def _page(
        self, request: Request, account: Account, code: int = 200, *, answer: str = "", proposal_id: str = "",
        message: str = "", given: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        may_review = account.role == REVIEWER
        shown: dict[str, Any] = {"proposing": None, "proposal": None, "checks": (), "events": (), "lines": []}
        try:
            if answer:
                shown["proposing"] = self._proposing(answer, account)
            if proposal_id:
                shown |= self._detail(proposal_id, account, may_review=may_review)
            lines = self._promotion().listed()
            shown["lines"] = [line for line in lines if may_review or _for_everybody(line, account)]
        except CommandCenterError as error:
            message, code = message or f"{error.what} {error.next_step}".strip(), max(code, 400)
        return self._forms.page(
            request, "verified.html", code, account=account, may_review=may_review, message=message,
            given=given or {}, **shown,
        )  # fmt: skip

    def _proposing(self, answer: str, account: Account) -> dict[str, str]:
        kept = self._assistant.answers.kept(answer, account.principal)
        return {"answer": kept.answer.answer_id, "question": kept.answer.question, "trust": kept.answer.trust}

    def _detail(self, proposal_id: str, account: Account, *, may_review: bool) -> dict[str, Any]:
        promotion = self._promotion()
        proposal = promotion.store.find(proposal_id)
        if not may_review and proposal.proposed_by != account.name:
            raise DeniedError("This proposal is for its proposer and for data engineers.", code="not_yours")
        checked = may_review and proposal.state in ("proposed", "approved")
        line = next((x for x in promotion.listed() if x.proposal and x.proposal.id == proposal.id), None)
        return {
            "proposal": proposal,
            "standing": line.standing if line else proposal.state,
            "why": line.why if line else "",
            "parameters": _yaml(proposal.document.get("parameters")),
            "query": _yaml({k: proposal.document[k] for k in ("query", "parts") if k in proposal.document}),
            "checks": promotion.checks(proposal, account.principal) if checked else (),
            "events": promotion.story(proposal),
        }


def _for_everybody(line: Listed, account: Account) -> bool:
    """What is served, and one's own proposals."""
    return line.standing == "served" or (line.proposal is not None and line.proposal.proposed_by == account.name)


def _changes(given: dict[str, str]) -> dict[str, Any]:
    """What a review form sets. Raises UsageError for parameters that are no YAML mapping."""
    questions = [" ".join(line.split()) for line in given["questions"].splitlines() if line.strip()]
    try:
        parameters = yaml.safe_load(given["parameters"]) or {}
    except yaml.YAMLError as error:
        raise UsageError("The parameters are not YAML.", next_step="Write name: {type: ...} lines.") from error
    if not isinstance(parameters, dict) or not questions or len(questions) > MOST_QUESTIONS:
        raise UsageError(
            f"A review needs 1 to {MOST_QUESTIONS} questions, and parameters by name.",
            next_step="Correct the form.",
        )
    return {"title": given["title"].strip(), "owner": given["owner"].strip(), "questions": questions,
            "parameters": parameters}  # fmt: skip


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100) if value else ""
