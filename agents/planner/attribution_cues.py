"""The words that say whose plan counts, as patterns over a question in which members' own words have been marked.

<dim> is a member dimension, <value> a value of one, <people> a word for members, <event> one for what is counted.
A kept <dim> has become <said>.
"""

from __future__ import annotations

from agents.planner.reading import Said
from agents.planner.words import MONTHS, UNITS, WEEKDAYS, word_set

_NOW = r"(?:today|now|right now|currently|presently|at present|at the moment|as of (?:today|now)|these days)"
_ADVERB = r"(?:currently|now|presently)"
_CURRENT = r"(?:current|current day|present day|latest|most recent|up to date)"
_WHO = r"(?:(?:that|which) )?(?:they|he|she|(?:the |our |these |those |each |every |a )?<people>)"
_HAVE = (
    r"(?:have|has|hold|holds|use|uses|speak|speaks|belongs? to|lives? in|(?:sits?|falls?) (?:in|into|under)|"
    r"(?:are|is)(?: enrolled| assigned)? (?:on|in|to|under|with))"
)
_HAD = (
    r"(?:had|held|used|spoke|belonged to|lived in|had been on|(?:were|was)(?: enrolled| assigned)? "
    r"(?:on|in|to|under|with))"
)
_CALLED = r"(?:they|he|she|(?:the |our |each |a )?<people>) (?:made )?(?:the |their |a )?<event>"
_MOMENT = r"(?:time|moment|day|date|point)"
_EVENT = r"(?:the |their |each |every |that |its |a )*<event>"
_THEN = (
    rf"(?:(?:at|on|as of|from) (?:the )?{_MOMENT} (?:of|when) (?:{_CALLED}|{_EVENT})"
    rf"(?: (?:was|were) made| happened| took place)?|(?:at|on) the {_MOMENT} {_CALLED}|when {_CALLED}|"
    rf"when the <event> (?:was made|happened|came in|took place)|(?:at|on|as of) (?:the )?<event> (?:time|date)|"
    rf"at the time(?! of)|"
    rf"at that {_MOMENT}|back then)"
)
_SINCE = r"(?:in|on|as of|before|during|since|last|this|a|one|two|three|yesterday)"
_USING = r"(?:with|using|use|by|on|under|in|per|from|via|through|based on|according to|apply|given)"
_PEOPLE = r"<people> (?:who|that)"
_IN_PERSON = r"(?:the |their |our |its |each |every |a |<people> )*"

# Words of a named group are kept, the others are taken out; a <dim> that is kept becomes <said>.
RULES: tuple[tuple[Said, str], ...] = (
    ("at_event", rf"(?P<a><dim>) {_WHO} {_HAD} (?:{_THEN}|then)"),
    ("at_event", rf"(?P<a><dim>) {_WHO} had$"),
    ("both", rf"(?P<a><dim>) {_WHO} {_HAD} (?P<b>{_SINCE})"),  # a third day: not offered
    ("both", rf"(?P<a><dim>) {_NOW} (?:vs|versus|and|against|compared (?:with|to)) (?:{_THEN}|then)"),
    ("at_event", rf"(?P<a><dim>) (?:{_THEN}|then$|as of the <event>)"),
    ("at_event", rf"(?P<a>(?:who|that) {_HAD}(?: (?:a|an|the))? <value>(?: <dim>| <people>)?) (?:{_THEN}|then)"),
    ("at_event", rf"(?P<a><value>(?: <people>| <dim>)?) {_THEN}"),
    ("at_event", r"(?:then current|historical|historic) (?P<a><dim>|<value> (?:<people>|<dim>))"),
    (
        "at_event",
        rf"(?:{_USING} )?(?:the |an? )?(?:(?:at|as of)(?: the)? <event>|<event>(?: time| date)?|at <event> time|"
        rf"{_THEN}|point in time|historical|historic) attribution",
    ),
    ("today", rf"(?P<a><dim>) {_WHO} {_HAVE} {_NOW}"),
    ("today", rf"(?P<a><dim>) (?:that )?they are {_NOW}"),
    ("today", rf"(?P<a><dim>) {_WHO} {_ADVERB} {_HAVE}"),
    ("today", rf"(?P<a><dim>) {_WHO} (?:are|is) {_ADVERB}(?: enrolled| assigned)? (?:on|in|to|under|with)"),
    ("today", r"the (?P<a><dim>) of today"),
    ("today", rf"(?P<a>(?:who|that) (?:have|has|are|is)(?: in| on)?(?: a| an| the)? <value>(?: <dim>)?) {_NOW}"),
    ("today", rf"(?P<a><dim>) as (?:it|they) (?:is|are|stands?) {_NOW}"),
    ("today", rf"(?P<a>whose <dim>) {_NOW} (?P<b>(?:is|are) <value>)"),
    ("today", rf"(?P<a>whose <dim> (?:is|are)) {_NOW} (?P<b><value>)"),
    ("today", rf"(?P<a>whose <dim> (?:is|are) <value>) {_NOW}"),
    ("today", rf"(?P<a>{_PEOPLE} (?:are|is|have|has)) {_ADVERB} (?P<b>(?:a |an |the )?<value>)"),
    ("today", rf"(?P<a>{_PEOPLE}) {_ADVERB} (?P<b>(?:have|are|hold|has|is) (?:a |an |the )?<value>)"),
    ("today", r"(?:currently|presently) (?P<a><value> <people>)"),
    (
        "today",
        r"(?<!how many )(?<!number of )"
        rf"(?P<a><people>(?: who| that)?(?: are| is| have)?) {_ADVERB} (?P<b>(?:enrolled |living |based )?"
        r"(?:on|in|with|under|at) (?:a |an |the )?<value>)",
    ),
    ("today", rf"{_CURRENT} (?P<a><dim>)(?! of (?!(?:the |our |each |their |every )*<people>))"),
    ("today", rf"{_CURRENT} (?P<a><value>)(?= (?:<people>|<dim>|(?:and|or|vs|versus) (?:{_CURRENT} )?<value>))"),
    ("today", r"(?P<a>by|per|across|with|using|under|whose|their|each|every) (?:today|present) (?P<b><dim>)"),
    ("today", r"(?P<a><people>) present (?P<b><dim>)"),
    (
        "today",
        rf"(?:{_USING} )?(?:the |an? )?(?:as of (?:today|now)|{_CURRENT}|today|present) attribution",
    ),
    ("today", rf"{_CURRENT} (?:<people> )?attributes"),
    ("today", r"attribution (?:as of|as at|of|for) (?:today|now)"),
    ("today", r"attributed (?:as of|as at) (?:today|now)"),
    (
        "today",
        rf"{_USING} {_IN_PERSON}(?:{_CURRENT}|today|present) (?:memberships?|roster|enrollment|eligibility|"
        r"(?:<people> )?(?:attributes|profiles?)|<people> (?:data|records?|details|information))",
    ),
    ("at_event", rf"(?:at|as of) the (?:time|moment) of {_EVENT}"),
)  # fmt: skip
EVENTS = frozenset(("event", "visit", "contact", "service"))
DATED: tuple[tuple[Said, str], ...] = (
    ("today", r"(?P<a><dim>) as of (?:today|now)(?! (?:vs|versus|compared|against|than|and|to))"),
)
POSSESSIVE: tuple[tuple[Said, str], ...] = (("today", r"today (?P<a><dim>|<value> (?:<people>|<dim>))"),)
PERIODS = frozenset(("yesterday", "ytd", "mtd", "qtd")) | UNITS.keys() | MONTHS.keys() | WEEKDAYS.keys()
# every rule needs one of these: most questions are done with here
CUES = word_set(
    """
    current up latest recent present presently currently today todays now moment days attribution attributed then
    time date day point when historical historic had held used spoke belonged lived were was back as
    """
)
AS_BREAKDOWN = (
    r"(?:attributed|assigned|allocated|counted|credited|restated|recast|mapped|rolled up|using|with|under|"
    rf"based on|according to|on the basis of|by)(?: (?:to|by|under|against|on))? {_IN_PERSON}"
    r"(?P<a><said>)(?! (?:<value>|is|are)(?!\S))"
)
