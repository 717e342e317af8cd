"""Time the workbench against DuckDB and chDB on the same events, with equal answers, and print the ratios.

`python -m tests.benchmarks.run --events 1000000` makes the data below `--dir` (once per size), then runs
every part in a process of its own, one after the other: sort the events with DuckDB, load and ask the
workbench, load and ask each peer. The exit code is 1 if two answers differ or a part
fails; it never depends on a time.

Times are the best and the median of `--repeat` runs after one that is not counted. A ratio divides the best
time of a peer's fastest way by the best time of the workbench.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import answers, data, peers
from tests.benchmarks.own import GESTURES, LARGE, SIZES, big_canvas
from tests.benchmarks.questions import QUESTIONS, SEGMENT_LIMIT, SEGMENT_PAIRS, Question

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = Path(__file__).with_name("bench.toml")
WORKBENCH, OWN = "workbench", "workbench alone"
FIRST_MONTH = date(2023, 1, 1)
GIGABYTE = 1024**3
LOAD_LIMIT, OPEN_LIMIT_SECONDS, MEMORY_LIMIT_GB = 5.0, 0.5, 8.0


@dataclass
class Timing:
    """One way to answer one question."""

    best_ms: float
    median_ms: float
    answer: list[list[Any]] = field(default_factory=list)
    changes: int = 0
    """How many of the calls gave another answer than the first."""


@dataclass
class Part:
    """What one process measured."""

    name: str
    seconds: float = 0.0
    """Wall time of the work itself: sorting, loading, or opening."""
    peak_gb: float = 0.0
    questions: dict[str, dict[str, Timing]] = field(default_factory=dict)
    """Question → way → timing."""
    note: str = ""
    """Why there is nothing to report, or empty."""


@dataclass
class Report:
    """One whole run."""

    events: int
    machine: dict[str, str]
    parts: dict[str, Part]
    differences: list[str]


# --- inside the processes ----------------------------------------------------------------------


def measure(ask: Callable[[], Any], named: Callable[[Any], answers.Answer], repeat: int) -> Timing:
    """Best and median of `repeat` calls after one that goes uncounted; all should give the same answer."""
    expected, times, changes = named(ask()), [], 0
    for _ in range(repeat):
        start = time.perf_counter()
        found = ask()
        times.append((time.perf_counter() - start) * 1000)
        changes += bool(answers.differences(expected, named(found)))
    return Timing(min(times), statistics.median(times), answers.to_json(expected), changes)


def sort_part(home: Path, _: int) -> Part:
    """DuckDB sorts the events from Parquet into Parquet: the yardstick of a load."""
    import duckdb

    source, target = home / "data" / "events.parquet", home / "sorted.parquet"
    with duckdb.connect() as con:
        con.execute(f"set temp_directory = {peers.quoted(str(home / 'temp'))}")
        con.execute(f"set memory_limit = '{MEMORY_LIMIT_GB:.0f}GB'")
        start = time.perf_counter()
        con.execute(
            f"copy (from {peers.quoted(str(source))} order by account_id, occurred_at) "
            f"to {peers.quoted(str(target))} (format parquet)"
        )
        spent = time.perf_counter() - start
    target.unlink()
    shutil.rmtree(home / "temp", ignore_errors=True)
    return Part("sort", seconds=spent)


def peer_load_part(name: str) -> Callable[[Path, int], Part]:
    """Load one peer from the prepared tables."""

    def load(home: Path, _: int) -> Part:
        start = time.perf_counter()
        peers.PEERS[name]().load(home / "layouts", home / name)
        return Part(f"{name} load", seconds=time.perf_counter() - start)

    return load


def peer_part(name: str) -> Callable[[Path, int], Part]:
    """Ask one peer all questions, each in all its ways."""

    def ask(home: Path, repeat: int) -> Part:
        peer, part = peers.PEERS[name](), Part(name)
        start = time.perf_counter()
        peer.open(home / name)
        part.seconds = time.perf_counter() - start
        for question in QUESTIONS:
            part.questions[question.name] = {}
            for way, script in peer.ways(question).items():
                timed = measure(partial(peer.rows, script), partial(answers.from_peer, question), repeat)
                part.questions[question.name][way] = timed
        return part

    return ask


def workbench_load_part(home: Path, _: int) -> Part:
    """Load the same files into a published workspace."""
    wb: Any = importlib.import_module("workbench")
    shutil.rmtree(home / WORKBENCH, ignore_errors=True)
    start = time.perf_counter()
    wb.load(MANIFEST, data=home / "data", workspace=home / WORKBENCH)
    return Part(f"{WORKBENCH} load", seconds=time.perf_counter() - start)


def workbench_part(home: Path, repeat: int) -> Part:
    """Open the workspace without cached answers and ask all questions through the public API."""
    wb: Any = importlib.import_module("workbench")
    start = time.perf_counter()
    bench = wb.open(home / WORKBENCH, cache=False)
    part = Part(WORKBENCH, seconds=time.perf_counter() - start)
    for question in QUESTIONS:
        timed = measure(partial(bench.ask, question.spec), partial(named_result, question), repeat)
        part.questions[question.name] = {"ask": timed}
    return part


def own_part(home: Path, repeat: int) -> Part:
    """Questions without a reference, and recounts: the canvas is asked, then timed after the gesture."""
    wb: Any = importlib.import_module("workbench")
    part = Part(OWN)
    bench = wb.open(home / WORKBENCH, cache=False)
    for large in LARGE:
        part.questions[large.name] = {"ask": clock(partial(bench.ask, large.spec), repeat)}
    for sized in SIZES:
        counted = f"SELECT count(*) FROM ({bench.resolving_sql(sized.condition)})"
        part.questions[sized.name] = {
            "ask": measure(partial(bench.size, sized.condition), _size, repeat),
            "sql": measure(partial(_counted, bench, counted), _size, repeat),
        }
    bench = wb.open(home / WORKBENCH)
    for gesture in GESTURES:

        def before() -> None:
            bench.forget()
            bench.ask(big_canvas())

        part.questions[gesture.name] = {"ask": clock(partial(bench.ask, gesture.after), repeat, before)}
    return part


def _counted(bench: Any, statement: str) -> int:
    """The one number a statement gives."""
    return int(bench.sql(statement).item())


def _size(found: int) -> answers.Answer:
    """The size of a segment in the form that is compared."""
    return {("size",): float(found)}


def clock(ask: Callable[[], Any], repeat: int, before: Callable[[], Any] = lambda: None) -> Timing:
    """Best and median of `repeat` calls after one that goes uncounted; `before` each call is not timed."""
    times = []
    for _ in range(repeat + 1):
        before()
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    return Timing(min(times[1:]), statistics.median(times[1:]))


def named_result(question: Question, result: Any) -> answers.Answer:
    """The answer of the workbench in the form that is compared."""
    return answers.from_tables(question, result.tables, FIRST_MONTH)


PARTS: dict[str, Callable[[Path, int], Part]] = {
    "sort": sort_part,
    f"{WORKBENCH} load": workbench_load_part,
    WORKBENCH: workbench_part,
    OWN: own_part,
    **{f"{name} load": peer_load_part(name) for name in peers.PEERS},
    **{name: peer_part(name) for name in peers.PEERS},
}


def run_here(name: str, home: Path, repeat: int, target: Path) -> None:
    """Do one part in this process and write what it measured."""
    part = PARTS[name](home, repeat)
    part.peak_gb = peak_bytes() / GIGABYTE
    target.write_text(json.dumps(asdict(part)))


def peak_bytes() -> int:
    """Greatest resident memory of this process so far.

    Linux hands `ru_maxrss` down from the process that started this one, so its own mark is read there.
    """
    for line in _lines("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


# --- the run -----------------------------------------------------------------------------------


def run_part(name: str, home: Path, repeat: int) -> Part:
    """Do one part in a process of its own; a failure becomes the part's note."""
    target = home / "part.json"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.benchmarks.run", "--part", name, "--home", str(home)]
    done = subprocess.run(
        [*command, "--repeat", str(repeat), "--json", str(target)],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode or not target.exists():
        last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        return Part(name, note=last[0][:300])
    return part_from_json(json.loads(target.read_text()))


def part_from_json(found: dict[str, Any]) -> Part:
    """A part as another process wrote it."""
    asked = {
        question: {way: Timing(**numbers) for way, numbers in ways.items()}
        for question, ways in found.pop("questions").items()
    }
    return Part(**found, questions=asked)


def run(events: int, home: Path, repeat: int, systems: list[str], console: Console) -> Report:
    """All parts in turn, then the comparison of their answers."""
    console.print(f"data of {events:,} events below {home}")
    data.write(home / "data", events)
    peers.prepare(home / "data", home / "layouts")
    parts = {}
    chosen = ["sort", *(part for system in systems for part in (f"{system} load", system))]
    for name in [*chosen, *([OWN] if WORKBENCH in systems else [])]:
        console.print(f"{name} …")
        parts[name] = run_part(name, home, repeat)
        if parts[name].note:
            console.print(f"[yellow]{name}: {parts[name].note}[/yellow]", highlight=False)
    return Report(events, machine(), parts, compare(parts))


def compare(parts: dict[str, Part]) -> list[str]:
    """Where two systems give different answers to one question, in words."""
    found = [
        f"{one.name}: the index and SQL differ"
        for one in SIZES
        if len(
            {str(timed.answer) for timed in parts.get(OWN, Part(OWN)).questions.get(one.name, {}).values()}
        )
        > 1
    ]
    for question in QUESTIONS:
        given = [
            (f"{name} ({way})", timed)
            for name, part in parts.items()
            for way, timed in part.questions.get(question.name, {}).items()
        ]
        found += [f"{question.name}: {name} changes its answer" for name, timed in given if timed.changes]
        for name, timed in given[1:]:
            first, expected = given[0]
            wrong = answers.differences(answers.from_json(expected.answer), answers.from_json(timed.answer))
            if wrong:
                found.append(f"{question.name}: {first} and {name} differ {len(wrong)} times; {wrong[0]}")
    return found


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    import duckdb

    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next(
        (int(line.split()[1]) // 1024**2 for line in _lines("/proc/meminfo") if "MemTotal" in line), 0
    )
    return {
        "cpu": cpu or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{memory} GB" if memory else "unknown",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "chdb": _version("chdb"),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


# --- what it prints ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One question: times in ms and how many times longer each peer takes."""

    question: Question
    own: Timing | None
    peers: dict[str, tuple[str, Timing]]
    """Peer → its fastest way."""

    def ratio(self, peer: str) -> float | None:
        """Best time of the peer over best time of the workbench."""
        if self.own is None or peer not in self.peers:
            return None
        return self.peers[peer][1].best_ms / self.own.best_ms


def lines(report: Report) -> list[Line]:
    """The report by question."""
    own = report.parts.get(WORKBENCH, Part(WORKBENCH)).questions
    return [
        Line(
            question,
            own.get(question.name, {}).get("ask"),
            {
                name: min(ways.items(), key=lambda way: way[1].best_ms)
                for name in peers.PEERS
                if (ways := report.parts.get(name, Part(name)).questions.get(question.name))
            },
        )
        for question in QUESTIONS
    ]


def print_report(report: Report, console: Console) -> None:
    """Times and ratios, every way of the peers, loading and opening."""
    asked = [name for name in peers.PEERS if name in report.parts]
    table = Table(
        title=f"{report.events:,} events: best (median) ms, ratio to the workbench", title_justify="left"
    )
    for heading in ("question", WORKBENCH, *asked):
        table.add_column(heading, justify="left" if heading == "question" else "right")
    for line in lines(report):
        table.add_row(line.question.title, _time(line.own), *(_against(line, peer) for peer in asked))
    console.print(table)
    for name in asked:
        _print_ways(report.parts[name], console)
    for text in loading(report) + segments(report) + alone(report):
        console.print(text, highlight=False)
    for text in report.differences:
        console.print(f"[red]{text}[/red]", highlight=False)
    for part in report.parts.values():
        if part.note:
            console.print(f"[red]{part.name} failed: {part.note}[/red]", highlight=False)
    answered = [name for name in (WORKBENCH, *peers.PEERS) if report.parts.get(name, Part(name)).questions]
    if len(answered) > 1 and not report.differences:
        console.print(f"all answers of {', '.join(answered)} are equal", highlight=False)


def _print_ways(part: Part, console: Console) -> None:
    """The ways of a peer, where it has several."""
    for question, ways in part.questions.items():
        if len(ways) > 1:
            times = ", ".join(f"{way} {timed.best_ms:.1f}" for way, timed in ways.items())
            console.print(f"{part.name}, {question}: {times} ms", highlight=False)


def _time(timed: Timing | None) -> str:
    return f"{timed.best_ms:,.1f} ({timed.median_ms:,.1f})" if timed else "–"


def _against(line: Line, peer: str) -> str:
    if peer not in line.peers:
        return "–"
    ratio, target = line.ratio(peer), line.question.targets.get(peer)
    times = "" if ratio is None else f"  {ratio:.1f}x"
    aim = "" if target is None or ratio is None else f" of {target:g}x"
    return f"{_time(line.peers[peer][1])}{times}{aim}"


def loading(report: Report) -> list[str]:
    """Seconds and memory of sorting, loading and opening, with their limits."""
    sort, load = report.parts.get("sort"), report.parts.get(f"{WORKBENCH} load")
    whole = [part for part in report.parts.values() if not part.note]
    found = [f"{part.name}: {part.seconds:.2f} s, peak {part.peak_gb:.2f} GB" for part in whole]
    if sort and load and sort.seconds and load.seconds:
        found.append(
            f"load / sort: {load.seconds / sort.seconds:.2f}x (at most {LOAD_LIMIT:g}x), "
            f"peak {load.peak_gb:.2f} GB (under {MEMORY_LIMIT_GB:g} GB)"
        )
    opened = report.parts.get(WORKBENCH)
    if opened and opened.questions:
        found.append(f"open: {opened.seconds:.3f} s (under {OPEN_LIMIT_SECONDS:g} s)")
    return found


def alone(report: Report) -> list[str]:
    """Times of what has no reference; a recount also as its share of the whole canvas."""
    asked = report.parts.get(OWN, Part(OWN)).questions
    if not asked:
        return []
    whole = asked["canvas_10"]["ask"].best_ms
    large = [f"{one.title}: {_time(asked[one.name]['ask'])} ms" for one in LARGE]
    recounts = [
        f"recount after {one.title}: {_time(asked[one.name]['ask'])} ms, "
        f"{whole / asked[one.name]['ask'].best_ms:.1f}x faster than the whole canvas"
        for one in GESTURES
    ]
    sizes = [
        f"{one.title}: {_time(asked[one.name]['ask'])} ms, SQL twin {_time(asked[one.name]['sql'])} ms, "
        f"{asked[one.name]['sql'].best_ms / asked[one.name]['ask'].best_ms:.1f}x (at least {one.target:g}x)"
        for one in SIZES
    ]
    return large + recounts + sizes


def segments(report: Report) -> list[str]:
    """Time under a segment over the time without."""
    own = report.parts.get(WORKBENCH, Part(WORKBENCH)).questions
    return [
        f"{under} / {plain}: {own[under]['ask'].best_ms / own[plain]['ask'].best_ms:.2f}x "
        f"(at most {SEGMENT_LIMIT:g}x)"
        for under, plain in SEGMENT_PAIRS
        if under in own and plain in own
    ]


def markdown(report: Report) -> str:
    """The table of the README, with the machine and how to repeat it."""
    about = report.machine
    head = (
        f"{report.events:,} events, {about['cpu']}, {about['cores']} cores, {about['memory']}; "
        f"DuckDB {about['duckdb']}, chDB {about['chdb']}, Python {about['python']}. "
        f"Repeat with `python -m tests.benchmarks.run --events {report.events}`."
    )
    rows = [
        head,
        "",
        "| question | workbench ms | chDB ms | DuckDB ms | ratios |",
        "|---|---:|---:|---:|---:|",
    ]
    for line in lines(report):
        own = f"{line.own.best_ms:,.1f}" if line.own else "–"
        times = [
            f"{line.peers[peer][1].best_ms:,.0f}" if peer in line.peers else "–"
            for peer in ("chdb", "duckdb")
        ]
        ratios = [f"{ratio:.1f}x" if (ratio := line.ratio(peer)) else "–" for peer in ("chdb", "duckdb")]
        rows.append(f"| {line.question.title} | {own} | {times[0]} | {times[1]} | {' / '.join(ratios)} |")
    return (
        "\n".join([*rows, "", *(f"- {text}" for text in loading(report) + segments(report) + alone(report))])
        + "\n"
    )


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peers", default="duckdb,chdb", help="comma-separated, may be empty")
    parser.add_argument("--only-peers", action="store_true", help="leave the workbench out")
    parser.add_argument("--dir", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--json", type=Path, help="write the whole report here")
    parser.add_argument("--markdown", type=Path, help="write the table of the README here")
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run one part, or all of them."""
    chosen = options()
    if chosen.part:
        run_here(chosen.part, chosen.home, chosen.repeat, chosen.json)
        return 0
    console = Console(width=max(Console().width, 120))
    own = [] if chosen.only_peers else [WORKBENCH]
    systems = [*own, *(name for name in chosen.peers.split(",") if name)]
    home = (chosen.dir / str(chosen.events)).resolve()
    report = run(chosen.events, home, chosen.repeat, systems, console)
    print_report(report, console)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(report)))
    if chosen.markdown:
        chosen.markdown.write_text(markdown(report))
    return 1 if report.differences or any(part.note for part in report.parts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
