"""One member's scores with the reasons, for a member advocate with a stated purpose and nobody else."""

from __future__ import annotations

from typing import Any

from tools.desk import Desk
from tools.outcome import Refusal
from tools.propensity.groups import member_at
from tools.propensity.outlook import card_of, outlook, weights_of
from tools.propensity.signals import OUTCOMES, signals

SHOWN = 5


def member_scores(desk: Desk, member_id: str) -> list[dict[str, Any]] | Refusal:
    """By outcome: what is foreseen, the member's score and the company's, what raises and lowers it (log-odds).

    The score is None where the model cannot tell members apart. The member's signals are read by the reader's own
    right, and nothing of them is kept. Raises DeniedError for whoever is no member advocate with a stated purpose,
    UsageError for a member who is not there.
    """
    rules = signals()
    one = member_at(desk, member_id, desk.as_of)
    found = outlook(desk)
    if isinstance(found, Refusal):
        return found
    told = []
    for name in OUTCOMES:
        made = found["outcomes"][name]
        weights, card = weights_of(made), card_of(made)
        added = {rules.said(part, one.bands[part][0]): float(weights.column(one, part)[0]) for part in rules.names}
        order = sorted(added, key=lambda said: (-abs(added[said]), said))[:SHOWN]
        told.append(
            {
                "outcome": name,
                "does": rules.outcomes[name].does,
                "days": found["horizon"],
                "score": float(weights.scores(one)[0]) if card.tells else None,
                "usual": made["usual"],
                "auc": card.auc,
                "reasons": [{"said": said, "effect": added[said]} for said in order] if card.tells else [],
                "caveat": rules.outcomes[name].caveat,
            }
        )
    return told
