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

MOVES = tuple(Rule.of(re.compile(pattern, re.IGNORECASE), new) for pattern, new in (
    # `focus on billing`, `limit it to people over 65`, `stick to web`: only
    (rf"{_LEAD}(?:(?:focus|concentrate|zoom in|home in|hone in) (?:only )?on|zoom into|look(?:ing)? only at|"
     rf"stick (?:to|with)|(?:narrow|limit|restrict|confine|cut|filter|keep)(?: {_IT})?(?: down)? to)"
     r"(?: (?:just|only))* ", r"\g<lead>only "),
    # `and Medicare on its own`, `what about Texas alone`: only
    (rf"{_LEAD}(?:(?:what|how) about |show(?: me)? |for )?(?P<what>\S+(?: \S+){{0,5}}?)"
     r" (?:on (?:its|their|his|her) own|by (?:itself|themselves)|alone|in isolation)\s*[?.!]*$",
     r"\g<lead>only \g<what>"),
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
    # `swap login for billing`: the other in its place
    (rf"{_LEAD}(?:swap|replace|exchange|substitute|trade)(?: out)? .{{1,40}}? (?:for|with|by) (?=\S)",
     r"\g<lead>what about "),
    # `no longer by day`: without these rows
    (rf"{_LEAD}(?:not|no longer|no more|stop) by (?P<of>\w+(?: \w+)?)(?: any ?more| any longer)?\s*[?.!]*$",
     r"\g<lead>remove the breakdown by \g<of>"),
    # `zoom out to this year`: another period
    (rf"{_LEAD}(?:zoom out|widen|extend|expand|stretch|broaden)(?: {_IT})? (?:to|over) (?=\S)", r"\g<lead>for "),
    # `give me months`: in such steps
    (rf"{_LEAD}(?:give(?: me| us)?|show(?: me| us)?|use|make (?:it|that)|do) {_GRAINS}"
     r"(?: (?:instead|rather|please|then))*\s*[?.!]*$", r"\g<lead>by \g<grain>"),
))  # fmt: skip
