"""The cohort table: how many members of each cohort return, period after period."""

from __future__ import annotations

import datetime
import json
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene, Sheet, Unit, View
from visualizations.dom import Component, dmc, html
from visualizations.facts import in_words
from visualizations.formats import count, percent, sample_note
from visualizations.markup import Markup, opens, raw, tag
from visualizations.theme import blended, palette, themed
from visualizations.views.cohort_controls import inspector

Cells = dict[tuple[str, int], dict[str, Any]]
"""Cell by cohort and period."""


def period_name(start: Any, granularity: str) -> str:
    """A period by its first day: `Mar 2024`, `2024 Q1`, `11 Mar 2024`.

    >>> period_name("2024-03-01", "month"), period_name("2024-01-01", "quarter")
    ('Mar 2024', 'Q1 2024')
    """
    try:
        day = start if isinstance(start, datetime.date) else datetime.date.fromisoformat(str(start)[:10])
    except ValueError:
        return str(start)
    if granularity == "month":
        return f"{day:%b %Y}"
    if granularity == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    if granularity == "year":
        return str(day.year)
    if granularity == "fiscal_quarter":
        return f"Quarter from {day:%b %Y}"
    return f"{day.day} {day:%b %Y}"


def grid(result: Any) -> tuple[list[tuple[str, int]], list[int], dict[tuple[str, int], dict[str, Any]]]:
    """Cohorts with their sizes, the periods, and the cells."""
    frame = result.tables["cells"]
    cells: dict[tuple[str, int], dict[str, Any]] = {}
    sizes: dict[str, int] = {}
    first = frame["segment"][0] if frame.height else None
    for row in frame.filter(segment=first).iter_rows(named=True) if frame.height else ():
        cells[str(row["cohort"]), row["period"]] = row
        sizes[str(row["cohort"])] = row["size"]
    return list(sizes.items()), sorted({period for _, period in cells}), cells


def mean_of(cells: dict[tuple[str, int], dict[str, Any]], period: int) -> tuple[float, float] | None:
    """(share in percent, members) of all complete cells of a column together; None where there is none."""
    whole = [
        row
        for (_, p), row in cells.items()
        if p == period and row["complete"] and row["percent_base"] and row["value"] is not None
    ]
    base = sum(row["percent_base"] for row in whole)
    return (100 * sum(row["value"] for row in whole) / base, base) if base else None


def strongest(cells: dict[tuple[str, int], dict[str, Any]]) -> float:
    """The share that gets the full colour: the largest among cells of a fair size."""
    shares = [
        row["percent"]
        for row in cells.values()
        if row["percent"] is not None and (row["percent_base"] or 0) >= 5
    ]
    return (
        max(shares or [row["percent"] for row in cells.values() if row["percent"] is not None], default=0.0)
        or 1.0
    )


def stage(result: Any, scene: Scene) -> Component:
    """The heat table; numbers open into members, unfinished periods are hatched."""
    _, _, cells = grid(result)
    legend = html.Div(
        [
            html.Span(
                [
                    html.Span(className="swatch heat-swatch"),
                    f"Share of the cohort, up to {percent(strongest(cells))}",
                ],
                className="legend-item",
            ),
            html.Span(
                [html.Span(className="swatch hatch"), "Period not wholly in the data"],
                className="legend-item",
            ),
            dmc.SegmentedControl(
                data=[{"value": "percent", "label": "Shares"}, {"value": "count", "label": "Counts"}],
                value="percent",
                id="cohort-show",
                size="xs",
            ),
        ],
        className="cohort-legend",
    )
    label = {"role": "region", "aria-label": "Cohort table, scrolls"}
    table = raw(heat_table(result, scene), className="cohort-scroll", tabIndex=0, **label)
    return html.Div([legend, table], className="cohort-block")


def heat_table(result: Any, scene: Scene) -> Markup:
    """Cohorts in rows, periods in columns; the first row joins all finished periods."""
    cohorts, periods, cells = grid(result)
    unit, most = scene.unit(result.spec.container), strongest(cells)
    heads = [
        tag("th", "Cohort", scope="col", class_="pin pin-1"),
        tag("th", unit.plural.capitalize(), scope="col", class_="pin pin-2 num"),
    ]
    for period in periods:
        tip = _period_tip(period, result.spec.granularity)
        heads.append(tag("th", period, scope="col", class_="num", data_tip=tip))
    rows = (_row(name, size, periods, cells, most, result.spec, scene) for name, size in cohorts)
    body = tag("tbody", _summary(sum(size for _, size in cohorts), periods, cells, unit), rows)
    return tag(
        "table",
        tag("thead", tag("tr", heads)),
        body,
        class_="cohort",
        aria_label="Cohort table",
        data_grid="1",
    )


def _summary(total: int, periods: list[int], cells: Cells, unit: Unit) -> Markup:
    parts = [
        tag("th", "All, whole periods", scope="row", class_="pin pin-1"),
        tag("td", count(total), class_="pin pin-2 num"),
    ]
    for period in periods:
        mean = mean_of(cells, period)
        tip = (
            f"{percent(mean[0])} of {count(mean[1])} {unit.plural} in periods wholly in the data"
            if mean
            else None
        )
        parts.append(tag("td", _short(mean[0]) if mean else "", class_="num mean", data_tip=tip))
    return tag("tr", parts, class_="summary")


def _period_tip(period: int, granularity: str) -> str:
    name = granularity.replace("_", " ")
    if period == 0:
        return f"Within the {name} of the inclusion, after it"
    return f"{abs(period)} {name}{'s' if abs(period) != 1 else ''} {'later' if period > 0 else 'before'}"


def _row(
    name: str, size: int, periods: list[int], cells: Cells, most: float, spec: Any, scene: Scene
) -> Markup:
    title = period_name(name, spec.granularity) if spec.dimension is None else name
    known = next((cells[name, p] for p in periods if (name, p) in cells), None)
    first: Any = count(size)
    if size and known is not None:
        select, heading = {"cohort": name, "period": known["period"]}, f"{title}, whole cohort"
        first = opens(count(size), "cells", select, "size", title=heading)
    parts = [tag("th", title, scope="row", class_="pin pin-1"), tag("td", first, class_="pin pin-2 num")]
    return tag("tr", parts, (_cell(cells.get((name, p)), title, most, spec, scene) for p in periods))


def _cell(row: dict[str, Any] | None, title: str, most: float, spec: Any, scene: Scene) -> Markup:
    if row is None or row["value"] is None:
        return tag("td", class_="none")
    classes = "heat num" + ("" if row["complete"] else " hatch")
    if not row["percent_base"]:
        return tag("td", tag("span", "–", class_="faint"), class_=classes)
    share = row["percent"] or 0.0
    of = f"{count(row['value'])} of {count(row['percent_base'])} {scene.unit(spec.container).plural}"
    unfinished = "" if row["complete"] else "The period is not wholly in the data."
    note = sample_note(row["value"], row["percent_base"])
    tip = " ".join(
        filter(None, [f"{title}, period {row['period']}: {of}, {percent(share)}.", unfinished, note])
    )
    shown = [
        tag("span", _short(share), class_="as-percent"),
        tag("span", count(row["value"]), class_="as-count"),
    ]
    select = {"cohort": str(row["cohort"]), "period": row["period"]}
    heading = f"{title}, period {row['period']}"
    if not row["value"]:
        return tag("td", tag("span", shown, class_="zero", data_tip=tip), class_=classes)
    context = json.dumps({"table": "cells", "select": select, "measure": "value", "title": heading})
    inner = opens(shown, "cells", select, "value", title=heading, tip=tip)
    heat = f"--heat-share:{100 * min(1.0, share / most):.1f}"
    return tag("td", inner, class_=classes, style=heat, data_context=context)


def _short(share: float) -> str:
    return "0" if share == 0 else f"{share:.0f}%" if share >= 9.95 else percent(share)


def caption(result: Any, scene: Scene) -> str:
    """How many of all members returned, and when most."""
    cohorts, periods, cells = grid(result)
    unit, spec = scene.unit(result.spec.container), result.spec
    total = sum(size for _, size in cohorts)
    returned = in_words(spec.to_json()["return"]["metrics"][0]["where"])
    included = in_words(spec.to_json()["inclusion"]["metrics"][0]["where"])
    means = {period: mean for period in periods if period >= 0 and (mean := mean_of(cells, period))}
    if not total or not means:
        return f"{count(total)} {unit.of(total)} had {included}."
    fair = {period: mean for period, mean in means.items() if mean[1] >= 0.2 * total} or means
    best = max(fair, key=lambda period: fair[period][0])
    verb = "churned" if spec.type == "churn" else f"had {returned}"
    name = spec.granularity.replace("_", " ")
    when = f"in the same {name}" if best == 0 else f"{best} {name}{'s' if best != 1 else ''} later"
    share = f"{percent(means[best][0])} of the cohorts old enough"
    return f"{count(total)} {unit.plural} with {included}: {verb} most often {when}, {share}."


def figure(result: Any, scene: Scene) -> go.Figure:
    """The heat table as a picture."""
    cohorts, periods, cells = grid(result)
    colours, most, spec = palette(scene.dark), strongest(cells), result.spec
    labels = [
        f"{period_name(name, spec.granularity) if spec.dimension is None else name}   {count(size)}"
        for name, size in cohorts
    ]
    shares = [[_share(cells.get((name, p))) for p in periods] for name, _ in cohorts]
    texts = [["" if s is None else _short(s) for s in line] for line in shares]
    heat = go.Heatmap(
        x=[str(p) for p in periods],
        y=list(range(len(labels))),
        z=shares,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": 11, "color": colours.ink},
        colorscale=[[0, colours.surface], [1, blended(colours.accent, colours.surface, 0.5)]],
        zmin=0,
        zmax=most,
        xgap=2,
        ygap=2,
        showscale=False,
        hoverinfo="skip",
    )
    drawn = themed(
        go.Figure(heat),
        scene.dark,
        width=max(scene.width, 180 + 44 * len(periods)),
        height=64 + 26 * len(labels),
    )
    drawn.update_layout(margin={"l": 150, "r": 16, "t": 40, "b": 12})
    drawn.update_xaxes(side="top", type="category", showgrid=False)
    drawn.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", showgrid=False
    )
    return drawn


def _share(row: dict[str, Any] | None) -> float | None:
    return None if row is None or not row["percent_base"] else row["percent"]


def emptied(result: Any) -> str:
    """Why there is nothing to show."""
    cohorts, _, _ = grid(result)
    if not cohorts:
        return "No period lies wholly inside the date range."
    return (
        ""
        if any(size for _, size in cohorts)
        else "No container meets the inclusion criteria under these segments, actors and dates."
    )


def sheets(result: Any) -> list[Sheet]:
    """The cells as rows."""
    del result
    return [
        Sheet(
            "Cells",
            "cells",
            (
                ("cohort", "Cohort", "text"),
                ("size", "Size", "count"),
                ("period", "Period", "text"),
                ("value", "Returned", "count"),
                ("percent", "Share", "percent"),
                ("complete", "Finished", "text"),
            ),
            {"value": "value", "size": "size"},
            ("segment", "cohort", "period"),
        )
    ]


VIEW = View(
    name="cohort-table",
    title="Cohort table",
    icon="table-2",
    analysis="cohort_table",
    purpose="How fast cohorts progress: inclusion, return, period after period.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    emptied=emptied,
)
