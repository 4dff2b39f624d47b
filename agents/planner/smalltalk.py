"""Small talk: words and phrases that constrain nothing, and the places where even such a word is a condition."""

from __future__ import annotations

from agents.planner.cues import find
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.sound_spans import opens_order
from agents.planner.words import AUXILIARIES, DETERMINERS, POPULATION, PREPOSITIONS, carriers, harmless, word_set

_PHRASES = (
    r"(?:good|this) (?:morning|afternoon|evening)|these days|at the moment|as we speak|as it stands|"
    r"by the way|to be honest|in my (?:opinion|view)|"
    r"if possible|no rush|heads up|(?:and )?so on|or so|rule of thumb|ball ?park|long story short|at a glance|"
    r"(?:quick|fast) (?:one|question|q)|(?:walk|take|talk) (?:me|us) through|(?:double|cross) check|"
    r"(?:the )?(?:story|deal|situation|scoop) (?:with|on)|"
    r"in (?:the )?aggregate|"
    r"(?:one|a single) (?:line|figure|number|row|answer)(?: each| for each(?: \S+)?)? "
    r"(?:suffices|will do|is enough|is fine)|"
    r"will do|no matter (?:how|what|which|who|where)(?: often| much| many)?|"
    r"(?:on|in) (?:the|one) same (?:page|table|chart|sheet|line|view)|"
    r"(?:in (?:ascending|descending) )?order of (?:frequency|size|magnitude)|"
    r"set(?= (?:\S+ ){1,14}against )|"
    r"just checking|one by one|side by side|of course|for sure|in absolute (?:numbers|terms|figures)|"
    r"how (?:big|large|small|sizable|high|low|bad|good|steep|strong|weak) "
    r"(?:is|was|are|were|has|have|did|does|do)|"
    r"(?:i am|we are) after|set (?:out|forth)|alongside(?= the| its| their| it| that| each|$)|"
    r"(?:the )?town hall|(?:my|our|the) (?:\S+ )?huddle|"
    r"price tag of|(?:is|are|was|were) on (?:our|my) backs?|"
    r"(?:many )?(?:thanks|thank you)(?: very much| so much)?(?: in advance)?|"
    r"for (?:each|every) of them|(?:all )?(?:taken |put )?together|in total|combined|"
    r"(?:next to|beside) (?:it|them|that|each other)|"
    r"(?:quick )?(?:one|question|q) before (?:(?:the|my|our) )?\S+|at least once|hitting (?:us|our \S+)|"
    r"(?:due|needed|starts?|starting|leaving) in \S+ (?:min|minutes|mins|hours?|days?)|average is fine|"
    r"once (?:you|we|i)|one next to the other|"
    r"which of the (?:two|three|four)(?: of them)?|all (?:two|three|four|five)(?: of them)?|"
    r"(?:two|three|four|five) (?:figures|numbers|metrics|kpis)|"
    r"just the one|as far back as (?:we|you) (?:have|can|go)(?: it| data)?|how we are|namely|i mean|"
    r"it means|"
    r"that is to say|at (?:this|the) (?:very )?moment|right away|is it true(?: that)?|the figures? for|"
    r"for (?:each|every) of them|as well|out of curiosity|(?:ran|run|runs|running) into|"
    r"i would (?:love|like) to|i (?:keep|kept) (?:hearing|seeing)(?: that)?|(?:i am|we are) trying to|"
    r"for (?:my|our|the|a) (?:\S+ )?(?:deck|meeting|board|committee|slides?|presentation|memo|report|review|qbr)|"
    r"(?:they|people|folks|everyone|somebody|someone) (?:tell|tells|told|say|says)(?: me| us)?|"
    r"(?:losing|lose|bleeding|wasting|burning)(?= (?:\S+ ){0,3}(?:money|dollars|cash))|"
    r"(?:leads?|led|leading|results?|resulted|resulting|turns?|turned) (?:to|in|into)"
)
_GOVERNING = word_set(
    "by per each every which whose what across among from not no never without excluding except than only non"
)
_RATING = word_set("rated rate called considered labelled labeled marked tagged as")
_RELATING = word_set("that who which where whose with having")
_JUDGING = word_set(
    """
    great awesome nice lovely wonderful fantastic terrific excellent amazing cool sweet super neat perfect
    brilliant fabulous terrible awful horrible dreadful horrendous atrocious shocking alarming worrisome
    troubling scary crazy insane ridiculous embarrassing annoying painful brutal nasty ugly weird strange
    odd funny handy useful helpful interesting relevant important essential crucial vital worthwhile
    """
)
_WHOLE = word_set("whole entire full")
_BEFORE_FIGURE = word_set("leave leaves left leaving remain remains remained stay stays stayed")
_APART = word_set("separately individually severally considered")
_OF_NOW = word_set("current latest present")


def small_talk(reading: Reading, lexicon: Lexicon) -> set[int]:
    """Places of words that constrain nothing. Words of linked spans are not looked at."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    places = {at for start, end in find(reading, _PHRASES) for at in range(start, end)} - covered
    figures = {span.start for span in reading.of_kind("metric")}
    for at, token in enumerate(reading.tokens):
        if token.text in _BEFORE_FIGURE and at + 1 in figures:
            places.add(at)
        if token.text in _OF_NOW and at + 1 in figures and not lexicon.heads.get(reading.tokens[at + 1].lemma):
            places.add(at)  # `the latest NPS`; `current plan changes` are perhaps those of the current plan
        if at in covered:
            continue
        if token.text in _CONFINED and _leads_to_known(reading, at):
            places.add(at)  # `restricted to the Tier 1 and Tier 2 teams`
        if token.text in _CAUSED and _leads_to_value(reading, at):
            places.add(at)  # `plan changes caused by the provider network`
        if token.text == "state" and opens_order(reading.tokens, at):
            places.add(at)
        if token.text == "same" and _leads_to_time(reading, at):
            places.add(at)  # `and the same for last year`
        if token.text in _APART and reading.compared:
            places.add(at)  # `Florida and Texas, considered separately`: they are set side by side already
        if (token.text in harmless() and not _constrains(reading, at, lexicon)) or (
            token.text in carriers() and figures and not _narrows(reading, at, lexicon)
        ):
            places.add(at)
    return places


_CONFINED = word_set("restricted limited confined narrowed restrict limit confine narrow restricting limiting")


def _leads_to_known(reading: Reading, at: int) -> bool:
    """Whether `to` follows, and then something that the model knows."""
    led = at + 1 < len(reading.tokens) and reading.tokens[at + 1].text in ("to", "it")
    after = reading.past(at + 1, DETERMINERS | {"to", "it", "only", "just"})
    return led and any(span.start == after and span.kind in ("value", "time", "metric") for span in reading.spans)


_CAUSED = word_set("caused triggered prompted driven occasioned motivated explained")


def _leads_to_value(reading: Reading, at: int) -> bool:
    """Whether `by` follows, and then a value."""
    led = at + 1 < len(reading.tokens) and reading.tokens[at + 1].text == "by"
    after = reading.past(at + 2, DETERMINERS)
    return led and any(span.start == after for span in reading.of_kind("value"))


def _leads_to_time(reading: Reading, at: int) -> bool:
    """`the same for last year`, `the same figure in September`."""
    led = at > 0 and reading.tokens[at - 1].text == "the"
    after = reading.past(at + 1, _SAME_OF)
    return led and after > at + 1 and any(at < span.start <= after for span in reading.of_kind("time"))


_SAME_OF = word_set("for in over during of figure number thing question one the")


def _narrows(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """`claims reworked by hand`, `members who carry debt`: a verb after people or things counted says which ones.

    Not where it leads on to something that the model knows: `calls taken by Tier 1`.
    """
    words = [token.text for token in reading.tokens]
    if words[at] == "divided" and any(span.start in (at + 2, at + 3) for span in reading.of_kind("metric")):
        return True  # "calls divided by members": a ratio that the model does not have by that name
    after = reading.past(at + 1, DETERMINERS | PREPOSITIONS | {"next", "in", "to"})
    if any(span.start == after for span in reading.spans):
        return False
    before = at - 1
    while before >= 0 and (words[before] in AUXILIARIES or words[before].endswith("ly")):
        before -= 1
    if before < 0:
        return False
    if words[before] in _GOVERNING | _RELATING:
        return True
    asked = words[before + 1 : at] and words[before + 1] in AUXILIARIES
    people = words[before] in POPULATION and before != 0
    counted = any(span.end == before + 1 and _is_count(span, lexicon) for span in reading.of_kind("metric"))
    return (people or counted) and not asked and not _question_verb(words, at)


def _question_verb(words: list[str], at: int) -> bool:
    """`how did the repeat calls move`, `what do members pay`: the verb of the question itself."""
    return bool(set(words[:at]) & {"did", "do", "does", "will", "would", "can", "could"})


def _is_count(span: Span, lexicon: Lexicon) -> bool:
    return any(lexicon.model.metrics[target.name].unit == "count" for target in span.targets)


def _constrains(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """`by director`, `worried members`, `not great`, `terrible calls`: here the word says which ones."""
    words = [token.text for token in reading.tokens]
    before = at - 1
    while before >= 0 and words[before] in DETERMINERS:
        before -= 1
    if before >= 0 and words[before] in _GOVERNING | _RATING:
        return True
    if words[at] in _JUDGING and set(words[max(0, at - 4) : at]) & _RELATING:
        return True
    after = words[at + 1] if at + 1 < len(words) else ""
    if words[at] in _WHOLE or words[at].endswith("ly"):
        return False
    attributive = before < at - 1 or before < 0 or words[before] not in AUXILIARIES
    return attributive and (after in POPULATION or _counts(reading, at + 1, lexicon))


def _counts(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """Whether a count of things starts here: an adjective before it may narrow what is counted."""
    return any(span.start == at and _is_count(span, lexicon) for span in reading.of_kind("metric"))
