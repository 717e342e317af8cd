"""The draft alone, without the manifest of a data set, reaches its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")


def opened(name: str, tmp_path: Path) -> wb.Workbench:
    made = wb.draft(DATA / name)
    manifest = tmp_path / "draft.toml"
    manifest.write_text(made.toml, encoding="utf-8")
    return wb.load(manifest, data=made.data, workspace=tmp_path / "ws")


def rows(bench: wb.Workbench, sql: str) -> list[tuple[Any, ...]]:
    return list(bench.sql(sql).rows())


TYPES = "SELECT event_type, count(*) FROM events GROUP BY 1"
OUTCOMES = "SELECT outcome, count(*), sum(amount)::DOUBLE FROM opportunities GROUP BY 1"


def test_olist(tmp_path: Path) -> None:
    bench = opened("olist_marketing_funnel", tmp_path)
    assert dict(rows(bench, TYPES)) == {"MQL Qualified": 8000, "Closed-Won": 842}
    steps = [{"where": {"milestone": name}} for name in ("mql", "won")]
    answer = bench.ask({"analysis": "fallout", "container": "person", "touchpoints": steps})
    assert answer.tables["touchpoints"]["value"].to_list()[-2:] == [8000, 841]
    origins = "SELECT channel, count(*) FROM events WHERE event_type = 'MQL Qualified' GROUP BY 1"
    found = dict(rows(bench, origins))
    assert (found[None], found["unknown"], found["organic search"]) == (60, 1099, 2296)


def test_parch_posey(tmp_path: Path) -> None:
    bench = opened("parch_posey", tmp_path)
    assert rows(bench, OUTCOMES) == [("won", 6912, 23141511.83)]
    assert bench.info()["containers"]["account"] == 351
    assert sorted(rows(bench, "SELECT channel, count(DISTINCT account_id) FROM events GROUP BY 1"), key=str)[
        :2
    ] == [
        ("adwords", 257),
        ("banner", 200),
    ]


@pytest.mark.parametrize("folder", ["maven_crm_sales", "maven_crm_sales/excel_resaved"])
def test_maven(folder: str, tmp_path: Path) -> None:
    bench = opened(folder, tmp_path)
    assert sorted(rows(bench, OUTCOMES)) == [
        ("lost", 2473, 0.0),
        ("open", 2089, None),
        ("won", 4238, 10005534.0),
    ]
    assert dict(rows(bench, TYPES)) == {"Opportunity Engaged": 8300, "Closed-Won": 4238, "Closed-Lost": 2473}
    assert bench.info()["containers"]["global_account"] == 70
    assert rows(bench, "SELECT min(created_at)::VARCHAR, max(closed_at)::VARCHAR FROM opportunities") == [
        ("2016-10-20 00:00:00", "2017-12-31 00:00:00")
    ]


def test_salesforce_demo(tmp_path: Path) -> None:
    bench = opened("salesforce_demo_buying_roles", tmp_path)
    found = {outcome: (count, amount) for outcome, count, amount in rows(bench, OUTCOMES)}
    assert (found["won"], found["lost"][0]) == ((202, 7722744.0), 106)
    counts = {
        table: len(bench.tables[table])
        for table in ("accounts", "persons", "buying_groups", "buying_group_members")
    }
    assert counts == {"accounts": 185, "persons": 701, "buying_groups": 28, "buying_group_members": 42}


def test_simple_shop(tmp_path: Path) -> None:
    bench = opened("simple_shop", tmp_path)
    assert (bench.info()["events"], bench.info()["containers"]["person"]) == (32283, 3751)
    steps = [
        {"where": {"field": "event_type", "value": name}} for name in ("catalog", "cart", "payment_done")
    ]
    answer = bench.ask({"analysis": "fallout", "container": "person", "touchpoints": steps})
    assert answer.tables["touchpoints"]["value"].to_list()[-3:] == [3611, 1924, 653]


def test_attribution_playbook(tmp_path: Path) -> None:
    bench = opened("attribution_playbook", tmp_path)
    assert dict(rows(bench, TYPES)) == {"Session": 90, "Conversion": 21}
    assert bench.audit["sources"]["sessions"]["repaired"] == {"too few fields: filled with no value": 33}


@pytest.mark.parametrize("system", ["salesforce", "hubspot", "marketo", "pardot"])
def test_replicas_of_real_systems_load(system: str, tmp_path: Path) -> None:
    made = wb.draft(DATA / f"fivetran_{system}")
    preset = "account_engagement" if system == "pardot" else system
    named = [str(one.value) for one in made.proposals if one.path.endswith(".preset") and one.value]
    assert all(name.startswith(f"{preset}/") for name in named), named
    bench = opened(f"fivetran_{system}", tmp_path)
    assert bench.info()["events"] > 40
