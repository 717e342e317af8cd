"""What stands behind a picture: the definition card, the SQL, the Python, and files to take away."""

from __future__ import annotations

import io
import json
import pprint
import zipfile
from html import escape
from typing import Any

import polars as pl

from visualizations import controls
from visualizations.base import Question
from visualizations.desk import Desk, folder_of
from visualizations.dom import Component, dcc, dmc, html
from visualizations.formats import count
from visualizations.panels.drill import leading_to, number_of
from visualizations.theme import palette
from visualizations.views import BY_ANALYSIS

HEADLINE = 72
"""Pixels above a picture for its title and caption."""
TITLES = {"definition": "How this was counted", "sql": "SQL", "python": "Python"}
EXPORTS = (
    ("png", "PNG picture", "image"),
    ("svg", "SVG picture", "image"),
    ("csv", "CSV table", "file-text"),
    ("xlsx", "Excel workbook", "file-spreadsheet"),
    ("parquet", "Parquet file", "database"),
)


def content(desk: Desk, kind: str, question: Question, number: Question | None) -> list[Component]:
    """Body of a dialog about a question, or about one of its numbers."""
    if kind == "definition":
        return definition(desk.ask(question))
    if kind == "sql":
        return code(sql_of(desk, question, number), "Runs as pasted on the tables of this workspace.")
    return code(
        python_of(desk, question, number),
        "Runs in a notebook beside this workspace and gives the same frames.",
    )


def definition(result: Any) -> list[Component]:
    """The definition card: in words, line by line, then what a reader must know."""
    lines = (
        result.definition
        if isinstance(result.definition, list | tuple)
        else str(result.definition).splitlines()
    )
    rows: list[Any] = []
    for line in filter(None, (str(line).strip() for line in lines)):
        term, colon, value = line.partition(": ")
        rows.append(
            html.Li([html.Strong(term), html.Span(value)] if colon and len(term) < 32 else html.Span(line))
        )
    notes = [html.Li([controls.icon("info", 14), html.Span(note)]) for note in result.notes]
    parts: list[Component] = [html.Ul(rows, className="definition")]
    if notes:
        parts.append(html.Ul(notes, className="notes"))
    return parts


def code(text: str, hint: str) -> list[Component]:
    """A block of code with a button that copies it."""
    block = html.Pre(html.Code(text, id="code-text"), className="code", tabIndex=0, **{"aria-label": "Code"})
    copy = dmc.Button(
        "Copy",
        size="xs",
        variant="default",
        leftSection=controls.icon("copy", 14),
        **{"data-copy": "code-text"},
    )
    return [html.Div([html.P(hint, className="hint"), copy], className="code-head"), block]


def sql_of(desk: Desk, question: Question, number: Question | None) -> str:
    """The SQL of a question, or of one of its numbers alone: the part that leads to it, and its row."""
    if not number or question["analysis"] != "journey_canvas" or question.get("compare"):
        return str(desk.ask(question).sql)
    target, measure = number_of(number), number.get("measure") or "value"
    sections = str(desk.ask(leading_to(question, number)).sql).split("-- table ")
    own = next((part for part in sections if part.split("\n", 1)[0].strip() == target["table"]), None)
    if own is None:
        return str(desk.ask(question).sql)
    statement = own.split("\n", 1)[1].strip().rstrip(";")
    row = " AND ".join(f"{key} = {_literal(value)}" for key, value in target["select"].items())
    return f"SELECT {measure}\nFROM (\n{statement}\n)\nWHERE {row};"


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def python_of(desk: Desk, question: Question, number: Question | None) -> str:
    """The question as Python on public names."""
    body = pprint.pformat(desk.normal(question), width=96, sort_dicts=False)
    place = folder_of(desk.bench)
    lines = [
        "import workbench as wb",
        "",
        f"bench = wb.open({(place.name if place else desk.bench.name)!r})",
        f"result = bench.ask({body})",
        "",
    ]
    if number:
        call = f"result.members({number['table']!r}, {number['select']!r}, measure={number.get('measure')!r})"
        return "\n".join([*lines, call])
    view = BY_ANALYSIS[question["analysis"]]
    tables = list(dict.fromkeys(sheet.table for sheet in view.sheets(desk.ask(question))))
    return "\n".join([*lines, *(f"result.tables[{table!r}]" for table in tables)])


def export_button() -> Component:
    """Opens the menu of pictures and tables to take away."""
    items = [{"kind": "export", "form": form, "icon": icon, "label": label} for form, label, icon in EXPORTS]
    return dmc.Button(
        "Export",
        size="xs",
        variant="default",
        leftSection=controls.icon("download", 14),
        rightSection=controls.icon("chevron-down", 12),
        **{"aria-haspopup": "menu", "data-choices": json.dumps(items)},
    )


def export_file(desk: Desk, kind: str, question: Question) -> dict[str, Any]:
    """The tables of an answer as a file, for `dcc.Download`; several CSV or Parquet files as one ZIP."""
    result = desk.ask(question)
    tables = {name: _plain(frame) for name, frame in result.tables.items()}
    stem = question["analysis"].replace("_", "-")
    if kind == "xlsx":
        return dict(dcc.send_bytes(_workbook(tables), f"{stem}.xlsx"))
    files = {f"{stem}-{name}.{kind}": _file(frame, kind) for name, frame in tables.items()}
    if len(files) == 1:
        name, content = next(iter(files.items()))
        return dict(dcc.send_bytes(content, name))
    return dict(dcc.send_bytes(_zipped(files), f"{stem}-{kind}.zip"))


def _file(frame: pl.DataFrame, kind: str) -> bytes:
    if kind == "csv":
        return ("\ufeff" + frame.write_csv()).encode()
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def _workbook(tables: dict[str, pl.DataFrame]) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, frame in tables.items():
            frame.write_excel(book, worksheet=name, autofit=True)
    return buffer.getvalue()


def picture(desk: Desk, document: Question, title: str, *, dark: bool) -> dict[str, Any]:
    """The figure of a document as plain JSON, to be turned into a picture by the browser."""
    question, scene = document["question"], desk.scene(document, dark=dark, width=1400, height=760)
    view, result, colours = BY_ANALYSIS[question["analysis"]], desk.ask(question), palette(dark)
    figure = view.figure(result, scene)
    margin = figure.layout.margin
    head: dict[str, Any] = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
    }
    figure.add_annotation(
        {
            **head,
            "xshift": 24 - margin.l,
            "yshift": margin.t + HEADLINE - 18,
            "text": f"<b>{escape(title)}</b>",
            "font": {"size": 18},
        }
    )
    figure.add_annotation(
        {
            **head,
            "xshift": 24 - margin.l,
            "yshift": margin.t + HEADLINE - 44,
            "text": escape(view.caption(result, scene)),
            "font": {"size": 13, "color": colours.ink_soft},
        }
    )
    figure.update_layout(
        paper_bgcolor=colours.surface,
        height=figure.layout.height + HEADLINE + 16,
        margin={"t": margin.t + HEADLINE, "b": margin.b + 16},
    )
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def members_csv(desk: Desk, number: Question) -> dict[str, Any]:
    """All members of a number as CSV."""
    from visualizations.panels.members import details, members_of

    result, frame = members_of(desk, number)
    full = details(desk, result.spec.container, frame[frame.columns[0]].to_list())
    return dict(
        dcc.send_string(
            "\ufeff" + _plain(full).write_csv(), f"{count(frame.height).replace(',', '')}-members.csv"
        )
    )
