"""Definitions: stable ids, revisions, and versions of the language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.errors import RevisionConflict, WorkspaceError
from workbench.workspace import Definitions
from workbench.workspace import definitions as module
from workbench.workspace.definitions import slug

CONDITION = {"field": "event_type", "value": "x"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("In-person attendees (Köln)", "in-person-attendees-koln"), ("../../etc", "etc"), ("日本", "unnamed")],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_saving_listing_and_deleting(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    assert definitions.list("segments") == ()
    first = definitions.save("segments", "Big accounts", CONDITION)
    assert (first["id"], first["revision"]) == ("big-accounts", 1)
    again = definitions.save("segments", "Big accounts", CONDITION)
    assert again["id"] == "big-accounts-2"
    renamed = definitions.save("segments", "Alpha", CONDITION, definition_id="big-accounts", revision=1)
    assert (renamed["id"], renamed["revision"]) == ("big-accounts", 2)
    assert [d["name"] for d in definitions.list("segments")] == ["Alpha", "Big accounts"]
    assert definitions.segments() == {"big-accounts": CONDITION, "big-accounts-2": CONDITION}
    definitions.delete("segments", "big-accounts-2")
    with pytest.raises(WorkspaceError, match="no 'big-acounts'; did you mean 'big-accounts'"):
        definitions.get("segments", "big-acounts")
    with pytest.raises(WorkspaceError, match="'segment' is no kind of definition; did you mean 'segments'"):
        definitions.list("segment")


def test_somebodys_newer_revision_is_not_overwritten(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    definitions.save("views", "Funnel", 1)
    definitions.save("views", "Funnel", 2, definition_id="funnel", revision=1)
    for revision in (1, None):
        with pytest.raises(RevisionConflict, match="revision 2 was saved meanwhile"):
            definitions.save("views", "Funnel", 3, definition_id="funnel", revision=revision)
    with pytest.raises(RevisionConflict):
        definitions.delete("views", "funnel", revision=1)
    assert definitions.get("views", "funnel")["content"] == 2
    assert definitions.save("views", "Funnel", 3)["id"] == "funnel-2"


def test_ids_cannot_leave_the_folder(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    for wrong in ("../x", "a/b", "A", "", "a b"):
        with pytest.raises(WorkspaceError, match="is no id"):
            definitions.save("views", "x", 1, definition_id=wrong)


def test_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = Definitions(tmp_path)
    path = tmp_path / "definitions" / "views" / "old.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"name": "Old", "language": 0, "content": {"kind": "x"}}))
    monkeypatch.setitem(module.UPGRADES, 0, lambda d: {**d, "content": {"analysis": d["content"]["kind"]}})
    assert definitions.get("views", "old")["content"] == {"analysis": "x"}
    path.write_text(json.dumps({"name": "New", "language": 99, "content": {}}))
    with pytest.raises(WorkspaceError, match="language 99, this version reads up to 1"):
        definitions.get("views", "old")
    assert "language 99" in definitions.list("views")[0]["problem"]
    path.write_text("{")
    assert "is no JSON" in definitions.list("views")[0]["problem"]
