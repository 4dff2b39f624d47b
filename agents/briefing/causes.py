"""What an incident is aligned with in time: the recorded event that fits it best, never as proven."""

from __future__ import annotations

from agents.briefing.issue_table import Aligned
from tools.causes import aligned_events
from tools.desk import Desk
from tools.scout.incident import Incident


def cause_of(incident: Incident, desk: Desk) -> Aligned | None:
    """The event that fits an incident's start and segment, as this reader may see it; None when none is known."""
    best = aligned_events(desk, incident.metric, incident.query().filters, incident.start).best
    return Aligned(best.event.name, best.event.kind, best.event.day) if best else None
