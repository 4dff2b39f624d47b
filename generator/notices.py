"""The communications source: what members were sent. One notice matters; many others went out around it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from generator.catalog import PLANS, catalog, story, stream
from generator.files import numbered
from generator.incidents import Incident
from generator.members import Members
from generator.profiles import Profile

_REACH = (0.35, 0.97)


def notice_day(as_of: date) -> date:
    """The day before the billing rise starts."""
    return as_of - timedelta(days=int(story()["leaks"]["Billing"]["rise_days"]) + 1)


def communications_table(
    profile: Profile, members: Members, seed: int, as_of: date, incidents: tuple[Incident, ...]
) -> pa.Table:
    """All notices, oldest first."""
    rng = stream(seed, "communications")
    rows = [(notice_day(as_of), *catalog()["benefit_notice"])]
    rows.extend(
        (as_of - timedelta(days=int(rng.integers(1, profile.days))), *row) for row in catalog()["other_notices"]
    )
    for incident in incidents:
        if incident.notice:
            sent = as_of - timedelta(days=incident.started_ago + int(rng.integers(1, 3)))
            subject = f"Information for members in {incident.state}"
            rows.append((sent, "mail", "Plan Information", incident.plan, subject))
    rows.sort(key=lambda row: (row[0], row[4]))
    return pa.table(
        {
            "communication_id": numbered("CM", 1, len(rows), 5),
            "sent_date": pa.array([row[0] for row in rows], pa.date32()),
            "channel": pa.array([row[1] for row in rows]),
            "topic": pa.array([row[2] for row in rows]),
            "plan_type": pa.array([row[3] for row in rows]),
            "audience_size": pa.array([_audience(rng, members, row[3], row[2]) for row in rows], pa.int64()),
            "subject": pa.array([row[4] for row in rows]),
        }
    )


def _audience(rng: np.random.Generator, members: Members, plan: str, topic: str) -> int:
    reached = members.size if plan == "All" else int((members.plan == PLANS.index(plan)).sum())
    share = 1.0 if topic == catalog()["benefit_notice"][1] else rng.uniform(*_REACH)
    return round(reached * share)
