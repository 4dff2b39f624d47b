"""What a form or a request with a field that cannot be gets back: which one, in words, and never what it held."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.testclient import TestClient

from ui.decisions import Decided
from ui.forms import Field
from ui.refusal import malformed


def decide(given: Decided) -> str:
    return given.decision


def review(reason: Field = "") -> str:
    return reason


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_field_that_is_too_long_is_refused_in_words_and_not_repeated(accept: str) -> None:
    app = FastAPI()
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_api_route("/decisions", decide, methods=["POST"])
    app.add_api_route("/review", review, methods=["POST"])
    client, long = TestClient(app, headers={"accept": accept}), "secret " * 15_000
    button = {"decision": "reject", "proposal": "x", "reason": long}
    for found in (client.post("/decisions", json=button), client.post("/review", data={"reason": long})):
        assert found.status_code == 422
        assert "reason: String should have at most" in found.text
        assert "Nothing was changed" in found.text
        assert "secret" not in found.text
