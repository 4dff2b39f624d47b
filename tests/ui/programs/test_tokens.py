"""Tokens: kept as hashes, ended by time, revocation and changed rights, and never more than their account."""

from __future__ import annotations

from typing import Any

import pytest

from ui.accounts import Accounts
from ui.programs.tokens import MOST_DAYS, Tokens
from warehouse.errors import DeniedError, UsageError


def refusal(tokens: Tokens, text: str) -> str:
    with pytest.raises(DeniedError) as caught:
        tokens.caller(text)
    assert caught.value.next_step
    return caught.value.code


def test_a_token_is_its_account_and_is_kept_as_a_hash_only(tokens: Tokens, accounts: Accounts) -> None:
    text, token = tokens.issue("hank", label="a  notebook")
    caller = tokens.caller(text)
    assert (caller.principal.user, caller.principal.role) == ("hank", "analyst")
    assert caller.principal.attributes == {"plan_type": "HMO"}
    assert (token.label, token.decides, tokens.all("hank")[0].used) == ("a notebook", False, accounts.clock())
    secret = text.rpartition("_")[2] if text.count("_") == 2 else text.split("_", 2)[2]
    assert secret.encode() not in accounts.file.path.read_bytes()


def test_whatever_is_no_token_is_refused_alike_and_audited(tokens: Tokens, trail: Any) -> None:
    text, token = tokens.issue("erin")
    other, _ = tokens.issue("pat")
    swapped = f"cct_{token.id}_{other.split('_', 2)[2]}"
    nearly = text[:-1] + ("A" if text[-1] != "A" else "B")
    for bad in ("", "x", text[:-1], nearly, swapped, text.upper(), "cct_00000000_" + "a" * 43, "\u00e9" * 60):
        assert refusal(tokens, bad) == "token_unknown"
    refused = [record for record in trail.records if record["event"] == "token_refused"]
    assert len(refused) == 8
    assert all(
        record == {"event": "token_refused", "user": "", "token": "", "reason": "unknown"} for record in refused
    )


def test_a_token_ends_with_its_time_its_revocation_and_its_accounts_rights(
    tokens: Tokens, accounts: Accounts, clock: Any, trail: Any
) -> None:
    text, token = tokens.issue("erin", days=1)
    clock.now += 86_399
    assert tokens.caller(text).token.id == token.id
    clock.now += 1
    assert refusal(tokens, text) == "token_expired"
    text, token = tokens.issue("erin")
    tokens.revoke(token.id)
    tokens.revoke(token.id)
    assert refusal(tokens, text) == "token_revoked"
    text, _ = tokens.issue("erin")
    accounts.lock("erin")
    assert refusal(tokens, text) == "token_account"
    accounts.unlock("erin")
    accounts.set_role("erin", "data_engineer")
    assert refusal(tokens, text) == "token_role"
    accounts.remove("erin")
    accounts.add("erin", "executive")
    assert refusal(tokens, text) == "token_unknown"
    events = [record["event"] for record in trail.records]
    assert (events.count("token_issued"), events.count("token_revoked")) == (3, 1)


def test_row_filters_count_as_they_are_now_and_a_stated_purpose_opens_nothing(
    tokens: Tokens, accounts: Accounts
) -> None:
    text, _ = tokens.issue("ada")
    accounts.statements.state("ada", "purpose", "grievance: case 123", 3600)
    assert tokens.caller(text).account.principal.purpose
    assert tokens.caller(text).principal.purpose is None
    accounts.set_attributes("ada", {"state": "FL"})
    assert tokens.caller(text).principal.attributes == {"state": "FL"}


@pytest.mark.parametrize(("name", "days"), [("nobody", 1), ("erin", 0), ("erin", MOST_DAYS + 1), ("locked", 1)])
def test_what_cannot_be_issued_is_said(tokens: Tokens, accounts: Accounts, name: str, days: float) -> None:
    accounts.add("locked", "analyst")
    accounts.lock("locked")
    with pytest.raises(UsageError):
        tokens.issue(name, days=days)
    assert not tokens.all()
