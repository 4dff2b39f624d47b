"""The MCP server with the protocol's own client library, over both transports, and with two written by hand."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
import uvicorn
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult

from tests.ui.programs.conftest import statements
from ui.accounts import Accounts, open_accounts
from ui.client_address import Proxies
from ui.mcp.http import MOST_BODY, caller_of, http_app
from ui.mcp.server import ERROR, MOST_ARGUMENTS, mcp_server
from ui.mcp.stdio import MOST_LINE, serve_lines
from ui.ports import listening
from ui.programs.bearer import Bearer
from ui.programs.surface import Surface
from ui.programs.tokens import Tokens
from ui.units import HIDDEN
from warehouse.errors import CommandCenterError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.runtime import Assistant

MakeSurface = Callable[..., Surface]
Calls = Callable[[ClientSession], Awaitable[None]]
READING = {
    "list_metrics", "search_metrics", "describe_metric", "query_metrics", "ask", "why", "explain_answer",
    "briefing", "savings", "impact", "list_actions", "propose_actions",
}  # fmt: skip
BY_COUNTY: dict[str, Any] = {
    "metrics": ["total_calls"],
    "dimensions": ["county"],
    "time": {"start": "2026-10-20", "end": "2026-10-29"},
}


def explained(error: Exception) -> CommandCenterError:
    raise AssertionError("a tool failed unexpectedly") from error


def run(surface: Surface, tokens: Tokens, text: str, calls: Calls) -> None:
    """Calls of the library's client on a server in this process."""

    async def main() -> None:
        server = mcp_server(lambda: surface, lambda: tokens.caller(text), explained, decisions=surface.writes)
        async with create_connected_server_and_client_session(server) as client:
            await calls(client)

    anyio.run(main)


def text_of(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if block.type == "text")


def error_of(result: CallToolResult) -> dict[str, str]:
    assert result.isError
    assert result.meta is not None
    found: dict[str, str] = result.meta[ERROR]
    assert found["what"] in text_of(result)
    assert found["next_step"] in text_of(result)
    return found


def test_tools_give_typed_governed_results_in_the_name_of_the_token(
    surface_of: MakeSurface, tokens: Tokens, own_assistant: Assistant, gold: Any
) -> None:
    text, _ = tokens.issue("erin")

    async def calls(client: ClientSession) -> None:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == READING
        assert all(tool.annotations and tool.annotations.readOnlyHint and tool.outputSchema for tool in listed)
        page = (await client.call_tool("list_metrics", {"limit": 5, "offset": 5})).structuredContent
        assert page is not None
        assert (len(page["metrics"]), page["total"] > 50, page["as_of"]) == (5, True, "2026-10-29")
        found = await client.call_tool("search_metrics", {"words": "avoidable cost", "kinds": ["metric"]})
        assert "avoidable_call_cost" in text_of(found)
        meant = await client.call_tool("describe_metric", {"metric": "leakage_rate"})
        assert "journey" in text_of(meant)

        by_plan = {"metrics": ["total_calls"], "dimensions": ["plan_type"], "order_by": [{"by": "total_calls"}]}
        days = {"start": "2026-10-01", "end": "2026-10-29"}
        counted = await client.call_tool("query_metrics", {**by_plan, "time": days})
        assert counted.structuredContent is not None
        rows = counted.structuredContent["tables"][0]["rows"]
        sql = "SELECT plan_type, COUNT(*) FROM gold.calls WHERE call_date BETWEEN '2026-10-01' AND '2026-10-29'"
        shown = [[plan, count] for plan, count in rows if count is not None]
        truth = dict(gold.execute(f"{sql} GROUP BY plan_type").fetchall())
        assert shown
        assert all(truth[plan] == count for plan, count in shown)

        asked = await client.call_tool("ask", {"question": "Total calls by plan type last week"})
        assert asked.structuredContent is not None
        again = {"question": "only MAPD", "thread": asked.structuredContent["thread"]}
        followed = await client.call_tool("ask", again)
        assert followed.structuredContent is not None
        assert "MAPD" in followed.structuredContent["tables"][0]["interpretation"]
        made = await client.call_tool("explain_answer", {"answer_id": asked.structuredContent["answer_id"]})
        assert "```sql" in text_of(made)
        saved = await client.call_tool("savings", {"journey": "billing", "reduce_percent": 5})
        assert saved.structuredContent is not None
        assert saved.structuredContent["status"] == "answered"

    run(surface_of(), tokens, text, calls)
    mine = [record for record in statements(own_assistant) if record.get("source") == "mcp"]
    assert mine
    assert {(record["user"], record["role"]) for record in mine} == {("erin", "executive")}


def test_few_members_rows_and_row_filters_are_as_at_any_other_door(
    surface_of: MakeSurface, tokens: Tokens
) -> None:
    async def small(client: ClientSession) -> None:
        result = await client.call_tool("query_metrics", BY_COUNTY)
        assert result.structuredContent is not None
        table = result.structuredContent["tables"][0]
        assert table["hidden"]
        assert all(table["rows"][row][column] is None for row, column in table["hidden"])
        assert HIDDEN in text_of(result)
        refused = await client.call_tool("ask", {"question": "List the names of members who called yesterday"})
        assert refused.structuredContent is not None
        assert (refused.structuredContent["status"], refused.structuredContent["tables"]) == ("refused", [])

    async def narrowed(client: ClientSession) -> None:
        query = {"metrics": ["total_calls"], "dimensions": ["plan_type"]}
        result = await client.call_tool("query_metrics", query)
        assert result.structuredContent is not None
        assert [row[0] for row in result.structuredContent["tables"][0]["rows"]] == ["HMO"]
        assert error_of(await client.call_tool("list_actions", {}))["code"] == "row_filter"

    surface = surface_of()
    run(surface, tokens, tokens.issue("erin")[0], small)
    run(surface, tokens, tokens.issue("hank")[0], narrowed)


def test_what_goes_wrong_is_a_tool_error_that_says_what_to_do(surface_of: MakeSurface, tokens: Tokens) -> None:
    text, token = tokens.issue("erin")
    deep: list[Any] = []
    for _ in range(60):
        deep = [deep]

    async def calls(client: ClientSession) -> None:
        for name, arguments in (
            ("query_metrics", {"metrics": ["totl_calls"]}),
            ("query_metrics", {"metrics": ["total_calls"], "role": "data_engineer"}),
            ("query_metrics", {"metrics": ["total_calls"], "dimensions": ["nothing"]}),
            ("query_metrics", {"metrics": ["total_calls"] * 21}),
            ("query_metrics", {"metrics": deep}),
            ("query_metrics", {}),
            ("ask", {"question": "x" * 2001}),
            ("ask", {"question": "   "}),
            ("ask", {"question": "Total calls", "principal": "ada"}),
            ("ask", {"question": "Total calls", "thread": "../x y"}),
            ("savings", {"journey": "Biling"}),
            ("savings", {"journey": "Billing", "reduce_percent": 101}),
            ("list_actions", {"state": "done"}),
            ("nothing", {}),
            ("review_actions", {"decision": "approve", "proposals": ["x"]}),
            ("search_metrics", {"words": "y" * (MOST_ARGUMENTS + 1)}),
        ):
            assert error_of(await client.call_tool(name, arguments))["code"] == "usage", (name, arguments)
        unknown = await client.call_tool("explain_answer", {"answer_id": "of somebody else"})
        assert error_of(unknown)["code"] == "not_found"
        # A metric that is right still answers afterwards; then the token ends.
        assert not (await client.call_tool("query_metrics", {"metrics": ["total_calls"]})).isError
        tokens.revoke(token.id)
        assert error_of(await client.call_tool("list_metrics", {}))["code"] == "token_revoked"

    run(surface_of(), tokens, text, calls)


def test_more_than_the_limit_waits(surface_of: MakeSurface, tokens: Tokens) -> None:
    async def calls(client: ClientSession) -> None:
        results = [await client.call_tool("search_metrics", {"words": "calls"}) for _ in range(3)]
        assert [result.isError for result in results] == [False, False, True]
        assert error_of(results[2])["code"] == "rate"

    run(surface_of(per_minute=2), tokens, tokens.issue("erin")[0], calls)


def test_reading_changes_nothing_and_a_decision_needs_flag_token_role_and_confirmation(
    surface_of: MakeSurface, tokens: Tokens, trail: Any, own_assistant: Assistant
) -> None:
    async def only_reads(client: ClientSession) -> None:
        result = await client.call_tool("propose_actions", {})
        assert result.structuredContent is not None
        assert result.structuredContent["actions"]
        assert not result.structuredContent["kept"]
        assert error_of(await client.call_tool("propose_actions", {"keep": True}))["code"] == "read_only"
        assert (await client.call_tool("list_actions", {})).structuredContent == {
            "actions": [], "total": 0, "offset": 0,
        }  # fmt: skip
        asked = await client.call_tool("ask", {"question": "What should we fix next?", "thread": "t"})
        assert asked.structuredContent is not None
        assert asked.structuredContent["status"] == "answered"
        said = await client.call_tool("ask", {"question": "approve the first one", "thread": "t"})
        assert said.structuredContent is not None
        assert said.structuredContent["refusal_code"] == "not_asked"
        assert "review tool" in said.structuredContent["next_step"]
        assert (await client.call_tool("list_actions", {})).structuredContent["total"] == 0  # type: ignore[index]

    async def without_right(client: ClientSession) -> None:
        assert error_of(await client.call_tool("propose_actions", {"keep": True}))["code"] in (
            "token_rights", "review_role",
        )  # fmt: skip

    async def decides(client: ClientSession) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {*READING, "review_actions"}
        marks = tools["review_actions"].annotations
        assert marks is not None
        assert (marks.readOnlyHint, marks.destructiveHint) == (False, True)
        made = await client.call_tool("propose_actions", {"keep": True})
        assert made.structuredContent is not None
        first, second = (action["id"] for action in made.structuredContent["actions"][:2])
        wanted = {"decision": "approve", "proposals": [first]}
        shown = (await client.call_tool("review_actions", wanted)).structuredContent
        assert shown is not None
        assert (shown["preview"], shown["actions"][0]["state"]) == (True, "approved")
        listed = (await client.call_tool("list_actions", {"state": "approved"})).structuredContent
        assert listed is not None
        assert listed["total"] == 0
        code = shown["confirmation"]
        for other in ({"proposals": [second]}, {"decision": "reject", "reason": "no"}, {"confirmation": "0" * 16}):
            wrong = {**wanted, "confirmation": code, **other}
            assert error_of(await client.call_tool("review_actions", wrong))["where"] == "confirmation"
        decided = await client.call_tool("review_actions", {**wanted, "confirmation": code})
        assert decided.structuredContent is not None
        assert decided.structuredContent["actions"][0]["state"] == "approved"
        assert (await client.call_tool("review_actions", {**wanted, "confirmation": code})).isError
        undone = {"decision": "undo", "proposals": [first]}
        shown = (await client.call_tool("review_actions", undone)).structuredContent
        assert shown is not None
        await client.call_tool("review_actions", {**undone, "confirmation": shown["confirmation"]})

    run(surface_of(), tokens, tokens.issue("pat", decides=True)[0], only_reads)
    writing = surface_of(writes=True)
    run(writing, tokens, tokens.issue("pat")[0], without_right)
    run(writing, tokens, tokens.issue("erin", decides=True)[0], without_right)
    text, token = tokens.issue("pat", decides=True)
    run(writing, tokens, text, decides)
    assert [record["user"] for record in trail.records if record["event"] == "actions_proposed"] == ["pat"]
    noted = [record for record in statements(own_assistant) if record.get("source") == f"mcp:{token.id}"]
    told = [(record["event"], record["user"], record["decision"]) for record in noted]
    assert told == [("decided", "pat", "approve"), ("decided", "pat", "undo")]


@contextmanager
def serving(surface: Surface, tokens: Tokens, per_minute: float = 10_000) -> Iterator[str]:
    """The HTTP transport on a free port of this machine."""
    listener = listening("127.0.0.1", 0, "test")
    port = listener.getsockname()[1]
    mcp = mcp_server(lambda: surface, lambda: caller_of(mcp), explained, decisions=surface.writes)
    app = http_app(mcp, Bearer(tokens, Proxies(()), per_minute), port, "https://insights.example.org")
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join(60)
    listener.close()


def test_over_http_each_request_is_whoever_its_token_says(surface_of: MakeSurface, tokens: Tokens) -> None:
    async def as_whom(address: str, text: str) -> list[str]:
        headers = {"authorization": f"Bearer {text}"}
        async with (
            httpx.AsyncClient(headers=headers) as web,
            streamable_http_client(address, http_client=web) as (read, write, _),
            ClientSession(read, write) as client,
        ):
            await client.initialize()
            assert {tool.name for tool in (await client.list_tools()).tools} == READING
            query = {"metrics": ["total_calls"], "dimensions": ["plan_type"]}
            result = await client.call_tool("query_metrics", query)
            assert result.structuredContent is not None
            return [row[0] for row in result.structuredContent["tables"][0]["rows"]]

    with serving(surface_of(), tokens) as address:
        assert anyio.run(as_whom, address, tokens.issue("hank")[0]) == ["HMO"]
        assert len(anyio.run(as_whom, address, tokens.issue("erin")[0])) > 2


LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {}}
KINDS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def test_over_http_strangers_and_other_sites_are_kept_out(
    surface_of: MakeSurface, tokens: Tokens, trail: Any
) -> None:
    text, token = tokens.issue("erin")
    good = {**KINDS, "authorization": f"Bearer {text}"}
    with serving(surface_of(), tokens) as address, httpx.Client() as web:

        def status(headers: dict[str, str], **more: Any) -> int:
            return web.post(address, headers=headers, **({"json": LIST} | more)).status_code

        reply = web.post(address, headers=good, json=LIST)
        assert reply.status_code == 200
        assert {tool["name"] for tool in reply.json()["result"]["tools"]} == READING
        refused = web.post(address, headers=KINDS, json=LIST)
        assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
        assert "tokens issue" in refused.json()["detail"]
        assert status({**good, "authorization": text}) == 401
        assert status({**good, "authorization": f"Bearer {text}x"}) == 401
        assert status({**good, "authorization": "Bearer " + "a" * 5000}) == 401
        # A page of another site, directly or by a name that it made point here.
        assert status({**good, "origin": "https://evil.example"}) == 403
        assert status({**good, "origin": "null"}) == 403
        assert status({**good, "host": "evil.example"}) == 421
        assert status({**good, "host": "127.0.0.1.evil.example"}) == 421
        assert status({**good, "host": "insights.example.org", "origin": "https://insights.example.org"}) == 200
        assert status({**good, "content-type": "text/plain"}) == 400
        assert status(good, json=None, content=b"{") == 400
        assert status(good, json=None, content=b"[" * 100_000) == 400
        assert status(good, json={**LIST, "params": {"x": "y" * MOST_BODY}}) == 413
        assert web.get(address, headers=good).status_code == 405
        assert web.delete(address, headers=good).status_code == 405
        assert web.post(address.removesuffix("/mcp") + "/", headers=good, json=LIST).status_code == 404
        tokens.revoke(token.id)
        assert status(good) == 401
    assert text.rpartition("_")[2] not in json.dumps(trail.records)


def test_over_http_a_token_and_bad_tokens_are_limited(surface_of: MakeSurface, tokens: Tokens, trail: Any) -> None:
    good = {**KINDS, "authorization": f"Bearer {tokens.issue('erin')[0]}"}
    with serving(surface_of(), tokens, per_minute=60) as address, httpx.Client() as web:
        assert web.post(address, headers=good, json=LIST).status_code == 200
        tried = [
            web.post(address, headers={**KINDS, "authorization": f"Bearer {n}"}, json=LIST) for n in range(12)
        ]
    assert [reply.status_code for reply in tried] == [401] * 3 + [429] * 9
    assert int(tried[-1].headers["retry-after"]) > 0
    assert sum(record["event"] == "token_refused" for record in trail.records) == 3


def test_over_http_accounts_that_cannot_be_read_are_no_bad_token(
    surface_of: MakeSurface, tokens: Tokens, accounts: Accounts
) -> None:
    good = {**KINDS, "authorization": f"Bearer {tokens.issue('erin')[0]}"}
    accounts.close()
    with serving(surface_of(), tokens, per_minute=60) as address, httpx.Client() as web:
        tried = [web.post(address, headers=good, json=LIST) for _ in range(6)]
    assert {(reply.status_code, reply.headers["retry-after"]) for reply in tried} == {(503, "30")}
    assert "www-authenticate" not in tried[0].headers
    assert "doctor" in tried[0].json()["detail"]


def test_a_line_client_gets_one_reply_a_request_and_stdout_holds_nothing_else(
    surface_of: MakeSurface, tokens: Tokens
) -> None:
    """A client written by hand over pipes: what is no message, too long or unfinished does not stop the server."""
    text, _ = tokens.issue("erin")
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "lines", "version": "1"}}
    call = {"name": "query_metrics", "arguments": {"metrics": ["total_calls"]}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "this is no JSON",
        "",
        "[" * 50_000,
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "nothing/like/it"}),
        json.dumps({"jsonrpc": "2.0", "method": "tools/list", "params": {"x": "y" * (2 * MOST_LINE)}, "id": 3}),
        json.dumps({"jsonrpc": "2.0", "id": "four", "method": "tools/list"}),
        json.dumps({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call}),
    ]
    source, given = os.pipe()
    received, sink = os.pipe()

    def write() -> None:
        with os.fdopen(given, "wb") as stream:
            stream.write("\n".join(lines).encode() + b"\n\xff\xfe")

    async def serve() -> None:
        surface = surface_of()
        server = mcp_server(lambda: surface, lambda: tokens.caller(text), explained, decisions=False)
        with os.fdopen(source, "rb") as reading, os.fdopen(sink, "wb") as writing:
            await serve_lines(server, reading, writing)

    threads = [threading.Thread(target=write), threading.Thread(target=anyio.run, args=(serve,))]
    for thread in threads:
        thread.start()
    with os.fdopen(received, "rb") as stream:
        replies = [json.loads(line) for line in stream]
    for thread in threads:
        thread.join(60)
    by_id = {reply.get("id"): reply for reply in replies}
    assert [reply.get("id") for reply in replies].count(None) == 3
    assert set(by_id) == {None, 1, 2, 3, "four", 5}
    assert by_id[1]["result"]["serverInfo"]["name"] == "command-center"
    assert "error" in by_id[2]
    assert "bytes" in by_id[3]["error"]["message"]
    assert len(by_id["four"]["result"]["tools"]) == len(READING)
    assert by_id[5]["result"]["structuredContent"]["status"] == "answered"


def test_the_command_serves_the_librarys_client_over_stdio(
    tiny_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path)
    accounts: Accounts = open_accounts(settings)
    accounts.add("erin", "executive")
    text, token = Tokens(accounts).issue("erin")
    program = "import sys; print('noise'); from ui.cli import main; print('noise'); sys.exit(main())"
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "COMMAND_CENTER_VAR": str(tmp_path),
        "COMMAND_CENTER_TOKEN": text,
    }  # fmt: skip
    arguments = ["-c", program.replace("print('noise'); ", "", 2), "mcp", "--warehouse", str(tiny_warehouse)]

    async def main() -> None:
        command = StdioServerParameters(command=sys.executable, args=arguments, env=environment)
        with (tmp_path / "stderr").open("w") as errors:
            async with stdio_client(command, errlog=errors) as (read, write), ClientSession(read, write) as client:
                assert (await client.initialize()).serverInfo.name == "command-center"
                assert {tool.name for tool in (await client.list_tools()).tools} == READING
                found = await client.call_tool("ask", {"question": "Total calls last week"})
                assert found.structuredContent is not None
                assert found.structuredContent["status"] == "answered"
                Tokens(accounts).revoke(token.id)
                assert error_of(await client.call_tool("list_metrics", {}))["code"] == "token_revoked"

    anyio.run(main)
    accounts.close()
    assert (tmp_path / "stderr").read_text() == ""
