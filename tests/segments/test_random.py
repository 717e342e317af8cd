"""Random segments on random companies: blocks, pins, other containers and reasons by their definition."""

from __future__ import annotations

import random
from typing import Any

import pytest

import workbench as wb
from tests.engines.comparing import company_and_bench
from tests.reference.random_questions import random_conditions
from tests.segments.company import ids

KINDS = ("account", "opportunity", "buying_group", "lead", "person", "global_account")


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Any], Any, wb.Workbench]:
    return company_and_bench(19, 60)


@pytest.mark.parametrize("seed", range(12))
def test_compound_segments_are_set_algebra_from_left_to_right(seed: int, made: Any) -> None:
    _, reference, bench = made
    rng = random.Random(seed)
    kind = rng.choice(KINDS)
    parts = [condition for _, condition in random_conditions(seed, 4, depth=2)]
    result: set[str] = set()
    blocks = []
    for place, condition in enumerate(parts):
        saved = bench.definitions.save(
            "segments", f"part {seed} {place}", condition, about={"container": kind}
        )
        operator = rng.choice(("union", "intersect", "except")) if place else "union"
        blocks.append({"operator": operator, "segment": saved["id"]})
        members = reference.resolve(condition, kind)
        joined = {"union": set.union, "intersect": set.intersection, "except": set.difference}
        result = joined[operator](result, members)
    about: dict[str, Any] = {"kind": "compound", "container": kind, "blocks": blocks}
    known = sorted(reference.resolve({"not": {"field": "event_type", "op": "in", "value": []}}, kind))
    out, inside = rng.sample(known, 2)
    about["pins"] = [{"id": out, "in": False}, {"id": inside, "in": True}]
    name = bench.segments.save(f"joined {seed}", about=about)["id"]
    expected = (result - {out}) | {inside}
    assert set(ids(bench.segments.members(name))) == expected
    assert set(bench.resolve({"segment": name}, kind, engine="sql").to_series(0)) == expected
    for one in (out, inside, *rng.sample(known, 3)):
        assert bench.segments.why(name, kind, one).holds == (one in expected)


def belonging(company: dict[str, Any], own: str, target: str) -> set[tuple[str, str]]:
    """Pairs of containers that belong together, read from the records row by row."""
    plural = {"account": "accounts", "opportunity": "opportunities", "person": "persons"}
    found = set()
    if (own, target) == ("person", "account"):
        for row in [*company["persons"], *company["account_persons"]]:
            found.add((row["person_id"], row.get("account_id")))
    elif (own, target) == ("person", "opportunity"):
        groups = {row["buying_group_id"]: row.get("opportunity_id") for row in company["buying_groups"]}
        for row in company["buying_group_members"]:
            found.add((row["person_id"], groups.get(row["buying_group_id"])))
        for row in company["leads"]:
            found.add((row["person_id"], row.get("opportunity_id")))
    else:
        for row in company[plural[own]]:
            found.add((row[f"{own}_id"], row.get(f"{target}_id")))
    return {(a, b) for a, b in found if a is not None and b is not None}


@pytest.mark.parametrize(
    ("own", "target"), [("person", "account"), ("person", "opportunity"), ("opportunity", "account")]
)
@pytest.mark.parametrize("seed", range(3))
def test_members_as_other_containers_by_records(own: str, target: str, seed: int, made: Any) -> None:
    company, reference, bench = made
    recorded = {row[f"{own}_id"] for row in company[{"person": "persons"}.get(own, "opportunities")]}
    condition = next(
        one for _, one in random_conditions(100 + seed, 30) if 5 < len(reference.resolve(one, own)) < 200
    )
    name = bench.definitions.save("segments", "some", condition, about={"container": own})["id"]
    members = reference.resolve(condition, own)
    pairs = belonging(company, own, target)
    by_records = {b for a, b in pairs if a in members and a in recorded}
    found = bench.segments.members(name, target)
    assert by_records <= set(ids(found))
    for row in found.to_dicts():
        every = {a for a, b in pairs if b == row[f"{target}_id"]}
        plural = next(one.plural for one in wb.CONTAINERS if one.name == own)
        unrecorded = row[plural] - len(every)
        assert unrecorded >= 0
        assert len(every & members) <= row[f"{plural}_in"] <= len(every & members) + unrecorded
