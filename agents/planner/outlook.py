"""Who is likely to call or to leave: `which segments are most likely to call next month, and why?`."""

from __future__ import annotations

import re
from typing import Literal

from agents.planner.normalise import tokenise
from agents.planner.plan import AGENTS, ROUTE_REASONS, Outlook, Plan
from semantic.model import SemanticModel

_GROUPED = frozenset({"segment", "plan_type", "tenure_bucket"})
_GROUPS = (
    r"(?P<group>(?:member |customer |of our |of the )*(?:segments?|groups?|members|customers|people|plans?|"
    r"plan types?|tenures?|tenure (?:groups?|bands?|buckets?)))"
)
_CALL = (
    r"(?:call|call us|call in|call again|phone|phone us|contact us|get in touch|"
    r"(?:call|contact|phone) the (?:call|contact) cent(?:er|re))(?: again)?"
)
_CALLING = r"(?:calling|calling us|calling in|phoning us|contacting us)"
_LEAVE = (
    r"(?:leave|leave us|churn|disenroll|switch|switch plans?|change plans?|change their plans?|leave their plan)"
)
_LEAVING = (
    r"(?:leaving|leaving us|churn|churning|disenrolling|disenrollment|switching|switching plans?|changing plans?|"
    r"leaving their plan)"
)
_LIKELY = r"(?:the )?(?:most |more )?(?:likely|likeliest|prone|inclined) to"
_RISK = r"(?:the )?(?:most |more )?(?:at (?:the )?(?:most |highest |greatest |higher )?risk of|prone to)"
_PERIOD = (
    r"(?: (?:soon|this month|(?:in |over |within |during )?(?:the )?(?:next|coming|following) "
    r"(?:(?:\d+|few|two|four|couple of) )?(?:days?|weeks?|months?|quarters?|years?)))?"
)
_WHY = r"(?: ,)?(?: and why| why)?(?: is that| so)?"
_WHICH = rf"(?:and )?(?:which|what) (?:of our |of the |are the )?{_GROUPS}(?: of (?:our )?(?:members|customers))?"
_NAMED_CALL = (
    r"(?:contact|call|calling) (?:propensity|likelihood|probability)(?: scores?)?|"
    r"propensity to (?:call|contact us)"
)
_NAMED_LEAVE = (
    r"(?:churn|plan change|disenrollment|leaving) (?:risk|propensity|likelihood|probability)(?: scores?)?|"
    r"risk of (?:churn|leaving|disenrollment)"
)
_ASKED = r"(?:show me |show |what is |give me |rank |list )?(?:the |our )?"
_READ: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (outcome, re.compile(pattern))
    for outcome, does, doing, named in (
        ("contact", _CALL, _CALLING, _NAMED_CALL),
        ("plan_change", _LEAVE, _LEAVING, _NAMED_LEAVE),
    )
    for pattern in (
        rf"{_WHICH} (?:are |is |seem |look |will be )?{_LIKELY} {does}{_PERIOD}{_WHY}",
        rf"{_WHICH} (?:are |is |seem |look )?{_RISK} {doing}{_PERIOD}{_WHY}",
        rf"(?:and )?who is {_LIKELY} {does}{_PERIOD}{_WHY}",
        rf"{_ASKED}(?:{named}) (?:by|per|for each) {_GROUPS}{_PERIOD}{_WHY}",
    )
)  # fmt: skip


def _by(group: str) -> Literal["segment", "plan_type", "tenure_bucket"]:
    return "plan_type" if "plan" in group else "tenure_bucket" if "tenure" in group else "segment"


def outlook_plan(question: str, model: SemanticModel) -> Plan | None:
    """The plan of a question that is wholly about who is likely to call or to leave; None for any other.

    Only over a model that knows the members' groups: another company's may mean something else by these words.
    """
    if not model.dimensions.keys() >= _GROUPED:
        return None
    text = " ".join(token.text for token in tokenise(question))
    for outcome, pattern in _READ:
        found = pattern.fullmatch(text)
        if found:
            group = found.groupdict().get("group") or ""
            return Plan(
                kind="outlook",
                agent=AGENTS["outlook"],
                route_reason=ROUTE_REASONS["outlook"],
                outlook=Outlook("contact" if outcome == "contact" else "plan_change", _by(group)),
            )
    return None
