"""How an agent works: ask its chat model, run the tools it calls, until it answers, asks back or gives up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.types import Command

from agents.answer_store import PERSONAL, WITHHELD
from agents.context import Context, State
from agents.screening import screened
from agents.toolbox import mendable_error, rowless, run_call, uncounted, without_rows
from prompts.loader import load_prompt
from tools.outcome import Clarification, Found, Listing, Outcome, Refusal
from warehouse.errors import UpstreamModelError

MAX_TOOL_CALLS = 8
MAX_REPAIRS = 2
ANSWERED = "Answered from the results."
WORDED_BY_RULES = "The answer is in the program's own words."
GAVE_UP = "The chat model could not answer this within its limits."


@dataclass(frozen=True)
class Agent:
    """A chat model's job: its prompt (`prompts/<name>.md`) and its tools; some only for service models."""

    name: str
    tools: tuple[BaseTool, ...]
    free_tools: tuple[BaseTool, ...] = ()

    def offered(self, context: Context) -> dict[str, BaseTool]:
        """The tools by name that this run's chat model may call."""
        tools = self.tools + (self.free_tools if context.free_model else ())
        return {tool.name: tool for tool in tools}


def run_agent(agent: Agent, state: State, context: Context) -> Command[Literal["__end__"]]:
    """Work on the last message until there is a reply; leave it in the context and the turn in the thread."""
    with context.trace.span("agent", agent.name, agent=agent.name):
        return _run_agent(agent, state, context)


def _run_agent(agent: Agent, state: State, context: Context) -> Command[Literal["__end__"]]:
    history = state["messages"]
    context.earlier = tuple(str(m.text) for m in history[:-1] if isinstance(m, HumanMessage))
    tools = agent.offered(context)
    turn: list[AnyMessage] = []
    spent = repairs = 0
    while spent < MAX_TOOL_CALLS:
        held = tools if _may_call(turn, context) else {}
        said = _speak(agent, context, history + turn, held) if held else _worded(agent, context, history + turn)
        if not held:  # it was offered no tool: what it would call all the same is dropped
            said = AIMessage(said.text, id=said.id)
        turn.append(said)
        if not context.free_model:
            context.reply.follow_ups += said.additional_kwargs.get("follow_ups", ())
        if not (said.tool_calls or said.invalid_tool_calls):
            break
        results = _run_calls(said, held, context, MAX_TOOL_CALLS - spent)
        turn += results
        spent += len(results)
        outcomes: list[Outcome] = [m.artifact for m in results if m.artifact is not None]
        context.reply.outcomes += [o for o in outcomes if not isinstance(o, Listing)]
        if _stopped(results):
            break
        repairs += any(message.status == "error" for message in results)
        if repairs > MAX_REPAIRS:
            break
    return _finish(agent, context, history[-1], turn)


def _finish(
    agent: Agent, context: Context, question: AnyMessage, turn: list[AnyMessage]
) -> Command[Literal["__end__"]]:
    last = turn[-1]
    context.reply.agent = agent.name
    found = any(isinstance(outcome, Found) for outcome in context.reply.outcomes)
    stopped = any(isinstance(outcome, Clarification | Refusal) for outcome in context.reply.outcomes)
    if isinstance(last, AIMessage) and found and not stopped:
        context.reply.text = str(last.text).strip()
    elif not found and not stopped:
        context.reply.error = GAVE_UP
    kept = [_remembered(message, found=found) for message in turn]
    if any(isinstance(o, Refusal) and o.code == PERSONAL for o in context.reply.outcomes):
        kept.insert(0, HumanMessage(WITHHELD, id=question.id))
    return Command(goto="__end__", update={"messages": kept})


def _remembered(message: AnyMessage, *, found: bool) -> AnyMessage:
    """A message as the thread keeps it: without rows, and without the words that were written from them."""
    if isinstance(message, ToolMessage):
        return without_rows(message)
    if isinstance(message, AIMessage) and found and not message.tool_calls:
        return AIMessage(ANSWERED, id=message.id)
    return message


def _may_call(turn: list[AnyMessage], context: Context) -> bool:
    """Until there is a result; then only to mend a call that failed."""
    found = any(isinstance(outcome, Found) for outcome in context.reply.outcomes)
    last = turn[-1] if turn else None
    return not found or (isinstance(last, ToolMessage) and last.status == "error")


def _worded(agent: Agent, context: Context, messages: list[AnyMessage]) -> AIMessage:
    """A result in the chat model's words; none where it may not see rows or fails: the narrator has words then."""
    if context.free_model and not context.rows_in_prompts:
        return AIMessage("")
    try:
        return _speak(agent, context, messages, {})
    except UpstreamModelError as error:
        context.reply.remarks.append(f"{error.what} {WORDED_BY_RULES}")
        return AIMessage("")


def _speak(agent: Agent, context: Context, messages: list[AnyMessage], tools: dict[str, BaseTool]) -> AIMessage:
    """What the chat model says. One that holds a tool sees no row; one that sees rows holds no tool."""
    if tools:
        messages = [rowless(m) if isinstance(m, ToolMessage) else m for m in messages]
    name = agent.name if tools else f"{agent.name}:narrating"
    model = bound_model(name, tuple(tools.values()), context)
    return context.hear(model, [system_message(agent.name, context), *presentable(messages, context)])


def presentable(messages: list[AnyMessage], context: Context) -> list[AnyMessage]:
    """The messages as this chat model may read them: in metadata-only mode without any count of a result."""
    if not context.free_model or context.rows_in_prompts:
        return messages
    return [uncounted(m) if isinstance(m, ToolMessage) else m for m in messages]


def bound_model(name: str, tools: tuple[BaseTool, ...], context: Context) -> Runnable[list[AnyMessage], AIMessage]:
    """The chat model with an agent's tools, built once."""
    if name not in context.bound:
        context.bound[name] = context.chat_model.bind_tools(tools)
    return context.bound[name]


def system_message(name: str, context: Context) -> SystemMessage:
    """An agent's prompt with the day and the semantic model's names filled in."""
    prompt = load_prompt(name, context.prompts)
    wanted = prompt.names()
    return SystemMessage(prompt.fill(**{key: context.prompt_names[key] for key in wanted}))


def _run_calls(said: AIMessage, tools: dict[str, BaseTool], context: Context, room: int) -> list[ToolMessage]:
    """Each call's result, in order; at most `room` calls run, and none after a refusal of a free chat model's."""
    results = [
        mendable_error(
            {"name": call["name"] or "", "args": {}, "id": call["id"] or "", "type": "tool_call"},
            "bad_arguments", "The arguments are not valid JSON.", "Call the tool again with valid JSON.",
        )
        for call in said.invalid_tool_calls
    ]  # fmt: skip
    for call in said.tool_calls:
        if len(results) >= room or (context.free_model and _stopped(results)):
            results.append(mendable_error(call, "not_run", "Too many calls, or a refusal came first."))
            continue
        if call["name"] in tools:
            context.step(f"{call['name'].replace('_', ' ')}")
        checked, objection = screened(call, context) if context.free_model else (call, None)
        results.append(objection or _run_traced(tools, checked, context))
    return results


def _run_traced(tools: dict[str, BaseTool], call: ToolCall, context: Context) -> ToolMessage:
    with context.trace.span("tool", call["name"], tool=call["name"]) as span:
        span.content["arguments"] = json.dumps(call["args"], default=str)
        message = run_call(tools, call, context.desk)
        span.attributes["outcome"] = type(message.artifact).__name__.lower() if message.artifact else "mendable"
        span.status = message.status if message.status == "error" else "ok"
    return message


def _stopped(results: list[ToolMessage]) -> bool:
    return any(isinstance(message.artifact, Clarification | Refusal) for message in results)
