"""Files that are wrong, huge or hostile: never a crash, never a hang, always a sentence."""

from __future__ import annotations

import gzip
import random
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.drafting.folders import folder, lines
from workbench.drafting import sampling

GOOD = lines("account_id,event,timestamp", *(f"a{n},visit,2024-01-{n % 28 + 1:02}" for n in range(50)))


@pytest.mark.parametrize("seed", range(12))
def test_random_bytes_are_left_out(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    files = {
        f"noise_{ending}__{ending}": chance.randbytes(5000)
        for ending in ("csv", "jsonl", "parquet", "xlsx", "tsv")
    }
    data = folder(tmp_path, log=GOOD, **files)
    (data / "packed.csv.gz").write_bytes(chance.randbytes(5000))
    made = wb.draft(data)
    assert [source["name"] for source in made.content["source"]] == ["log"]
    assert len(made.left_out) == 6
    with pytest.raises(wb.SourceError, match="no file can be drafted"):
        wb.draft([data / "packed.csv.gz"])


FUZZED = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZED
@given(st.binary(max_size=400))
def test_any_bytes_give_a_draft_or_an_error(tmp_path: Path, content: bytes) -> None:
    data = folder(tmp_path, log=GOOD, any=content)
    told = _previewed(wb.draft(data))
    assert not told or "any" in told or "log" in told


@FUZZED
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=6),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_any_table_gives_a_draft_or_an_error(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    names = ["account_id", "event", "timestamp", 'a"b', "x; drop", "]]"]
    body = [delimiter.join(names)] + [delimiter.join(row) for row in rows]
    data = folder(tmp_path, odd="\n".join(body), log=GOOD)
    told = _previewed(wb.draft(data))
    assert not told or "odd" in told or "log" in told


def _previewed(made: wb.Draft) -> str:
    """What the preview of a draft refuses; nothing where it shows rows."""
    assert made.manifest.sources
    try:
        made.preview()
    except wb.SourceError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
def test_a_file_of_mixed_line_endings_is_read_or_told_in_words(tmp_path: Path, ending: str) -> None:
    told = _previewed(wb.draft(folder(tmp_path, log=GOOD, odd=f"account_id,event,timestamp\n0{ending}")))
    assert not told or "odd.csv: mixes line endings" in told


def test_a_torn_gzip_file_is_told(tmp_path: Path) -> None:
    data = folder(tmp_path, log=GOOD)
    packed = gzip.compress(GOOD.encode() * 2000)
    (data / "torn.csv.gz").write_bytes(packed[: len(packed) // 2])
    made = wb.draft(data)
    assert "cannot be read" in made.left_out["torn.csv.gz"]


def test_a_whole_gzip_file_is_read(tmp_path: Path) -> None:
    data = folder(tmp_path)
    (data / "log.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    made = wb.draft(data)
    assert made.preview().rows == {"events": 50}


def test_bombs_are_refused(tmp_path: Path) -> None:
    data = folder(tmp_path, log=GOOD)
    (data / "bomb.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"0" * 50_000_000))
    with zipfile.ZipFile(data / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    began = time.monotonic()
    made = wb.draft(data)
    assert time.monotonic() - began < 5
    assert "refused" in made.left_out["bomb.csv.gz"]
    assert "refused" in made.left_out["bomb.xlsx"]


def test_ten_thousand_columns(tmp_path: Path) -> None:
    names = ["account_id", "event", "timestamp", *(f"c{n}" for n in range(10_000))]
    row = ["a1", "visit", "2024-01-01", *("1" for _ in range(10_000))]
    data = folder(tmp_path, log="\n".join(",".join(one) for one in (names, row, row, row)))
    began = time.monotonic()
    made = wb.draft(data)
    assert time.monotonic() - began < 20
    assert made.content["source"][0]["events"][0]["account_id"] == "account_id"
    assert len(made.content["source"][0]["events"][0]) < 60


def test_too_many_columns_and_a_line_without_end(tmp_path: Path) -> None:
    data = folder(tmp_path, log=GOOD, wide="a," * 20_000 + "\n1\n", line=b"x" * (sampling.WHOLE + 10))
    made = wb.draft(data)
    assert "columns" in made.left_out["wide.csv"]
    assert "first line" in made.left_out["line.csv"]


def test_a_long_field_does_not_stop_the_draft(tmp_path: Path) -> None:
    made = wb.draft(folder(tmp_path, log=GOOD + "a9,visit,2024-01-01\na8," + "y" * 200_000 + ",2024-01-02\n"))
    assert made.manifest.sources


def test_big_files_are_sampled_and_said_so(tmp_path: Path) -> None:
    many = [
        f"a{n % 5000},visit,2024-{n // 40_000 % 12 + 1:02}-01 10:00:00,{'x' * 20}" for n in range(180_000)
    ]
    made = wb.draft(folder(tmp_path, log=lines("account_id,event,timestamp,note", *many)))
    assert "only the beginning and pieces were read of log.csv" in made.sampled
    seen = made.preview()
    assert seen.sampled
    assert seen.rows["events"] < 180_000
    assert seen.dates is not None
    assert seen.dates[1].startswith("2024-05")


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("account_id,event,timestamp\nhidden,visit,2024-01-01\n")
    data = folder(tmp_path, log=GOOD)
    (data / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert "link" in wb.draft(data).left_out["link.csv"]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n\n", b"a", b"a,b", b",,,\n,,,\n", b"\xff\xfe", b"\xef\xbb\xbf", b"{}\n[]\n"]
)
@pytest.mark.parametrize("ending", ["csv", "jsonl", "tsv"])
def test_nearly_nothing(content: bytes, ending: str, tmp_path: Path) -> None:
    made = wb.draft(folder(tmp_path, log=GOOD, **{f"odd__{ending}": content}))
    assert [source["name"] for source in made.content["source"]] == ["log"]


def test_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(wb.SourceError, match="no such file"):
        wb.draft(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(wb.SourceError, match="no file is there"):
        wb.draft(tmp_path / "empty")
