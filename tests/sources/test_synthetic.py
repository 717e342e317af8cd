"""The synthetic company: deterministic, whole, and true to what its truth file says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from workbench.errors import SourceError
from workbench.model.parsing import parse_condition, parse_spec
from workbench.model.tables import TABLES
from workbench.sources import synthetic
from workbench.sources.synthetic import company, generate
from workbench.sources.synthetic import vocabulary as words

SEEDS = (1, 20)
DAY_IN_SECONDS = 86_400
ID_COLUMNS = {name: table.key[0] for name, table in TABLES.items() if len(table.key) == 1}


@dataclass(frozen=True)
class Company:
    """A generated folder, read with plain Polars."""

    folder: Path
    truth: dict[str, Any]

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Events as written, repeated ones included."""
        return pl.read_parquet(self.folder / "events.parquet")

    @cached_property
    def events(self) -> pl.DataFrame:
        """Each event once."""
        return self.rows.unique("event_id", keep="first", maintain_order=True)

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Every record table, read once, typed as the canonical tables say."""
        return {file.stem: _typed(file) for file in self.folder.glob("*.csv")}

    def table(self, name: str) -> pl.DataFrame:
        return self.tables[name]

    @cached_property
    def joined(self) -> pl.DataFrame:
        """Events with the record fields that the truths ask for."""
        joins = (("opportunities", "opportunity_id", "type"), ("campaigns", "campaign_id", "name"),
                 ("marketing_events", "marketing_event_id", "format"))  # fmt: skip
        frame = self.events
        for table, key, column in joins:
            frame = frame.join(
                self.table(table).select(key, pl.col(column).alias(f"{table}.{column}")), key, "left"
            )
        return frame

    @cached_property
    def truths(self) -> dict[str, dict[str, Any]]:
        return {entry["name"]: entry for entry in self.truth["truths"]}


def _typed(file: Path) -> pl.DataFrame:
    """A CSV file, canonical columns in their types, others as text; fails where a value does not fit."""
    frame = pl.read_csv(file, infer_schema=False)
    types = {
        "time": lambda column: column.str.to_datetime("%Y-%m-%d %H:%M:%S"),
        "money": lambda column: column.cast(pl.Decimal(18, 4)),
        "integer": lambda column: column.cast(pl.Int64),
        "number": lambda column: column.cast(pl.Float64),
        "boolean": lambda column: column.replace_strict({"true": True, "false": False}),
        "text": lambda column: column,
    }
    known = TABLES[file.stem].columns
    return frame.with_columns(types[known[name]](pl.col(name)) for name in frame.columns if name in known)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        generate(tmp_path / name, accounts=300, events=20_000, seed=seed)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    assert (tmp_path / "one/persons.csv").read_bytes() != (tmp_path / "other/persons.csv").read_bytes()
    assert (tmp_path / "one/events.parquet").read_bytes() != (tmp_path / "other/events.parquet").read_bytes()


def test_the_number_of_events_leaves_the_company_as_it_is(tmp_path: Path) -> None:
    few = generate(tmp_path / "few", accounts=500, events=15_000, seed=3)
    many = generate(tmp_path / "many", accounts=500, events=90_000, seed=3)
    assert (few["rows"]["events"], many["rows"]["events"]) == (15_000, 90_000)
    for file in sorted((tmp_path / "few").glob("*.csv")):
        assert file.read_bytes() == (tmp_path / "many" / file.name).read_bytes(), file.name
    rare = ("MQL Qualified", "SQL Qualified", "Closed-Won", "Closed-Lost", "Order Placed")
    assert [few["event_types"][name] for name in rare] == [many["event_types"][name] for name in rare]


def test_blocks_and_slices_bound_what_is_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "SLICE", 40_000)
    accounts, events = company.BLOCK + 900, 200_000
    calls: list[tuple[int, int]] = []
    truth = generate(
        tmp_path, accounts=accounts, events=events, seed=5, progress=lambda *at: calls.append(at)
    )
    parquet = pq.ParquetFile(tmp_path / "events.parquet").metadata
    groups = [parquet.row_group(number).num_rows for number in range(parquet.num_row_groups)]
    assert max(groups) <= 40_000 < sum(groups) == events
    assert calls[-1] == (events, events)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert (
        truth["rows"]["accounts"]
        == accounts
        == pl.read_csv(tmp_path / "accounts.csv")["account_id"].n_unique()
    )
    blocks = company.Company(accounts, 5)
    assert [len(blocks.block(number).accounts) for number in (0, 1)] == [company.BLOCK, 900]


@pytest.mark.parametrize(("sizes", "words_"), [
    ({"accounts": 0}, "at least 1 account"), ({"accounts": 100, "events": 100}, "at least 2000 events"),
    ({"seed": -1}, "seed is 0 or greater"),
])  # fmt: skip
def test_impossible_sizes_are_refused(tmp_path: Path, sizes: dict[str, int], words_: str) -> None:
    with pytest.raises(SourceError, match=words_):
        generate(tmp_path / "none", **sizes)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("accounts", [1, 2, 7])
def test_tiny_companies_can_be_drawn(tmp_path: Path, accounts: int) -> None:
    truth = generate(tmp_path, accounts=accounts, events=400, seed=1)
    assert truth["rows"]["accounts"] == accounts
    assert truth["rows"]["events"] == 400 == len(pl.read_parquet(tmp_path / "events.parquet"))


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp(f"seed{request.param}")
    return Company(folder, generate(folder, seed=request.param))


def test_the_files_hold_what_the_truth_counts(made: Company) -> None:
    truth = made.truth
    assert json.loads((made.folder / "truth.json").read_text()) == truth
    assert set(truth["rows"]) == set(TABLES)
    assert len(made.rows) == truth["rows"]["events"] == 300_000
    for name in set(TABLES) - {"events"}:
        assert len(made.table(name)) == truth["rows"][name] > 0, name
    counted = dict(made.events["event_type"].value_counts().iter_rows())
    assert counted == truth["event_types"]
    first, last = made.rows["occurred_at"].min(), made.rows["occurred_at"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    assert (
        (str(first.date()), str(last.date()))
        == (truth["data_from"], truth["data_until"])
        == ("2023-01-01", "2025-06-30")
    )


def test_canonical_columns_are_there(made: Company) -> None:
    for name, table in TABLES.items():
        columns = made.rows.columns if name == "events" else made.table(name).columns
        assert set(table.columns) - set(columns) <= {"session_id"}, name
    assert made.rows.schema["occurred_at"] == pl.Datetime("us")
    assert made.rows.schema["amount"] == pl.Decimal(18, 4)


def test_ids_are_unique_and_references_join(made: Company) -> None:
    for name, table in TABLES.items():
        frame = made.events if name == "events" else made.table(name)
        if table.key:
            assert frame.select(pl.struct(table.key).n_unique()).item() == len(frame), name
        for column, target in table.references.items():
            known = made.table(target).select(pl.col(ID_COLUMNS[target]).alias(column))
            unknown = frame.select(column).drop_nulls().join(known, column, "anti")
            planted = made.truth["dirt"]["unknown_parents"] if column == "parent_account_id" else 0
            assert len(unknown) == planted, (name, column)


def test_dirt_is_planted_as_counted(made: Company) -> None:
    dirt, events = made.truth["dirt"], made.events
    bare = events.filter(pl.col("account_id").is_null())
    deal, person = pl.col("opportunity_id").is_not_null(), pl.col("person_id").is_not_null()
    assert len(bare.filter(~deal & ~person)) == dirt["events_without_account"]
    assert len(bare.filter(deal)) == dirt["events_account_from_opportunity"] > 0
    assert len(bare.filter(~deal & person)) == dirt["events_account_from_person"] > 0
    assert 0.009 < dirt["events_without_account"] / len(made.rows) < 0.011
    assert len(made.rows) - len(events) == dirt["events_repeated"] > 0
    assert made.rows.unique().height == len(events), "a repeated event differs from the first"
    assert made.table("persons")["account_id"].null_count() == dirt["persons_without_account"] > 0


def test_mail_filters_open_and_click_as_the_truth_lists(made: Company) -> None:
    planted = made.truth["machine_events"]
    for name, ids in planted.items():
        theirs = made.events.filter(pl.col("event_id").is_in(ids))
        assert set(theirs["event_type"]) == {name}
        assert len(theirs) == len(ids)
        assert 0.1 < len(ids) / made.truth["event_types"][name] < 0.3
    delivered = made.events.filter(pl.col("event_type") == "Email Delivered")
    keys = ["person_id", "campaign_id"]
    opened = made.events.filter(pl.col("event_id").is_in(planted["Email Opened"])).join(delivered, keys)
    waited = (pl.col("occurred_at") - pl.col("occurred_at_right")).dt.total_seconds()
    soon = opened.filter(waited.is_between(0, 20))["event_id"].n_unique()
    assert soon == len(planted["Email Opened"])
    bursts = made.events.filter(pl.col("event_id").is_in(planted["Email Clicked"])).group_by(keys).agg(
        pl.len(), (pl.col("occurred_at").max() - pl.col("occurred_at").min()).dt.total_seconds().alias("span")
    )  # fmt: skip
    assert (bursts["len"] >= 3).mean() > 0.95  # type: ignore[operator]
    assert (bursts["span"] <= 1).mean() > 0.95  # type: ignore[operator]


def test_persons_in_two_accounts_act_in_both(made: Company) -> None:
    members = made.table("account_persons")
    twofold = members.group_by("person_id").len().filter(pl.col("len") == 2)["person_id"]
    assert len(twofold) == made.truth["dirt"]["persons_in_two_accounts"] > 100
    acting = made.events.drop_nulls(["account_id", "person_id"]).group_by("person_id").agg(
        pl.col("account_id").n_unique().alias("accounts")
    )  # fmt: skip
    both = acting.filter(pl.col("accounts") > 1)["person_id"]
    assert len(both) > 20
    assert set(both) <= set(twofold)


def test_accounts_form_groups_with_one_cycle(made: Company) -> None:
    accounts = made.table("accounts")
    parent = dict(accounts.select("account_id", "parent_account_id").iter_rows())
    assert 0.1 < 1 - accounts["parent_account_id"].null_count() / len(accounts) < 0.3

    def climbs_for_ever(account: str) -> bool:
        seen: set[str] = set()
        at: str | None = account
        while at is not None and at not in seen:
            seen.add(at)
            at = parent.get(at)
        return at == account

    assert (
        sum(climbs_for_ever(account) for account in parent) == made.truth["dirt"]["accounts_in_parent_cycles"]
    )
    assert accounts["name"].n_unique() > 0.99 * len(accounts)
    assert accounts["website"].str.ends_with(".example").all()
    assert made.table("persons")["email"].str.ends_with(".example").all()


def test_the_funnel_narrows(made: Company) -> None:
    stages = ["Lead Form: Step 1", "Lead Form: Complete", "Lead Generated", "MQL Qualified", "SQL Qualified"]
    share = {
        stage: made.events.filter(pl.col("event_type") == stage)["account_id"].n_unique() / 30
        for stage in stages
    }
    near = dict(zip(stages, (70, 46, 39, 28, 17), strict=True))
    assert all(abs(share[stage] - near[stage]) < 5 for stage in stages), share
    deals = made.table("opportunities")
    assert set(deals["type"].unique()) == set(words.OPPORTUNITY_TYPES)
    assert set(deals["outcome"].unique()) == {"open", "won", "lost"}
    assert (deals.group_by("account_id").len()["len"] > 1).sum() > 100, (
        "few accounts with several opportunities"
    )
    assert set(made.table("leads")["status"].unique()) >= {"Converted", "Disqualified", "MQL", "SQL", "Open"}


def test_own_mails_precede_everything(made: Company) -> None:
    first = made.events.drop_nulls("account_id").sort("occurred_at", maintain_order=True).unique(
        "account_id", keep="first", maintain_order=True
    )  # fmt: skip
    assert len(first) == 3000
    assert set(first["event_type"]) == {"Email Sent"}
    assert set(first["actor"]) == {"system"}


def test_deals_are_consistent(made: Company) -> None:
    deals, lines = made.table("opportunities"), made.table("opportunity_products")
    sums = deals.join(
        lines.group_by("opportunity_id").agg(pl.col("amount").sum().alias("lines")), "opportunity_id"
    )
    assert len(sums) == len(deals)
    assert (sums["lines"] == sums["amount"]).all()
    history = made.table("opportunity_stages").join(deals, "opportunity_id", suffix="_now")
    last = history.sort("opportunity_id", "entered_at").group_by("opportunity_id", maintain_order=True).last()
    assert (last["stage"] == last["stage_now"]).all()
    assert (history["entered_at"] >= history["created_at"]).all()
    assert (
        history.drop_nulls("closed_at")["entered_at"] <= history.drop_nulls("closed_at")["closed_at"]
    ).all()
    closings = made.events.filter(pl.col("event_type").is_in(["Closed-Won", "Closed-Lost"]))
    both = closings.join(deals, "opportunity_id", suffix="_now")
    assert len(both) == deals["closed_at"].drop_nulls().len()
    assert (both["occurred_at"] == both["closed_at"]).all()
    assert (both["amount"] == both["amount_now"]).all()
    crm = made.events.drop_nulls("opportunity_id")
    assert set(crm["source"]) == {"crm"}


def test_buying_groups_name_persons_of_their_account(made: Company) -> None:
    groups = made.table("buying_groups")
    members = made.table("buying_group_members").join(groups, "buying_group_id")
    home = made.table("account_persons").select("account_id", "person_id", at_home=True)
    assert members.join(home, ["account_id", "person_id"], "left")["at_home"].all()
    assert (members.group_by("buying_group_id").agg(pl.col("is_primary").sum())["is_primary"] == 1).all()
    assert members["role"].n_unique() >= 6


def test_contents_lead_down_the_funnel(made: Company) -> None:
    mql = made.events.filter(pl.col("event_type") == "MQL Qualified").select("account_id", mql="occurred_at")
    viewed = made.events.drop_nulls(["content_type", "account_id"]).join(mql, "account_id")
    before = viewed.filter(pl.col("occurred_at") < pl.col("mql")).sort("occurred_at")
    last = (
        before.unique("account_id", keep="last")["content_type"]
        .is_in(["Pricing", "Datasheet", "Product Page"])
        .mean()
    )
    first = (
        before.unique("account_id", keep="first")["content_type"]
        .is_in(["Pricing", "Datasheet", "Product Page"])
        .mean()
    )
    assert isinstance(last, float)
    assert isinstance(first, float)
    assert last > 0.55 > 0.25 > first


def test_every_question_of_the_truth_can_be_asked(made: Company) -> None:
    for entry in made.truth["truths"]:
        for question in [entry["question"]] if "question" in entry else entry.get("questions", {}).values():
            parse_spec(question)
        for condition in entry.get("metrics", {}).values():
            parse_condition(condition)


@pytest.mark.parametrize("name", [
    "form_step_1_to_complete", "form_complete_to_lead", "lead_to_mql", "lead_to_mql_days", "mql_to_sql",
    "mql_to_sql_days", "sql_to_opportunity", "new_business_to_won", "new_business_to_won_days",
    "renewal_to_won", "renewal_to_won_days", "spring_attended_mql_to_sql", "spring_attended_days",
    "spring_not_attended_mql_to_sql", "spring_not_attended_days", "spring_effect", "email_bounce_rate",
    "email_open_rate", "email_click_rate", "in_person_attendance",
])  # fmt: skip
def test_measured_values_lie_within_three_standard_errors(made: Company, name: str) -> None:
    entry = made.truths[name]
    assert abs(measured(made, entry) - entry["value"]) <= 3 * entry["standard_error"]
    assert 0 < entry["standard_error"] < 0.35 * entry["value"]


def test_the_planted_effect_can_be_told_from_nothing(made: Company) -> None:
    entry = made.truths["spring_effect"]
    assert measured(made, entry) > 2 * entry["standard_error"]
    assert measured(made, made.truths["spring_attended_days"]) < measured(
        made, made.truths["spring_not_attended_days"]
    )


def test_every_truth_is_measured_above(made: Company) -> None:
    assert len(made.truths) == len(made.truth["truths"]) == 20


def measured(made: Company, entry: dict[str, Any]) -> float:
    """The value of a truth, measured in the files by its own question."""
    if "metrics" in entry:
        sizes = {
            key: len(made.joined.filter(_condition(made, where))) for key, where in entry["metrics"].items()
        }
        return 100 * sizes["numerator"] / sizes["denominator"]
    if "questions" in entry:
        return _matched_difference(made, entry)
    steps = _fallout(made, entry["question"])
    if entry["read"]["column"] == "median_seconds":
        median = steps["seconds"].drop_nulls().median()
        assert isinstance(median, float)
        return median / float(entry["read"]["seconds_per_unit"])
    return 100 * float(steps["seconds"].is_not_null().mean())  # type: ignore[arg-type]


def _condition(made: Company, where: dict[str, Any]) -> pl.Expr:
    """The few condition forms that truths use."""
    if "all" in where:
        return pl.all_horizontal([_condition(made, part) for part in where["all"]])
    if "not" in where:
        return ~_condition(made, where["not"])
    if "container" in where:
        key = f"{where['container']}_id"
        return pl.col(key).is_in(
            made.joined.filter(_condition(made, where["where"]))[key].drop_nulls().unique().to_list()
        )
    columns = {
        "event_type": "event_type",
        "opportunity.type": "opportunities.type",
        "campaign.name": "campaigns.name",
        "marketing_event.format": "marketing_events.format",
    }
    assert where["op"] == "equals"
    return pl.col(columns[where["field"]]).eq_missing(pl.lit(where["value"]))


def _fallout(made: Company, question: dict[str, Any]) -> pl.DataFrame:
    """One row per container that starts in the date range; seconds to the second touchpoint, null without."""
    key = f"{question['container']}_id"
    first, second = question["touchpoints"]
    events = made.joined.drop_nulls(key)
    for segment in question.get("segments", []):
        events = events.filter(_condition(made, segment))
    begin = datetime.combine(date.fromisoformat(question["date_range"]["from"]), datetime.min.time())
    end = datetime.combine(date.fromisoformat(question["date_range"]["to"]), datetime.min.time()) + timedelta(
        days=1
    )
    starts = events.filter(
        _condition(made, first["where"]) & pl.col("occurred_at").is_between(begin, end, "left")
    )
    goals = events.filter(_condition(made, second["where"])).select(key, goal="occurred_at")
    waited = (pl.col("goal") - pl.col("occurred_at")).dt.total_seconds()
    limit = int(second["within"].removesuffix("d")) * DAY_IN_SECONDS
    reached = (
        starts.select(key, "occurred_at").join(goals, key, "left").with_columns(waited.alias("seconds"))
        .with_columns(pl.when(pl.col("seconds").is_between(1, limit)).then("seconds").alias("seconds"))
    )  # fmt: skip
    return reached.sort("occurred_at", "goal").group_by(key, maintain_order=True).agg(
        pl.col("seconds").drop_nulls().first()
    )  # fmt: skip


def _matched_difference(made: Company, entry: dict[str, Any]) -> float:
    sizes = made.table("accounts").select("account_id", stratum=entry["matched_by"].removeprefix("account."))
    shares = {
        side: _fallout(made, question).join(sizes, "account_id").group_by("stratum").agg(
            pl.col("seconds").is_not_null().mean().alias(side), pl.len().alias(f"{side}_accounts")
        )
        for side, question in entry["questions"].items()
    }  # fmt: skip
    both = shares["attended"].join(shares["not_attended"], "stratum")
    difference = (both["attended"] - both["not_attended"]) * both["attended_accounts"]
    return 100 * float(difference.sum()) / float(both["attended_accounts"].sum())
