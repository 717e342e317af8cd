"""Whose event is it: each rule on hand-made cases, in the order asked, counted, and judged at each load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.workspace.loading import load, rows
from workbench import cli
from workbench.errors import SourceError
from workbench.sources import parse_manifest
from workbench.workspace import Generation, company_names

IDS = ["own", "opportunity", "buying_group", "lead", "person"]
EVENTS = "id,time,account,opportunity,lead,person,email,company"
TABLES: dict[str, dict[str, str]] = {
    "accounts": {"account_id": "id", "name": "name", "website": "website"},
    "persons": {"person_id": "id", "account_id": "account", "email": "email", "company": "company"},
    "leads": {"lead_id": "id", "person_id": "person", "account_id": "account", "company": "company"},
    "opportunities": {"opportunity_id": "id", "account_id": "account"},
    "account_persons": {
        "account_id": "account",
        "person_id": "person",
        "valid_from": "since",
        "valid_to": "until",
    },
}
HEADERS = {
    "accounts": "id,name,website",
    "persons": "id,account,email,company",
    "leads": "id,person,account,company",
    "opportunities": "id,account",
    "account_persons": "account,person,since,until",
}


def manifest(resolve: dict[str, Any] | None = None) -> dict[str, Any]:
    events = {
        "event_id": "id",
        "occurred_at": "time",
        "event_type": {"value": "Visit"},
        "account_id": "account",
        "opportunity_id": "opportunity",
        "lead_id": "lead",
        "person_id": "person",
        "email": "email",
        "company": "company",
    }
    sources: list[dict[str, Any]] = [
        {"name": name, "files": f"{name}*.csv", "tables": {name: columns}} for name, columns in TABLES.items()
    ]
    sources.append({"name": "events", "files": "events*.csv", "events": [events]})
    return {"source": sources, **({} if resolve is None else {"resolve": resolve})}


def files(folder: Path, *events: str, **tables: list[str]) -> Path:
    """Files of every table; an event is written as `id time account opportunity lead person email company`,
    comma-separated, what is missing at the end is empty."""
    folder.mkdir(exist_ok=True)
    for name, header in HEADERS.items():
        (folder / f"{name}.csv").write_text("\n".join([header, *tables.get(name, [])]) + "\n")
    lines = [line + "," * (EVENTS.count(",") - line.count(",")) for line in events]
    (folder / "events.csv").write_text("\n".join([EVENTS, *lines]) + "\n")
    return folder


def stamps(generation: Generation) -> dict[str, tuple[str | None, str | None]]:
    """Event id → account and rule."""
    found = rows(generation, "SELECT event_id, account_id, account_rule FROM {events}")
    return {event: (account, rule) for event, account, rule in found}


def counted(generation: Generation, rule: str) -> dict[str, Any]:
    [entry] = [entry for entry in generation.audit["resolve"]["rules"] if entry["rule"] == rule]
    return entry


def day(number: int) -> str:
    return f"2024-03-{number:02d}T10:00:00Z"


BY_IDS = (
    [f"1,{day(1)},own,o,l,p", f"2,{day(2)},,o,l,p", f"3,{day(3)},,,l,p", f"4,{day(4)},,,,p", f"5,{day(5)}"],
    {
        "opportunities": ["o,by-o"],
        "leads": ["l,p,by-l,"],
        "persons": ["p,by-p,,"],
        "accounts": ["own,,", "by-o,,", "by-l,,", "by-p,,"],
    },
)


def test_the_default_order_is_that_of_no_block(tmp_path: Path) -> None:
    events, tables = BY_IDS
    data = files(tmp_path / "data", *events, **tables)
    without, with_block = (
        load(manifest(resolve), data, tmp_path / name) for resolve, name in ((None, "a"), ({}, "b"))
    )
    assert stamps(without) == stamps(with_block)
    assert stamps(without) == {
        "1": ("own", "own"),
        "2": ("by-o", "opportunity"),
        "3": ("by-l", "lead"),
        "4": ("by-p", "person"),
        "5": (None, None),
    }
    assert "resolve" not in without.audit
    assert "provisional" not in with_block.data_version().columns["accounts"]
    every = "SELECT * FROM {events} ORDER BY ALL"
    assert rows(without, every) == rows(with_block, every)


def test_rules_are_tried_in_the_order_asked_and_others_are_off(tmp_path: Path) -> None:
    events, tables = BY_IDS
    data = files(tmp_path / "data", *events, **tables)
    generation = load(manifest({"rules": ["person", "own"]}), data, tmp_path / "ws")
    assert stamps(generation) == {
        "1": ("by-p", "person"),
        "2": ("by-p", "person"),
        "3": ("by-p", "person"),
        "4": ("by-p", "person"),
        "5": (None, None),
    }
    audit = generation.audit["resolve"]
    assert [(entry["rule"], entry["events"]) for entry in audit["rules"]] == [("person", 4), ("own", 0)]
    assert audit["off"] == [
        "opportunity",
        "buying_group",
        "lead",
        "membership",
        "email_domain",
        "company_name",
    ]
    assert audit["rules"][0]["samples"][0] == {"event": "1", "event_type": "Visit", "account_id": "by-p"}


def test_membership_is_the_one_valid_at_the_time_of_the_event(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        *(f"{n},{day(n)},,,,p" for n in (1, 5, 9, 10, 12, 15, 20, 25)),
        f"tie,{day(3)},,,,tie",
        f"open,{day(3)},,,,open",
        f"odd,{day(3)},,,,odd",
        f"none,{day(3)}",
        account_persons=[
            f"first,p,{day(5)},{day(10)}",
            f"second,p,{day(10)},{day(20)}",
            f"third,p,{day(12)},{day(15)}",
            "b,tie,2024-01-01,",
            "a,tie,2024-01-01,",
            "always,open,,",
            f"back,odd,{day(9)},{day(2)}",
        ],
    )
    generation = load(manifest({"rules": ["own", "membership"]}), data, tmp_path / "ws")
    found = {event: account for event, (account, _) in stamps(generation).items()}
    assert found == {
        "1": None,
        "5": "first",
        "9": "first",
        "10": "second",
        "12": "third",
        "15": "second",
        "20": None,
        "25": None,
        "tie": "a",
        "open": "always",
        "odd": None,
        "none": None,
    }
    entry = counted(generation, "membership")
    assert (entry["events"], entry["ambiguous"]) == (7, 2)
    assert entry["ambiguous_samples"] == [
        {"person_id": "p", "events": 1, "accounts": ["second", "third"]},
        {"person_id": "tie", "events": 1, "accounts": ["a", "b"]},
    ]


@pytest.mark.parametrize(
    ("website", "email", "same"),
    [
        ("https://www.acme.com/about", "jane@acme.com", True),
        ("ACME.com", "Jane <jane@Mail.Acme.Com>", True),
        ("http://acme.co.uk:8080", "jane@sales.acme.co.uk", True),
        ("https://user@www2.acme.com.au?x=1", "jane@acme.com.au", True),
        ("acme.co.uk", "jane@other.co.uk", False),
        ("co.uk", "jane@co.uk", False),
        ("www.gmail.com", "jane@gmail.com", False),
        ("mailinator.com", "jane@mailinator.com", False),
        ("acme.com", "jane.acme.com", False),
        ("192.168.0.1", "jane@192.168.0.1", False),
        ("localhost", "jane@localhost", False),
        ("acme.wordpress.com", "jane@wordpress.com", False),
        ("müller.de", "jane@müller.de", True),
        ("acme.com.", "jane@acme.com ", True),
        ("partner.org", "jane@partner.org", False),
    ],
)
def test_email_domain_against_website(tmp_path: Path, website: str, email: str, same: bool) -> None:
    data = files(
        tmp_path / "data", f"1,{day(1)},,,,p", accounts=[f"a,Acme,{website}"], persons=[f"p,,{email},"]
    )
    rules = {"rules": [*IDS, "email_domain"], "free_mail": ["@Partner.org"]}
    generation = load(manifest(rules), data, tmp_path / "ws")
    assert stamps(generation)["1"] == (("a", "email_domain") if same else (None, None))


def test_ambiguous_and_free_domains_are_counted_and_give_nothing(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,,p",
        f"2,{day(2)},,,,q",
        f"3,{day(3)},,,,r",
        f"4,{day(4)},,,,q,jane@one.com",
        f"5,{day(5)},,,,r,jane@gmail.com",
        accounts=["a,A,group.com", "b,B,www.group.com", "c,C,one.com", "d,D,four.com"],
        persons=["p,,x@group.com,", "q,,y@GMX.de,", "r,,z@four.com,"],
    )
    generation = load(manifest({"rules": ["own", "email_domain"]}), data, tmp_path / "ws")
    found = {event: account for event, (account, _) in stamps(generation).items()}
    assert found == {"1": None, "2": None, "3": "d", "4": "c", "5": "d"}
    entry = counted(generation, "email_domain")
    assert (entry["events"], entry["ambiguous"]) == (3, 1)
    assert entry["ambiguous_samples"] == [{"domain": "group.com", "events": 1, "accounts": ["a", "b"]}]
    audit = generation.audit["resolve"]
    assert (audit["free_mail"], audit["missing"]) == (1, 2)
    assert generation.audit["accounts"]["rules"] == {"email_domain": 3, "missing": 2}


def test_an_address_of_seven_hundred_persons_multiplies_no_event(tmp_path: Path) -> None:
    people = [f"p{n},,info@acme.com,Acme" for n in range(700)]
    data = files(
        tmp_path / "data",
        *(f"{n},{day(1)},,,,p{n},info@acme.com" for n in range(700)),
        accounts=["a,Acme,acme.com"],
        persons=people,
        leads=[f"l{n},p{n},,Acme" for n in range(700)],
    )
    rules = {"rules": ["own", "email_domain", "company_name"], "provisional": "lead"}
    generation = load(manifest(rules), data, tmp_path / "ws")
    assert len(rows(generation, "SELECT * FROM {events}")) == 700
    assert set(stamps(generation).values()) == {("a", "email_domain")}


@pytest.mark.parametrize(
    ("name", "company", "same"),
    [
        ("Acme GmbH", "ACME", True),
        ("Müller & Söhne GmbH & Co. KG", "Muller and Sohne", True),
        ("Acme S.A.", "Acme SA", True),
        ("Acme, Inc.", "acme ltd", True),
        ("Acme Sp. z o.o.", "Acme", True),
        ("Acme Sociedade S/A", "Acme Sociedade", True),
        ("Acme Pty. Ltd.", "Acme", True),
        ("Straße Ø Æ", "strasse o ae", True),
        ("O'Neill's", "ONeills", True),
        ("Northwind Traders", "Northwind Trader", True),
        ("Northwind Traders", "Northwestern Mutual", False),
        ("Northwind Traders", "Morthwind Traders", False),
        ("GmbH", "Inc", False),
        ("三菱商事", "三菱商事", True),
    ],
)
def test_company_names(tmp_path: Path, name: str, company: str, same: bool) -> None:
    data = files(tmp_path / "data", f"1,{day(1)},,,,,,{_quoted(company)}", accounts=[f"a,{_quoted(name)},"])
    generation = load(manifest({"rules": [*IDS, "company_name"]}), data, tmp_path / "ws")
    assert stamps(generation)["1"] == (("a", "company_name") if same else (None, None))


def _quoted(text: str) -> str:
    return f'"{text}"'


def test_company_of_lead_and_person_ties_and_near_misses(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,l",
        f"2,{day(2)},,,,p",
        f"3,{day(3)},,,,,,Twin",
        f"4,{day(4)},,,,,,Contoso Pharmaceutical",
        f"5,{day(5)},,,l,,,Other Place",
        accounts=["a,Acme,", "t1,Twin AG,", "t2,Twin Ltd,", "c,Contoso Pharma,", "z,Zeta Corp,"],
        leads=["l,,,Acme SE"],
        persons=["p,,,zeta"],
    )
    rules = {"rules": ["own", "company_name"], "similarity": 0.95}
    generation = load(manifest(rules), data, tmp_path / "ws")
    found = {event: account for event, (account, _) in stamps(generation).items()}
    assert found == {"1": "a", "2": "z", "3": None, "4": None, "5": None}
    entry = counted(generation, "company_name")
    assert (entry["events"], entry["ambiguous"]) == (2, 1)
    assert entry["ambiguous_samples"] == [{"company": "Twin", "events": 1, "accounts": ["t1", "t2"]}]
    [near] = generation.audit["resolve"]["near_misses"]
    assert 0.9 <= near.pop("similarity") < 0.95
    assert near == {
        "company": "Contoso Pharmaceutical",
        "account_id": "c",
        "name": "Contoso Pharma",
        "events": 1,
    }


def test_a_provisional_account_gives_way_to_a_real_one(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,,p",
        f"2,{day(2)},,,,q",
        f"3,{day(3)},,,,free",
        f"4,{day(4)},,,,twice",
        accounts=["g1,G,group.com", "g2,G2,group.com"],
        persons=["p,,x@acme.com,", "q,,y@mail.acme.com,", "free,,z@gmail.com,", "twice,,z@group.com,"],
    )
    rules = {"rules": ["own", "email_domain"], "provisional": "domain"}
    first = load(manifest(rules), data, tmp_path / "ws")
    assert stamps(first) == {
        "1": ("domain:acme.com", "provisional"),
        "2": ("domain:acme.com", "provisional"),
        "3": (None, None),
        "4": (None, None),
    }
    accounts = "SELECT account_id, name, global_account_id, provisional FROM {accounts} ORDER BY ALL"
    assert rows(first, accounts) == [
        ("domain:acme.com", "acme.com", "domain:acme.com", True),
        ("g1", "G", "g1", False),
        ("g2", "G2", "g2", False),
    ]
    assert first.data_version().columns["accounts"]["provisional"] == "boolean"
    assert first.meta["rows"]["accounts"] == 3
    assert first.audit["resolve"]["provisional_accounts"] == {"accounts": 1, "samples": ["domain:acme.com"]}
    assert "account_changes" not in first.audit
    (data / "accounts_later.csv").write_text("id,name,website\nreal,Acme,https://acme.com\n")
    (data / "events_later.csv").write_text(f"{EVENTS}\n6,{day(6)},g1,,,,,\n")
    second = load(manifest(rules), data, tmp_path / "ws")
    assert stamps(second)["1"] == ("real", "email_domain")
    assert len(rows(second, accounts)) == 3
    assert second.audit["account_changes"] == {
        "data_version": 1,
        "compared": 4,
        "new": 1,
        "gone": 0,
        "moved": 2,
        "by_rule": [
            {
                "from": "provisional",
                "to": "email_domain",
                "events": 2,
                "moved": 2,
                "samples": [
                    {"event": "1", "before": "domain:acme.com", "after": "real"},
                    {"event": "2", "before": "domain:acme.com", "after": "real"},
                ],
            }
        ],
    }


def test_questions_reach_provisional_accounts_and_rules(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,,,x@acme.com",
        f"2,{day(2)},,,,,y@one.com",
        accounts=["c,C,one.com"],
    )
    load(manifest({"rules": ["email_domain"], "provisional": "domain"}), data, tmp_path / "ws")
    bench = wb.open(tmp_path / "ws")
    for field, value in (("account.provisional", True), ("account_rule", "provisional")):
        question = {
            "analysis": "fallout",
            "touchpoints": [{"where": {"field": "event_type", "value": "Visit"}}],
            "segments": [{"field": field, "value": value}],
        }
        for engine in ("index", "sql"):
            answer = bench.ask(question, engine=engine)
            assert answer.tables["touchpoints"]["value"].to_list()[-1] == 1


def test_a_provisional_account_per_lead(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,l",
        f"2,{day(2)},,,,p",
        f"3,{day(3)},,,unknown",
        f"4,{day(4)},,,,two",
        f"5,{day(5)}",
        leads=["l,p,,Acme", "m,two,,", "n,two,,"],
    )
    generation = load(manifest({"provisional": "lead"}), data, tmp_path / "ws")
    found = {event: account for event, (account, _) in stamps(generation).items()}
    assert found == {"1": "lead:l", "2": "lead:l", "3": "lead:unknown", "4": None, "5": None}
    assert rows(generation, "SELECT account_id, name, provisional FROM {accounts} ORDER BY ALL") == [
        ("lead:l", "Acme", True),
        ("lead:unknown", "unknown", True),
    ]


def test_a_rule_switched_off_moves_its_events_at_the_next_load(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f",{day(1)},,,,p",
        f",{day(1)},,,,p",
        f",{day(2)},own",
        accounts=["a,A,acme.com", "own,,"],
        persons=["p,,x@acme.com,"],
    )
    load(manifest({"rules": ["own", "email_domain"]}), data, tmp_path / "ws")
    second = load(manifest({"rules": ["own", "membership"]}), data, tmp_path / "ws")
    changes = second.audit["account_changes"]
    assert (changes["compared"], changes["new"], changes["gone"], changes["moved"]) == (3, 0, 0, 2)
    [moved] = changes["by_rule"]
    assert (moved["from"], moved["to"], moved["events"]) == ("email_domain", "missing", 2)
    assert second.audit["resolve"]["notes"] == ["membership: account_persons has no rows"]
    third = load(manifest(), data, tmp_path / "ws")
    assert third.audit["account_changes"]["moved"] == 0
    assert "resolve" not in third.audit


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"rules": ["own", "email"]}, r"'email' is no rule.*email_domain"),
        ({"rules": ["own", "own"]}, "'own' is listed twice"),
        ({"rules": []}, "rules"),
        ({"provisional": "company"}, "domain"),
        ({"similarity": 1.5}, "similarity"),
        ({"free_mail": ["me@acme.com"]}, "is no domain"),
        ({"freemail": []}, "free_mail"),
    ],
)
def test_a_wrong_block_is_told(block: dict[str, Any], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_manifest(manifest(block))


def test_a_column_that_loading_makes_cannot_be_mapped() -> None:
    content = manifest({"provisional": "lead"})
    content["source"][0]["tables"]["accounts"] = {"account_id": "id", "provisional": "name"}
    with pytest.raises(SourceError, match="'provisional' is made while loading"):
        parse_manifest(content)


def test_the_command_line_shows_what_the_rules_left_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,,,x@group.com",
        f"2,{day(2)},,,,,,Contoso Pharmaceutical",
        accounts=["a,A,group.com", "b,B,group.com", "c,Contoso Pharma,"],
    )
    rules = {"rules": ["email_domain", "company_name"], "similarity": 0.95}
    load(manifest(rules), data, tmp_path / "ws")
    load(manifest({**rules, "similarity": 0.9}), data, tmp_path / "ws")
    assert cli.run(["audit", "--workspace", str(tmp_path / "ws"), "--data-version", "1"]) == 0
    assert "Contoso Pharmaceutical" in capsys.readouterr().out
    assert cli.run(["audit", "--workspace", str(tmp_path / "ws")]) == 0
    told = capsys.readouterr().out
    assert "Several accounts fit" in told
    assert "Accounts decided otherwise than in data version 1" in told


def test_quotes_in_names_and_domains_are_only_text(tmp_path: Path) -> None:
    data = files(
        tmp_path / "data",
        f'1,{day(1)},,,,p,"x\'); DROP TABLE accounts; --@a\'b.com","O\'; DROP VIEW accounts; --"',
        accounts=["a,\"O'; DROP VIEW accounts; --\",a'b.com"],
    )
    rules = {"rules": ["email_domain", "company_name"], "provisional": "domain"}
    generation = load(manifest(rules), data, tmp_path / "ws")
    assert stamps(generation)["1"] == ("a", "company_name")


def test_too_many_names_to_compare_are_narrowed_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_names, "MOST_PAIRS", 3)
    data = files(
        tmp_path / "data",
        f"1,{day(1)},,,,,,Northwind Tradar",
        f"2,{day(2)},,,,,,Nordwind Traders",
        f"3,{day(3)},,,,,,Zeta Partner",
        accounts=["a,Northwind Traders,", "b,Northgate,", "z,Zeta Partners,"],
    )
    generation = load(manifest({"rules": ["company_name"]}), data, tmp_path / "ws")
    assert [account for account, _ in stamps(generation).values()].count("a") == 1
    assert stamps(generation)["3"] == ("z", "company_name")
    [note] = generation.audit["resolve"]["notes"]
    assert "names that begin with 'no' were compared where their first 4 letters are equal" in note
