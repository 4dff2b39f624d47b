"""Every view of the dashboard: the one place where a page is registered. The navigation follows this order."""

from __future__ import annotations

from ui.dashboard import overview
from ui.dashboard.view import View

VIEWS: tuple[View, ...] = (overview.VIEW,)
