"""What kind of answer is asked for: figures, drivers, a what-if, a briefing, actions, impact, a member's path."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.planner.cues import find
from agents.planner.numerals import read_quantity
from agents.planner.plan import PlanKind
from agents.planner.reading import Reading

_WHO = r"(?:we|i|you|us|they|our team|the team)"
_FIX = r"(?:fix|fixed|fixing|solve|solved|solving|eliminate|eliminated|eliminating|remove|removed|removing|stop|stopped|" \
       r"resolve|resolved|resolving|address|addressed|addressing|prevent|prevented|preventing|get rid of|getting rid of|got rid of)"
_CUT = r"(?:reduce|reduced|reducing|cut|cutting|cuts|lower|lowered|lowering|halve|halved|halving|shrink|decrease|decreased|" \
       r"decreasing|bring down|brought down|drop|dropped|improve|improved|improving|raise|raised|increase|increased|trim|trimmed)"
_MOVE = r"(?:fell|fall|falls|dropped|drop|drops|went down|go down|goes down|came down|come down|comes down|were down|improved|" \
        r"shrank|declined|decreased|rose|increased|were cut|was cut|were reduced|was reduced|were halved|was halved)"
_ACTION = r"(?:action|actions|step|steps|move|moves|initiative|initiatives|intervention|interventions|remedies|remedy|measures)"
_DONE = r"(?:fix|fixes|change|changes|action|actions|initiative|initiatives|intervention|interventions|rollout|release|" \
        r"update|updates|improvement|improvements|training|campaign|launch)"

PATTERNS: tuple[tuple[PlanKind, tuple[str, ...]], ...] = (
    ("impact", (
        rf"(?:did|do|have|has|are|is|was|were) (?:the |our |those |these |that |any of the |it )?(?:\S+ ){{0,3}}?{_DONE} (?:\S+ ){{0,6}}?(?:work|worked|working|paying off|pay off|help|helped|helping|successful|effective|make a difference|made a difference|move the needle|moved the needle|deliver|delivered)",
        r"(?:move|moved|moving) the needle", r"(?:did it|has it|have they|did they|did that|is it) (?:do anything|work|worked|help|helped|working|paid off|made a difference|make a difference)",
        rf"(?:track|measure|show|what is|what was|evaluate|assess|see)? ?(?:the )?(?:impact|effect|results|benefit|benefits|payoff|outcome|return) (?:of|from|on) (?:our |the |those |these |that )?(?:\S+ ){{0,3}}?{_DONE}(?: we| that we)?(?: (?:shipped|launched|made|rolled out|deployed|released|took|implemented))?",
        rf"(?:seeing|see|get|getting|got) (?:any )?results from (?:the |our )?(?:\S+ ){{0,2}}?{_DONE}",
        rf"{_DONE} (?:that )?{_WHO} (?:have )?(?:shipped|launched|made|rolled out|deployed|released|took|implemented|put in)",
        r"(?:performing|doing|tracking) against (?:the )?(?:target|plan|goal|targets)", r"how (?:do|will|would|can) we know (?:if |that |whether )?(?:it|they|this|these|the \S+) (?:worked|works|is working|are working)",
        r"what did we get (?:out of|from)", r"once we make these changes", r"impact track(?:er|ing)", r"before and after (?:the )?(?:go live|golive|launch|fix|change|rollout)", r"since (?:the )?go live",
    )),
    ("journey", (
        r"walk (?:me|us) through (?:\S+ ){0,6}?(?:member|customer|person|user|journey|experience|experiences)(?: journey| experience)?(?: goes through)?", r"(?:play back|playback|replay)(?: \S+){0,3}? ?(?:session|journey|journeys|member|path|timeline|experience)?",
        r"(?:actual|real|example|sample|single|individual|one|typical) (?:\S+ ){0,3}?(?:member|customer|person|user)(?: s)? ?(?:journey|story|path|experience|going through|goes through|timeline)", r"(?:actual|real) (?:member|customer|user)(?: going through)?",
        r"follow (?:one|a|an|some|along with) (?:\S+ ){0,4}?(?:member|customer|user|person)", r"how (?:one|a|an) (?:\S+ ){0,4}?(?:member|customer|user|rider|client) (?:got|gets|went|goes|moves|moved|experiences)", r"what it is like for (?:one|a|an) (?:\S+ ){0,3}?(?:member|customer|user|person)", r"step by step", r"(?:member|customer) (?:journey|story) (?:playback|timeline|example)", r"journey playback",
        r"example (?:of a |of an )?(?:journey|path|session)", r"what does a (?:\S+ ){0,3}?(?:member|customer|user) go through", r"timeline of (?:a|one|an) (?:\S+ ){0,2}?(?:member|customer|user)", r"trace (?:a|one) (?:\S+ ){0,2}?(?:member|customer|user)",
    )),
    ("what_if", (
        r"what if", rf"if {_WHO} (?:could |can |were to |only |just |manage to |managed to )?(?:{_FIX}|{_CUT})", rf"if (?:\S+ ){{1,6}}?{_MOVE}(?: by)?", r"suppose(?: that)?", r"(?:let us|let s) say", r"assume(?: that)?", r"assuming(?: that)?", r"imagine(?: that)?",
        r"how much (?:\S+ ){0,2}?(?:would|could|can|will|do|might) (?:we|i) (?:save|gain|free up|recover|recoup)(?: by| if)?", r"what (?:would|could|do|can|will|might) we (?:save|gain)(?: by| if)?", r"(?:how much|what) (?:is|would|will) (?:it|that|this) (?:be )?(?:worth|save)", r"what is that worth", r"worth (?:to us )?to (?:fix|solve)", r"size the prize(?: on| of| for)?", r"size the (?:opportunity|upside)(?: on| of| for| in)?",
        r"(?:what is|estimate|show|project|calculate|quantify|model) (?:the )?(?:upside|savings|saving|potential savings)(?: of| from| if| for| on| in)?(?: we)?", r"upside of", r"savings (?:from|if|of|by)", r"(?:potential|projected|expected) savings", r"what (?:would|could) (?:happen|be the (?:impact|effect|savings|saving|benefit))(?: if)?", r"how much (?:would|could) (?:\S+ ){1,3}?save", r"how much (?:is|would) (?:it )?(?:\S+ )?worth", r"how much money would",
    )),
    ("next_best_action", (
        r"what (?:exactly |else |specifically )?(?:should|can|could|would|must|do) (?:\S+ ){1,10}?(?:do|change|fix|recommend|suggest|prioritize|prioritise|improve)(?: first| next| about| differently)*", r"(?:recommend|suggest|propose)(?: me| us| some| the| a)*(?: \S+){0,2}? (?:action|actions|fix|fixes|steps|plan|improvements)?", rf"(?:what|which) {_ACTION} (?:do|should|would|can|could) (?:{_WHO}) (?:suggest|recommend|take|propose|do|prioritize)(?: to)?", r"next best actions?", r"action plan", r"(?:best|fastest|quickest|cheapest|easiest|most effective) ways? to", rf"how (?:do|can|should|could|would|might) {_WHO} (?:best )?(?:{_CUT}|{_FIX}|bring|get|lower)", rf"what {_ACTION} (?:\S+ ){{0,2}}?(?:reduce|cut|improve|fix|lower)", r"(?:any )?(?:recommendation|recommendations|advice|suggestions)(?: for| on| about| to)?",
        r"(?:which|what) (?:\S+ ){1,3}?(?:should|can|could|are|is) (?:be )?(?:best )?(?:be )?(?:fixed|solved|addressed|resolved) (?:by|with|through|via)", r"(?:best|better) (?:solved|fixed|addressed|resolved) (?:by|with|through)", r"if you were (?:in my seat|me|in my shoes)", r"what (?:would|do) you (?:do|suggest|recommend|advise)(?: about| for| to)?", r"what to do (?:about|with|next)", r"where should we (?:focus|start|invest|act)(?: first| on)?", r"what should (?:be )?(?:our )?(?:priority|priorities|fix first)", r"(?:help us|help me) (?:reduce|cut|fix|improve|lower)", r"prioriti[sz]e (?:the |our )?(?:fixes|actions|work)",
    )),
    ("drivers", (
        r"why(?: the heck| on earth)?", r"how come", r"what (?:is|are|was|were) (?:\S+ ){0,1}?(?:driving|causing|behind|making|fueling|fuelling|pushing|leading to|contributing to|responsible for|at the root of)", r"what (?:drives|drove|causes|caused|explains|explained|made|makes|pushes|pushed|contributes to|contributed to|leads to|accounts for)", r"(?:root causes?|causes?|drivers?|key drivers|main drivers) (?:of|for|behind)", r"explain (?:why|what is behind|the (?:increase|decrease|drop|rise|fall|spike|jump|change|surge|decline))(?: in)?", r"explain", r"(?:what is|what are) behind", r"(?:break down |what are |show |list )?(?:the )?reasons (?:for|behind|why) (?:the )?(?:low|high|rising|falling|poor|bad|increase|decrease|drop|rise|fall|spike|jump)", r"where is (?:the |this |that )?(?:\S+ ){1,6}?coming from", r"what (?:factors|is the reason|are the reasons|is the cause)(?: \S+)?", r"what is the (?:reason|cause) (?:for|of|behind)", r"root cause(?: analysis)?", r"diagnose", r"what is going on with", r"what happened (?:to|with)", r"what is wrong with", r"what is actually causing", r"driver analysis",
    )),
    ("briefing", (
        r"(?:daily|morning|executive|weekly|today)? ?(?:briefing|brief|digest|rundown)", r"brief (?:me|us)", r"what (?:should|do|must) (?:i|we) (?:worry|know|focus|pay attention|be worried|be concerned|need to know|look at)(?: about| on| to| at)?", r"what (?:needs|requires|deserves|wants) (?:my|our|the most)? ?attention", r"(?:any )?(?:\S+ )?(?:anomaly|anomalies|emerging issues|red flags|alerts|warning signs|surprises)", r"what (?:changed|happened|is new|broke)(?: overnight| today| yesterday| since yesterday| this morning)?$", r"what fires .*", r"where are we bleeding", r"what (?:do|should) i need to know(?: before .*)?", r"what is (?:breaking|broken|on fire|burning|going wrong|going on|happening|new|hot|unusual|standing out)(?: right now| today| now| this morning| this week)?$", r"what is breaking(?: right now| now| today)?", r"catch me up", r"bring me up to speed", r"(?:anything|something) (?:unusual|new|wrong|i should know|we should know|worth knowing|off)(?: about)?", r"what stands out", r"what keeps? \S+ up at night", r"top (?:issues|alerts|concerns|risks|stories)(?: today| right now| this morning| this week)?$", r"executive summary", r"what am i missing", r"headlines",
    )),
)  # fmt: skip


@dataclass
class Intent:
    """The kind, the words that said so, and the size of a what-if in percent."""

    kind: PlanKind = "query"
    cue: tuple[int, int] | None = None
    pct: float | None = None
    also_drivers: bool = False
    others: list[PlanKind] = field(default_factory=list)


def read_intent(reading: Reading) -> Intent:
    """The first kind whose cue stands in the question outside linked metric and dimension names."""
    covered = {
        at for span in reading.spans if span.kind != "time" for at in range(span.start, span.end)
    }
    for kind, patterns in PATTERNS:
        for pattern in patterns:
            for start, end in find(reading, pattern):
                if kind == "drivers" and _ranks_dimension(reading, start):
                    continue
                if covered.issuperset(range(start, end)):
                    continue
                intent = Intent(kind, (start, end))
                if kind == "what_if":
                    intent.pct = _percentage(reading)
                return intent
    return Intent()


def _ranks_dimension(reading: Reading, start: int) -> bool:
    """`which three journeys are driving the most cost`: a ranking, although it says driving."""
    words = [token.text for token in reading.tokens]
    return words[start] in ("what", "which") and reading.ranking is not None and bool(reading.breakdown)


def _percentage(reading: Reading) -> float | None:
    words = [token.text for token in reading.tokens]
    for at in range(len(words)):
        quantity = read_quantity(words, at)
        if quantity and quantity.unit == "percent":
            reading.explain(at, quantity.end)
            return round(quantity.value * 100, 1)
        if words[at : at + 3] == ["by", "a", "quarter"]:
            reading.explain(at, at + 3)
            return 25.0
        if words[at] in ("halve", "halved", "halving"):
            reading.explain(at, at + 1)
            return 50.0
    return None
