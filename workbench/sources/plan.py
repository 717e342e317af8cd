"""Which files a load must read: known ones are told by their content, grown ones replace what they were."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.model.loading import Progress, Report
from workbench.sources.files import InputFile, content_hash
from workbench.sources.manifest import Manifest, Source
from workbench.sources.parts import Part


@dataclass
class Plan:
    """Parts of one source: those that stay, and the files still to read."""

    kept: list[Part]
    mapping: str
    """Fingerprint of the mapping that files are read under."""
    new: list[tuple[InputFile, str]] = field(default_factory=list)
    """File and hash of its content."""
    notes: list[str] = field(default_factory=list)


def plan_source(
    manifest: Manifest,
    source: Source,
    files: tuple[InputFile, ...],
    before: list[Part],
    report: Report | None,
) -> Plan:
    """Compare the files of a source with the parts of the previous load."""
    plan = Plan(list(before), fingerprint(source, manifest))
    seen: dict[str, str] = {}
    for file in files:
        same_name = [part for part in before if part.file == file.name]
        longest = max((part.size for part in same_name), default=0)
        whole, head = content_hash(file.path, _tick(file, report), prefix=longest)
        if whole in seen:
            plan.notes.append(f"{file.name}: the same content as {seen[whole]}, read once")
            continue
        seen[whole] = file.name
        grown = [part for part in same_name if part.size == longest and head and part.hash == head]
        _place(plan, file, whole, same_name, grown)
    for part in plan.kept:
        if part.mapping != plan.mapping:
            plan.notes.append(f"{part.file}: kept as an earlier manifest mapped it; the file is gone")
    return plan


def _place(plan: Plan, file: InputFile, whole: str, same_name: list[Part], grown: list[Part]) -> None:
    """Decide on one file: known, grown, changed or new."""
    known = [part for part in plan.kept if part.hash == whole]
    if known and known[0].mapping == plan.mapping:
        return
    for part in known or grown:
        plan.kept.remove(part)
    if grown and not known:
        plan.notes.append(f"{file.name}: has grown; read again in place of its earlier content")
    elif same_name and not known:
        plan.notes.append(f"{file.name}: has new content; the earlier content is kept beside it")
    plan.new.append((file, whole))


def fingerprint(source: Source, manifest: Manifest) -> str:
    """Text that changes when a file of the source would be staged otherwise."""
    actors = ",".join(f"{kind}={actor}" for kind, actor in sorted(manifest.actors.items()))
    own = hashlib.sha256(f"{manifest.time_zone or 'UTC'}|{actors}".encode()).hexdigest()[:8]
    return f"{source.fingerprint()}-{own}"


def _tick(file: InputFile, report: Report | None) -> Callable[[int], None] | None:
    if report is None:
        return None
    listener, started = report, time.monotonic()
    step = f"checking {file.name} (bytes)"
    return lambda done: listener(Progress(step, done, file.size, time.monotonic() - started))
