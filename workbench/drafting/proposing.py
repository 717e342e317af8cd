"""From samples and choices to all that is proposed, in the order in which one thing depends on another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.drafting import journeys
from workbench.drafting.feeding import tables_of
from workbench.drafting.filling import fill, time_formats
from workbench.drafting.happenings import dated_columns, dated_section, log_section
from workbench.drafting.joins import find_joins
from workbench.drafting.leads import complete_leads
from workbench.drafting.ledger import Ledger, Proposal
from workbench.drafting.presets import Preset, recognise
from workbench.drafting.reading import File, Inputs, read_files
from workbench.drafting.records import record_sections
from workbench.drafting.sections import Section, completed, drop_lookups, preset_sections
from workbench.drafting.words import plain, title
from workbench.errors import SourceError, SpecError, nearest
from workbench.model.tables import TABLES

SURE = 0.6
"""Confidence from which a preset is taken."""


@dataclass(frozen=True)
class Proposed:
    """What was settled."""

    proposals: tuple[Proposal, ...]
    content: dict[str, Any]
    """The manifest as plain values."""
    left_out: dict[str, str]
    """File → why it is no part of it."""


def propose(inputs: Inputs, known: Mapping[str, Preset], choices: Mapping[str, Any]) -> Proposed:
    """Settle everything about the files; a choice takes the place of what would be proposed."""
    ledger = Ledger(choices)
    files, left_out = read_files(inputs, ledger)
    _recognise(files, known, ledger)
    for file in list(files):
        tables, confidence, reason = tables_of(file)
        if why := _copy_of(file, files):
            tables, confidence, reason = [], 0.7, why
        _settle_tables(file, tables, confidence, reason, ledger)
    find_joins([file for file in files if file.tables], ledger)
    used = [file for file in files if file.tables]
    content = _compose(inputs, used, ledger)
    fed = {source["name"] for source in content["source"]}
    left_out |= {f.samples[0].name: "its key columns are missing" for f in used if f.name not in fed}
    left_out |= {
        file.samples[0].name: ledger.proposals[f"sources.{file.name}.tables"].reason
        for file in files
        if not file.tables
    }
    ledger.check()
    if not content["source"]:
        told = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:5])
        raise SourceError(f"{inputs.root}: no file feeds a table: {told}")
    return Proposed(tuple(ledger.proposals.values()), content, left_out)


def _settle_tables(file: File, tables: list[str], confidence: float, reason: str, ledger: Ledger) -> None:
    """Tables a file feeds; records with dates also give events."""
    chosen = ledger.settle(
        f"sources.{file.name}.tables",
        tables,
        confidence,
        reason,
        file.rows(*file.grid.columns[:6]),
        tuple(TABLES),
    )
    file.tables = [str(table) for table in ([chosen] if isinstance(chosen, str) else chosen)]
    for table in file.tables:
        if table not in TABLES:
            raise SpecError(f"{table!r} is no table; {nearest(table, TABLES)}", f"sources.{file.name}.tables")
    if file.match is not None and not set(tables) >= set(file.tables):
        file.match = None


def _recognise(files: list[File], known: Mapping[str, Preset], ledger: Ledger) -> None:
    """The preset each file follows; one preset for all files is likelier than many."""
    found = {file.name: recognise(known, file.stem, file.grid.columns) for file in files}
    weight: dict[str, float] = {}
    for matches in found.values():
        for preset in {match.preset for match in matches}:
            weight[preset] = weight.get(preset, 0.0) + max(
                m.confidence for m in matches if m.preset == preset
            )
    for file in files:
        matches = sorted(found[file.name], key=lambda m: -(m.confidence + 0.02 * weight[m.preset]))
        best = next((match for match in matches if match.confidence >= SURE), None)
        path, options = f"sources.{file.name}.preset", tuple(match.id for match in matches)
        canonical = _canonical(file)
        if best is None or canonical:
            value, sure, why = "", 0.9 if canonical else 0.6, canonical or "no preset fits"
        else:
            value, sure, why = best.id, best.confidence, best.reason
        chosen = ledger.settle(path, value, sure, why, (), options)
        file.match = next((match for match in matches if match.id == chosen), None)
        if chosen and file.match is None:
            raise SpecError(f"{chosen!r} does not fit {file.name}; its columns are missing", path)


def _canonical(file: File) -> str:
    """Why a file carries canonical names already; empty where it does not."""
    for table, definition in TABLES.items():
        names = set(file.columns) & set(definition.columns)
        keyed = all(key in names for key in definition.key[:1]) or table == "events"
        enough = len(names) >= min(3, len(definition.columns))
        if keyed and enough and plain(file.stem) == plain(table):
            return f"its columns carry the names of {table}"
    return ""


def _copy_of(file: File, files: list[File]) -> str:
    """Why a file is taken for a copy of an earlier one; empty where it is none."""
    for other in files[: files.index(file)]:
        if [plain(c) for c in other.grid.columns] != [plain(c) for c in file.grid.columns] or len(
            file.grid.columns
        ) < 2:
            continue
        if plain(other.stem) != plain(file.stem):
            continue
        first = file.grid.columns[0]
        values, there = file.columns[first].values, other.columns[other.grid.columns[0]].values
        if values and len(values & there) > 0.9 * len(values):
            return f"it holds the records of {other.samples[0].name}"
    return ""


def _compose(inputs: Inputs, files: list[File], ledger: Ledger) -> dict[str, Any]:
    by_name = {file.name: file for file in files}
    sections = {file.name: _sections(file, by_name, files, ledger) for file in files}
    complete_leads(by_name, sections)
    drop_lookups(section for own in sections.values() for section in own)
    taken: dict[tuple[str, str], str] = {}
    streams: list[tuple[File, Section]] = []
    sources = [_source(file, sections[file.name], ledger, taken, streams) for file in files]
    types = list(
        dict.fromkeys(
            kind for file, section in streams for kind in journeys.types_of(file, section, ledger) if kind
        )
    )
    given: dict[str, str] = {}
    for file in files:
        given |= dict(file.match.actors) if file.match is not None else {}
    name = ledger.settle("name", title(inputs.root.name) or "Draft", 0.5, "the name of the folder")
    zone = ledger.settle(
        "time_zone",
        "UTC",
        0.5,
        "times without a zone are read as UTC; say the zone of the export if it is another",
    )
    content: dict[str, Any] = {
        "name": name,
        "time_zone": zone,
        "event_order": journeys.order(streams, types, ledger),
    }
    content["actors"] = journeys.actors(types, given, ledger)
    content["milestones"] = journeys.milestones(types, ledger)
    content["source"] = [source for source in sources if source is not None]
    return {name: value for name, value in content.items() if value or name == "source"}


def _sections(file: File, by_name: dict[str, File], files: list[File], ledger: Ledger) -> list[Section]:
    """Every section of a file before its columns are settled."""
    if file.match is not None:
        sections = preset_sections(file.match, list(file.columns))
        return completed(sections, record_sections(file, by_name, file.match.file.tables))
    sections = record_sections(file, by_name, file.tables)
    if file.tables == ["events"]:
        return log_section(file, by_name)
    if "events" in file.tables:
        sections += log_section(file, by_name)
    known = _types_in_logs(files)
    number = sum(section.table == "events" for section in sections)
    for record in list(sections):
        dated = dated_columns(file, record)
        path = f"sources.{file.name}.{record.label}.dates"
        fresh = [
            c
            for c, told in dated.items()
            if not (isinstance(told[0], dict) and plain(str(told[0]["value"])) in known)
        ]
        if any("Closed-Won" in str(dated[c][0]) and "closedwon" in known for c in fresh):
            fresh = [c for c in fresh if "Closed-Won" not in str(dated[c][0])]
        if record.table == "leads" and any("lead" in kind for kind in known):
            fresh = []
        if record.table in ("opportunities", "leads"):
            why = (
                "dates of the record that are events"
                if fresh
                else "no date of the record is an event of its own"
            )
            for column in ledger.settle(path, fresh, 0.75, why, file.rows(*fresh)):
                told = dated.get(column) or ({"value": title(str(column))}, "", 1.0, "chosen by you")
                number += 1
                sections.append(dated_section(file, by_name, record, str(column), told, number))
    return sections


def _types_in_logs(files: list[File]) -> set[str]:
    """Event types that logs among the files already tell, so that dates of records do not tell them again."""
    found: set[str] = set()
    for file in files:
        if file.match is None and file.tables == ["events"]:
            for section in log_section(file, {}):
                name = str(section.columns["event_type"][0])
                found |= {plain(v) for v in file.columns[name].values} if name in file.columns else set()
    return found


def _source(
    file: File,
    sections: list[Section],
    ledger: Ledger,
    taken: dict[tuple[str, str], str],
    streams: list[tuple[File, Section]],
) -> dict[str, Any] | None:
    """One source of the manifest; None where it fills nothing."""
    tables: dict[str, list[dict[str, Any]]] = {}
    events: list[dict[str, Any]] = []
    kept: list[Section] = []
    for section in sections:
        entries = fill(file, section, ledger, taken)
        if entries is None:
            continue
        kept.append(section)
        if section.table == "events":
            events.append(entries)
            streams.append((file, section))
        else:
            tables.setdefault(section.table, []).append(entries)
    if not kept:
        return None
    formats = ledger.settle(
        f"sources.{file.name}.time_formats",
        time_formats(file, kept, ledger),
        0.9,
        "how the times in use are written",
    )
    source: dict[str, Any] = {"name": file.name, **file.source}
    if formats:
        source["time_formats"] = list(formats)
    if tables:
        source["tables"] = {table: rows[0] if len(rows) == 1 else rows for table, rows in tables.items()}
    if events:
        source["events"] = events
    return source
