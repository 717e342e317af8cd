"""The views, a folder each. A newcomer adds a folder and one line here."""

from __future__ import annotations

from visualizations.base import View
from visualizations.views.canvas import view as journey_canvas
from visualizations.views.cohort import view as cohort_table
from visualizations.views.fallout import view as fallout
from visualizations.views.flow import view as flow

VIEWS: tuple[View, ...] = (journey_canvas.VIEW, flow.VIEW, fallout.VIEW, cohort_table.VIEW)
BY_NAME: dict[str, View] = {view.name: view for view in VIEWS}
BY_ANALYSIS: dict[str, View] = {view.analysis: view for view in VIEWS}
