"""The controls of a cohort table: who joins, what counts as return, rows, columns, compared segments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.facts import Facts, in_words
from visualizations.views.canvas.reading import field_words

GRANULARITIES = ("day", "week", "month", "quarter", "year", "fiscal_quarter")
MOST_METRICS, MOST_MILESTONES, MOST_COMPARED, MOST_RANGES = 5, 8, 4, 2
COMPARISONS = (
    (">=", "at least"),
    ("equals", "exactly"),
    ("<=", "at most"),
    (">", "more than"),
    ("<", "fewer than"),
    ("not_equals", "not exactly"),
    ("between", "between"),
)
VALUES = (("amount", "Amounts of the return events"), ("opportunity.amount", "Amounts of their deals"))
COLUMNS = (("milestones", "Milestones"), ("periods", "Periods"))
TYPES = (("retention", "Those who returned"), ("churn", "Those who did not"))
REACHED = (("retention", "Those who came there"), ("churn", "Those who did not"))
COUNTING = (
    ("exactly", "In exactly this period"),
    ("on_or_after", "In it or any later one"),
    ("cumulative", "By the end of it"),
)
BASES = (("included", "Those included"), ("previous", "Those in the column before"))
PERIODS = (("calendar", "Calendar"), ("elapsed", "Since each one's first event"))
MEMBERSHIP = (
    ("every", "In every period that qualifies"),
    ("first", "Only in the first of all data"),
)
TOUCH = (("first", "First touch"), ("last", "Last touch"))


def inspector(question: Question, facts: Facts, display: Mapping[str, Any] | None = None) -> list[Component]:
    """Inclusion, return or milestones, rows, columns, compared segments, who counts."""
    del display
    of_milestones = question.get("columns") == "milestones"
    second = (
        controls.section("Milestones", *_milestones(question, facts))
        if of_milestones
        else _criteria(question, "return", "Return", facts)
    )
    return [
        controls.section("Columns", _columns(of_milestones)),
        _criteria(question, "inclusion", "Inclusion", facts),
        second,
        controls.section("Cohorts", *_rows(question, facts)),
        controls.section("Counting", *_counting(question, of_milestones)),
        controls.section(
            "Compare segments", *question_controls.compared(question, facts, most=MOST_COMPARED)
        ),
        controls.section("Compare dates", *_ranges(question)),
        question_controls.who_counts(question, facts),
    ]


def _options(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def _choice(
    question: Question, label: str, path: str, default: str, pairs: tuple[tuple[str, str], ...]
) -> Component:
    return controls.select(label, "choice", path, question.get(path, default), _options(pairs))


def _columns(of_milestones: bool) -> Component:
    return dmc.SegmentedControl(
        id=controls.edit("columns", "columns"),
        data=_options(COLUMNS),
        value="milestones" if of_milestones else "periods",
        size="xs",
        fullWidth=True,
        **{"aria-label": "Columns"},
    )


def _rows(question: Question, facts: Facts) -> list[Component]:
    """What the rows are: periods, or items of a field of the inclusion event."""
    chosen = question.get("dimension")
    paths = list(dict.fromkeys([*facts.dimensions, *([chosen] if chosen else [])]))
    rows: list[Component] = [
        html.Div(
            [
                controls.select(
                    "Period",
                    "choice",
                    "granularity",
                    question.get("granularity", "month"),
                    [{"value": name, "label": name.replace("_", " ").capitalize()} for name in GRANULARITIES],
                ),
                controls.select(
                    "Rows",
                    "choice",
                    "dimension",
                    chosen,
                    [{"value": path, "label": field_words(path)} for path in paths],
                    searchable=True,
                    clearable=True,
                    allowDeselect=True,
                    placeholder="Periods",
                ),
            ],
            className="pair",
        )
    ]
    if chosen:
        touch = _choice(question, "Item by", "touch", "first", TOUCH)
        items = controls.number("Items, then Other", "items", question.get("items", 10), min=1, max=100)
        rows.append(html.Div([items, touch], className="pair"))
    rows.append(_choice(question, "A container belongs", "membership", "every", MEMBERSHIP))
    return rows


def _counting(question: Question, of_milestones: bool) -> list[Component]:
    """What a cell counts."""
    kinds = _options(REACHED if of_milestones else TYPES)
    kind = controls.select("Count", "cohort-type", "type", question.get("type", "retention"), kinds)
    if of_milestones:
        words = "Milestones count at any time after the inclusion event, up to the end of the data."
        return [kind, html.P(words, className="hint")]
    return [
        kind,
        _choice(question, "Returned", "counting", "exactly", COUNTING),
        _choice(question, "Periods run", "periods", "calendar", PERIODS),
        _choice(question, "Shares are of", "base", "included", BASES),
        *([] if question.get("type") == "churn" else [_value(question)]),
        controls.number(
            "At most this many periods", "max_periods", question.get("max_periods"), min=1, placeholder="All"
        ),
        controls.switch(
            "Rolling: in every period so far, share of the period before",
            "flag",
            "rolling",
            bool(question.get("rolling")),
        ),
        controls.switch("Latency: also the periods before", "flag", "latency", bool(question.get("latency"))),
    ]


def _value(question: Question) -> Component:
    """Which amount stands beside the counts; what is not in the list came as JSON and stays."""
    metric = question.get("value_metric")
    now = None if metric is None else json.dumps(metric, sort_keys=True)
    options = [{"value": json.dumps({"sum": path}), "label": label} for path, label in VALUES]
    if metric is not None and now not in {one["value"] for one in options}:
        label = f"{field_words(metric['sum'])} of some events"
        options.append({"value": str(now), "label": label[:1].upper() + label[1:]})
    return controls.select(
        "Amount of a cell",
        "metric",
        "value_metric",
        now,
        options,
        clearable=True,
        allowDeselect=True,
        placeholder="None",
    )


def _ranges(question: Question) -> list[Component]:
    """Two ranges of days side by side."""
    given = question.get("compare_ranges") or []
    children: list[Component] = []
    for i, one in enumerate(given):
        dot = html.Span(
            className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"}, **{"aria-hidden": "true"}
        )
        dates = dmc.DatePickerInput(
            id=controls.edit("days", f"compare_ranges.{i}"),
            type="range",
            value=[one["from"], one["to"]],
            size="xs",
            valueFormat="D MMM YYYY",
            **{"aria-label": f"Range {i + 1}"},
        )
        drop = controls.icon_button(
            "x", f"Remove range {i + 1}", controls.action("remove", f"compare_ranges.{i}")
        )
        pair = html.Div([dates, drop], className="pair grow-first")
        children.append(html.Div([dot, html.Div(pair, className="entry")], className="compared"))
    if len(given) < MOST_RANGES:
        children.append(_add("Add a date range" if given else "Compare two date ranges", "ranges", ""))
    return children


# --- criteria and milestones ---------------------------------------------------------------------


def _criteria(question: Question, side: str, title: str, facts: Facts) -> Component:
    part = question[side]
    children: list[Component] = []
    for i, metric in enumerate(part["metrics"]):
        children.append(_metric(question, f"{side}.metrics.{i}", metric, f"{title} {i + 1}", facts))
    several = len(part["metrics"]) > 1
    if several:
        both = (("all", "All of them"), ("any", "Any of them"))
        children.append(
            controls.select(
                "Together", "choice", f"{side}.combine", part.get("combine", "all"), _options(both)
            )
        )
    children += _segments(question, f"{side}.segments", part.get("segments"), title, facts)
    buttons = []
    if len(part["metrics"]) < MOST_METRICS:
        buttons.append(_add("Add a criterion", "criterion", side))
    buttons.append(_add("Segment of them all" if several else "Add a segment", "segment", f"{side}.segments"))
    return controls.section(title, *children, html.Div(buttons, className="entry-actions"))


def _metric(question: Question, path: str, metric: Question, title: str, facts: Facts) -> Component:
    side = path.split(".", maxsplit=1)[0]
    several = len(question[side]["metrics"]) > 1
    op, value = metric.get("op", ">="), metric.get("value", 1)
    pairs = COMPARISONS if op in dict(COMPARISONS) else (*COMPARISONS, (op, op.replace("_", " ")))
    numbers = [_bound(f"{path}.value", value, f"{title}: number of events")]
    if isinstance(value, list | tuple):
        words = (f"{title}: at least this many events", f"{title}: at most this many events")
        numbers = [_bound(f"{path}.value.{n}", value[n], words[n]) for n in range(2)]
    comparison = controls.select(
        f"{title}: comparison", "threshold", path, op, _options(pairs), hidden_label=True
    )
    tools = [
        controls.icon_button(
            "filter", f"{title}: only events of a segment", controls.action("segment", f"{path}.segments")
        )
        if several
        else None,
        controls.icon_button(
            "x", f"Remove {title.lower()}", controls.action("remove", path), disabled=not several
        ),
    ]
    one = len(numbers) == 1
    threshold = html.Div(
        [comparison, *(numbers if one else []), *tools], className="pair threshold" if one else "pair"
    )
    between = None if one else html.Div(numbers, className="pair")
    picker = controls.condition_picker(question, f"{path}.where", facts, title)
    own = _segments(question, f"{path}.segments", metric.get("segments"), title, facts)
    return html.Div([picker, threshold, between, *own], className="entry")


def _bound(path: str, value: Any, label: str) -> Component:
    """A number of events that a count is compared with."""
    return dmc.NumberInput(
        id=controls.edit("bound", path), value=value, min=0, size="xs", debounce=400, **{"aria-label": label}
    )


def _segments(question: Question, path: str, given: Any, title: str, facts: Facts) -> list[Component]:
    """Segments of criteria, or of one of them."""
    return [
        question_controls.segment(question, f"{path}.{i}", one, facts, f"{title}, segment {i + 1}")
        for i, one in enumerate(given or [])
    ]


def _milestones(question: Question, facts: Facts) -> list[Component]:
    """The columns of the milestone form, in order."""
    points = question.get("milestones") or []
    children: list[Component] = []
    for i, point in enumerate(points):
        path, name = f"milestones.{i}", point.get("label") or in_words(point["where"])
        head = html.Div(
            [
                controls.text(
                    f"Name of milestone {i + 1}",
                    "text",
                    f"{path}.label",
                    point.get("label"),
                    hidden_label=True,
                    placeholder=name,
                ),
                controls.icon_button(
                    "arrow-up", f"{name}: earlier", controls.action("up", path), disabled=i == 0
                ),
                controls.icon_button(
                    "x", f"Remove {name}", controls.action("remove", path), disabled=len(points) == 1
                ),
            ],
            className="pair",
        )
        picker = controls.condition_picker(question, f"{path}.where", facts, f"Events of milestone {i + 1}")
        children.append(html.Div([head, picker], className="entry"))
    if len(points) < MOST_MILESTONES:
        children.append(_add("Add a milestone", "milestone-column", ""))
    return children


def _add(words: str, do: str, path: str) -> Component:
    return dmc.Button(
        words,
        id=controls.action(do, path),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
    )
