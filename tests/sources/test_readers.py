"""Formats: what a file holds comes out as written, and what cannot be read is told."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from tests.workspace.loading import load, rows
from workbench.errors import SourceError
from workbench.workspace import Generation

LONG = "12345678901234567890"


def manifest(**changes: Any) -> dict[str, Any]:
    source = {
        "name": "clicks",
        "files": "clicks*",
        "events": [{"event_type": "kind", "occurred_at": "time", "account_id": "account", "note": "note"}],
        **changes,
    }
    return {"source": [source]}


def clicks(generation: Generation) -> list[tuple[Any, ...]]:
    return rows(
        generation, "SELECT event_type, occurred_at::VARCHAR, account_id, note FROM {events} ORDER BY row"
    )


EXPECTED = [
    ("a", "2024-01-01 10:00:00", LONG, "x;y"),
    ("b", "2024-01-02 00:00:00", "007", 'q"u'),
    ("c", "2024-01-03 10:00:00", None, None),
]
CSV = (
    "kind,time,account,note\na,2024-01-01"
    f' 10:00:00,{LONG},x;y\nb,2024-01-02,007,"q""u"\nc,2024-01-03T10:00:00Z,,\n'
)


def _csv(path: Path) -> dict[str, Any]:
    (path / "clicks.csv").write_text(CSV)
    return manifest()


def _gzip(path: Path) -> dict[str, Any]:
    (path / "clicks.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    return manifest()


def _bom(path: Path) -> dict[str, Any]:
    (path / "clicks.csv").write_bytes(codecs.BOM_UTF8 + CSV.encode())
    return manifest()


def _crlf(path: Path) -> dict[str, Any]:
    (path / "clicks.csv").write_bytes(CSV.replace("\n", "\r\n").encode())
    return manifest()


def _utf16(path: Path) -> dict[str, Any]:
    (path / "clicks.csv").write_bytes(CSV.encode("utf-16"))
    return manifest(encoding="utf-16")


def _tsv(path: Path) -> dict[str, Any]:
    (path / "clicks.tsv").write_text(CSV.replace(",", "\t"))
    return manifest()


def _headless(path: Path) -> dict[str, Any]:
    (path / "clicks.txt").write_text("exported today\n" + CSV.split("\n", 1)[1].replace(",", "|"))
    return manifest(
        format="csv", delimiter="|", header=False, skip_rows=1, columns=["kind", "time", "account", "note"]
    )


def _jsonl(path: Path) -> dict[str, Any]:
    lines = [
        f'{{"kind": "a", "time": "2024-01-01 10:00:00", "account": {LONG}, "note": "x;y"}}',
        json.dumps({"kind": "b", "time": "2024-01-02", "account": "007", "note": 'q"u'}),
        json.dumps({"kind": "c", "time": "2024-01-03T10:00:00Z", "account": None}),
    ]
    (path / "clicks.jsonl").write_text("\n".join(lines) + "\n")
    return manifest()


def _parquet(path: Path) -> dict[str, Any]:
    pl.DataFrame(EXPECTED, schema=["kind", "time", "account", "note"], orient="row").with_columns(
        pl.col("time").str.to_datetime()
    ).write_parquet(path / "clicks.parquet")
    return manifest()


def _xlsx(path: Path) -> dict[str, Any]:
    book = xlsxwriter.Workbook(path / "clicks.xlsx")
    sheet = book.add_worksheet("Clicks")
    for number, line in enumerate([["kind", "time", "account", "note"], *EXPECTED]):
        for column, value in enumerate(line):
            sheet.write_string(
                number, column, str(value) if value is not None else "#REF!" if column == 3 else ""
            )
    book.close()
    return manifest(sheet="Clicks")


@pytest.mark.parametrize(
    "write",
    [_csv, _gzip, _bom, _crlf, _utf16, _tsv, _headless, _jsonl, _parquet, _xlsx],
    ids=lambda f: f.__name__[1:],
)
def test_every_format_gives_the_same_rows(write: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert clicks(load(write(data), data, tmp_path / "ws")) == EXPECTED


def test_other_encodings_keep_their_letters(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_bytes("kind,time,account,note\nMünze,2024-01-01,1,€\n".encode("cp1252"))
    found = clicks(load(manifest(encoding="cp1252"), tmp_path, tmp_path / "ws"))
    assert found == [("Münze", "2024-01-01 00:00:00", "1", "€")]


def test_a_wrong_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_bytes("kïnd,time\nMünze,2024-01-01\n".encode("cp1252"))
    with pytest.raises(SourceError, match=r"clicks\.csv: is not UTF-8"):
        load(manifest(), tmp_path, tmp_path / "ws")
    with pytest.raises(SourceError, match="is not in encoding 'utf-16'"):
        load(manifest(encoding="utf-16"), tmp_path, tmp_path / "ws2")


def test_ragged_rows_are_padded_or_set_aside(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text(
        'kind,time,account,note\na,2024-01-01,1,n\nb,2024-01-02\nc,2024-01-03,3,n,too,many\n"d\ne",2024-01-04,4,n\n'
    )
    generation = load(manifest(), tmp_path, tmp_path / "ws")
    assert [row[0] for row in clicks(generation)] == ["a", "b", "d\ne"]
    audit = generation.audit["sources"]["clicks"]
    assert audit["read"] == 4
    assert audit["repaired"] == {"too few fields: filled with no value": 1}
    assert audit["rejected"] == {"too many columns": 1}
    assert audit["samples"] == [{"file": "clicks.csv", "line": 4, "reason": "too many columns"}]
    kept = pl.read_parquet(next(generation.rejected.glob("*.parquet")))
    assert kept.select("line", "content").rows() == [(4, "c,2024-01-03,3,n,too,many")]


def test_ragged_rows_can_be_refused(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text("kind,time,account,note\na,2024-01-01,1,n\nb,2024-01-02\n")
    generation = load(manifest(ragged="reject"), tmp_path, tmp_path / "ws")
    assert [row[0] for row in clicks(generation)] == ["a"]
    assert sum(generation.audit["sources"]["clicks"]["rejected"].values()) == 1


def test_lines_that_are_no_json_objects_are_set_aside(tmp_path: Path) -> None:
    (tmp_path / "clicks.jsonl").write_text(
        '{"kind": "a", "time": "2024-01-01", "account": 1, "note": {"deep": [1]}}\n{broken\n[1, 2]\n'
    )
    generation = load(manifest(), tmp_path, tmp_path / "ws")
    assert clicks(generation) == [("a", "2024-01-01 00:00:00", "1", '{"deep":[1]}')]
    assert generation.audit["sources"]["clicks"]["rejected"] == {"no json object": 2}


def test_null_tokens_are_no_value(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text(
        "kind,time,account,note\na,2024-01-01,#N/A,-\nb,2024-01-01,unknown,\n"
    )
    found = clicks(load(manifest(nulls=["#N/A", "-"]), tmp_path, tmp_path / "ws"))
    assert [row[2:] for row in found] == [(None, None), ("unknown", None)]


@pytest.mark.parametrize(
    ("name", "content", "changes", "message"),
    [
        ("other.csv", CSV, {}, "no file 'clicks\\*' below"),
        ("clicks.csv", "", {}, "is empty"),
        ("clicks.csv", CSV.replace(",", ";"), {}, "no column 'kind'.*is the delimiter right"),
        (
            "clicks.csv",
            CSV.replace("account", "acount"),
            {},
            "has no column 'account'; did you mean 'acount'",
        ),
        ("clicks.dat", CSV, {}, "say its format"),
        ("clicks.parquet", CSV, {}, "no readable Parquet file"),
        ("clicks.csv.gz", CSV, {}, "cannot be read"),
        ("clicks.xlsx", CSV, {}, "clicks.xlsx"),
        ("clicks.csv", CSV, {"columns": ["a"]}, "the header has 4 columns, the manifest names 1"),
    ],
)
def test_files_that_cannot_be_read_are_named(
    name: str, content: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / name).write_text(content)
    with pytest.raises(SourceError, match=message):
        load(manifest(**changes), data, tmp_path / "ws")


def test_an_optional_source_may_be_absent(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text(CSV)
    both = manifest()
    both["source"].append({"name": "more", "files": "more.csv", "optional": True, "table": "accounts"})
    assert load(both, tmp_path, tmp_path / "ws").meta["rows"]["events"] == 3


def test_repeated_and_unnamed_columns_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text("kind,time,account,note,note,\na,2024-01-01,1,first,second,third\n")
    mapped = manifest()
    mapped["source"][0]["events"][0] |= {"second": "note_2", "third": "column_6"}
    generation = load(mapped, tmp_path, tmp_path / "ws")
    assert rows(generation, "SELECT note, second, third FROM {events}") == [("first", "second", "third")]
