"""What is asked about an answer on actions: its basis, how sure it is, why in that order, since when it is live.

Such a question names no figure; what it is about is the last answer that was no aside itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from agents.planner.plan import AGENTS, ROUTE_REASONS, About, Aspect, Plan, PriorTurn
from agents.planner.reviewing import ASIDES, chosen_of, decision_in, listed_actions

_LEAD = r"(?:(?:and|but|so|ok(?:ay)?|hm+|well|then|now|please|can you tell me|tell me),? )*"
_IT = (
    r"(?:it|that|this|they|them|these|those|all (?:of )?(?:this|that)|"
    r"(?:the|that|this|your|these|those) (?:\w+ ?){1,3})"
)
_BASIS = (
    rf"(?:what|which data|what data) (?:is|are|was|were) {_IT} (?:all |actually |really )?based (?:up)?on|"
    rf"what (?:does|do|did) {_IT} (?:rest|rely|build|depend) on|(?:and )?(?:based on what|on what basis|says who)|"
    rf"where (?:does|do|did) {_IT} come from|what is (?:behind|underneath) {_IT}|"
    rf"how (?:did|do) you (?:get|know|work|come up with|arrive at|calculate|compute|estimate|measure|figure)\b.*|"
    rf"how (?:is|was|were|are) {_IT} (?:worked out|calculated|computed|estimated|measured|made|derived)|"
    rf"what (?:are|were) you basing {_IT} on|"
    rf"what is the (?:basis|evidence|method|reasoning)(?: (?:for|behind) {_IT})?|"
    rf"why should (?:i|we) (?:believe|trust) (?:you|{_IT})|what (?:is|are) the assumptions?(?: behind {_IT})?"
)
_SURE = (
    r"how (?:sure|certain|confident|reliable|solid|robust|firm|accurate|precise|trustworthy) (?:are|is) "
    rf"(?:you|we|{_IT})(?: (?:about|of|in) {_IT})?|"
    rf"(?:are|is) (?:you|{_IT}) (?:really |actually )?(?:sure|certain|confident|reliable|significant|a guess|"
    rf"just a guess|solid|proven)(?: (?:about|of) {_IT})?|"
    rf"what is the (?:range|uncertainty|margin of error|confidence|interval)(?: (?:on|of|around|for) {_IT})?|"
    rf"can (?:i|we) (?:trust|rely on|believe|bank on) {_IT}|how (?:wrong|far off) (?:could|can|might) {_IT} be|"
    rf"(?:could|can|might) {_IT} (?:just |also )?be (?:by )?(?:chance|luck|wrong|noise|random|a fluke|"
    rf"coincidence)|how much (?:do|should|can) (?:i|we|you) trust {_IT}|"
    r"how (?:big|large|strong) (?:is|was) (?:the|its|that) (?:effect|impact|change|difference)"
)
_ONE = (
    r"(?:the )?(?:first|second|third|fourth|fifth|last)(?: one| action| proposal)?|it|that|this|(?:that|this) one"
)
_ORDER = (
    r"why not (?:(?:do|start with|pick|choose|take|fix|go with|approve) )?(?P<target>.+?)"
    r"(?: first| instead| then)?|"
    rf"why (?:is|does|did) (?P<target2>{_ONE}) (?:rank|ranked|come|comes|stand|stands|placed|only|at the top|"
    r"on top|first|last|ahead|above|below|better|worse|higher|lower|so high|so low|second|third)\b.*|"
    r"why (?:start with |do )?(?P<target3>(?:the )?(?:first|second|third|fourth|fifth|last)(?: one| action)?|"
    r"that one|this one|it|that)(?: first)?|why (?:in )?(?:that|this) order"
)
_LIVE = (
    r"(?:when|since when) (?:did|does|will|is|was|has|are|were) (?P<target>.+?) (?:to )?"
    r"(?:(?:go|going|went|been|be|gone) )?(?:live|launched|released|shipped|rolled out)|"
    r"(?:is|are|was) (?P<target2>.+?) live(?: yet| already| now)?|"
    r"what is (?:the |its )?(?:go-?live|launch)(?: date| day)?(?: of (?P<target3>.+?))?|"
    r"(?:what is the (?:status|state) of|where (?:are we|do we stand) (?:with|on)) (?P<target4>.+?)|"
    r"what is its (?:status|state)|where does (?P<target5>.+?) stand|"
    r"has (?P<target6>.+?) (?:been )?(?:approved|rejected|gone live|decided)(?: yet)?"
)
_PATTERNS: tuple[tuple[Aspect, str], ...] = (
    ("live", _LIVE), ("basis", _BASIS), ("sure", _SURE), ("order", _ORDER),
)  # fmt: skip
_READ = tuple((aspect, re.compile(rf"{_LEAD}(?:{pattern})")) for aspect, pattern in _PATTERNS)
_POINTS = re.compile(
    r"it|that|this|they|them|that one|this one|these|those|the (?:fix|action|proposal|change|recommendation)"
)
_OF: dict[str, Literal["impact", "split", "savings"]] = {
    "impact": "impact",
    "split": "split",
    "what_if": "savings",
}
NONE_LISTED = "No action has been listed that could be decided on. What should be changed comes first:"


_THINGS = r"(?:actions?|proposals?|recommendations?|recommended actions?|proposed actions?|fixes)"
_STATES = (
    r"(?:approved?|accept(?:ed)?|sign(?:ed)? off|reject(?:ed)?|turn(?:ed)? down|declined?|dismiss(?:ed)?|"
    r"defer(?:red)?|postponed?|park(?:ed)?|put off|"
    r"on hold|live|launched|rolled out|shipped|measured|duplicates|open|undecided|"
    r"(?:waiting|pending|awaiting|up|due)(?: (?:for|on))?(?: (?:my|our|the|a|an))?(?: (?:review|approval|decision|"
    r"sign-?off|go-?ahead))?|not (?:yet )?decided(?: on)?|to be (?:reviewed|decided))"
)
_DECIDED = (
    r"(?:approved?|reject(?:ed)?|turn(?:ed)? down|declined?|defer(?:red)?|postponed?|park(?:ed)?|put off|"
    r"sign(?:ed)? off)"
)
_TAIL = (
    r"(?:,? (?:and )?(?:why|by whom|for what reason|who owns (?:it|them)|since when|when|so far|yet|right now|now|"
    r"today|already|at the moment|currently|all together))*"
)
_STANDING = tuple(
    re.compile(_LEAD + pattern + _TAIL)
    for pattern in (
        r"(?:which|what|how many|are there any|any|show me the|list the) (?:of (?:the|our|my) )?"
        rf"(?:\w+ )?{_THINGS} "
        r"(?:that |which )?"
        r"(?:(?:are|is|were|was|have|has|had|got|did|do|went|gone|go|still|already|currently|now|we|been) )*"
        rf"{_STATES}",
        rf"(?:(?:show|list|give|tell)(?: me| us)? )?(?:all )?(?:of )?(?:the |our |my )?{_STATES} {_THINGS}",
        r"what (?:is|are|do i have) (?:still |currently |now )*(?:waiting|pending|up|open|left|due|there)"
        r"(?: (?:for|on|in))? (?:me to (?:review|decide|approve)|(?:my|our|the|a)? ?(?:review|approval|decision|"
        r"sign-?off|inbox|review inbox|to-do list))",
        r"what (?:is|are)(?: we| there| i| you)?(?: still)? left to (?:decide|review|approve)(?: on)?",
        rf"what (?:was|were|has been|have been|got|did we|have we|is|are) (?:\w+ly )?{_DECIDED}",
        r"(?:when|since when) (?:did|does|will|is|was|has) [^:?]+: [^?]+? (?:go|gone|went|been|be)? ?live",
        rf"(?:what is the )?(?:status|state) of (?:the |our |all )*{_THINGS}",
    )
)


def standing_plan(question: str) -> Plan | None:
    """The plan of a question which actions stand how in the review (`which are approved?`); None for any other."""
    if not any(pattern.fullmatch(_plain(question)) for pattern in _STANDING):
        return None
    return _plan(About("actions", "live", asked=question))


def standing_turn(history: Sequence[PriorTurn]) -> PriorTurn | None:
    """The last turn that answered something by itself; what was asked about it leaves it in place."""
    return next((turn for turn in reversed(history) if turn.kind not in ASIDES), None)


def about_plan(question: str, history: Sequence[PriorTurn]) -> Plan | None:
    """The plan of a question about the last answer on actions, impact or savings; None for any other."""
    last = standing_turn(history)
    if last is None or not (last.actions or last.kind in ("review", *_OF)):
        return None
    text = _plain(question)
    if decision_in(question) is not None:
        return _about_owner(question, last) or _nothing_to_decide(question, last, history)
    for aspect, pattern in _READ:
        if found := pattern.fullmatch(text):
            target = next((value for value in found.groupdict().values() if value), "it").strip()
            return _aside(aspect, target, last, history)
    return None


def _aside(aspect: Aspect, target: str, last: PriorTurn, history: Sequence[PriorTurn]) -> Plan | None:
    if last.kind in _OF and (aspect in ("basis", "sure") or (aspect == "live" and last.kind != "what_if")):
        return _of_last(last, aspect)
    if last.shape == "issue" and aspect in ("sure", "order"):
        return _plan(About("issue", aspect))
    known = listed_actions(history)
    pointed = _pointed_at(history) or known[:1]
    if _POINTS.fullmatch(target) or (aspect in ("basis", "sure") and target == "it"):
        chosen = pointed
    else:
        chosen = chosen_of("the first" if target == "the" else target, known)  # `why not the first`
    if not chosen and aspect in ("basis", "sure"):
        chosen = pointed
    return _plan(About("actions", aspect, actions=chosen)) if chosen else None


def _pointed_at(history: Sequence[PriorTurn]) -> tuple[str, ...]:
    """The action that `it` is: of the last turn that named any."""
    return next((turn.actions[:1] for turn in reversed(history) if turn.actions), ())


def _of_last(last: PriorTurn, aspect: Aspect) -> Plan:
    about = About(_OF[last.kind], aspect, asked=last.question, query=last.query, percent=last.what_if_pct)
    return _plan(about)


def _about_owner(question: str, last: PriorTurn) -> Plan | None:
    """`who owns it?` after a measurement or a what-if: the fix's owner, or whose actions would bring it."""
    if decision_in(question) != "owner" or last.kind not in _OF:
        return None
    return _of_last(last, "owner")


def _nothing_to_decide(question: str, last: PriorTurn, history: Sequence[PriorTurn]) -> Plan | None:
    """`approve it` after an answer that lists no action: what has to be asked first."""
    if decision_in(question) not in ("approve", "reject", "defer") or listed_actions(history):
        return None
    kept = [entry.values[0] for entry in last.query.filters if len(entry.values) == 1] if last.query else []
    ask = f"What should we change to fix {kept[0]}?" if kept else "What should we change first?"
    return Plan(
        kind="clarify", message=NONE_LISTED, choices=((ask, ask),), agent=AGENTS["review"],
        route_reason=ROUTE_REASONS["clarify"],
    )  # fmt: skip


def _plan(about: About) -> Plan:
    return Plan(kind="about", about=about, agent=AGENTS["about"], route_reason=ROUTE_REASONS["about"])


def _plain(question: str) -> str:
    text = " ".join(question.lower().replace("\u2019", "'").split()).strip(" ?.!")
    return re.sub(r"\b(what|that|it|where|when|how|who)'s\b", r"\1 is", text)
