"""Every view of the dashboard: the one place where a page is registered. The navigation follows this order."""

from __future__ import annotations

from ui.dashboard import (
    estimate_analysis,
    estimate_operations,
    estimates,
    issue,
    overview,
    playback,
    quality,
    repeat_calls,
    review,
    todays_briefing,
    trail,
)
from ui.dashboard.view import View

VIEWS: tuple[View, ...] = (
    overview.VIEW,
    issue.VIEW,
    repeat_calls.VIEW,
    estimates.VIEW,
    estimate_operations.VIEW,
    estimate_analysis.VIEW,
    playback.VIEW,
    review.VIEW,
    quality.VIEW,
    trail.VIEW,
    todays_briefing.VIEW,
)
