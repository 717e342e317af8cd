"""Dirt that exports have: each ends in a right value, a repair that is counted, or a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.drafting.folders import folder, lines


def loaded(data: Path, tmp_path: Path, **choices: Any) -> wb.Workbench:
    """Draft a folder, write the text of the manifest, and load it as a user would."""
    made = wb.draft(data, choices={path.replace("__", "."): value for path, value in choices.items()})
    manifest = tmp_path / "draft.toml"
    manifest.write_text(made.toml, encoding="utf-8")
    return wb.load(manifest, data=made.data, workspace=tmp_path / "ws")


def values(bench: wb.Workbench, sql: str) -> list[tuple[Any, ...]]:
    return list(bench.sql(sql).rows())


def test_empty_and_unknown_are_told_apart(tmp_path: Path) -> None:
    rows = [
        f"l{n},2024-01-0{n + 1},{origin}" for n, origin in enumerate(["", "unknown", "unknown", "social"])
    ]
    bench = loaded(folder(tmp_path, leads=lines("lead_id,created_at,origin", *rows)), tmp_path)
    assert values(bench, "SELECT channel FROM events ORDER BY lead_id") == [
        (None,),
        ("unknown",),
        ("unknown",),
        ("social",),
    ]


def test_days_beside_times_keep_their_precision(tmp_path: Path) -> None:
    deals = lines(
        "deal_id,account_id,created_at,won_date", "d1,a1,2024-01-05,2024-02-01 10:30:00", "d2,a2,2024-01-06,"
    )
    made = wb.draft(folder(tmp_path, deals=deals))
    kinds = {one["event_type"]["value"]: one.get("precision") for one in made.content["source"][0]["events"]}
    assert kinds == {"Opportunity Created": "day", "Closed-Won": None}
    bench = loaded(made.data, tmp_path)
    assert values(bench, "SELECT opportunity_id, outcome FROM opportunities ORDER BY 1") == [
        ("d1", "won"),
        ("d2", "open"),
    ]


def test_files_without_a_header(tmp_path: Path) -> None:
    visits = lines(*(f"{n},10{n % 3},2015-10-0{n}T17:31:14.000Z,direct" for n in range(1, 9)))
    made = wb.draft(folder(tmp_path, web_visits=visits))
    assert made.proposal("sources.web_visits.header").value is False
    assert made.content["source"][0]["columns"] == ["id", "column_2", "timestamp", "column_4"]
    named = made.with_choice("sources.web_visits.columns", ["id", "account_id", "occurred_at", "channel"])
    event = named.content["source"][0]["events"][0]
    assert (event["account_id"], event["occurred_at"], event["channel"]) == (
        "account_id",
        "occurred_at",
        "channel",
    )
    script = (
        "CREATE TABLE web_visits (id integer PRIMARY KEY, account_id integer, at timestamp, channel text);"
    )
    told = wb.draft(folder(tmp_path, schema__sql=script))
    assert told.content["source"][0]["columns"] == ["id", "account_id", "at", "channel"]


def test_texts_that_stand_for_no_value(tmp_path: Path) -> None:
    contacts = lines(
        "Id,AccountId,FirstName,LastName,Email,Title",
        "1,a1,Ann,#N/A,ann@a.com,-",
        "2,a1,Bob,Bee,#N/A,Select",
        "3,000000000000000AAA,Cy,Cee,c@c.com,Boss",
    )
    accounts = lines(
        "Id,Name,BillingCity,OwnerId,Industry,Website",
        "a1,Acme,#N/A,u1,Tools,a.com",
        "a2,Bolt,Ulm,u1,-,b.com",
    )
    bench = loaded(folder(tmp_path, Contact=contacts, Account=accounts, log=LOG), tmp_path)
    assert values(bench, "SELECT person_id, account_id, email, job_title FROM persons ORDER BY 1") == [
        ("1", "a1", "ann@a.com", None),
        ("2", "a1", None, None),
        ("3", None, "c@c.com", "Boss"),
    ]
    assert values(bench, "SELECT city, industry FROM accounts ORDER BY account_id") == [
        (None, "Tools"),
        ("Ulm", None),
    ]


LOG = lines(
    "account_id,event,timestamp", "a1,Web Visit,2024-01-01 10:00:00", "a2,Web Visit,2024-01-02 10:00:00"
)


def test_one_email_shared_by_all_does_not_make_one_person(tmp_path: Path) -> None:
    people = lines("contact_id,email,account_id", *(f"c{n},all@x.com,a{n % 2 + 1}" for n in range(30)))
    bench = loaded(folder(tmp_path, contacts=people, log=LOG), tmp_path)
    assert len(bench.tables["persons"]) == 30


def test_keys_without_a_match_are_told(tmp_path: Path) -> None:
    deals = lines(
        "deal_id,product,stage,close_date",
        "1,GTXPro,Won,2024-02-01",
        "2,GTX Basic,Lost,2024-03-01",
        "3,GTXPro,Won,2024-03-02",
    )
    products = lines("product,price", "GTX Pro,5", "GTX Basic,4")
    seen = wb.draft(folder(tmp_path, deals=deals, products=products)).preview()
    assert seen.unmatched["opportunity_products.product_id"] == (2, 1)


def test_ragged_rows_are_filled_and_counted(tmp_path: Path) -> None:
    rows = [f"{n},c{n},2020-02-04 4:30:2{n % 10},{'mail,spring' if n % 3 else 'mail'}" for n in range(30)]
    data = folder(tmp_path, sessions=lines("session_id,customer_id,started_at,channel,campaign", *rows))
    bench = loaded(data, tmp_path)
    assert bench.audit["sources"]["sessions"]["repaired"] == {"too few fields: filled with no value": 10}
    assert values(bench, "SELECT count(*), min(occurred_at)::VARCHAR FROM events") == [
        (30, "2020-02-04 04:30:20")
    ]


def test_ids_keep_their_digits(tmp_path: Path) -> None:
    rows = lines(
        "account_id,event,timestamp", "0012345678901234567,a,2024-01-01", "0012345678901234568,a,2024-01-02"
    )
    made = wb.draft(folder(tmp_path, log=rows))
    assert "stay text" in made.proposal("sources.log.kinds.account_id").reason
    bench = loaded(made.data, tmp_path)
    assert values(bench, "SELECT account_id FROM events ORDER BY 1") == [
        ("0012345678901234567",),
        ("0012345678901234568",),
    ]


def test_zero_stands_for_no_id(tmp_path: Path) -> None:
    rows = lines("account_id,event,timestamp", *(f"{0 if n < 3 else n},a,2024-01-0{n}" for n in range(1, 8)))
    bench = loaded(folder(tmp_path, log=rows), tmp_path)
    assert values(bench, "SELECT count(*), count(account_id) FROM events") == [(7, 5)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = [("Konto", "event", "timestamp", "note")]
    rows += [(f"Käufer {n}", "Besuch", f"2024-01-0{n} 10:00:00", f'"a{delimiter}b"') for n in range(1, 9)]
    text = "\n".join(delimiter.join(row) for row in rows) + "\n"
    bench = loaded(folder(tmp_path, log=text.replace("Konto", "account_id").encode(encoding)), tmp_path)
    assert values(bench, "SELECT account_id, note FROM events ORDER BY 1 LIMIT 1") == [
        ("Käufer 1", f"a{delimiter}b")
    ]


@pytest.mark.parametrize(
    ("written", "expected", "format_"),
    [
        (["16 Apr, 2021 00:02:00", "17 May, 2021 10:02:00"], "2021-04-16 00:02:00", "%d %b, %Y %H:%M:%S"),
        (["21.06.2024 15:30", "02.07.2024 08:15"], "2024-06-21 15:30:00", "%d.%m.%Y %H:%M"),
        (["20240621", "20240622"], "2024-06-21 00:00:00", "%Y%m%d"),
        (["6/21/2024", "7/2/2024"], "2024-06-21 00:00:00", "%m/%d/%Y"),
        (["21/06/2024", "02/07/2024"], "2024-06-21 00:00:00", "%d/%m/%Y"),
        (["6/21/24 3:05 PM", "7/2/24 9:00 AM"], "2024-06-21 15:05:00", "%m/%d/%y %I:%M %p"),
        (["2024-06-21T15:30:00+02:00", "2024-07-21T15:30:00+02:00"], "2024-06-21 13:30:00", None),
        (["2024-06-21 15:30:00 UTC", "2024-06-22 15:30:00 UTC"], "2024-06-21 15:30:00", None),
        (["1718983800", "1719983800"], "2024-06-21 15:30:00", None),
        (["1718983800000", "1719983800000"], "2024-06-21 15:30:00", None),
    ],
)
def test_times_as_they_are_written(
    written: list[str], expected: str, format_: str | None, tmp_path: Path
) -> None:
    rows = [f'a{n},visit,"{text}"' for n, text in enumerate(written)]
    made = wb.draft(folder(tmp_path, log=lines("account_id,event,timestamp", *rows)))
    assert made.content["source"][0].get("time_formats") == ([format_] if format_ else None)
    bench = loaded(made.data, tmp_path)
    assert values(bench, "SELECT min(occurred_at)::VARCHAR FROM events") == [(expected,)]


def test_dates_that_could_be_either_are_told_and_can_be_chosen(tmp_path: Path) -> None:
    data = folder(tmp_path, log=lines("account_id,event,timestamp", "a,visit,3/1/2024", "b,visit,4/2/2024"))
    made = wb.draft(data)
    told = made.proposal("sources.log.date_order")
    assert (told.value, told.confidence) == ("month first", 0.5)
    assert "could be either" in told.reason
    other = made.with_choice("sources.log.date_order", "day first")
    assert other.content["source"][0]["time_formats"] == ["%d/%m/%Y"]
    assert other.preview().dates == ("2024-01-03 00:00:00", "2024-02-04 00:00:00")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (['"€ 3.500,00"', '"€ 12,50"'], [12.5, 3500.0]),
        (["$342.09K", "$1.2M"], [342090.0, 1200000.0]),
        (['"1,234.50"', '"12,000.00"'], [1234.5, 12000.0]),
        (['"3.500,00"', '"1,5"'], [1.5, 3500.0]),
        (["1.01752E11", "12"], [12.0, 101752000000.0]),
    ],
)
def test_amounts_as_people_write_them(written: list[str], expected: list[float], tmp_path: Path) -> None:
    rows = [f"d{n},a{n},{amount},Won,2024-01-0{n + 1}" for n, amount in enumerate(written)]
    data = folder(tmp_path, deals=lines("deal_id,account_id,amount,stage,close_date", *rows))
    bench = loaded(data, tmp_path)
    assert values(bench, "SELECT amount::DOUBLE FROM opportunities ORDER BY 1") == [
        (one,) for one in expected
    ]


def test_words_for_yes_and_no(tmp_path: Path) -> None:
    people = lines("contact_id,name,unsubscribed", "1,Ann,ja", "2,Bo,nein", "3,Cy,ja", "4,Di,")
    bench = loaded(folder(tmp_path, contacts=people, log=LOG), tmp_path)
    assert values(bench, "SELECT do_not_email FROM persons ORDER BY person_id") == [
        (True,),
        (False,),
        (True,),
        (None,),
    ]


def test_open_deals_have_no_close(tmp_path: Path) -> None:
    deals = lines(
        "Id,AccountId,StageName,Amount,CloseDate",
        "1,a,Closed Won,5,2024-01-01",
        "2,a,Prospecting,7,2032-01-01",
    )
    bench = loaded(folder(tmp_path, deals=deals), tmp_path)
    assert values(bench, "SELECT outcome, closed_at IS NULL FROM opportunities ORDER BY 1") == [
        ("open", True),
        ("won", False),
    ]
    assert values(bench, "SELECT event_type FROM events") == [("Closed-Won",)]


def test_years_far_away_are_kept_and_reported(tmp_path: Path) -> None:
    rows = ["a,visit,1948-01-01", "b,visit,2024-01-01", "c,visit,2050-01-01"]
    bench = loaded(folder(tmp_path, log=lines("account_id,event,timestamp", *rows)), tmp_path)
    assert bench.info()["events"] == 3


def test_error_cells_of_a_workbook_are_no_value(tmp_path: Path) -> None:
    import xlsxwriter

    data = folder(tmp_path)
    book = xlsxwriter.Workbook(str(data / "crm.xlsx"))
    sheet = book.add_worksheet("deals")
    rows = [["Report of June"], [], ["deal_id", "account_id", "stage", "amount", "close_date"]]
    rows += [
        ["d1", "a1", "Won", "#REF!", "2024-01-01"],
        ["d2", "a2", "Lost", "12", "2024-01-02"],
        ["d3", "a2", "Won", "9", "2024-01-05"],
    ]
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    made = wb.draft(data)
    assert made.content["source"][0]["skip_rows"] == 2
    bench = loaded(data, tmp_path)
    assert values(bench, "SELECT opportunity_id, amount::DOUBLE FROM opportunities ORDER BY 1") == [
        ("d1", None),
        ("d2", 12.0),
        ("d3", 9.0),
    ]


def test_cells_that_begin_with_a_formula_are_text(tmp_path: Path) -> None:
    rows = lines(
        "account_id,event,timestamp", '"=1+2",@visit,2024-01-01', "\"=cmd|'/C calc'!A0\",+visit,2024-01-02"
    )
    bench = loaded(folder(tmp_path, log=rows), tmp_path)
    assert values(bench, "SELECT account_id FROM events ORDER BY 1") == [("=1+2",), ("=cmd|'/C calc'!A0",)]


def test_a_join_that_would_multiply_rows_gives_one_record(tmp_path: Path) -> None:
    accounts = lines("account_id,name,city", "a1,Acme,Ulm", "a1,Acme,Ulm", "a2,Bolt,Bonn")
    bench = loaded(folder(tmp_path, accounts=accounts, log=LOG), tmp_path)
    assert (len(bench.tables["accounts"]), bench.info()["events"]) == (2, 2)
