"""What a conversation stands at: the answered turns in force, and the commands that go back or start over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agents.planner.normalise import tokenise
from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PriorTurn
from agents.planner.reading import Token
from semantic.query import SemanticQuery

Command = Literal["", "back", "restart"]

_POLITE = r"(?:please|ok|okay|no|now|just|can we|can you|let us|lets|i want to|could we)"
_LAST = r"(?:previous|last|earlier|prior)"
_THING = r"(?:one|step|answer|view|table|question|result|state|version)"
_RESTART = re.compile(
    rf"(?:{_POLITE} )*(?:(?:start|begin) (?:over|again|afresh|anew|fresh|from scratch|"
    rf"a new (?:conversation|chat|topic))"
    r"|new (?:conversation|chat|topic|start)|(?:forget|scrap) (?:it all|all that|all of (?:that|it|"
    r"this)|everything)"
    r"|(?:clear|reset) (?:everything|it all|all of it|the (?:conversation|chat)|this conversation)|"
    r"from scratch"
    r"|never mind all that)(?: please)?"
)
_BACK = re.compile(
    rf"(?:{_POLITE} )*(?:(?:go|going|take me|take us|step|get|return|switch|back up) ?(?:back|"
    rf"one back)?(?: (?:one|a|one more))?"
    rf"(?: step| one)?(?: to (?:the |what was )?(?:{_LAST}(?: {_THING})?|{_THING} before(?: that)?|before))"
    rf"|(?:go|step|take me|one step|take a step) back(?: (?:a|one) step| one| again| please)?"
    rf"|undo(?: (?:that|it|this|the last (?:change|step|one)|my last (?:change|step)))?|"
    rf"revert(?: (?:that|it|this))?|back"
    rf"|back to (?:the )?{_LAST}(?: {_THING})?|(?:the )?{_LAST} {_THING}(?: again)?|"
    rf"back to (?:the )?one before"
    rf"|(?:show|give) (?:me )?(?:the )?{_LAST} {_THING}(?: again)?"
    r"|(?:never mind )?(?:take (?:that|it|this|them) (?:off|out|away|back)|(?:drop|remove|lose|scratch|cancel|"
    r"ditch|scrap) (?:that|it|this|them))(?: again)?)(?: please)?"
)


def command(question: str) -> Command:
    """Whether a question only moves in the conversation: one answer back, or to a new beginning."""
    text = " ".join(token.text for token in tokenise(question) if not token.is_mark)
    if _RESTART.fullmatch(text):
        return "restart"
    return "back" if _BACK.fullmatch(text) else ""


def standing(history: Sequence[PriorTurn]) -> tuple[PriorTurn, ...]:
    """The answered turns that are in force: refused ones and those gone back on are not among them."""
    turns: list[PriorTurn] = []
    for turn in history:
        said = command(turn.question)
        before = len(turns)
        if said == "restart":
            turns = []
        elif said == "back":
            turns = turns[:-1] or turns  # nothing to go back to: the only answer stands
            if len(turns) < before and turn.shown.rows:
                turns[-1] = replace(turns[-1], shown=turn.shown)
        elif turn.kind not in ("clarify", "refuse"):
            turns.append(turn)
    return tuple(turns)


def obey(said: Command, turns: Sequence[PriorTurn], starters: Sequence[str]) -> Plan:
    """The plan of a command. `turns` are those in force, `starters` questions to begin with."""
    if said == "restart":
        return _asking("The conversation starts over. What would you like to know?", starters)
    if len(turns) < 2:
        return _asking("There is no earlier answer to go back to. What would you like to know?", starters)
    return plan_as(turns[-2], turns[-2].query, (f'Back at "{_short(turns[-2].question)}".',))


def plan_as(turn: PriorTurn, query: SemanticQuery | None, assumptions: tuple[str, ...] = ()) -> Plan:
    """A plan of the kind that an earlier turn was, over its query or a changed one."""
    return Plan(
        kind=turn.kind,  # type: ignore[arg-type]
        query=query,
        what_if_pct=turn.what_if_pct,
        agent=AGENTS.get(turn.kind, "genie"),
        route_reason=ROUTE_REASONS[turn.kind],
        assumptions=assumptions,
    )


_CORRECTION = re.compile(
    r"(?:(?:(?:no|nope|sorry|oops|wait|actually|hmm|not that|that is wrong|wrong|"
    r"i mean) )+(?:i (?:meant|mean|wanted|want|"
    r"was asking (?:about|for)) |make (?:that|it) |rather |it should be |that should be |the other )?|"
    r"i (?:meant|mean) )"
)


_TRAILING = re.compile(r" (?:actually|i mean|i meant|rather|i meant to say)(?: please)?$")


def without_correction(tokens: list[Token]) -> tuple[list[Token], bool]:
    """The tokens after `no, I meant` and the like, and whether there was such an opening."""
    marked = [at for at, token in enumerate(tokens) if not token.is_mark]
    text = " ".join(tokens[at].text for at in marked)
    if marked and (trailing := _TRAILING.search(text)) and trailing.start():
        return tokens[: marked[text.count(" ", 0, trailing.start())] + 1], True
    found = _CORRECTION.match(text)
    if not found or (
        text.split(" ")[0] == "no"
        and "," not in {token.text for token in tokens[:2]}
        and not re.search(r"\bi mean|^no (?:wait|sorry)\b", text)
        and "meant" not in text
    ):
        return tokens, False
    return _without_what_was_meant(tokens[marked[found.group().count(" ")] :]), True


_MEANT = 4
"""The most words of what takes the place of something, and of what it takes the place of."""


def _without_what_was_meant(tokens: list[Token]) -> list[Token]:
    """`sorry, Q3 not Q2`, `no, not web, the app`: only what takes the other's place."""
    words = [token.text for token in tokens]
    if "not" not in words[: _MEANT + 2]:
        return tokens
    at = words.index("not")
    if at:
        return tokens[: at - (words[at - 1] == ",")] if 0 < len(words) - at - 1 <= _MEANT else tokens
    cut = next((place for place in range(2, len(words)) if words[place] in (",", "but", "rather")), 0)
    rest = tokens[cut + 1 :] if cut and cut - 1 <= _MEANT else []
    return rest or tokens


def _short(question: str) -> str:
    """One line of an earlier question."""
    line = " ".join(question.split()).rstrip(".?! ")
    return line if len(line) <= 80 else line[:79].rstrip() + "\u2026"


def _asking(message: str, starters: Sequence[str]) -> Plan:
    return Plan(
        kind="clarify",
        message=message,
        choices=tuple((question, question) for question in starters),
        route_reason=ROUTE_REASONS["clarify"],
    )
