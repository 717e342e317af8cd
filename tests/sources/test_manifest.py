"""Manifests: what is accepted, and how a wrong one is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import SourceError
from workbench.model.base import Part
from workbench.model.tables import TABLES
from workbench.sources import parse_manifest, read_manifest
from workbench.sources.manifest import Manifest, Source, Target

DATASETS = Path(__file__).parents[2] / "datasets"

EVENTS = {"event_type": "kind", "occurred_at": "time"}


def source(**changes: Any) -> dict[str, Any]:
    return {"source": [{"name": "clicks", "files": "*.csv", "events": [EVENTS], **changes}]}


@pytest.mark.parametrize("path", sorted(DATASETS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_manifests_of_the_house_are_valid(path: Path) -> None:
    assert read_manifest(path).sources


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "apend"}, "'apend' is not allowed; did you mean 'append'"),
        ({"file": "x"}, "'file' is not a name used here; did you mean 'files'"),
        ({"mode": "upsert"}, "mode 'upsert' needs a key"),
        ({"events": []}, "fills nothing"),
        ({"events": [{"event_type": "kind"}]}, "'occurred_at' is not mapped"),
        ({"events": [{**EVENTS, "rank": "1"}]}, "'rank' is made while loading"),
        ({"tables": {"acounts": {"account_id": "a"}}}, "'acounts' is no table; did you mean 'accounts'"),
        (
            {"tables": {"accounts": {"accountid": "a"}}},
            "'account_id' is not mapped; did you mean 'accountid'",
        ),
        ({"table": "personss"}, "'personss' is no table; did you mean 'persons'"),
        ({"time_zone": "Europe/Berlim"}, "did you mean 'Europe/Berlin'"),
        ({"encoding": "utf-9"}, "'utf-9' is no encoding"),
        ({"delimiter": ";;"}, "is not one character"),
        ({"header": False}, "need the names of their columns"),
        ({"changes": [{"table": "opportunities", "column": "stage", "event_type": "x"}]}, "need mode"),
        (
            {"events": [{**EVENTS, "account_id": {"lookup": "person.account_id", "key": "a"}}]},
            "'person' is no table",
        ),
        ({"events": [{**EVENTS, "account_id": {"lookup": "persons", "key": "a"}}]}, "names no column"),
        ({"events": [{**EVENTS, "account_id": {"loockup": "persons.a", "key": "a"}}]}, "account_id"),
        (
            {"events": [{**EVENTS, "occurred_at": {"lookup": "leads.created_at", "key": "a"}}]},
            "'occurred_at' comes from the row itself",
        ),
        ({"name": "a/b"}, "name"),
    ],
)
def test_a_wrong_source_is_told_with_its_name_and_the_nearest_choice(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SourceError, match=re.escape(message)) as problem:
        parse_manifest(source(**changes))
    assert "clicks" in str(problem.value) or "name" in changes


def test_wrong_manifests_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such manifest"):
        read_manifest(tmp_path / "none.toml")
    with pytest.raises(SourceError, match="is a folder"):
        read_manifest(tmp_path)
    (tmp_path / "bad.toml").write_text("[[source]\n")
    with pytest.raises(SourceError, match=r"bad\.toml: .*line 1"):
        read_manifest(tmp_path / "bad.toml")
    with pytest.raises(SourceError, match="source"):
        parse_manifest({})
    with pytest.raises(SourceError, match="two sources are called 'clicks'"):
        parse_manifest({"source": source()["source"] * 2})
    with pytest.raises(SourceError, match=r"milestones\.won"):
        parse_manifest({**source(), "milestones": {"won": {"feld": "x"}}})
    with pytest.raises(SourceError, match="a period needs 'time'"):
        parse_manifest(
            {
                **source(),
                "control": [
                    {"name": "c", "table": "events", "metric": "count(*)", "to": "2024-01-01", "expected": 1}
                ],
            }
        )


def test_settings_of_the_manifest_reach_the_workspace() -> None:
    manifest = parse_manifest(
        {**source(), "name": "N", "event_order": ["a", "b"], "workspace": {"time_zone": "Europe/Berlin"}}
    )
    assert manifest.settings() == {"name": "N", "event_order": ["a", "b"], "time_zone": "Europe/Berlin"}


def _documented() -> str:
    return (DATASETS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", [Manifest, Source, Target], ids=lambda model: model.__name__)
def test_every_name_of_a_manifest_is_documented(model: type[Part]) -> None:
    internal = {"targets", "sources", "controls"}
    names = {field.alias or name for name, field in model.model_fields.items()} - internal
    text = _documented()
    assert [name for name in sorted(names) if f"`{name}`" not in text and f"[[{name}]]" not in text] == []


def test_every_table_is_documented() -> None:
    assert [name for name in TABLES if f"`{name}`" not in _documented()] == []


def test_the_examples_of_the_documentation_are_valid() -> None:
    examples = re.findall(r"```toml\n(.*?)```", _documented(), flags=re.DOTALL)
    whole = [example for example in examples if "[[source]]" in example]
    assert whole
    for example in whole:
        parse_manifest(tomllib.loads(example))
