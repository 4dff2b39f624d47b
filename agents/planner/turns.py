"""Turns of speech in lower case, said in one way after this: `what would the bill be`, `rarest first`."""

from __future__ import annotations

import re

from agents.planner.rewriting import Rule
from agents.planner.words import MONTHS

_SMALL = r"\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty"
_WHOSE = r"(?!(?:our|the|these|those|their|most|all|we|they|it|an?)\b)"
_ENDS = "worst|best|highest|lowest|biggest|largest|smallest|slowest|fastest|longest|shortest"


def _in_digits(found: re.Match[str]) -> str:
    return {"thirty": "30", "sixty": "60", "ninety": "90"}[found[1]] + "-day"


TURNS = tuple(Rule.of(*turn) for turn in (
    # `how long do hospital claims take`
    (rf"\bhow long (?:do|does|did) {_WHOSE}((?:[\w-]+ ){{1,3}})(\w+s) (take|last|run|wait)\b",
     r"how long \2 \3 for \1\2"),
    # `what did at-risk members call about`
    (r"\bwhat (?:do|did) ((?:[\w-]+ ){1,3})(members|people|customers) call (?:us )?about\b",
     r"what \2 call about for \1\2"),
    # `what would the bill be`, `how much does a billing call cost`
    (r"\bwhat (would|will|did|does|was) the (?:total |whole )?bill (?=be\b|come to\b|amount to\b)",
     r"what \1 the cost "),
    (r"\b(?:how much|what) (?:does|do|did|would|will) (?:an?|each|every|a single|the (?:average|typical)) "
     r"((?:[\w-]+ ){0,3}?)(call|claim|session|visit) cost(?: us| me)?\b", r"what is the cost per \2 for \1\2s"),
    # `more than 15 % of the time`
    (r"(\d ?%|\d ?percent|\bpercent|\bpct|\bhalf|quarters?|thirds?|fifths?|tenth) (?:of )?the time\b", r"\1"),
    (r"\b(?:full|whole|entire) year (?=20\d\d\b)", ""),
    (r"^((?:and |now |so )*(?:for|over|in) )the (?:whole|full|entire) (year|quarter|month)(?= ?[?.!]*$)",
     r"\1this \2"),
    (r"\bsame (day|week|month|quarter|period) (?:of |in )?(?:the )?(?:prior|previous|preceding) year\b",
     r"same \1 last year"),
    (rf"\bnext to (?=(?:the same|last|that of|those of|q[1-4]|{'|'.join(MONTHS)})\b)", "versus "),
    (r"\bsince the (year|quarter|month|week) (?:began|started|opened)\b", r"since the start of the \1"),
    (r"\b(?:not yet|yet to (?:be|turn)|(?:have|has) not (?:yet )?(?:turned|reached)) "
     r"(?=\d\d\b(?! ?(?:%|percent|days|minutes|months|years ago)))", "under "),
    (r"\b(?:losing|lose|wasting|waste|burning|bleeding) (?:the )?most (?:money|dollars|cash)\b", "most expensive"),
    (r"\b(?:shown |told |expressed )?in (?:thousands|millions)(?: of dollars)?(?= ?(?:[,.?;]|by\b|for\b|$))", ""),
    (r"(?<=\w),? and since when(?= ?[?.]|$)", ""),
    (r"\b(for|among|from|with) (?:our |the )?seniors\b(?! (?:aged?|of|over|under|between|from|and up|\d))",
     r"\1 members aged 65 and older"),
    (r"\bseniors (?:aged? )?(?:between |from )?(\d\d) ?(?:and|to|through|-) ?(?=\d\d\b)", r"members aged \1 to "),
    (r"\bseniors (?:aged? )?(?=\d\d (?:and |or )?(?:up|over|older|above|plus)\b)", "members aged "),
    (r"\b(\d\d) years of age\b", r"aged \1"),
    (r"\b(aged? \d\d) up\b", r"\1 and up"),
    # `which plans have a negative NPS`: below nothing
    (r"\b(?:have|has|had|having|with|show|shows|post|posts) (?:an? )?negative (net promoter scores?|nps)\b",
     r"with \1 below 0"),
    (r"\b(?:have|has|had|having|with|show|shows|post|posts) (?:an? )?positive (net promoter scores?|nps)\b",
     r"with \1 above 0"),
    (r"\b(?:shown|listed|reported|given|told|displayed|presented) (?=separately\b|individually\b)", ""),
    (r"\b(?:needed|needs?|requires?|required) no (?=prior |pre-?auth|preauth|pa\b)", "did not require "),
    (r"\bcalls ?/ ?(?:1,?000|1k|thousand)\b", "calls per 1000"),
    (r"(?<=[a-z]) \+ (?=[a-z])", " and "),
    (r"\bqs\b", "questions"),
    (r"\bsame q\b", "same quarter"),
    (r"\bsince (?:the |our )?(?:data|records|data collection|record keeping|tracking|measurement) "
     r"(?:began|begins?|started|starts?)\b", "over all the data"),
    (r"\b(which|what) ((?:day|week|month|quarter)s?) of (?=20\d\d\b|the (?:year|month|quarter)\b|"
     rf"(?:{'|'.join(MONTHS)})\b)", r"\1 \2 in "),
    # `2025 Q4`; `men over 65 with denied claims: how many?`
    (r"\b(20\d\d),? ?(q[1-4]|h[12])\b", r"\2 \1"),
    (r"^(?!how |what |which )((?:[\w-]+ ){1,9}?[\w-]+) ?[:,-] how many"
     r"(?: (?:are there|were there|is that|was that))? ?\??$", r"how many \1"),
    (r"\b(?:the )?(?:prior|previous|last) year to date\b", "the same period last year"),
    (r"\b(is|are|was|were) anything (?:but|other than|except) ", r"\1 not "),
    (r"\b(under|over)[- ](\d\d)s\b", r"\1 \2"),
    (r"\bwhat (?:is|s) the hold[- ]?up\b ?[-,:?]?", ""),
    (rf"[?.;] ?({_SMALL}) of them\b(?! (?:are|were|have|had|is|do|did|which|who|that)\b)", r", top \1"),
    (r"\baveraging (?=over|under|above|below|more|less|at least|at most|\$?\d)", "with an average of "),
    (r"\bnot being (?=on|in|part)", "not "),
    (rf"\b(which|what) of (?:our|the|these|those|all) (?:{_SMALL}) (?=(?:\w+ )?\w+s\b)", r"\1 of our "),
    (rf"[?.;] ?(?:please )?(?:give|show|list|name) me (?:the )?({_SMALL})(?: of them)?(?: please)? ?[.?!]?$",
     r", top \1"),
    (r"\b(thirty|sixty|ninety)[- ]day\b", _in_digits),
    (r"\btill\b(?! now)", "until"),
    (r"\b(we|they) (?:decline|reject|turn down|knock back)\b(?! to\b)", r"\1 deny"),
    (r"\b(cost|calls|copay|claims|fills|minutes) ?/ ?(call|member|fill|prescription|request|session|claim)\b",
     r"\1 per \2"),
    (rf"\b({'|'.join(MONTHS)}) (?:against|vs|versus|compared (?:with|to)) (?:the )?(?:same )?\1 "
     r"(?:before|prior)\b",
     r"\1 compared with the same month last year"),
    (r"\b(?:among|of) (?:the )?leaked ones\b", "among leaked calls"),
    (r"\b(?:except|excluding|excepting) (?:where|those where|when|for those whose) (?:the )?([\w-]+(?: \w+)?) is ",
     r"excluding \1 "),
    (r",? in total(?= ?[,.;?]|$)", ""),
    (r"\badded (?:up|together)\b|\bas (?:one|a single) (?:number|figure|total|sum)\b", "together"),
    (r"\b(?:log|logging|sign|signing) in (?=(?:last|this|in|on|during|since|yesterday|today)\b)", "login "),
    (r"\bas compared (?:to|with)\b", "versus"),
    (r"(?<![$\d.,])\b(\d[\d,.]*) dollars\b", r"$\1"),
    (r"\b(?:and )?(?:its|the|their) change (?:on|from|since|versus|vs|over|against) "
     rf"(?=(?:{'|'.join(MONTHS)}|last|the)\b)",
     "compared with "),
    (r"\b(descending|ascending|desc|asc),? by (?=(?:the )?\w+ ?[.?!]?$)", r"\1, sorted by "),
    (r"\b(?:does|did|do) each (?:one |of them )?cause\b", "were there for each"),
    (r"\bhow old (?:are|is|were) ((?:[\w-]+ ){1,4}?)on average\b", r"what is the average age of \1"),
    (r"\bpresently\b", "currently"),
    (r"\b(?:remains?|remained) (?=pending\b|open\b|undecided\b)", "is "),
    # `how many calls a day do we get`, `on an average day`
    (r"\bhow many ((?:[\w-]+ ){1,4}?)an? (day|week|month)\b", r"how many \1per \2 on average"),
    (r"\b(?:on|in) an? (?:average|normal|ordinary) (day|week|month)\b", r"per \1 on average"),
    (r"(?<=20\d\d) as a whole\b", ""),
    (r"\bto (?:one|the) side\b", "aside"),
    (r"\bon (what|which) grounds\b", r"for \1 reasons"),
    (r"\bcounting (?:just|only) (?=those\b|ones\b|the ones\b)", "only "),
    (r"\b(we|they) refuse\b(?! to\b)", r"\1 deny"),
    # `starting with the most unhappy`, `rarest first`, `most expensive 10 providers`
    (rf"\b(?:starting|beginning) with the ((?:most|least) \w+|{_ENDS})(?: ones?)?(?= ?(?:[,.?;]|$))", r"\1 first"),
    (r"\bcommonest\b", "most common"),
    (r"\brarest\b", "least common"),
    (rf"\b(most|least) (expensive|costly|common|frequent|popular|used) ({_SMALL})\b", r"\3 \1 \2"),
    (r"\b(ranked|sorted|ordered|ranking|sort|order|rank) by how many\b", r"\1 by number of"),
))  # fmt: skip
