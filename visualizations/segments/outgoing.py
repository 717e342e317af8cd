"""What leaves when a segment is exported: the choices, who goes out and who does not, the file, the log."""

from __future__ import annotations

import datetime
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

import workbench as wb
from visualizations import markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.formats import NOTHING, count, moment

LISTED = 20
"""Exports that the log shows."""
OWN = "~own"
"""The choice of columns of one's own instead of a layout."""


# --- what is offered ---------------------------------------------------------------------------------


def offered(desk: Desk, segment_id: str) -> Question:
    """What the dialog offers for a segment: choices of each control, and the one taken first."""
    bench, found = desk.bench.segments, desk.bench.segments.get(segment_id)
    rows = desk.facts.info["rows"]
    units = [
        {"value": unit.name, "label": unit.label}
        for unit, kind in zip(desk.facts.units.values(), wb.CONTAINERS, strict=True)
        if unit.containers or rows.get(kind.table or "", 0)
    ]
    profiles = [{"value": name, "label": title} for name, title in bench.profiles().items()]
    return {
        "about": f"{found['name']}, revision {found['revision']} as it is saved, on data version "
        f"{desk.bench.data_version}",
        "units": units,
        "unit": found["about"]["container"],
        "profiles": [{"value": OWN, "label": "Columns of your own"}, *profiles],
        "others": [
            {"value": name, "label": label} for name, label in desk.facts.segments() if name != segment_id
        ],
    }


def consents(desk: Desk) -> tuple[list[dict[str, str]], str]:
    """The levels of consent to choose from, and the one that is asked for where nobody chooses."""
    levels = desk.bench.segments.consent_levels()
    chosen = next(str(level) for level, name in enumerate(levels) if levels[name])
    words = ["anything: ask for none", *list(levels)[1:]]
    return [
        {"value": str(level), "label": f"{level}  {name.capitalize()}"} for level, name in enumerate(words)
    ], chosen


def asked(
    container: Any, profile: Any, columns: Any, consent: Any, suppress: Any, delta: Any
) -> dict[str, Any]:
    """The choices of the dialog as an export; raises SpecError."""
    export: dict[str, Any] = {
        "consent": int(consent or 0),
        "suppress": list(suppress or ()),
        "delta": bool(delta),
    }
    if profile not in (None, OWN):
        return {**export, "profile": profile}
    if not columns:
        raise wb.SpecError("choose at least one column", "columns")
    return {**export, "container": container, "columns": list(columns)}


# --- what will go out, and what went out -------------------------------------------------------------


def reasons(desk: Desk, left_out: Any, consent: int) -> list[str]:
    """Why members are left out, each with their number."""
    names = list(desk.bench.segments.consent_levels())
    level = names[consent] if 0 <= consent < len(names) else "that level"
    words = {
        "suppressed": "in a segment that is left out",
        "do_not_email": "want no e-mail",
        "consent": f"without consent to {level}",
        "no_value": "without a value the layout needs",
    }
    return [f"{count(number)} {words.get(reason, reason)}" for reason, number in left_out.items()]


def preview(desk: Desk, segment_id: str, export: dict[str, Any]) -> tuple[list[Component], bool]:
    """How many go out and who does not, and whether anything goes out; raises WorkbenchError."""
    report = desk.bench.segments.export_preview(segment_id, export)
    unit, gone = desk.facts.units[report.container], sum(report.left_out.values())
    if export["delta"]:
        number, verb = f"{count(report.added)} added, {count(report.removed)} removed", ""
        told = _since(desk, segment_id, export.get("profile") or report.container)
    else:
        number, verb, told = f"{count(report.rows)} {unit.of(report.rows)}", "go out", ""
    parts: list[Any] = [html.Div([html.Strong(number), html.Span(verb)], className="export-size")]
    if told:
        parts.append(html.P(told, className="hint"))
    if gone:
        total = f"{count(gone)} of {count(report.rows + gone)} are left out:"
        items = [html.Li(one) for one in reasons(desk, report.left_out, export["consent"])]
        parts.append(html.Div([html.Span(total), html.Ul(items)], className="export-left"))
    else:
        parts.append(html.P("Nobody is left out.", className="hint"))
    parts += [html.P(f"{note[:1].upper()}{note[1:]}.", className="hint") for note in report.notes]
    if export.get("profile"):
        parts.append(html.P(f"Columns: {', '.join(report.columns)}", className="hint"))
    some = report.added + report.removed if export["delta"] else report.rows
    return parts, bool(some)


def _since(desk: Desk, segment_id: str, layout_name: str) -> str:
    """Which export changes are told from."""
    log = desk.bench.segments.exports()
    before = log.filter((pl.col("segment") == segment_id) & (pl.col("layout") == layout_name))
    if before.is_empty():
        return "It was never exported in this layout, so everybody is new."
    last = before.row(0, named=True)
    return f"Since the export of {moment(desk.facts.local(last['at']))}, with {count(last['rows'])} rows."


def log(desk: Desk, segment_id: str) -> Component:
    """What was exported of a segment, newest first."""
    rows = desk.bench.segments.exports().filter(pl.col("segment") == segment_id)
    title = html.H3("Exports of this segment")
    if rows.is_empty():
        return html.Div([title, html.P("None yet.", className="hint")], className="export-log")
    names = desk.bench.segments.profiles()
    numbers = ("Rows", "Changes", "Left out", "Revision", "Data version")
    heads = [("When", ""), ("Layout", ""), *((title, "num") for title in numbers)]
    body = (_log_row(desk, row, names) for row in rows.head(LISTED).iter_rows(named=True))
    return html.Div(
        [title, markup.raw(markup.table(heads, body, class_="sheet tight"), className="table-scroll")],
        className="export-log",
    )


def _log_row(desk: Desk, row: dict[str, Any], names: dict[str, str]) -> markup.Markup:
    unit = desk.facts.units.get(row["layout"])
    changes = f"+{count(row['added'])} \N{MINUS SIGN}{count(row['removed'])}" if row["delta"] else NOTHING
    left_out = json.loads(row["left_out"])
    columns = ", ".join(row["columns"] or ())
    told = unit.plural.capitalize() if unit else names.get(row["layout"], row["layout"])
    numbers = (
        count(row["rows"]),
        changes,
        count(sum(left_out.values())),
        row["revision"],
        row["data_version"],
    )
    return markup.tag(
        "tr",
        markup.tag("td", moment(desk.facts.local(row["at"]))),
        markup.tag("td", markup.tag("span", told, data_tip=columns)),
        [markup.tag("td", one, class_="num") for one in numbers],
    )


# --- the file ----------------------------------------------------------------------------------------


def file_of(desk: Desk, segment_id: str, form: str, export: dict[str, Any]) -> dict[str, Any]:
    """Write an export, log it, and give it to `dcc.Download`; changes as a ZIP of two files."""
    day = datetime.datetime.now(desk.facts.settings.zone).date()
    stem = f"{segment_id}-{export.get('profile') or export['container']}-{day}"
    with tempfile.TemporaryDirectory() as folder:
        report = desk.bench.segments.export(segment_id, Path(folder) / f"{stem}.{form}", export)
        files = {path.name: path.read_bytes() for path in report.files}
    if len(files) == 1:
        name, content = next(iter(files.items()))
        return dict(dcc.send_bytes(content, name))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return dict(dcc.send_bytes(buffer.getvalue(), f"{stem}.zip"))
