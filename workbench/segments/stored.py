"""`bench.segments`: saved segments from draft to live, with their lists, pins, and where they are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from workbench.errors import SpecError, WorkbenchError, WorkspaceError, nearest
from workbench.model.conditions import SegmentRef
from workbench.model.containers import container_named
from workbench.model.parsing import parse_condition, read_model
from workbench.model.saved_segments import (
    About,
    Pin,
    about_of,
    effective_condition,
    joined_blocks,
    segments_named,
)
from workbench.model.wording import describe_condition
from workbench.segments import comparison, exports, history, layout, leaving_out, overlap, profiles, why
from workbench.segments.bench import Bench
from workbench.segments.export_log import forget_exported, read_log
from workbench.segments.members import asked, member_ids, members
from workbench.segments.relations import known_ids
from workbench.workspace.definitions import KINDS
from workbench.workspace.member_lists import read_list, write_list

Json = dict[str, Any]

LISTED: dict[str, Any] = {
    "id": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "container": pl.String,
    "state": pl.String,
    "size": pl.Int64,
    "folder": pl.String,
    "tags": pl.List(pl.String),
    "description": pl.String,
    "revision": pl.Int64,
    "problem": pl.String,
}
"""Columns of the list of segments."""


class Segments:
    """The saved segments of a workspace, asked on one data version."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    # --- reading -------------------------------------------------------------------------------

    def list(self, *, sizes: bool = True) -> pl.DataFrame:
        """Every segment by name, with its size on this data version: the columns of `LISTED`.

        A segment that cannot be read or counted has a `problem` and no size.
        """
        rows = [self._row(one, sizes) for one in self._bench.definitions.list("segments")]
        return pl.DataFrame(rows, schema=LISTED)

    def _row(self, definition: Json, sizes: bool) -> Json:
        row: Json = {"id": definition["id"], "name": definition["name"]}
        try:
            if problem := definition.get("problem"):
                raise WorkspaceError(problem)
            about = about_of(definition)
            told = about.model_dump(include=set(LISTED) & set(About.model_fields))
            row |= told | {"revision": definition["revision"], "tags": list(about.tags)}
            if sizes:
                row["size"] = self._bench.size({"segment": definition["id"]}, about.container)
        except WorkbenchError as found:
            row["problem"] = str(found)
        return row

    def get(self, segment_id: str) -> Json:
        """One segment: its definition, whole `about`, the `condition` it stands for, and that `in_words`."""
        definition = self._bench.definitions.get("segments", segment_id)
        about, condition = about_of(definition), effective_condition(definition)
        words = describe_condition(parse_condition(condition), self._bench.version)
        whole = about.model_dump(mode="json", by_alias=True)
        return {**definition, "about": whole, "condition": condition, "in_words": words}

    def members(self, what: Any, container: str | None = None) -> pl.DataFrame:
        """Members of a segment (its id) or condition as any container; see `segments.members.members`."""
        return members(self._bench, what, container)

    def size(self, what: Any, container: str | None = None) -> int:
        """How many members that are."""
        question = asked(self._bench, what, container)
        if container in (None, question.own):
            return self._bench.size(question.condition, question.own)
        return len(member_ids(self._bench, what, container))

    def why(self, what: Any, container: str, container_id: str) -> why.Reason:
        """Why one container is a member or not: every part of the condition, with its events."""
        return why.reason(self._bench, what, container, container_id)

    # --- saving --------------------------------------------------------------------------------

    def save(
        self,
        name: str,
        content: Any = None,
        *,
        about: Json | None = None,
        segment_id: str | None = None,
        revision: int | None = None,
    ) -> Json:
        """Save a segment and return its definition; `about` as in `About`, kept as it is where not given.

        `content` is the condition of a dynamic or firmographic segment; static and compound ones have none.
        `segment_id` and `revision` change a saved one, as `Definitions.save` says. What is live must be
        answerable, and may refer to live segments only. Raises SpecError, WorkspaceError, RevisionConflict.
        """
        if about is None:
            chosen = About() if segment_id is None else self._about(segment_id)
        else:
            chosen = read_model(About, about, "about")
        self._check(chosen, content, segment_id)
        return self._recorded(
            self._bench.definitions.save(
                "segments", name, content, definition_id=segment_id, revision=revision, about=chosen.to_json()
            )
        )

    def go_live(self, segment_id: str) -> Json:
        """Make a draft usable by other segments; its history begins. Raises SpecError."""

        def live(definition: Json) -> Json:
            about = about_of(definition).model_copy(update={"state": "live"})
            self._check(about, definition["content"], segment_id)
            return _with_about(definition, about)

        return self._recorded(self._bench.definitions.change("segments", segment_id, live))

    def _recorded(self, saved: Json) -> Json:
        """The definition; what is live has its members recorded."""
        if about_of(saved).state == "live":
            history.record(self._bench, saved["id"])
        return saved

    def _check(self, about: About, content: Any, segment_id: str | None) -> None:
        """Refuse what makes no sense, leads back to itself, or is live and leans on drafts."""
        if about.kind == "static":
            if content is not None:
                raise SpecError("a static segment is a list and has no condition", "content")
            return
        if about.kind == "compound" and content is not None:
            raise SpecError("a compound segment is its blocks and has no condition of its own", "content")
        condition = parse_condition(joined_blocks(about) if about.kind == "compound" else content, "content")
        self._check_way_round(condition, segment_id)
        if about.state == "live":
            self._check_live(condition)
            self._bench.size(condition, about.container)
        elif segment_id is not None:
            self._check_no_live_user(segment_id)

    def _check_way_round(self, condition: Any, segment_id: str | None) -> None:
        """Every segment named must exist, and none may lead back to this one."""
        version, name = self._bench.version, segment_id or "this segment"
        known = {**version.segments, name: condition.to_json()}
        replace(version, segments=known).inline(SegmentRef(segment=name))

    def _check_live(self, condition: Any) -> None:
        drafts = [
            one for one in sorted(segments_named(condition.to_json())) if self._about(one).state == "draft"
        ]
        if drafts:
            raise SpecError(f"a live segment cannot refer to drafts: {', '.join(drafts)}", "state")

    def _check_no_live_user(self, segment_id: str) -> None:
        users = [
            row["id"]
            for row in self.used_by(segment_id).filter(kind="segments").to_dicts()
            if self._about(row["id"]).state == "live"
        ]
        if users:
            raise SpecError(f"live segments refer to it: {', '.join(users)}", "state")

    def _about(self, segment_id: str) -> About:
        return about_of(self._bench.definitions.get("segments", segment_id))

    # --- lists and pins ------------------------------------------------------------------------

    def add(self, segment_id: str, ids: Any = (), *, where: Any = None) -> Json:
        """Put members on the list of a static segment, by id or by a query that is run once, now."""
        return self._change_list(segment_id, ids, where, set.union)

    def remove(self, segment_id: str, ids: Any = (), *, where: Any = None) -> Json:
        """Take members off the list of a static segment, by id or by a query that is run once, now."""
        return self._change_list(segment_id, ids, where, set.difference)

    def _change_list(self, segment_id: str, ids: Any, where: Any, change: Any) -> Json:
        about = self._about(segment_id)
        if about.kind != "static":
            raise SpecError(
                f"{segment_id} is {about.kind}; only static segments are lists. Pin instead", "id"
            )
        chosen = set(ids) | (
            set(member_ids(self._bench, where, about.container)) if where is not None else set()
        )
        self._check_known(chosen, about.container)
        folder = self._bench.definitions.folder

        def changed(definition: Json) -> Json:
            write_list(folder, segment_id, change(set(read_list(folder, segment_id)), chosen))
            return definition

        return self._recorded(self._bench.definitions.change("segments", segment_id, changed))

    def _check_known(self, ids: set[str], container: str) -> None:
        known = known_ids(self._bench.index, container)
        for one in sorted(ids, key=str):
            if one not in known:
                what = container_named(container).label.lower()
                raise SpecError(f"{one!r} is no {what} of this workspace; {nearest(one, known)}", "ids")

    def pin(self, segment_id: str, member_id: str, inside: bool, reason: str = "") -> Json:
        """Put one member in or out, whatever the condition says; the last pin of a member counts."""
        self._check_known({member_id}, self._about(segment_id).container)
        pin = read_model(Pin, {"id": member_id, "in": inside, "reason": reason}, "pin")
        return self._change_pins(segment_id, member_id, (pin,))

    def unpin(self, segment_id: str, member_id: str) -> Json:
        """Let the condition decide about a member again."""
        pinned = [pin.id for pin in self._about(segment_id).pins]
        if member_id not in pinned:
            raise SpecError(f"{member_id!r} is not pinned; {nearest(member_id, pinned)}", "id")
        return self._change_pins(segment_id, member_id, ())

    def _change_pins(self, segment_id: str, member_id: str, pins: tuple[Pin, ...]) -> Json:
        def changed(definition: Json) -> Json:
            about = about_of(definition)
            kept = tuple(pin for pin in about.pins if pin.id != member_id)
            return _with_about(definition, about.model_copy(update={"pins": kept + pins}))

        return self._recorded(self._bench.definitions.change("segments", segment_id, changed))

    # --- where it is used, and deleting --------------------------------------------------------

    def used_by(self, segment_id: str) -> pl.DataFrame:
        """What refers to a segment: `kind` of definition or `milestones`, `id`, `name`; segments first."""
        definitions, version = self._bench.definitions, self._bench.version
        found = [
            {"kind": kind, "id": one["id"], "name": str(one["name"])}
            for kind in KINDS
            for one in definitions.list(kind)
            if segment_id in segments_named([one.get("content"), one.get("about")])
        ]
        found += [
            {"kind": "milestones", "id": name, "name": name}
            for name, condition in version.settings.milestones.items()
            if segment_id in segments_named(condition)
        ]
        return pl.DataFrame(found, schema={"kind": pl.String, "id": pl.String, "name": pl.String})

    def delete(self, segment_id: str, *, revision: int | None = None) -> None:
        """Remove a segment with its list and history; a WorkspaceError names what still uses it."""
        self._bench.definitions.get("segments", segment_id)
        users = [f"{row['kind']}/{row['id']}" for row in self.used_by(segment_id).to_dicts()]
        if users:
            raise WorkspaceError(f"definitions/segments/{segment_id}: is used by {', '.join(users)}")
        self._bench.definitions.delete("segments", segment_id, revision=revision)
        forget_exported(self._bench.path, segment_id)

    # --- over time, side by side, and out ------------------------------------------------------

    def history(self, segment_id: str) -> pl.DataFrame:
        """Per evaluation `data_version, evaluated_at, revision, size, entered, left`, oldest first."""
        return history.by_data_version(self._bench, segment_id)

    def changes(self, segment_id: str, data_version: int) -> pl.DataFrame:
        """Who entered and left at a data version: `<container>_id, name, change`."""
        return history.changes(self._bench, segment_id, data_version)

    def size_over_time(self, what: Any, by: Any = "month", container: str | None = None) -> pl.DataFrame:
        """Size at the end of each period: `period, as_of, size, complete`."""
        return history.size_over_time(self._bench, what, by, container)

    def compare(self, a: Any, b: Any, container: str | None = None) -> comparison.Comparison:
        """Two segments or conditions side by side, over all record fields and event types."""
        return comparison.compare(self._bench, a, b, container)

    def overlap(self, *what: Any, container: str | None = None) -> overlap.Overlap:
        """How up to three segments or conditions overlap; each region opens into its members."""
        return overlap.overlap(self._bench, what, container)

    def export(
        self, what: Any, path: str | Path, export: exports.Export | Json | None = None
    ) -> exports.ExportReport:
        """Write members to a file, by an `Export` (or its fields as a dict), and log it."""
        return exports.write(self._bench, what, Path(path), _export(export))

    def export_preview(self, what: Any, export: exports.Export | Json | None = None) -> exports.ExportReport:
        """What `export` would report now, without writing or logging anything."""
        return exports.preview(self._bench, what, _export(export))

    def export_columns(self, container: str) -> dict[str, bool]:
        """Columns that an export of a container may have → whether it has them where none are chosen."""
        return layout.known_columns(self._bench, container)

    def consent_levels(self) -> dict[str, bool]:
        """Names of the levels of consent, from 0 on → whether exports ask for that one by default."""
        return {name: level == leaving_out.MARKETING for level, name in enumerate(leaving_out.LEVELS)}

    def exports(self) -> pl.DataFrame:
        """The export log, newest first."""
        return read_log(self._bench.path)

    def profiles(self) -> dict[str, str]:
        """Export profiles: id → name."""
        known = profiles.profiles(self._bench.definitions.folder)
        return {profile_id: profile.name for profile_id, profile in known.items()}


def _export(given: exports.Export | Json | None) -> exports.Export:
    return given if isinstance(given, exports.Export) else read_model(exports.Export, given or {}, "export")


def _with_about(definition: Json, about: About) -> Json:
    told = about.to_json()
    plain = {key: value for key, value in definition.items() if key != "about"}
    return {**plain, "about": told} if told else plain
