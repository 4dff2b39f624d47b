"""Moves of a conversation, each of which is said in many ways, put in one: restrict, leave out, compare, in steps.

These rules are for what is said after an answer; there a verb is about the answer, and not about the company.
"""

from __future__ import annotations

import re

from agents.planner.rewriting import Rule

_LEAD = (
    r"^\s*(?P<lead>(?:(?:and|now|but|then|so|also|please|just|ok(?:ay)?|can you|could you|can we|could we|"
    r"let us|let's|i want to|i would like to|i'd like to)[\s,]+)*)"
)
_IT = r"(?:it|that|this|them|these|those|the (?:answer|list|table|view|result|results|chart|rows?))"
_BE = r"(?:is|are|was|were|did|does|do|has|have|had)"
_THEY = r"(?:it|that|this|they|these|those|we|things|the (?:figures?|numbers?|rates?|results?|costs?))"
_AGAINST = (
    r"(?:versus|vs\.?|against|next to|beside|alongside|relative to|in comparison (?:to|with)|"
    r"compared (?:to|with)|up against)"
)
_CHANGED = (
    r"(?:up|down|better|worse|higher|lower|more|less|fewer|longer|shorter|slower|faster|ahead|behind|bigger|"
    r"smaller|above|below|different|the same|improved|worsened|changed|risen|fallen|grown|dropped|increased|"
    r"decreased)"
)
_MUCH = r"(?: (?:much|any|a lot|a bit|far|significantly|really|still|even|actually|now|all))*"
_THEN = r"(?: (?:it was|they were|we had|that of|those of|what it was|was|were|in|for|during|the figure for))*"
_GRAINS = r"(?P<grain>day|week|month|quarter|year)s"
_SAME = (
    r"(?:(?:the |that |this )?same (?:thing|again|question|view|cut|list|table|chart|ranking|numbers?|figures?|"
    r"analysis|comparison|breakdown)|(?:the )?same|it|that|this|them|those|these|all (?:of )?that)"
)
_WITHOUT = (
    r"no|drop|remove|lose|without|skip|forget|hide|scrap|get rid of|take (?:away|out|off)|leave out|ditch|stop"
)
_STEPS = (
    r"(?P<grain>dai|week|month|quarter|year|day)(?:s|ly)?(?: (?:steps?|trend|view|split|breakdown|"
    r"figures?|numbers?|"
    r"buckets?|columns?|series))?|trend(?: line)?|time ?(?:line|series|axis|steps?)|course over time"
)


def _no_steps(found: re.Match[str]) -> str:
    """The groups stay, the steps in time go."""
    return f"{found['lead']}remove the breakdown by {(found['grain'] or 'day').replace('dai', 'day')}"


def _in_steps(found: re.Match[str]) -> str:
    return f"{found['lead']}by {found['grain'].replace('dai', 'day')}"


def _other_side(found: re.Match[str]) -> str:
    """What stays where all on one side of a figure is hidden."""
    low = found["side"].split()[0] in ("below", "under", "less", "lower", "smaller")
    return f"{found['lead']}only {'at least' if low else 'at most'} "


MOVES = tuple(Rule.of(re.compile(pattern, re.IGNORECASE), new) for pattern, new in (
    # `focus on billing`, `limit it to people over 65`, `stick to web`: only
    (rf"{_LEAD}(?:(?:focus|concentrate|zoom in|home in|hone in) (?:only )?on|zoom into|look(?:ing)? only at|"
     rf"stick (?:to|with)|(?:narrow|limit|restrict|confine|cut|filter|keep)(?: {_IT})?(?: down)? to)"
     r"(?: (?:just|only))* ", r"\g<lead>only "),
    # `I only care about Medicare`, `phone is what matters`, `all I need is Texas`: only
    (rf"{_LEAD}(?:(?:i|we)(?: am| are|'m|'re)?(?: really)? (?:only|just)(?: really)? (?:care about|"
     rf"interested in|need|"
     r"want(?: to see)?|look(?:ing)? at)|all (?:that )?(?:i|we) (?:need|want|care about) is|(?:all|"
     r"what) (?:that )?"
     r"(?:matters|counts|interests (?:me|us))(?: to (?:me|us)| here)? is) (?=\S)", r"\g<lead>only "),
    (rf"{_LEAD}(?P<what>\S+(?: \S+){{0,3}}?) (?:is|are) (?:all|what|the (?:only )?(?:one|ones|part|"
     rf"thing)) (?:that )?"
     r"(?:(?:really )?(?:matters?|counts?|interests? (?:me|us))|(?:i|we) (?:need|want|"
     r"care about))(?: here| to (?:me|us))?"
     r"\s*[?.!]*$", r"\g<lead>only \g<what>"),
    # `and Medicare on its own`, `what about Texas alone`: only
    (rf"{_LEAD}(?:(?:what|how) about |show(?: me)? |for )?(?P<what>\S+(?: \S+){{0,5}}?)"
     r" (?:on (?:its|their|his|her) own|by (?:itself|themselves)|alone|in isolation)\s*[?.!]*$",
     r"\g<lead>only \g<what>"),
    # `throw in emergency`: also
    (rf"{_LEAD}(?:throw|toss|mix|fold|work|bring) in (?=\S)", r"\g<lead>add "),
    (rf"{_LEAD}(?:throw|toss|mix|fold|bring) (?P<what>(?!(?:it|that|this|them|these|those)\b)\S+(?: \S+){{0,3}}?)"
     r" in(?:to (?:it|that|this))?(?: (?:too|as well|also|there|please))*\s*[?.!]*$", r"\g<lead>add \g<what>"),
    # `scrap the login restriction`, `get rid of Texas`: dropped
    (rf"{_LEAD}(?:scrap|lose|ditch|kill|bin|toss|cancel|dump|strip(?: out)?|do away with|get rid of|forget about|"
     r"never ?mind)(?= (?:the|that|this|those|these|any|all|my|our|\w+ \w+)\b)", r"\g<lead>remove"),
    # `everyone but the new ones`, `all except HMO`: left out
    (rf"{_LEAD}(?:for |show(?: me)? )?(?:everyone|everybody|everything|all(?: of them)?|anyone|anything|any)"
     r"(?: (?:but|except|bar|save)(?: for)?| other than| apart from| besides| minus)"
     r"(?! (?:those|these|that|them|this|it|the (?:first|second|third|last|top|bottom|two|three))\b) ",
     r"\g<lead>exclude "),
    # `how does that stack up against Q2`, `put it against the year before`: beside another period or value
    (rf"{_LEAD}how (?:{_BE}|would) {_THEY}(?: \w+){{0,3}}? {_AGAINST} ", r"\g<lead>versus "),
    (rf"{_LEAD}how (?:{_BE}|would) {_THEY} (?:compare|differ)(?:s|d)? (?:to|with|from) ", r"\g<lead>versus "),
    (rf"{_LEAD}\w+ {_IT}(?: up)? (?:against|versus|vs\.?|next to|beside|alongside) ", r"\g<lead>versus "),
    # `is it up on last month?`, `are they worse than in August?`: against that, and not in that period
    (rf"{_LEAD}{_BE} {_THEY}(?: (?:been|get|got|gotten|gone|go|going|come))?{_MUCH} {_CHANGED}"
     rf"(?: or (?:{_CHANGED}|not))?(?: (?:on|than|from|over|since)| {_AGAINST}){_THEN} "
     r"(?=(?:the )?(?:last|previous|prior|year|month|week|quarter|day|yesterday|today|q[1-4]|h[12]|20\d\d|same|"
     r"january|february|march|april|may|june|july|august|september|october|november|december|one before|spring|"
     r"summer|autumn|fall|winter)\b)", r"\g<lead>versus "),
    # `ditto for web`, `redo it for September`, `run that again with HMO`: the same for another
    (rf"{_LEAD}(?:ditto|likewise|(?:re-?do|re-?run|repeat|run|do)(?: {_SAME})?(?: again| over)?|{_SAME})"
     r"(?: (?:but|only|just|again))* (?:for|with|in|on|over)(?! (?:each|every|all)\b) (?=\S)",
     r"\g<lead>same for "),
    # `wait time next to it`, `put CSAT beside that`, `throw in emergency`: also
    (rf"{_LEAD}(?:(?:show|see|put|set|place|have|give|get|list)(?: me| us)? )?"
     r"(?P<what>(?!(?:it|that|this|them|these|those|the two|both|how|what|which|why)\b)\S+(?: \S+){0,4}?) "
     rf"(?:next to|beside|besides|alongside|along with|on top of|together with) {_IT}"
     r"(?: (?:please|too|as well|instead|then))*\s*[?.!]*$", r"\g<lead>add \g<what>"),
    # `I don't need the team anymore`, `no need for the state`, `the drug can go`: dropped
    (rf"{_LEAD}(?:i |we )?(?:(?:do not|don['\u2019]t|dont|no longer|not) (?:really |actually )?(?:need|want|"
     r"care (?:about|for))|(?:there is |there's )?no (?:more )?need (?:for|of|to (?:see|have|show)))"
     r"(?: to (?:see|have|show|know))?(?! to\b) (?P<what>\S+(?: \S+){0,4}?)"
     r"(?: (?:any ?more|any longer|now|here|at all|for now|please|in there|in it))*\s*[?.!]*$",
     r"\g<lead>remove \g<what>"),
    (rf"{_LEAD}(?P<what>(?:the |that |this )?\S+(?: \S+){{0,3}}?) (?:can|could|should|may|must) (?:go|"
     rf"be dropped|be "
     r"removed|be left out|disappear)(?: (?:now|too|again|please|away))*\s*[?.!]*$", r"\g<lead>remove \g<what>"),
    # `cut that by segment`, `carve it up by state`, `slice by team`: by these
    (rf"{_LEAD}(?:cut|carve|slice|dice|slice and dice|chop|divide|segment|drill|explode|bust|fan|decompose)"
     rf"(?: {_IT})?(?: (?:up|out|down|apart))*(?: further)? (?:by|along|per|into)"
     r"(?! (?:the|that|this|these|those|it|number|row|only)\b) (?=\S)", r"\g<lead>by "),
    # `cross it with gender`, `and within that by state`: by these as well
    (rf"{_LEAD}(?:cross|combine|intersect|overlay)(?: {_IT})? (?:with|by|against) (?=\S)", r"\g<lead>also by "),
    (rf"{_LEAD}(?:(?:and )?within (?:that|each|those|these|it)(?: one| of them)?,?|(?:go )?one (?:level|"
     rf"step) (?:deeper|"
     r"further|down),?:?) (?:by )?(?=\S)", r"\g<lead>also by "),
    # `no weeks`, `drop the trend`, `without the monthly steps`: not in steps of time
    (rf"{_LEAD}(?:{_WITHOUT})(?: the| these| those| any)? (?:{_STEPS})(?: (?:any ?more|please|again|then|now))*"
     r"\s*[?.!]*$", _no_steps),
    # `roll it up to the whole month`, `one number for the quarter`: not in steps of time
    (rf"{_LEAD}(?:(?:roll|sum|add|lump|collapse|aggregate|combine|put)(?: {_IT})?(?: up|"
     rf" together)?(?: back)?|(?:(?:give me|"
     r"show me|i want|make it) )?(?:just )?(?:one|a single) (?:number|figure|value|total))"
     r" (?:to|into|for|over|across) (?:the )?(?:whole|full|entire|total) (?:day|week|month|quarter|year|"
     r"period|time)"
     r"(?: (?:again|instead|please|now|then))*\s*[?.!]*$", r"\g<lead>remove the breakdown by day"),
    (rf"{_LEAD}(?:roll|aggregate|bucket|group)(?: {_IT})?(?: up)? (?:to|into|by|"
     rf"in) {_GRAINS}(?: (?:again|instead|please))*"
     r"\s*[?.!]*$", r"\g<lead>by \g<grain>"),
    # `roll it up`, `just one number`: without groups
    (rf"{_LEAD}(?:(?:roll|collapse|aggregate)(?: {_IT})?(?: up)?(?: again)?|(?:(?:as|in|give me|show me|"
     rf"i want|make it) )?"
     r"(?:just )?(?:one|a single) (?:number|figure|total)(?: only)?(?: for (?:everything|all|"
     r"all of (?:it|them)))?)"
     r"(?: (?:again|instead|please|now|then))*\s*[?.!]*$", r"\g<lead>remove the breakdown"),
    # `what were they about`
    (rf"{_LEAD}what (?:are|were|is|was) (?:they|those|these|it|(?:those|these|the) calls)(?: mostly|"
     rf" mainly| all)? about"
     r"\s*[?.!]*$", r"\g<lead>what did members call about"),
    # `try gender`: in its place
    (rf"{_LEAD}try(?: (?:it|that))?(?: (?:with|for|by))? (?=\S)", r"\g<lead>what about "),
    # `where was it last week?`: how it was then
    (rf"{_LEAD}where (?:was|were|is|are|did|does|do|stood) {_THEY}(?: (?:stand|at|land|end up|"
     rf"sit))*(?= (?:in|at|on|last|"
     r"this|yesterday|today|a|the|q[1-4]|during|back|before)\b)", r"\g<lead>what about"),
    # `swap months for claim types`, `by state instead of by month`: by these, and not in steps
    (rf"{_LEAD}(?:swap|replace|exchange|substitute|trade)(?: out)? (?:the )?{_GRAINS} (?:for|with|"
     rf"by) (?P<what>\S+(?: \S+)?)"
     r"\s*[?.!]*$", r"\g<lead>by \g<what>, without the \g<grain>s"),
    (rf"{_LEAD}by (?P<what>\S+(?: \S+)?) (?:instead of|rather than|and not|not) (?:by )?(?:the )?"
     r"(?P<grain>day|week|month|quarter|year)s?\s*[?.!]*$", r"\g<lead>by \g<what>, without the \g<grain>s"),
    # `swap login for billing`: the other in its place
    (rf"{_LEAD}(?:swap|replace|exchange|substitute|trade)(?: out)? .{{1,40}}? (?:for|with|by) (?=\S)",
     r"\g<lead>what about "),
    # `no longer by day`: without these rows
    (rf"{_LEAD}(?:not|no longer|no more|stop) by (?P<of>\w+(?: \w+)?)(?: any ?more| any longer)?\s*[?.!]*$",
     r"\g<lead>remove the breakdown by \g<of>"),
    # `zoom out to this year`: another period
    (rf"{_LEAD}(?:zoom out|widen|extend|expand|stretch|broaden)(?: {_IT})? (?:to|over) (?=\S)", r"\g<lead>for "),
    # `everybody again`, `back to all members`: without filters
    (rf"{_LEAD}(?:back to |for |show(?: me)? )?(?:everybody|everyone|(?:all|the whole) (?:members|"
     rf"customers|people|of them|"
     r"of us|population|book|company|membership)|across the board|(?:company|plan)[- ]?wide)"
     r"(?: (?:again|now|please|then|instead|back|once more))*\s*[?.!]*$", r"\g<lead>for everyone"),
    # `relative to all calls`: as a share
    (rf"{_LEAD}(?:relative to|out of|in relation to|as (?:a )?part of|measured against|over) (?:all|"
     rf"total|the total)"
     r"(?: of)?(?: our| the)? (?=\S)", r"\g<lead>as a share of all "),
    # `hide anything below 15 percent`: the others
    (rf"{_LEAD}(?:hide|drop|remove|exclude|ignore|skip|cut|leave out|filter out|take out|lose|"
     rf"without) (?:anything|"
     r"everything|anyone|everyone|all(?: (?:of them|those|rows))?|(?:the |those |these )?(?:ones|rows|"
     r"those|values))"
     r"(?: (?:that|which|who))?(?: (?:is|are|has|have|with))?(?: a (?:rate|value|figure))? "
     r"(?P<side>below|under|less than|lower than|smaller than|above|over|more than|higher than|"
     r"greater than|bigger than)"
     r" (?=\S)", _other_side),
    # `which team is pulling it down`: the lowest of them
    (rf"{_LEAD}(?P<what>which \S+(?: \S+)?|who) (?:is|are|was|were) (?:the (?:one|ones) )?(?:dragg|pull|"
     rf"bring|weigh|keep|"
     rf"push)ing(?: {_IT}| the (?:\S+ )?(?:rate|figure|average|number|score))? down(?: (?:the )?(?:most|so much))?"
     r"\s*[?.!]*$", r"\g<lead>\g<what> is lowest"),
    (rf"{_LEAD}(?P<what>which \S+(?: \S+)?|who) (?:is|are|was|were) (?:the (?:one|ones) )?(?:driv|push|"
     rf"pull|bring|keep|"
     rf"lift)ing(?: {_IT}| the (?:\S+ )?(?:rate|figure|average|number|score))? up(?: (?:the )?(?:most|so much))?"
     r"\s*[?.!]*$", r"\g<lead>\g<what> is highest"),
    (rf"{_LEAD}(?P<what>which \S+(?: \S+)?|who) (?:is|are|was|were) (?:the (?:one|ones) )?(?:(?:lett|"
     rf"hold|dragg|keep)ing us "
     r"(?:down|back)|(?:hurt|fail)ing us)(?: (?:the )?most)?\s*[?.!]*$", r"\g<lead>\g<what> is worst"),
    # `show how it moved over that time`: in its course
    (rf"{_LEAD}(?:(?:show|tell|see|let me see)(?: me| us)? )?how (?:{_THEY})(?: has| have)? (?:move|"
     rf"develop|evolve|progress|"
     r"trend|change|look|go|behave)(?:e?d|s|ing)?(?: (?:(?:over|across|during|through|in|"
     r"throughout) (?:that|this|the|these) "
     r"(?:time|period|months|weeks|days)|over time|along the way|since then))\s*[?.!]*$", r"\g<lead>over time"),
    # `quarters are enough`, `weekly will do`, `I'd rather have months`: in such steps
    (rf"{_LEAD}(?:by )?(?P<grain>dai|week|month|quarter|year|day)(?:s|ly)? (?:(?:is|are|would be|"
     rf"will be) (?:enough|fine|"
     r"better|ok(?:ay)?|sufficient|good|plenty)|(?:will|would) do|suffices?)(?: for (?:me|us|"
     r"now))?\s*[?.!]*$", _in_steps),
    (rf"{_LEAD}(?:i(?: would|'d)?|we(?: would|'d)?) (?:rather|prefer(?: to)?|sooner)(?: (?:have|see|get))?"
     r"(?: it| that| this)?(?: by)? (?P<grain>dai|week|month|quarter|year|day)(?:s|ly)?\s*[?.!]*$", _in_steps),
    # `give me months`: in such steps
    (rf"{_LEAD}(?:give(?: me| us)?|show(?: me| us)?|use|make (?:it|that)|do) {_GRAINS}"
     r"(?: (?:instead|rather|please|then))*\s*[?.!]*$", r"\g<lead>by \g<grain>"),
))  # fmt: skip
