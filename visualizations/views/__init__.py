"""The views, one file each. A newcomer adds a file and one line here."""

from __future__ import annotations

from visualizations.base import View
from visualizations.views import cohort_table, fallout, flow, journey_canvas

VIEWS: tuple[View, ...] = (journey_canvas.VIEW, flow.VIEW, fallout.VIEW, cohort_table.VIEW)
BY_NAME: dict[str, View] = {view.name: view for view in VIEWS}
BY_ANALYSIS: dict[str, View] = {view.analysis: view for view in VIEWS}
