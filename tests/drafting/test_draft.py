"""The draft: proposals with reasons, corrections that propose anew, text that loads as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from tests.drafting.folders import folder, lines
from workbench.sources import read_manifest

ACCOUNTS = lines("account_id,name,country", *(f"acc-{n:03},Company {n},Norway" for n in range(30)))
PEOPLE = lines(
    "contact_id,company,name,email", *(f"per-{n:03},acc-{n % 30:03},Name {n},n{n}@x.com" for n in range(60))
)
DEALS = lines(
    "deal_id,account,stage,amount,created_date,mql_date,close_date",
    *(
        f"deal-{n:03},acc-{n % 30:03},{('Closed Won', 'Closed Lost', 'Proposal')[n % 3]},{n}.5,"
        f"2024-01-{n % 28 + 1:02},2024-01-{n % 28 + 1:02},2024-03-{n % 28 + 1:02}"
        for n in range(45)
    ),
)
CLICKS = lines(
    "id,contact_id,action,occurred_at",
    *(
        f"{n},per-{n % 60:03},{('Email Opened', 'Email Clicked', 'Form Submitted')[n % 3]},"
        f"2024-02-{n % 28 + 1:02}T10:{n % 60:02}:00Z"
        for n in range(200)
    ),
)


def saved(made: wb.Draft, folder_: Path) -> Path:
    """The text of a draft as a file."""
    path = folder_ / "draft.toml"
    path.write_text(made.toml, encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return folder(tmp_path, accounts=ACCOUNTS, contacts=PEOPLE, deals=DEALS, clicks=CLICKS)


def test_tables_keys_and_joins_are_proposed(data: Path) -> None:
    made = wb.draft(data)
    tables = {
        name: made.proposal(f"sources.{name}.tables").value
        for name in ("accounts", "contacts", "deals", "clicks")
    }
    assert tables == {
        "accounts": ["accounts"],
        "contacts": ["persons"],
        "deals": ["opportunities"],
        "clicks": ["events"],
    }
    join = made.proposal("sources.deals.joins.account")
    assert join.value == "accounts.account_id"
    assert "100% of its 30 values" in join.reason
    assert made.proposal("sources.contacts.persons.account_id").value == "company"
    for one in made.proposals:
        assert 0 <= one.confidence <= 1
        assert one.reason
        assert len(one.rows) <= 3
    assert len(made.proposal("sources.deals.opportunities.account_id").rows) == 3


def test_the_text_loads_as_it_is(data: Path, tmp_path: Path) -> None:
    made = wb.draft(data)
    manifest = tmp_path / "m.toml"
    manifest.write_text(made.toml, encoding="utf-8")
    assert read_manifest(manifest) == made.manifest
    bench = wb.load(manifest, data=made.data, workspace=tmp_path / "ws")
    assert bench.sql("SELECT outcome, count(*) FROM opportunities GROUP BY 1 ORDER BY 1").rows() == [
        ("lost", 15),
        ("open", 15),
        ("won", 15),
    ]
    kinds = dict(bench.sql("SELECT event_type, count(*) FROM events GROUP BY 1").rows())
    assert kinds == {
        "Email Opened": 67,
        "Email Clicked": 67,
        "Form Submitted": 66,
        "Opportunity Created": 45,
        "MQL Qualified": 45,
        "Closed-Won": 15,
        "Closed-Lost": 15,
    }
    assert {"mql", "opportunity_created", "won", "lost", "lead"} == set(bench.info()["milestones"])
    assert bench.sql("SELECT count(*) FROM events WHERE account_id IS NULL").rows() == [(0,)]


def test_the_preview_counts_what_a_load_gives(data: Path, tmp_path: Path) -> None:
    made = wb.draft(data)
    seen, bench = made.preview(), wb.load(saved(made, tmp_path), data=made.data, workspace=tmp_path / "ws")
    assert not seen.sampled
    assert seen.rows["events"] == bench.info()["events"]
    assert seen.records["opportunities"] == 45
    assert seen.unmatched["events.person_id"] == (60, 0)
    assert seen.dates is not None
    assert seen.dates[0].startswith("2024-01-01")


def test_actors_order_and_milestones(data: Path) -> None:
    made = wb.draft(data)
    assert made.content["actors"]["Email Opened"] == "buyer"
    assert made.content["actors"]["Closed-Won"] == "system"
    order = made.content["event_order"]
    assert order.index("MQL Qualified") < order.index("Closed-Lost")
    assert order.index("Opportunity Created") < order.index("Closed-Won")
    assert made.content["milestones"]["mql"]["value"] == "MQL Qualified"


def test_corrections_propose_what_depends_on_them_anew(data: Path) -> None:
    made = wb.draft(data)
    other = made.with_choice("sources.clicks.tables", [])
    assert "clicks" not in [source["name"] for source in other.content["source"]]
    assert "Email Opened" not in other.content["actors"]
    assert other.proposal("sources.clicks.tables").chosen
    same = other.without_choice("sources.clicks.tables")
    assert same.content == made.content
    zone = made.with_choice("time_zone", "Europe/Oslo").with_choice("name", "Norse")
    assert (zone.manifest.time_zone, zone.manifest.name) == ("Europe/Oslo", "Norse")
    kind = made.with_choice("sources.deals.events-2.event_type", {"value": "MQL"})
    assert "MQL" in kind.content["actors"]
    nothing = made.with_choice("sources.deals.opportunities.amount", None)
    assert (
        "amount"
        not in next(s for s in nothing.content["source"] if s["name"] == "deals")["tables"]["opportunities"]
    )
    dates = made.with_choice("sources.deals.opportunities.dates", ["close_date"])
    assert "Opportunity Created" not in dates.content["actors"]


def test_wrong_corrections_name_what_was_meant(data: Path) -> None:
    made = wb.draft(data)
    with pytest.raises(wb.SpecError, match=r"sources\.deals\.tables"):
        made.with_choice("sources.deal.tables", ["accounts"])
    with pytest.raises(wb.SpecError, match="did you mean 'opportunities'"):
        made.with_choice("sources.deals.tables", ["oportunities"])
    with pytest.raises(wb.SpecError, match="did you mean 'stage'"):
        made.with_choice("sources.deals.opportunities.stage", "stagee")
    with pytest.raises(wb.SourceError, match="time zone"):
        assert made.with_choice("time_zone", "Europe/Olso").manifest


def test_months_of_one_kind_are_one_source_with_a_pattern(tmp_path: Path) -> None:
    months = {
        f"clicks_2024_0{n}": lines(
            "contact_id,event,timestamp", f"p{n},visit,2024-0{n}-01", f"q{n},visit,2024-0{n}-02"
        )
        for n in range(1, 5)
    }
    made = wb.draft(folder(tmp_path, **months))
    [source] = made.content["source"]
    assert source["files"] == ["clicks_*.csv"]
    assert made.preview().rows == {"events": 8}


def test_copies_in_another_folder_are_left_out(data: Path) -> None:
    (data / "saved_again").mkdir()
    (data / "saved_again" / "deals.csv").write_text(DEALS)
    made = wb.draft(data)
    assert "records of deals.csv" in made.left_out["saved_again/deals.csv"]


def test_leads_stand_for_themselves_until_a_deal_names_an_account(tmp_path: Path) -> None:
    leads = lines(
        "lead_id,first_contact_date,origin", *(f"lead{n:04},2024-01-0{n % 9 + 1},social" for n in range(20))
    )
    deals = lines(
        "lead_id,seller_id,won_date",
        *(f"lead{n:04},seller{n:04},2024-02-0{n % 9 + 1} 10:00:00" for n in range(6)),
    )
    made = wb.draft(folder(tmp_path, qualified_leads=leads, closed_deals=deals))
    bench = wb.load(saved(made, tmp_path), data=made.data, workspace=tmp_path / "ws")
    assert bench.sql("SELECT count(DISTINCT account_id), count(DISTINCT person_id) FROM events").rows() == [
        (20, 20)
    ]
    assert bench.sql("SELECT count(*) FROM events WHERE account_id LIKE 'seller%'").rows() == [(12,)]


def test_parquet_and_json_lines(tmp_path: Path) -> None:
    import polars as pl

    data = folder(
        tmp_path,
        log__jsonl='{"account_id": "a1", "event": "visit", "timestamp": "2024-01-01T10:00:00Z", "n": 1}\n'
        * 3,
    )
    frame = pl.DataFrame(
        {
            "account_id": ["b1", "b2"],
            "event_type": ["call", "call"],
            "occurred_at": [1_704_103_200_000_000] * 2,
        }
    )
    frame.with_columns(pl.col("occurred_at").cast(pl.Datetime("us"))).write_parquet(data / "calls.parquet")
    made = wb.draft(data)
    bench = wb.load(saved(made, tmp_path), data=made.data, workspace=tmp_path / "ws")
    assert bench.sql("SELECT event_type, count(*) FROM events GROUP BY 1 ORDER BY 1").rows() == [
        ("call", 2),
        ("visit", 3),
    ]


def test_what_a_log_tells_is_not_told_again_by_records(tmp_path: Path) -> None:
    """The made-up company: its files carry canonical names, and its log has all steps of deals and leads."""
    from workbench.sources.synthetic import generate

    data = tmp_path / "firm"
    generate(data, accounts=60, events=2000, seed=3)
    made = wb.draft(data)
    assert not any(one.value for one in made.proposals if one.path.endswith(".preset"))
    assert made.proposal("sources.opportunities.opportunities.dates").value == []
    assert made.proposal("sources.leads.leads.dates").value == []
    bench = wb.load(saved(made, tmp_path), data=data, workspace=tmp_path / "ws")
    [(rows, ids)] = bench.sql("SELECT count(*), count(DISTINCT event_id) FROM events").rows()
    assert rows == ids > 1900
    assert {"lead", "mql", "opportunity_created", "won"} <= set(bench.info()["milestones"])
