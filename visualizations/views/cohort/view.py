"""The cohort table: how many members of each cohort return, period after period, or reach milestones."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.base import Scene, Sheet, View
from visualizations.dom import Component, dmc, html
from visualizations.formats import SMALL_SAMPLE, compact, percent
from visualizations.markup import raw
from visualizations.views.canvas.reading import SYMBOLS
from visualizations.views.cohort import initiatives
from visualizations.views.cohort import words as cohort_words
from visualizations.views.cohort.controls import inspector
from visualizations.views.cohort.curve import BESIDE, panel
from visualizations.views.cohort.figure import figure
from visualizations.views.cohort.grid import heat_table
from visualizations.views.cohort.reading import Reading, read

SHOWS = (("percent", "Shares"), ("count", "Counts"), ("amount", "Amounts"), ("average", "Averages"))
COMPARISONS = (("values", "Values"), ("differences", "Differences"))


def stage(result: Any, scene: Scene) -> Component:
    """The heat tables, one for each segment; numbers open into members."""
    reading = read(result, scene)
    tables = []
    for i, grid in enumerate(reading.grids):
        label = f"Cohort table of {grid.name}, scrolls" if grid.name else "Cohort table, scrolls"
        scroll = raw(
            heat_table(reading, grid),
            className="cohort-scroll",
            tabIndex=0,
            role="region",
            **{"aria-label": label},
        )
        dot = html.Span(className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"})
        name = [html.H2([dot, grid.name], className="cohort-name", title=grid.segment)] if grid.name else []
        tables.append(html.Section([*name, scroll], className="cohort-one"))
    form = " of-milestones" if reading.of_milestones else ""
    grids = f"cohort-grids{' several' if reading.comparing else ''}{form}"
    parts = [_legend(reading, scene), html.Div(tables, className=grids)]
    if scene.ask is None or not scene.display.get("curves"):
        return html.Div(parts, className="cohort-block")
    table = html.Div(parts, className="cohort-block")
    side = "beside" if scene.width >= BESIDE else "below"
    return html.Div([table, panel(reading, scene)], className=f"cohort-split {side}")


def _legend(reading: Reading, scene: Scene) -> Component:
    """What colours and marks mean, how cells are shown, and the caption to take away."""
    words = "Colour by share, each milestone on its own scale" if reading.of_milestones else _scale(reading)
    swatches = [("heat-swatch", words)]
    if not (reading.of_milestones and reading.spec.dimension is not None):
        swatches.append(("hatch", "Not wholly in the data; not in the means"))
    items: list[Any] = [
        html.Span([html.Span(className=f"swatch {kind}"), text], className="legend-item")
        for kind, text in swatches
    ]
    if any(line.small for line in reading.every):
        mark = html.Sup("*", className="small-mark")
        items.append(
            html.Span([mark, f"Under {SMALL_SAMPLE} {reading.unit.plural}"], className="legend-item")
        )
    if reading.comparison == "differences":
        against = f"Percent points against {reading.grids[0].name}; bold where distinguishable"
        items.append(html.Span(against, className="legend-item"))
    tools: list[Any] = []
    if reading.comparing and (reading.differences or not reading.spec.compare_ranges):
        tools.append(_choice("comparison", "Values or differences", reading.comparison, COMPARISONS))
    if not reading.of_milestones:
        shows = SHOWS if reading.spec.value_metric is not None else SHOWS[:2]
        tools.append(_choice("cells", "What cells show", reading.show, shows))
    if scene.ask is not None:
        tools.append(initiatives.button())
    tools.append(controls.switch("Curves", "display", "curves", bool(scene.display.get("curves"))))
    tools.append(
        dmc.Button(
            "Copy caption",
            size="compact-xs",
            variant="subtle",
            color="gray",
            leftSection=controls.icon("copy", 14),
            **{"data-copy": "view-caption"},
        )
    )
    return html.Div([*items, html.Div(tools, className="cohort-tools")], className="cohort-legend")


def _scale(reading: Reading) -> str:
    """What the full colour stands for."""
    most = max(reading.most.values(), default=0.0)
    if not reading.of_money:
        return f"Share, up to {percent(most)}"
    coin = SYMBOLS.get(reading.currency, reading.currency)
    name = "Amount" if reading.show == "amount" else "Amount for each member counted"
    return f"{name}, up to {coin}{compact(round(most, 2))}"


def _choice(name: str, label: str, value: str, options: tuple[tuple[str, str], ...]) -> Component:
    data = [{"value": one, "label": words} for one, words in options]
    return dmc.SegmentedControl(
        id=controls.edit("display", name), data=data, value=value, size="xs", **{"aria-label": label}
    )


def caption(result: Any, scene: Scene) -> str:
    """The main finding in one sentence."""
    return cohort_words.caption(read(result, scene))


def emptied(result: Any) -> str:
    """Why there is nothing to show."""
    cells = result.tables["cells"]
    if not cells.height:
        if result.spec.dimension is not None:
            return "No container meets the inclusion criteria under these segments, actors and dates."
        return "No period lies wholly inside the date range."
    return (
        ""
        if any(cells["size"])
        else "No container meets the inclusion criteria under these segments, actors and dates."
    )


def sheets(result: Any) -> list[Sheet]:
    """The cells, or what each cohort reached, as rows."""
    frame = None if result is None else result.tables["cells"]
    compared = frame is not None and frame["segment"].n_unique() > 1
    by_item = frame is not None and "kind" in frame.columns
    segment = (("segment", "Segment", "text"),) if compared else ()
    keys = ("segment", *(("kind",) if by_item else ()), "cohort")
    cells = Sheet(
        "Cells",
        "cells",
        (
            *segment,
            ("cohort", "Cohort", "text"),
            ("size", "Size", "count"),
            ("period", "Period", "text"),
            ("value", "Returned", "count"),
            ("percent", "Share", "percent"),
            ("percent_base", "of", "count"),
            ("amount", "Amount", "money"),
            ("amount_average", "Average", "money"),
            ("complete", "Finished", "text"),
        ),
        {"value": "value", "size": "size"},
        (*keys, "period"),
    )
    if result is None or result.spec.columns == "periods":
        return [cells]
    milestones = Sheet(
        "Milestones",
        "milestones",
        (
            *segment,
            ("cohort", "Cohort", "text"),
            ("label", "Milestone", "text"),
            ("value", "Reached", "count"),
            ("percent", "Share", "percent"),
            ("percent_base", "of", "count"),
            ("median_seconds", "Median", "duration"),
            ("amount", "Amount", "money"),
            ("complete", "Complete", "text"),
        ),
        {"value": "value"},
        (*keys, "milestone"),
    )
    return [milestones]


VIEW = View(
    name="cohort-table",
    title="Cohort table",
    icon="table-2",
    analysis="cohort_table",
    purpose="How fast cohorts progress: milestones reached, or returns period after period.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    shows=True,
    emptied=emptied,
)
