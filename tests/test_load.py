"""A load that cannot be used is refused before anything is published, and the mended one works."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb

MANIFEST = """
[milestones]
mql = {{ field = "{field}", value = "MQL" }}

[[source]]
name = "activities"
files = "*.csv"
{options}
events = {{ event_type = "kind", occurred_at = "date", account_id = "company" }}
"""


def manifest(folder: Path, field: str = "event_type", options: str = "") -> Path:
    path = folder / "manifest.toml"
    path.write_text(MANIFEST.format(field=field, options=options))
    return path


def data(folder: Path, *times: str) -> Path:
    target = folder / "data"
    target.mkdir(exist_ok=True)
    rows = "".join(f"MQL,{time},acme\n" for time in times)
    (target / "activities.csv").write_text("kind,date,company\n" + rows)
    return target


def test_a_milestone_the_data_cannot_answer_is_named_and_nothing_is_published(tmp_path: Path) -> None:
    files, folder = data(tmp_path, "2024-01-01 10:00:00"), tmp_path / "ws"
    with pytest.raises(wb.SourceError, match=r"milestones\.mql.*'event_typ'.*'event_type'"):
        wb.load(manifest(tmp_path, "event_typ"), data=files, workspace=folder)
    assert not (folder / "CURRENT").exists()
    bench = wb.load(manifest(tmp_path), data=files, workspace=folder)
    assert bench.info()["milestones"]["mql"]["events"] == 1


def test_a_load_that_reads_no_event_says_why(tmp_path: Path) -> None:
    files, folder = data(tmp_path, "01|02|2024", "02|02|2024"), tmp_path / "ws"
    with pytest.raises(wb.SourceError, match=r"no event could be read: 2 rows were rejected"):
        wb.load(manifest(tmp_path), data=files, workspace=folder)
    assert not (folder / "CURRENT").exists()


def test_a_milestone_may_be_a_saved_segment_and_loads_record_who_is_in(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    bench = wb.load(manifest(tmp_path), data=data(tmp_path, "2024-01-01 10:00:00"), workspace=folder)
    bench.segments.save("Asked", {"field": "event_type", "value": "MQL"})
    asks = MANIFEST.replace('{{ field = "{field}", value = "MQL" }}', '{{ segment = "asked" }}')
    (tmp_path / "manifest.toml").write_text(asks.format(options=""))
    later = wb.load(
        tmp_path / "manifest.toml",
        data=data(tmp_path, "2024-01-01 10:00:00", "2024-01-02 10:00:00"),
        workspace=folder,
    )
    assert later.segments.history("asked")["size"].to_list() == [1, 1]
    assert later.segments.history("asked")["data_version"].to_list() == [1, later.data_version]
    assert wb.load(tmp_path / "manifest.toml", data=tmp_path / "data", workspace=folder).data_version == 2
    assert later.segments.history("asked").height == 2
