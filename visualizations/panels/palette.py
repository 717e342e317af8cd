"""The palette: everything a canvas can take, searchable, beside the drawing.

The browser asks for it as HTML (`ADDRESS`): names with counts, filtered by a text, some sections unfolded.
Values of dimensions are read once per data version, in the background; the palette shows what is known.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterable
from typing import Any

import polars as pl
from flask import Flask, Response, request

import workbench as wb
from visualizations import controls
from visualizations.desk import Desk
from visualizations.dom import dmc, html
from visualizations.editing.components import container_metric, field_name, last_words
from visualizations.facts import milestone_name
from visualizations.formats import count
from visualizations.markup import Markup, tag
from visualizations.panels.palette_rows import FEW, SHOWN, Entry, framed, matches, more, row, section

ADDRESS = "/_workbench/palette"
FOUND = 5
"""Items shown of each dimension that a search found something in."""
KEPT_VALUES = 20_000
PATIENCE = 1.2
"""Seconds the first palette waits for the values of dimensions."""
LONGEST_SEARCH = 120
FIRST = (
    "channel",
    "medium",
    "content_type",
    "content.name",
    "campaign.name",
    "marketing_event.name",
    "product.name",
    "stage",
    "actor",
    "account.industry",
    "account.country",
    "account.company_size",
    "person.job_title",
    "person.department",
    "opportunity.type",
    "owner.name",
    "owner.team",
)
"""Dimensions people look for first."""
HIDDEN = ("event_type", "source", "account_rule", "global_account")
HIDDEN_ENDS = ("_id", "_url", ".email", ".website", ".global_account")


class Palette:
    """What the palette of one workspace offers; values are kept for as long as the data version is open."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.facts = desk, desk.facts
        self._values: dict[str, pl.DataFrame] = {}
        self._reading: threading.Thread | None = None
        self._lock = threading.Lock()

    # --- values ------------------------------------------------------------------------------------

    def dimensions(self) -> list[str]:
        """Fields of text that may have values, the usual ones first."""
        kept = [
            path
            for path in self.facts.fields
            if path.partition(".")[0] not in HIDDEN and not path.endswith(HIDDEN_ENDS)
        ]
        order = {path: i for i, path in enumerate(FIRST)}
        return sorted(kept, key=lambda path: (order.get(path, len(FIRST)), "." in path))

    def values(self, path: str) -> pl.DataFrame:
        """`value, events, plain` of a dimension, most events first; empty for fields that list none."""
        if path not in self._values:
            try:
                frame = self.desk.bench.values(path, limit=KEPT_VALUES)
                frame = frame if frame.schema["value"] == pl.String else frame.head(0)
            except wb.WorkbenchError:
                frame = pl.DataFrame(
                    {"value": [], "events": []}, schema={"value": pl.String, "events": pl.Int64}
                )
            text = pl.col("value").cast(pl.String)
            self._values[path] = frame.with_columns(text, text.str.to_lowercase().alias("plain"))
        return self._values[path]

    def _read(self) -> None:
        for path in self.dimensions():
            self.values(path)

    def ready(self, patience: float = PATIENCE) -> bool:
        """Whether all values are known; begins to read them and waits a moment."""
        with self._lock:
            if self._reading is None:
                self._reading = threading.Thread(target=self._read, daemon=True, name="palette")
                self._reading.start()
        self._reading.join(patience)
        return not self._reading.is_alive()

    # --- sections ----------------------------------------------------------------------------------

    def body(self, text: str = "", unfolded: Iterable[str] = ()) -> Markup:
        """The palette as HTML; `unfolded` are names of sections and paths of dimensions."""
        wanted, open_ = " ".join(text.lower().split())[:LONGEST_SEARCH], set(unfolded)
        ready = self.ready()
        sections = [
            section("Milestones", "milestones", self._milestones(), wanted, open_, "flag"),
            section("Event types", "events", self._event_types(), wanted, open_, "circle-dot"),
            self._dimensions(wanted, open_),
            section("Segments", "segments", self._segments(), wanted, open_, "filter"),
            section("Date ranges", "ranges", self._ranges(), wanted, open_, "calendar"),
            section("Metrics", "metrics", self._metrics(), wanted, open_, "sigma"),
        ]
        shown = [one for one in sections if one]
        if not shown:
            shown = [tag("p", f"Nothing here is called “{text.strip()[:60]}”.", class_="palette-none")]
        if not ready:
            shown.append(tag("p", "Reading the values…", class_="palette-none", data_reading="1"))
        return Markup("".join(shown))

    def _milestones(self) -> list[Entry]:
        known = ((name, self.facts.milestone_events(name)) for name in self.facts.milestones)
        return [
            Entry({"kind": "milestone", "value": name}, milestone_name(name), events, name.replace("_", " "))
            for name, events in known
            if events
        ]

    def _event_types(self) -> list[Entry]:
        return [
            Entry({"kind": "event", "value": row["event_type"]}, row["event_type"], row["events"])
            for row in self.facts.info["event_types"]
        ]

    def _segments(self) -> list[Entry]:
        return [Entry({"kind": "segment", "value": name}, label) for name, label in self.facts.segments()]

    def _ranges(self) -> list[Entry]:
        horizon = self.facts.local(self.facts.info["horizon"])
        if horizon is None:
            return []
        spans = ranges(horizon.date(), self.facts.settings.fiscal_year_start)
        return [Entry({"kind": "range", "value": value}, name) for name, value in spans]

    def _metrics(self) -> list[Entry]:
        values: list[tuple[str, Any]] = [
            (_upper(unit.plural), container_metric(unit.name)) for unit in self.facts.containers
        ]
        values.append(("Events", "events"))
        sums = (("Amount of opportunities", "opportunity.amount"), ("Amount of events", "amount"))
        values += [(label, {"sum": path}) for label, path in sums if path in self.facts.fields]
        return [Entry({"kind": "metric", "value": value}, label, None, "metric") for label, value in values]

    # --- dimensions --------------------------------------------------------------------------------

    def _dimensions(self, wanted: str, unfolded: set[str]) -> Markup | None:
        known = [path for path in self.dimensions() if path not in self._values or self._values[path].height]
        found = [(path, self._found(path, wanted)) for path in known]
        hits = [
            (path, rows)
            for path, rows in found
            if not wanted or matches(wanted, field_name(path)) or rows.height
        ]
        if not hits:
            return None
        whole = bool(wanted) or "dimensions" in unfolded
        shown = hits if whole else hits[:FEW]
        parts = [self._dimension(path, rows, wanted, path in unfolded) for path, rows in shown]
        rest = len(hits) - len(shown)
        return framed("Dimensions", "dimensions", [*parts, more(rest, "dimensions") if rest else None])

    def _found(self, path: str, wanted: str) -> pl.DataFrame:
        """Values of a dimension that match, whole phrases first; none without a search."""
        rows = self._values.get(path)
        if not wanted or rows is None:
            return pl.DataFrame({"value": [], "events": []})
        whole = pl.col("plain").str.contains(wanted, literal=True)
        return rows.filter(_filter(wanted)).sort(~whole, maintain_order=True)

    def _dimension(self, path: str, hits: pl.DataFrame, wanted: str, unfolded: bool) -> Markup:
        known = self._values.get(path)
        named = bool(wanted) and matches(wanted, field_name(path))
        open_ = unfolded or (bool(wanted) and not named)
        head = row(
            Entry(
                {"kind": "dimension", "field": path},
                field_name(path),
                None if known is None else known.height,
            ),
            "layers",
            fold=path,
            unfolded=open_,
            unit="items",
        )
        if not open_:
            return head
        rows = self.values(path) if named or not wanted else hits
        limit = SHOWN if unfolded else FOUND
        found = (
            Entry({"kind": "item", "field": path, "value": value}, value, events)
            for value, events in rows.head(limit).select("value", "events").iter_rows()
        )
        field = [row(one, None) for one in found]
        rest = rows.height - limit
        if unfolded and not wanted:
            field.append(row(Entry({"kind": "none", "field": path}, "No value"), None))
        note = tag("p", f"{count(rest)} more: search by name", class_="palette-more") if rest > 0 else None
        return Markup(
            head + tag("div", field, note, class_="palette-items", role="group", aria_label=field_name(path))
        )


def _filter(wanted: str) -> pl.Expr:
    """Values that hold every word of the search."""
    tests = [pl.col("plain").str.contains(word, literal=True) for word in wanted.split()]
    return pl.all_horizontal(tests)


def ranges(today: datetime.date, fiscal_start: int) -> list[tuple[str, dict[str, str]]]:
    """Date ranges up to the last day of the data: (name, range of the language)."""
    spans = [(_upper(last_words(f"{days}d")), {"last": f"{days}d"}) for days in (30, 90, 180, 365)]
    this = datetime.date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    year = datetime.date(today.year - (today.month < fiscal_start), fiscal_start, 1)
    word = "fiscal year" if fiscal_start != 1 else "year"
    return [
        *spans,
        ("This quarter", _span(this, _later(this, 3))),
        ("Last quarter", _span(_later(this, -3), this)),
        (f"This {word}", _span(year, _later(year, 12))),
        (f"Last {word}", _span(_later(year, -12), year)),
    ]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _later(first: datetime.date, months: int) -> datetime.date:
    """The first day of the month so many months away."""
    place = first.year * 12 + first.month - 1 + months
    return datetime.date(place // 12, place % 12 + 1, 1)


def _span(first: datetime.date, after: datetime.date) -> dict[str, str]:
    return {"from": str(first), "to": str(after - datetime.timedelta(days=1))}


def panel() -> Any:
    """The frame of the palette; the browser fills it (`assets/52-palette.js`)."""
    toggle = html.Button(
        controls.icon("panel-left", 16),
        type="button",
        className="palette-toggle",
        **{
            "aria-label": "Palette",
            "aria-expanded": "true",
            "aria-controls": "palette-body",
            "data-tip": "Show or hide the palette",
            "data-palette": "toggle",
        },
    )
    field = dmc.TextInput(
        id="palette-search",
        placeholder="Search everything",
        size="xs",
        leftSection=controls.icon("search", 14),
        autoComplete="off",
        **{"aria-label": "Search the palette"},
    )
    body = html.Div(
        id="palette-body",
        className="palette-body",
        role="tree",
        tabIndex=-1,
        **{
            "aria-label": "Components",
            "aria-multiselectable": "true",
            "data-components": "1",
            "data-address": ADDRESS,
        },
    )
    return html.Aside(
        [
            html.Div([html.H2("Palette"), toggle], className="palette-head"),
            html.Div(field, className="palette-find"),
            body,
        ],
        className="palette",
        id="palette",
        **{"aria-label": "Palette"},
    )


def serve(server: Flask, desk: Desk) -> None:
    """Answer the browser's requests for the palette."""
    palette = Palette(desk)

    @server.get(ADDRESS)
    def palette_body() -> Response:
        shown = palette.body(request.args.get("text", ""), request.args.getlist("open")[:200])
        return Response(str(shown), mimetype="text/html", headers={"Cache-Control": "no-store"})
