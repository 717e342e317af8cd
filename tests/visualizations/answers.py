"""Fixed answers, one per view: figures are drawn from them and compared with golden files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl

import workbench as wb

DAY = 86400.0


def _answer(question: dict[str, Any], **tables: list[dict[str, Any]]) -> Any:
    frames = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    return SimpleNamespace(spec=wb.parse_spec(question), tables=frames, notes=[])


def _node(
    name: str, value: float, percent: float | None, fallout: int | None, base: float = 1060.0
) -> dict[str, Any]:
    share = None if fallout is None or not value else 100 * fallout / value
    return {
        "segment": "All",
        "id": name,
        "label": name,
        "value": value,
        "percent": percent,
        "percent_base": base,
        "secondary_value": None,
        "secondary_percent": None,
        "fallout": fallout,
        "fallout_percent": share,
    }


def journey_canvas(first: float = 1060.0, last: float = 0.0) -> Any:
    question = {
        "analysis": "journey_canvas",
        "nodes": [{"id": name, "where": {"milestone": name}} for name in ("mql", "sql", "won")],
        "arrows": [{"source": "mql", "target": "sql", "within": "30d"}, {"source": "sql", "target": "won"}],
    }
    nodes = [
        _node("mql", first, 100.0, 648, first),
        _node("sql", 412.0, 100 * 412 / first, 412, first),
        _node("won", last, 100 * last / first, None, first),
    ]
    arrow = {"segment": "All", "p25_seconds": 10 * DAY, "median_seconds": 34 * DAY, "p75_seconds": 60 * DAY}
    none = {"p25_seconds": None, "median_seconds": None, "p75_seconds": None}
    arrows = [
        {**arrow, "source": "mql", "target": "sql", "value": 412.0, "percent": 100 * 412 / first},
        {**arrow, **none, "source": "sql", "target": "won", "value": last, "percent": 100 * last / 412},
    ]
    return _answer(question, nodes=nodes, arrows=arrows)


def fallout() -> Any:
    question = {
        "analysis": "fallout",
        "touchpoints": [
            {"where": {"milestone": "lead"}},
            {"label": "Qualified", "where": {"milestone": "mql"}, "path": "next", "within": "30d"},
        ],
    }
    steps = [
        ("All", 3000, 100.0, None, 1773, None),
        ("lead", 1227, 40.9, 40.9, 1219, None),
        ("mql", 8, 0.27, 0.65, None, DAY),
    ]
    names = ("label", "value", "percent_of_first", "percent_of_previous", "fallout", "median_seconds")
    rows = [
        {"segment": "All", "step": i, **dict(zip(names, step, strict=True))} for i, step in enumerate(steps)
    ]
    return _answer(question, touchpoints=rows)


def flow() -> Any:
    question = {
        "analysis": "flow",
        "ends_with": {"milestone": "mql"},
        "dimension": "content_type",
        "columns": 1,
    }
    items = [
        ("item", "Pricing", 60),
        ("item", "Case <Study>", 30),
        ("other", "Other", 8),
        ("entry", "Entry", 2),
    ]
    nodes = [{"column": -1, "kind": k, "item": n, "paths": p, "containers": p} for k, n, p in items]
    nodes.append({"column": 0, "kind": "anchor", "item": "MQL", "paths": 100, "containers": 90})
    ends = {"target_kind": "anchor", "target": "MQL"}
    links = [
        {"column": -1, "source_kind": k, "source": n, **ends, "paths": p, "containers": p}
        for k, n, p in items
    ]
    return _answer(question, nodes=nodes, links=links)


def cohort_table() -> Any:
    question = {
        "analysis": "cohort_table",
        "container": "opportunity",
        "inclusion": {"metrics": [{"where": {"milestone": "opportunity_created"}}]},
        "return": {"metrics": [{"where": {"milestone": "won"}}]},
    }
    rows = []
    for i, (cohort, size) in enumerate((("2024-01-01", 96), ("2024-02-01", 12), ("2024-03-01", 0))):
        for period in range(3 - i):
            value = size // (4 + period)
            rows.append(
                {
                    "segment": "All",
                    "cohort": cohort,
                    "size": size,
                    "period": period,
                    "value": value,
                    "percent": 100 * value / size if size else None,
                    "percent_base": size,
                    "complete": i + period < 2,
                }
            )
    return _answer(question, cells=rows)


ANSWERS = {"journey_canvas": journey_canvas, "fallout": fallout, "flow": flow, "cohort_table": cohort_table}


def emptied(analysis: str) -> Any:
    """An answer whose history was emptied by its segments."""
    answer = ANSWERS[analysis]()
    number = {"value", "fallout", "size", "paths", "containers"}
    tables = {}
    for name, frame in answer.tables.items():
        if analysis == "flow":
            tables[name] = frame.clear()
            continue
        zero = [
            pl.lit(0).cast(frame.schema[c]).alias(c)
            for c in frame.columns
            if c in number and frame.schema[c] != pl.Null
        ]
        none = [
            pl.lit(None).alias(c) for c in frame.columns if c.startswith("percent") or c.endswith("_seconds")
        ]
        tables[name] = frame.with_columns(*zero, *none)
    return SimpleNamespace(spec=answer.spec, tables=tables, notes=[])
