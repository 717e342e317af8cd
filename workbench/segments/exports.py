"""Members as files for other systems: only those who may be written to, and changes since the last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from workbench.errors import SpecError
from workbench.model.base import Part
from workbench.model.conditions import ContainerName, SegmentRef
from workbench.segments.bench import Bench
from workbench.segments.export_log import (
    append_log,
    exports_folder,
    hashes,
    keep_exported,
    last_exported,
)
from workbench.segments.files import Format, format_of, write_file
from workbench.segments.layout import Layout, default_columns
from workbench.segments.leaving_out import MARKETING, Remaining, leave_out
from workbench.segments.members import Asked, asked, member_ids
from workbench.segments.profiles import profile_named
from workbench.segments.relations import known_ids
from workbench.workspace.locks import Lock


class Export(Part):
    """How members are written."""

    container: ContainerName | None = None
    """Write the members as this container; without one as the segment's own, or the profile's."""
    format: Format | None = None
    """Without one that of the file's name."""
    columns: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Columns of the record, or paths onward such as `account.industry`; not with a profile."""
    profile: str | None = None
    """A layout of another system, instead of columns."""
    consent: Annotated[int, Field(ge=0, le=5)] = MARKETING
    """Persons below this level of consent, or without one, are left out; 0 asks for none. Those who want no
    e-mail are always left out."""
    delta: bool = False
    """Two files of changes since the last export of the segment in this layout: `-added` and `-removed`."""
    suppress: tuple[str, ...] = ()
    """Saved segments whose members are left out, beside those that always are (`suppress` of a segment)."""


@dataclass(frozen=True)
class ExportReport:
    """What was written."""

    files: tuple[Path, ...]
    rows: int
    """Members that the other system should now hold; of a delta, `added` and `removed` were written."""
    left_out: Mapping[str, int]
    """Reason → members left out: suppressed, do_not_email, consent, no_value."""
    columns: tuple[str, ...]
    added: int | None = None
    removed: int | None = None
    notes: tuple[str, ...] = ()
    container: str = ""
    """What one row stands for."""


def write(bench: Bench, what: Any, path: Path, export: Export) -> ExportReport:
    """Write the members of a segment or condition, and log it; each file is whole or not there.

    Raises SpecError where a column, profile or format makes no sense, and where a workspace that masks
    persons is asked for their addresses.
    """
    question = asked(bench, what)
    layout, form = _layout(bench, question, export), format_of(path, export.format)
    remaining = _remaining(bench, what, layout, export)
    with Lock(exports_folder(bench.path) / ".lock").taken(60.0, "another export is being written"):
        writing = _changes if export.delta else _everything
        report = writing(bench, question, layout, remaining, (path, form))
        append_log(bench.path, _line(bench, question, layout, report))
    return report


def preview(bench: Bench, what: Any, export: Export) -> ExportReport:
    """What `write` would report now, without files: nothing is written, logged or remembered.

    Raises SpecError as `write` does.
    """
    question = asked(bench, what)
    layout = _layout(bench, question, export)
    remaining = _remaining(bench, what, layout, export)
    if not export.delta:
        return _report((), layout, remaining)
    _, added, removed = _differences(bench, question, layout, remaining)
    return _report((), layout, remaining, (len(added), len(removed)))


def _remaining(bench: Bench, what: Any, layout: Layout, export: Export) -> Remaining:
    """The members that go out."""
    remaining = Remaining(member_ids(bench, what, layout.kind))
    leave_out(bench, remaining, layout.kind, export.consent, export.suppress)
    lacking = ~layout.complete(layout.rows(bench, remaining.ids))
    remaining.drop([one for one, lacks in zip(remaining.ids, lacking, strict=True) if lacks], "no_value")
    return remaining


def _layout(bench: Bench, question: Asked, export: Export) -> Layout:
    if export.delta and _segment(question) is None:
        raise SpecError("changes are told of saved segments only; save it first", "delta")
    if export.profile is None:
        kind = export.container or question.own
        return Layout(kind, kind, export.columns or default_columns(bench, kind))
    profile = profile_named(bench.definitions.folder, export.profile)
    if export.columns is not None:
        raise SpecError(f"the profile {export.profile} has its own columns", "columns")
    if export.container not in (None, profile.container):
        text = f"the profile {export.profile} lists {profile.container}; found {export.container!r}"
        raise SpecError(text, "container")
    headers = tuple(column.header for column in profile.column)
    return Layout(export.profile, profile.container, headers, profile)


def _segment(question: Asked) -> str | None:
    return question.condition.segment if isinstance(question.condition, SegmentRef) else None


def _everything(
    bench: Bench, question: Asked, layout: Layout, remaining: Remaining, file: tuple[Path, Format]
) -> ExportReport:
    path, form = file
    write_file(path, layout.rows(bench, remaining.ids), form)
    if (segment := _segment(question)) is not None:
        keep_exported(bench.path, segment, layout.name, hashes(bench.path, layout.kind, remaining.ids))
    return _report((path,), layout, remaining)


def _changes(
    bench: Bench, question: Asked, layout: Layout, remaining: Remaining, file: tuple[Path, Format]
) -> ExportReport:
    """Write who is new since the last export, and who is to be taken off."""
    (path, form), segment = file, _segment(question)
    assert segment is not None
    now, added, removed = _differences(bench, question, layout, remaining)
    files = tuple(path.with_name(f"{path.stem}-{what}{path.suffix}") for what in ("added", "removed"))
    for target, ids in zip(files, (added, removed), strict=True):
        write_file(target, layout.rows(bench, ids), form)
    keep_exported(bench.path, segment, layout.name, now)
    return _report(files, layout, remaining, (len(added), len(removed)))


def _differences(
    bench: Bench, question: Asked, layout: Layout, remaining: Remaining
) -> tuple[dict[str, str], list[str], list[str]]:
    """Hashes of those who go out, and the ids added and removed since the last export.

    Removed are also those who withdrew their consent.
    """
    segment = _segment(question)
    assert segment is not None
    now = hashes(bench.path, layout.kind, remaining.ids)
    before = last_exported(bench.path, segment, layout.name) or set()
    known = hashes(bench.path, layout.kind, known_ids(bench.index, layout.kind))
    added = sorted(now[one] for one in now.keys() - before)
    gone = before - now.keys()
    removed = sorted(known[one] for one in gone & known.keys())
    if vanished := len(gone) - len(removed):
        remaining.notes.append(f"{vanished:,} exported before are no longer in the data and cannot be named")
    return now, added, removed


def _report(
    files: tuple[Path, ...],
    layout: Layout,
    remaining: Remaining,
    changes: tuple[int | None, int | None] = (None, None),
) -> ExportReport:
    return ExportReport(
        files,
        len(remaining.ids),
        dict(remaining.left_out),
        layout.columns,
        *changes,
        tuple(remaining.notes),
        layout.kind,
    )


def _line(bench: Bench, question: Asked, layout: Layout, report: ExportReport) -> dict[str, Any]:
    segment = _segment(question)
    saved = None if segment is None else bench.definitions.get("segments", segment)
    return {
        "segment": segment,
        "revision": None if saved is None else saved["revision"],
        "data_version": bench.version.number,
        "container": layout.kind,
        "layout": layout.name,
        "delta": report.added is not None,
        "rows": report.rows,
        "added": report.added,
        "removed": report.removed,
        "left_out": dict(report.left_out),
        "columns": list(report.columns),
        "files": [file.name for file in report.files],
    }
