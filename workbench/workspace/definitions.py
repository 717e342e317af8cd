"""Saved work: small JSON files, one per segment, view, journey and the like, fit for version control."""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import RevisionConflict, SpecError, WorkspaceError, nearest
from workbench.model.saved_segments import about_of, effective_condition, pinned_lists
from workbench.workspace.disk import read_json, write_json
from workbench.workspace.locks import Lock
from workbench.workspace.member_lists import MemberLists, remove_lists

KINDS: tuple[str, ...] = ("segments", "views", "models", "journeys", "initiatives")

LANGUAGE = 1
"""Version of the language of questions that this program writes."""

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version → function that rewrites the content of that version as the next one."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def slug(name: str) -> str:
    """A stable id made from a name.

    >>> slug("In-person attendees (Köln)")
    'in-person-attendees-koln'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-") or "unnamed"


class Definitions:
    """The folder `definitions/` of a workspace.

    A definition is `{"id", "name", "language", "revision", "content"}`; `content` is a condition for segments
    and a question, model or journey else. A segment may say more of itself in `about`
    (`workbench.model.saved_segments.About`).
    """

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / "definitions"

    def list(self, kind: str) -> tuple[dict[str, Any], ...]:
        """All definitions of a kind, by name; files that cannot be read are given with `problem` instead of
        content."""
        found = []
        for path in sorted(self._folder(kind).glob("*.json")):
            try:
                found.append(self._read(path))
            except WorkspaceError as problem:
                found.append({"id": path.stem, "name": path.stem, "problem": str(problem)})
        return tuple(
            sorted(found, key=lambda definition: (str(definition["name"]).lower(), definition["id"]))
        )

    def get(self, kind: str, definition_id: str) -> dict[str, Any]:
        """One definition; WorkspaceError names the nearest where there is none."""
        path = self._path(kind, definition_id)
        if not path.exists():
            known = [file.stem for file in self._folder(kind).glob("*.json")]
            raise WorkspaceError(
                f"definitions/{kind}: there is no {definition_id!r}; {nearest(definition_id, known)}"
            )
        return self._read(path)

    def save(
        self,
        kind: str,
        name: str,
        content: Any,
        *,
        definition_id: str | None = None,
        revision: int | None = None,
        about: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Save under `definition_id` (made from the name when new) and return the definition with its new
        revision.

        `revision` is the one the change started from: None creates, and gives a new id where the name's is
        taken. RevisionConflict when somebody saved since; save it as a copy (without `definition_id` and
        `revision`) or read theirs. What a definition says `about` itself stays as it was unless given.
        """
        self._folder(kind)
        with Lock(self.folder / ".lock").taken(10.0, "somebody keeps the definitions locked"):
            chosen = self._free_slug(kind, name) if definition_id is None else definition_id
            path = self._path(kind, chosen)
            before = self._read(path) if path.exists() else {}
            saved = before.get("revision", 0)
            if saved != (revision or 0):
                raise RevisionConflict(
                    f"definitions/{kind}/{chosen}: revision {saved} was saved meanwhile, this change started"
                    f" from {revision or 'nothing'}; save a copy under another name, or open the saved one"
                    " first"
                )
            definition = {
                "id": chosen,
                "name": name,
                "language": LANGUAGE,
                "revision": saved + 1,
                "content": content,
            }
            if kept := before.get("about") if about is None else about:
                definition["about"] = kept
            write_json(path, definition)
        return definition

    def change(
        self, kind: str, definition_id: str, change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """Save what `change` makes of a definition as it is now, with its next revision.

        Nobody else saves meanwhile. `change` must not save or delete itself.
        """
        with Lock(self.folder / ".lock").taken(10.0, "somebody keeps the definitions locked"):
            found = self.get(kind, definition_id)
            definition = {**change(found), "id": definition_id, "revision": found["revision"] + 1}
            write_json(self._path(kind, definition_id), definition)
        return definition

    def delete(self, kind: str, definition_id: str, *, revision: int | None = None) -> None:
        """Remove a definition; with `revision`, only when nobody saved a newer one."""
        with Lock(self.folder / ".lock").taken(10.0, "somebody keeps the definitions locked"):
            found = self.get(kind, definition_id)
            if revision is not None and found["revision"] != revision:
                raise RevisionConflict(
                    f"definitions/{kind}/{definition_id}: revision {found['revision']} was saved meanwhile"
                )
            with contextlib.suppress(FileNotFoundError):
                self._path(kind, definition_id).unlink()
            if kind == "segments":
                remove_lists(self.folder, definition_id)

    def segments(self) -> dict[str, Any]:
        """Segment id → condition, of all segments that can be read."""
        return {found["id"]: effective_condition(found) for found in self._sound_segments()}

    def lists(self) -> MemberLists:
        """The lists that conditions of segments name: members of static ones, and pins."""
        found = self._sound_segments()
        static = {one["id"] for one in found if about_of(one).kind == "static"}
        pinned = [pinned_lists(one) for one in found]
        return MemberLists(
            self.folder, static, {name: ids for lists in pinned for name, ids in lists.items()}
        )

    def _sound_segments(self) -> tuple[dict[str, Any], ...]:
        sound = []
        for found in self.list("segments"):
            with contextlib.suppress(SpecError):
                about_of(found)
                sound.append(found)
        return tuple(found for found in sound if "problem" not in found)

    def _folder(self, kind: str) -> Path:
        if kind not in KINDS:
            raise WorkspaceError(f"{kind!r} is no kind of definition; {nearest(kind, KINDS)}")
        return self.folder / kind

    def _path(self, kind: str, definition_id: str) -> Path:
        if not _SLUG.fullmatch(definition_id):
            raise WorkspaceError(
                f"{definition_id!r} is no id; ids are lower-case words joined by '-', such as"
                f" {slug(definition_id)!r}"
            )
        return self._folder(kind) / f"{definition_id}.json"

    def _free_slug(self, kind: str, name: str) -> str:
        wanted, number = slug(name), 1
        chosen = wanted
        while self._path(kind, chosen).exists():
            number += 1
            chosen = f"{wanted}-{number}"
        return chosen

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            definition = read_json(path)
        except (json.JSONDecodeError, UnicodeDecodeError) as problem:
            raise WorkspaceError(f"{path}: is no JSON: {problem}") from None
        if not isinstance(definition, dict) or "content" not in definition:
            raise WorkspaceError(f"{path}: is no definition: it has no content")
        language = definition.get("language", LANGUAGE)
        if not isinstance(language, int) or language > LANGUAGE:
            raise WorkspaceError(
                f"{path}: is written in language {language}, this version reads up to {LANGUAGE}; update the"
                " program"
            )
        while language < LANGUAGE:
            definition, language = UPGRADES[language](definition), language + 1
        name = definition.get("name", path.stem)
        return {"revision": 1, **definition, "id": path.stem, "name": name, "language": LANGUAGE}
