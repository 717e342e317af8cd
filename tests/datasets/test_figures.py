"""Known figures of real data, by plain SQL over the tables of a loaded workspace.

The data is not part of the project: where its folder is absent, these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workspace.loading import load, rows
from workbench import Workbench
from workbench.engines import ENGINES
from workbench.workspace import Generation

ROOT = Path(__file__).parents[2]
DATA = (ROOT / "../shared/data").resolve()

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not there: {DATA}")

Ask = Callable[[str], Any]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Generation]:
    known: dict[str, Generation] = {}

    def get(manifest: str, folder: str = "") -> Generation:
        if manifest not in known:
            path = ROOT / "datasets" / f"{manifest}.toml"
            known[manifest] = load(
                path, DATA / (folder or manifest), tmp_path_factory.mktemp(manifest) / "ws"
            )
        return known[manifest]

    return get


def value(generation: Generation, sql: str) -> Any:
    return rows(generation, sql)[0][0]


# --- a lead funnel ---------------------------------------------------------------------------------------

FUNNEL = """
SELECT m.occurred_at AS contact, w.occurred_at AS won, m.channel FROM
(SELECT * FROM {events} WHERE event_type = 'MQL Qualified') m
LEFT JOIN (SELECT * FROM {events} WHERE event_type = 'Closed-Won') w USING (lead_id)
"""


@pytest.fixture
def olist(loaded: Callable[..., Generation]) -> Generation:
    return loaded("olist_marketing_funnel")


def test_olist_totals(olist: Generation) -> None:
    assert rows(
        olist, f"SELECT count(contact), count(won), round(100 * count(won) / count(*), 3) FROM ({FUNNEL})"
    ) == [(8000, 842, 10.525)]


def test_olist_days_to_win(olist: Generation) -> None:
    days = f"SELECT date_diff('day', contact::DATE, won::DATE) AS days FROM ({FUNNEL}) WHERE won IS NOT NULL"
    assert rows(
        olist,
        "SELECT quantile_cont(days, 0.25), median(days), quantile_cont(days, 0.75), max(days), min(days) "
        f"FROM ({days})",
    ) == [(5, 14, 54.75, 427, -2)]
    assert olist.audit["time_order"][0]["records"] == 1


def test_olist_cohorts(olist: Generation) -> None:
    assert rows(
        olist,
        f"SELECT strftime(contact, '%Y-%m') AS month, count(won), count(*) FROM ({FUNNEL}) GROUP BY 1 "
        "HAVING month BETWEEN '2018-01' AND '2018-04' ORDER BY 1",
    ) == [("2018-01", 152, 1141), ("2018-02", 149, 1028), ("2018-03", 167, 1174), ("2018-04", 183, 1352)]
    months = "date_diff('month', date_trunc('month', contact), date_trunc('month', won))"
    cumulated = ", ".join(f"count(*) FILTER (WHERE {months} <= {k})" for k in range(4))
    january = f"({FUNNEL}) WHERE strftime(contact, '%Y-%m') = '2018-01' AND won IS NOT NULL"
    assert rows(olist, f"SELECT {cumulated} FROM {january}") == [(64, 107, 123, 133)]
    assert value(olist, f"SELECT count(*) FROM {january} AND date_diff('day', contact, won) <= 30") == 96


@pytest.mark.parametrize("engine", ENGINES)
def test_olist_cohort_table(olist: Generation, engine: str) -> None:
    bench = Workbench(olist)
    question = {
        "analysis": "cohort_table",
        "container": "lead",
        "inclusion": {"metrics": [{"where": {"milestone": "mql"}}]},
        "return": {"metrics": [{"where": {"milestone": "won"}}]},
        "counting": "cumulative",
    }
    months = bench.ask(question, engine=engine).tables["cells"]
    january = months.filter(pl.col("cohort") == date(2018, 1, 1)).sort("period")
    assert january["value"][:4].to_list() == [64, 107, 123, 133]
    assert set(january["size"]) == {1141}
    days = question | {"periods": "elapsed", "granularity": "day", "max_periods": 30}
    elapsed = bench.ask(days, engine=engine).tables["cells"]
    in_january = pl.col("cohort").is_between(date(2018, 1, 1), date(2018, 1, 31))
    assert elapsed.filter(in_january, period=30)["value"].sum() == 96


SHARES = {7: 0.035379, 14: 0.053382, 30: 0.069259, 90: 0.086386, 365: 0.113347}
"""Whole days since the first contact → share won by then, open leads censored at the last win."""


@pytest.mark.parametrize("engine", ENGINES)
def test_olist_time_to_win(olist: Generation, engine: str) -> None:
    question = {
        "analysis": "time_to",
        "container": "lead",
        "inclusion": {"milestone": "mql"},
        "milestone": {"milestone": "won"},
    }
    result = Workbench(olist).ask(question, engine=engine)
    curve = result.tables["curve"]
    shares = {day: curve.filter(pl.col("day") <= day)["share"][-1] for day in SHARES}
    assert {day: round(share, 6) for day, share in shares.items()} == SHARES
    group = result.tables["groups"].row(0, named=True)
    assert (group["size"], group["reached"], group["median_days"]) == (7999, 841, None)
    assert result.notes == ["1 lead is left out: the milestone lies before the beginning"]


def test_olist_origins(olist: Generation) -> None:
    found = {
        c: (won, n)
        for c, won, n in rows(olist, f"SELECT channel, count(won), count(*) FROM ({FUNNEL}) GROUP BY 1")
    }
    assert found["organic search"] == (271, 2296)
    assert found["paid search"] == (195, 1586)
    assert found["social"] == (75, 1350)
    assert (found[None][1], found["unknown"][1]) == (60, 1099)


def test_olist_wins_by_month(olist: Generation) -> None:
    found = rows(
        olist,
        f"SELECT count(*) FROM ({FUNNEL}) WHERE won IS NOT NULL GROUP BY date_trunc('month', won) ORDER BY"
        " any_value(won)",
    )
    assert [row[0] for row in found] == [3, 73, 113, 147, 207, 122, 57, 37, 33, 23, 21, 6]


# --- a paper company -------------------------------------------------------------------------------------


@pytest.fixture
def parch(loaded: Callable[..., Generation]) -> Generation:
    return loaded("parch_posey")


VISITS = (
    "(SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY occurred_at, rank, row) AS place FROM"
    " {events} WHERE event_type = 'Web Visit')"
)


def test_parch_totals(parch: Generation) -> None:
    assert parch.meta["rows"]["accounts"] == 351
    assert rows(parch, "SELECT count(*), sum(amount)::VARCHAR FROM {opportunities}") == [
        (6912, "23141511.8300")
    ]
    assert all(control["matches"] for control in parch.audit["controls"])
    assert value(parch, "SELECT count(*) FROM {opportunities} WHERE amount = 0") == 20


def test_parch_channels(parch: Generation) -> None:
    reached = dict(rows(parch, f"SELECT channel, count(DISTINCT account_id) FROM {VISITS} GROUP BY 1"))
    assert reached == {
        "direct": 351,
        "facebook": 265,
        "organic": 249,
        "adwords": 257,
        "banner": 200,
        "twitter": 187,
    }
    first = dict(rows(parch, f"SELECT channel, count(*) FROM {VISITS} WHERE place = 1 GROUP BY 1"))
    assert first == {"direct": 193, "organic": 42, "facebook": 41, "adwords": 31, "banner": 23, "twitter": 21}


def test_parch_paths(parch: Generation) -> None:
    steps = (
        f"SELECT a.channel || '→' || b.channel, count(*) FROM {VISITS} a JOIN {VISITS} b ON a.account_id ="
        " b.account_id AND b.place = a.place + 1 GROUP BY 1"
    )
    found = dict(rows(parch, steps))
    assert (found["direct→direct"], found["facebook→direct"], found["organic→direct"]) == (2565, 651, 647)
    three = dict(
        rows(
            parch,
            "SELECT path, count(*) FROM (SELECT string_agg(channel, '>' ORDER BY place) AS path "
            f"FROM {VISITS} WHERE place <= 3 GROUP BY account_id HAVING count(*) = 3) GROUP BY 1",
        )
    )
    assert (three["direct>direct>direct"], three["direct>adwords>direct"]) == (31, 20)


VISIT = {"field": "event_type", "value": "Web Visit"}


def by_channel(channel: str) -> dict[str, Any]:
    return {"all": [VISIT, {"field": "channel", "value": channel}]}


@pytest.mark.parametrize("engine", ENGINES)
def test_parch_channels_as_fallout(parch: Generation, engine: str) -> None:
    """Accounts reached by a channel; a sequence that forbids earlier visits counts first touches."""
    bench = Workbench(parch)

    def accounts(channel: str, *segments: dict[str, Any]) -> int:
        question = {"segments": [*segments], "touchpoints": [{"where": by_channel(channel)}]}
        touchpoints = bench.ask({"analysis": "fallout", **question}, engine=engine).tables["touchpoints"]
        return int(touchpoints["value"][-1])

    def begins(*channels: str) -> dict[str, Any]:
        """The accounts whose first visits come from these channels, nothing in between."""
        none = {"where": VISIT, "exclude": True}
        steps = [step for channel in channels for step in (none, {"where": by_channel(channel)})]
        return {"sequence": steps, "container": "account"}

    assert [accounts(channel) for channel in ("direct", "facebook", "twitter")] == [351, 265, 187]
    first = {channel: accounts(channel, begins(channel)) for channel in ("direct", "organic", "banner")}
    assert first == {"direct": 193, "organic": 42, "banner": 23}
    assert accounts("direct", begins("direct", "direct", "direct")) == 31
    assert accounts("direct", begins("direct", "adwords", "direct")) == 20


@pytest.mark.parametrize("engine", ENGINES)
def test_parch_transitions_as_flow(parch: Generation, engine: str) -> None:
    bench = Workbench(parch)

    def directly_after(channel: str) -> int:
        question = {
            "analysis": "flow",
            "starts_with": by_channel(channel),
            "dimension": "channel",
            "among": VISIT,
            "columns": 1,
            "items": 10,
            "repeats": True,
        }
        links = bench.ask(question, engine=engine).tables["links"]
        kind = "anchor" if channel == "direct" else "item"
        to_direct = links.filter(pl.col("target_kind") == kind)
        if kind == "item":
            to_direct = to_direct.filter(target="direct")
        return int(to_direct["paths"].item())

    found = [directly_after(channel) for channel in ("direct", "facebook", "organic")]
    assert found == [2565, 651, 647]


def test_parch_attribution(parch: Generation) -> None:
    touches = """
        SELECT o.row AS deal, o.amount, v.channel, v.occurred_at AS at_time, v.row,
            row_number() OVER (PARTITION BY o.row ORDER BY v.occurred_at, v.row) AS place,
            count(*) OVER (PARTITION BY o.row) AS size
        FROM (SELECT * FROM {events} WHERE event_type = 'Order') o
        JOIN (SELECT * FROM {events} WHERE event_type = 'Web Visit') v ON v.account_id = o.account_id
            AND v.occurred_at <= o.occurred_at AND v.occurred_at >= o.occurred_at - INTERVAL 30 DAY
    """
    found = {
        channel: rest
        for channel, *rest in rows(
            parch,
            "SELECT channel, count(*) FILTER (WHERE place = 1), count(*) FILTER (WHERE place = size), "
            f"round(sum(1 / size), 4), round(sum(amount::DOUBLE / size), 2) FROM ({touches}) GROUP BY 1",
        )
    }
    assert found["direct"][:3] == [5629, 6909, 5289.0810]
    assert found["organic"][2] == 422.4298
    assert found["facebook"][3] == 1361890.85


# --- contact roles, a pipeline ---------------------------------------------------------------------------


def test_salesforce(loaded: Callable[..., Generation]) -> None:
    demo = loaded("salesforce_demo_buying_roles")
    kept = {
        name: demo.meta["rows"][name]
        for name in ("accounts", "persons", "opportunities", "opportunity_products")
    }
    assert kept == {"accounts": 185, "persons": 701, "opportunities": 741, "opportunity_products": 4133}
    assert rows(
        demo,
        "SELECT count(*) FILTER (WHERE outcome = 'won') AS won, count(*) FILTER (WHERE outcome = 'lost') AS"
        " lost, round(100 * won / (won + lost), 4), sum(amount) FILTER (WHERE outcome = 'won')::INT FROM"
        " {opportunities}",
    ) == [(202, 106, 65.5844, 7722744)]
    sizes = rows(
        demo,
        "SELECT size, count(*) FROM (SELECT count(DISTINCT person_id) AS size FROM {buying_group_members} "
        "GROUP BY buying_group_id) GROUP BY 1 ORDER BY 1",
    )
    assert sizes == [(1, 23), (2, 2), (5, 3)]
    assert demo.meta["rows"]["buying_group_members"] == 42


@pytest.mark.parametrize("manifest", ["maven_crm_sales", "maven_crm_sales_excel"])
def test_maven(manifest: str, loaded: Callable[..., Generation]) -> None:
    maven = loaded(manifest, "maven_crm_sales")
    stages = dict(rows(maven, "SELECT stage, count(*) FROM {opportunities} GROUP BY 1"))
    assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
    assert rows(
        maven,
        "SELECT round(100 * count(*) FILTER (WHERE outcome = 'won') / count(*) FILTER (WHERE outcome <>"
        " 'open'), 4), sum(amount)::INT FROM {opportunities}",
    ) == [(63.1501, 10005534)]
    assert rows(
        maven,
        "SELECT outcome, round(avg(days), 4), median(days) FROM (SELECT outcome, date_diff('day', created_at,"
        " closed_at) AS days FROM {opportunities} WHERE outcome <> 'open') GROUP BY 1 ORDER BY 1",
    )[1] == ("won", 51.7820, 57)
    assert (
        value(
            maven,
            "SELECT median(date_diff('day', created_at, closed_at)) FROM {opportunities} WHERE outcome ="
            " 'lost'",
        )
        == 14
    )
    assert rows(
        maven,
        "SELECT count(DISTINCT a.account_id), sum(amount)::INT FROM {accounts} a JOIN {opportunities} o USING"
        " (account_id) WHERE a.global_account_id = 'Acme Corporation'",
    ) == [(5, 519349)]
    assert value(maven, "SELECT count(*) FROM {opportunities} WHERE account_id IS NULL") == 1425
    assert maven.audit["sources"]["pipeline"]["not_yet"] == {"events Opportunity Engaged": 500}


# --- clicks and touches ----------------------------------------------------------------------------------


def test_simple_shop(loaded: Callable[..., Generation]) -> None:
    shop = loaded("simple_shop")
    assert shop.meta["rows"]["events"] == 32283
    assert rows(shop, "SELECT count(DISTINCT person_id), count(DISTINCT session_id) FROM {events}") == [
        (3751, 6454)
    ]
    pairs = dict(
        rows(
            shop,
            "SELECT pair, count(*) FROM (SELECT event_type || '→' || lead(event_type) OVER "
            "(PARTITION BY person_id ORDER BY occurred_at, rank, row) AS pair FROM {events}) GROUP BY 1",
        )
    )
    assert (pairs["catalog→catalog"], pairs["main→catalog"], pairs["catalog→main"]) == (4857, 4064, 2545)


def funnel(shop: Generation, *steps: str) -> list[int]:
    """Persons that reach each step in order, by plain SQL: every step strictly later than the first reach
    before."""
    counts, reached = (
        [],
        "SELECT person_id, min(row) AS reach FROM {events} WHERE event_type IN (" + steps[0] + ") GROUP BY 1",
    )
    counts.append(value(shop, f"SELECT count(*) FROM ({reached})"))
    for step in steps[1:]:
        reached = (
            f"SELECT e.person_id, min(e.row) AS reach FROM {{events}} e JOIN ({reached}) r ON r.person_id ="
            f" e.person_id AND e.row > r.reach WHERE e.event_type IN ({step}) GROUP BY 1"
        )
        counts.append(value(shop, f"SELECT count(*) FROM ({reached})"))
    return counts


def test_simple_shop_funnels(loaded: Callable[..., Generation]) -> None:
    shop = loaded("simple_shop")
    in_order = (
        "SELECT count(*) FROM (SELECT occurred_at < lag(occurred_at) OVER (PARTITION BY person_id ORDER BY"
        " row) AS wrong FROM {events}) WHERE wrong"
    )
    assert value(shop, in_order) == 0  # rows of a person are in order of time, so rows stand for positions
    assert funnel(shop, "'catalog'", "'cart'", "'payment_done'") == [3611, 1924, 653]
    assert funnel(shop, "'catalog'", "'product1', 'product2'", "'cart'", "'payment_done'") == [
        3611,
        2010,
        1257,
        429,
    ]


PRODUCTS = {"field": "event_type", "op": "in", "value": ["product1", "product2"]}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("steps", "published"),
    [
        (("catalog", "cart", "payment_done"), [3611, 1924, 653]),
        (("catalog", PRODUCTS, "cart", "payment_done"), [3611, 2010, 1257, 429]),
    ],
    ids=["closed funnel", "with a product in between"],
)
def test_simple_shop_funnels_as_fallout(
    loaded: Callable[..., Generation], steps: tuple[Any, ...], published: list[int], engine: str
) -> None:
    wheres = [{"field": "event_type", "value": step} if isinstance(step, str) else step for step in steps]
    question = {
        "analysis": "fallout",
        "container": "person",
        "touchpoints": [{"where": where} for where in wheres],
        "baseline": False,
    }
    result = Workbench(loaded("simple_shop")).ask(question, engine=engine)
    assert result.tables["touchpoints"]["value"].to_list() == published
    assert len(result.members("touchpoints", {"step": len(steps)})) == published[-1]


@pytest.mark.parametrize("engine", ENGINES)
def test_simple_shop_transitions_as_flow(loaded: Callable[..., Generation], engine: str) -> None:
    """A transition is a link from an anchor to the next event; the anchor again is an item of its own."""
    bench = Workbench(loaded("simple_shop"))
    found = {}
    for before, after in (("catalog", "catalog"), ("main", "catalog"), ("catalog", "main")):
        question = {
            "analysis": "flow",
            "container": "person",
            "starts_with": {"field": "event_type", "value": before},
            "columns": 1,
            "items": 20,
            "repeats": True,
        }
        links = bench.ask(question, engine=engine).tables["links"]
        again = before == after
        target = links.filter(pl.col("target_kind") == ("anchor" if again else "item"))
        found[before, after] = (target if again else target.filter(target=after))["paths"].item()
    assert list(found.values()) == [4857, 4064, 2545]


def test_attribution_playbook(loaded: Callable[..., Generation]) -> None:
    playbook = loaded("attribution_playbook")
    assert playbook.audit["sources"]["sessions"]["repaired"] == {"too few fields: filled with no value": 33}
    touches = """
        SELECT c.row AS deal, s.channel,
            row_number() OVER (PARTITION BY c.row ORDER BY s.occurred_at, s.row) AS place,
            count(*) OVER (PARTITION BY c.row) AS size,
            power(2, -(epoch_us(c.occurred_at) - epoch_us(s.occurred_at)) / 604800e6) AS weight
        FROM (SELECT * FROM {events} WHERE event_type = 'Conversion') c
        JOIN (SELECT * FROM {events} WHERE event_type = 'Session') s ON s.person_id = c.person_id
            AND s.occurred_at <= c.occurred_at AND s.occurred_at >= c.occurred_at - INTERVAL 30 DAY
    """
    assert value(playbook, f"SELECT count(*) FROM ({touches})") == 39
    position = (
        "CASE size WHEN 1 THEN 1 WHEN 2 THEN 0.5 ELSE CASE WHEN place IN (1, size) THEN 0.4 ELSE 0.2 / (size"
        " - 2) END END"
    )
    found = {
        channel: rest
        for channel, *rest in rows(
            playbook,
            "SELECT channel, count(*) FILTER (WHERE place = 1), count(*) FILTER (WHERE place = size), "
            f"round(sum(1 / size), 6), round(sum({position})::DOUBLE, 2), round(sum(weight / whole), 4) FROM "
            f"(SELECT *, sum(weight) OVER (PARTITION BY deal) AS whole FROM ({touches})) GROUP BY 1",
        )
    }
    assert found["direct"] == [11, 11, 10.976190, 10.94, 10.9521]
    assert found["facebook_ads"] == [7, 4, 5.392857, 5.44, 5.2951]
