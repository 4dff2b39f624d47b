"""The digital interactions source: one day's sessions as rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from generator.catalog import INTERACTION_TYPES
from generator.clock import timestamps
from generator.failures import OUTCOMES, SUCCESS, message_columns
from generator.files import numbered, words
from generator.members import Members
from generator.sessions import Sessions
from generator.walkthrough import Walkthrough


def digital_table(
    rng: np.random.Generator,
    sessions: Sessions,
    midnight: np.datetime64,
    members: Members,
    walkthrough: Walkthrough,
    first: int,
) -> pa.Table:
    """The day's rows in order of time, numbered from `first`."""
    size = sessions.size
    typical = np.where(sessions.outcome == SUCCESS, 250.0, 140.0)
    duration = np.maximum(np.round(rng.gamma(2.0, 0.5, size) * typical), 3).astype(np.int32)
    duration[sessions.member == walkthrough.member] = walkthrough.SESSION_SECONDS
    unknown_platform = sessions.loose & (rng.random(size) < 0.006)
    message = message_columns(rng, sessions.message, sessions.step, sessions.loose)
    columns = {
        "member_id": members.ids.take(pa.array(sessions.member)),
        "interaction_date": pa.array(np.full(size, midnight.astype("datetime64[D]"))),
        "interaction_timestamp": timestamps(midnight, sessions.second),
        "interaction_type": words(sessions.kind, INTERACTION_TYPES),
        "outcome": words(sessions.outcome, OUTCOMES),
        "failure_reason": message.pop("failure_reason"),
        "session_duration_seconds": pa.array(duration),
        "platform": words(sessions.mobile.astype(np.int64), ("web", "mobile_app"), missing=unknown_platform),
        **message,
    }
    table = pa.table(columns).take(pa.array(np.argsort(sessions.second, kind="stable")))
    return table.add_column(0, "interaction_id", numbered("D", first, size, 10))
