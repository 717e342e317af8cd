"""Reference SQL on DuckDB and chDB: the same numbers as the product, written as well as we know how.

Both peers hold one table per asked container (`by_account`, `by_person`, `by_opportunity`, the last with
the members' histories joined beforehand), sorted by container and order of events, with the columns `c`
(container), `p` (position in that order), `t` (seconds), `m` (months since the data began), `e` (event
type, an enumeration in the order of names) and `g` (number of the campaign, -1 for none). `p` follows
`(occurred_at, rank, row)`, so "later" is `>` on one integer, and it grows from container to container, so
the last position before another one is found without looking at the container first.

Several ways to say one thing may be given; the runner times all and compares with the fastest. What makes
them fast:

- DuckDB: a step is a join with the positions reached so far, grouped in a perfect hash
  (`perfect_ht_threshold`); limits are an ASOF join on the position alone; runs and the next items of a flow
  come from `lag` and `lead` without a window order ("streamed": the table is stored sorted, and DuckDB
  keeps insertion order), or from ordered windows.
- chDB: aggregation in the order of the primary key into arrays; steps are `windowFunnel` or the first later
  element of an array; limits carry the last reach forward with `arrayFill`; a flow is
  `arrayCompact(groupArray(e))`.

`python -m tests.benchmarks.peers --peer duckdb --question flow_account` prints the SQL.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import duckdb

from tests.benchmarks.data import CRM_TYPES, DAY, EVENT_ORDER, SESSION_TYPES, fingerprint
from tests.benchmarks.peer_cohorts import Cohorts
from tests.benchmarks.questions import QUESTIONS, Question

Row = tuple[Any, ...]
Script = tuple[str, ...]
"""Statements run in turn; the last one gives the rows."""

EVENT_TYPES: tuple[str, ...] = tuple(sorted([*SESSION_TYPES, *CRM_TYPES]))
CONTAINERS = ("account", "person", "opportunity")
OTHER, EXIT = 62, 63
"""Codes of the folded items of a flow, above those of all event types."""
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}


class Peer(Protocol):
    """A system that answers in SQL."""

    name: str

    def load(self, layouts: Path, home: Path) -> None:
        """Bring the prepared tables in, replacing what is in `home`."""

    def open(self, home: Path) -> None:
        """Connect to what `load` left."""

    def rows(self, script: Script) -> list[Row]:
        """The rows of the last statement."""

    def ways(self, question: Question) -> dict[str, Script]:
        """Name of a way to answer → its SQL."""


def quoted(text: str) -> str:
    """A text as SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def event_type(condition: dict[str, Any]) -> str:
    """The literal of the event type a condition asks for; other conditions have no reference SQL."""
    if set(condition) != {"field", "op", "value"} or (condition["field"], condition["op"]) != (
        "event_type",
        "equals",
    ):
        raise ValueError(f"no reference SQL for the condition {condition}")
    return quoted(condition["value"])


def seconds(duration: str) -> int:
    """A duration of the language in seconds."""
    return int(duration[:-1]) * UNITS[duration[-1]]


def segment_sql(question: Question) -> str | None:
    """Containers of the question's segment as a subquery, or None."""
    segments = question.spec.get("segments", [])
    if not segments:
        return None
    (segment,) = segments
    if segment["container"] != question.spec["container"]:
        raise ValueError(f"no reference SQL for a segment of {segment['container']}")
    return f"(select c from {table_of(question)} where e = {event_type(segment['where'])})"


def table_of(question: Question) -> str:
    """The table sorted by the question's container."""
    return f"by_{question.spec['container']}"


def items_of(question: Question) -> int:
    """Items a flow keeps in each column."""
    return int(question.spec.get("items", 5))


def compared_types(question: Question) -> list[str]:
    """Literals of the event types that compared segments of containers ask for."""
    segments = question.spec.get("compare", [])
    if any(segment["container"] != question.spec["container"] for segment in segments):
        raise ValueError("no reference SQL for segments of another container")
    return [event_type(segment["where"]) for segment in segments]


def cohorts_of(question: Question, table: str) -> Cohorts:
    """A cohort table by months, or by items of the campaign."""
    spec = question.spec
    (included,), (returned,) = spec["inclusion"]["metrics"], spec["return"]["metrics"]
    if spec.get("dimension", "campaign_id") != "campaign_id":
        raise ValueError(f"no reference SQL for cohorts by {spec['dimension']}")
    items = int(spec.get("items", 10)) if "dimension" in spec else 0
    latency = bool(spec.get("latency"))
    return Cohorts(table, event_type(included["where"]), event_type(returned["where"]), latency, items)


# --- layouts -----------------------------------------------------------------------------------


def prepare(data: Path, layouts: Path) -> Path:
    """Stamp accounts, join members' histories, sort, and write three Parquet tables; returns `layouts`."""
    done, made_by = layouts / "layouts.done", fingerprint(data / "data.done", Path(__file__))
    if done.exists() and done.read_text() == made_by:
        return layouts
    layouts.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(layouts / "prepare.duckdb")) as con:
        con.execute(f"set temp_directory = {quoted(str(layouts / 'temp'))}")
        con.execute("set memory_limit = '8GB'")
        for name in ("persons", "opportunities", "buying_groups", "buying_group_members"):
            con.execute(f"create or replace view {name} as from {quoted(str(data / f'{name}.parquet'))}")
        con.execute(_stamped(data / "events.parquet"))
        for container, histories in _histories().items():
            con.execute(_layout(histories, layouts / f"by_{container}.parquet"))
    (layouts / "prepare.duckdb").unlink()
    shutil.rmtree(layouts / "temp", ignore_errors=True)
    done.write_text(made_by)
    return layouts


def _stamped(events: Path) -> str:
    """Events with their own account, else their opportunity's, group's or person's; and their order."""
    ranks = ", ".join(f"({quoted(name)}, {rank})" for rank, name in enumerate(EVENT_ORDER, 1))
    return f"""
        create or replace table stamped as
        select e.file_row_number as r,
            coalesce(e.account_id, o.account_id, g.account_id, p.account_id) as account_id,
            e.person_id, e.opportunity_id, e.occurred_at, coalesce(k.rank, 0)::tinyint as rank, e.event_type,
            coalesce(substr(e.campaign_id, 2)::smallint, -1) as g
        from read_parquet({quoted(str(events))}, file_row_number = true) e
        left join opportunities o on o.opportunity_id = e.opportunity_id
        left join buying_groups g on g.buying_group_id = e.buying_group_id
        left join persons p on p.person_id = e.person_id
        left join (values {ranks}) k(name, rank) on k.name = e.event_type"""


def _histories() -> dict[str, str]:
    """Container → its histories: id, order and event type."""
    event = "s.occurred_at, s.rank, s.r, s.event_type, s.g"
    members = """
        select g.opportunity_id, m.person_id from buying_group_members m
        join buying_groups g on g.buying_group_id = m.buying_group_id where g.opportunity_id is not null"""
    return {
        "account": f"select account_id as id, {event} from stamped s where account_id is not null",
        "person": f"select person_id as id, {event} from stamped s where person_id is not null",
        "opportunity": f"""
            select opportunity_id as id, {event} from stamped s where opportunity_id is not null
            union
            select o.opportunity_id, {event} from (select distinct * from ({members})) m
            join opportunities o on o.opportunity_id = m.opportunity_id
            join stamped s on s.person_id = m.person_id
                and s.occurred_at >= o.created_at - interval 180 days
                and s.occurred_at <= coalesce(o.closed_at, (select max(occurred_at) from stamped))""",
    }


def _layout(histories: str, target: Path) -> str:
    return f"""
        copy (
            select substr(id, 2)::integer as c,
                (row_number() over (order by substr(id, 2)::integer, occurred_at, rank, r))::integer as p,
                (row_number() over (partition by id order by occurred_at, rank, r))::integer as n,
                epoch(occurred_at)::integer as t,
                (datediff('month', (select min(occurred_at) from stamped), occurred_at))::utinyint as m,
                event_type as e, g
            from ({histories}) order by p
        ) to {quoted(str(target))} (format parquet, compression zstd)"""


# --- DuckDB ------------------------------------------------------------------------------------


class DuckDB:
    """DuckDB on a database file, tables stored in order, all its threads."""

    name = "duckdb"

    def load(self, layouts: Path, home: Path) -> None:
        """One table per container in a fresh database file."""
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        types = ", ".join(map(quoted, EVENT_TYPES))
        with duckdb.connect(str(home / "peer.duckdb")) as con:
            con.execute(f"create type event_type as enum ({types})")
            for name in CONTAINERS:
                source = quoted(str(layouts / f"by_{name}.parquet"))
                con.execute(
                    f"create table by_{name} as "
                    f"select c, p, t, m, e::event_type as e, g from {source} order by p"
                )

    def open(self, home: Path) -> None:
        """Read only, with room for a slot per container when grouping."""
        self._con = duckdb.connect(str(home / "peer.duckdb"), read_only=True)
        self._con.execute("set perfect_ht_threshold = 20")

    def rows(self, script: Script) -> list[Row]:
        """The rows of the last statement."""
        for statement in script:
            cursor = self._con.execute(statement)
        return cursor.fetchall()

    def ways(self, question: Question) -> dict[str, Script]:
        """Name of a way to answer → its SQL."""
        if question.analysis == "fallout":
            limited = any("within" in step for step in question.spec["touchpoints"])
            return {"asof": (_duck_within(question),)} if limited else {"joins": (_duck_fallout(question),)}
        if question.analysis == "flow":
            return {
                "streamed windows": (_duck_flow(question, streamed=True),),
                "ordered windows": (_duck_flow(question, streamed=False),),
            }
        if question.analysis == "cohort_table":
            return cohorts_of(question, table_of(question)).duckdb()
        return {"joins": (_duck_canvas(question),)}


def _duck_steps(steps: int, counts_only: bool) -> str:
    """Rows (step, value, median seconds) of the relations s1, s2, … (c, p, t, b), one row a container."""
    median = "null" if counts_only else "median(t - b)"
    later = [f"select {step}, count(*), {median} from s{step}" for step in range(2, steps + 1)]
    return "\nunion all ".join(["select 1, count(*), null from s1", *later]) + "\norder by 1"


def _duck_fallout(question: Question) -> str:
    """Per step the first match after the step before; positions follow time, so it has the least time too."""
    table, segment, compared = table_of(question), segment_sql(question), compared_types(question)
    types = [event_type(step["where"]) for step in question.spec["touchpoints"]]
    if compared:
        segment = "(select c from m)"
    times = (
        ["", "", ""]
        if question.counts_only
        else [", min(t) as t", ", min(v.t) as t", ", any_value(s.t) as b"]
    )
    among = f" and c in {segment}" if segment else ""
    parts = [
        f"s1 as materialized (select c, min(p) as p{times[0]} from {table} "
        f"where e = {types[0]}{among} group by c)"
    ]
    for step, kind in enumerate(types[1:], 2):
        parts.append(
            f"s{step} as materialized (select v.c, min(v.p) as p{times[1]}{times[2]} from {table} v "
            f"join s{step - 1} s on v.c = s.c and v.p > s.p where v.e = {kind} group by v.c)"
        )
    if compared:
        parts.insert(0, _duck_members(table, compared))
        return "with " + ",\n".join(parts) + "\n" + _duck_compared(len(types))
    return "with " + ",\n".join(parts) + "\n" + _duck_steps(len(types), question.counts_only)


def _duck_members(table: str, compared: list[str]) -> str:
    """Containers `c` of the compared segments, by the segment's number `g`."""
    each = (
        f"select distinct c, {number} as g from {table} where e = {kind}"
        for number, kind in enumerate(compared)
    )
    return f"m as materialized ({' union all '.join(each)})"


def _duck_compared(steps: int) -> str:
    """Rows (segment, step, value, median seconds): steps are the same for all, members tell them apart."""
    of = "from s{step} join m using (c) group by g"
    rows = [f"select g, 1, count(*), null {of.format(step=1)}"]
    for step in range(2, steps + 1):
        rows.append(f"select g, {step}, count(*), median(t - b) {of.format(step=step)}")
    return "\nunion all ".join(rows)


def _duck_within(question: Question) -> str:
    """Reach sets r1, r2, …: a match counts if the last reach before it has its container and is near enough.

    The time of a step ends at its first reach and starts at the earliest near reach of the step before.
    """
    table, steps = table_of(question), question.spec["touchpoints"]
    parts = [f"r1 as materialized (select c, p, t from {table} where e = {event_type(steps[0]['where'])})"]
    for at, step in enumerate(steps[1:], 2):
        parts.append(
            f"r{at} as materialized (select v.c, v.p, v.t from "
            f"(select c, p, t from {table} where e = {event_type(step['where'])}) v "
            f"asof join r{at - 1} s on v.p > s.p where v.c = s.c and v.t - s.t <= {seconds(step['within'])})"
        )
    if question.counts_only:
        parts += [f"s{at} as (select distinct c from r{at})" for at in range(1, len(steps) + 1)]
        return "with " + ",\n".join(parts) + "\n" + _duck_steps(len(steps), True)
    parts.append("s1 as (select distinct c from r1)")
    for at, step in enumerate(steps[1:], 2):
        parts += [
            f"f{at} as (select c, min(p) as p, min(t) as t from r{at} group by c)",
            (
                f"s{at} as (select c, any_value(f.t) as t, min(q.t) as b "
                f"from r{at - 1} q join f{at} f using (c) "
                f"where q.p < f.p and q.t >= f.t - {seconds(step['within'])} group by c)"
            ),
        ]
    return "with " + ",\n".join(parts) + "\n" + _duck_steps(len(steps), False)


def _duck_flow(question: Question, *, streamed: bool) -> str:
    """Runs, then the next five of each anchor run, then ranks per column, then folded links.

    `k` is container and item in one integer: a run ends where it changes, a path where its upper part does.
    """
    table, segment, anchor = table_of(question), segment_sql(question), _code(question)
    order = "()" if streamed else "(order by p)"
    place = "" if streamed else ", p"
    leads = ", ".join(f"lead(k, {n}) over {order} as k{n}" for n in range(1, 6))
    items = ", ".join(
        f"case when k{n} >> 6 = k >> 6 then k{n} & 63 else {EXIT} end::utinyint as i{n}" for n in range(1, 6)
    )
    among = f" and k >> 6 in {segment}" if segment else ""
    return f"""with coded as (select c::bigint << 6 | enum_code(e) as k{place} from {table}),
runs as (select k{place} from coded qualify lag(k) over {order} is distinct from k),
ahead as (select k, {leads} from runs),
paths as materialized (select (k >> 6)::integer as c, {items} from ahead where k & 63 = {anchor}{among}),
{_duck_kept(anchor, items_of(question))},
{_duck_folded(anchor)},
links as ({_duck_links(anchor)})
select n, s, t, sum(paths)::bigint, count(*) from links group by all"""


def _code(question: Question) -> int:
    """Code of the anchor's item: the anchor is a value of the dimension, whose place its item takes."""
    if question.spec["dimension"] != "event_type":
        raise ValueError(f"no reference SQL for a flow of {question.spec['dimension']}")
    return EVENT_TYPES.index(question.spec["starts_with"]["value"])


def _duck_kept(anchor: int, most: int) -> str:
    """One bit per item and column: those with most paths; at ties the anchor first, then by name."""
    counts = " union all ".join(
        f"select {n} as n, i{n} as i, count(*) as paths from paths group by 2" for n in range(1, 6)
    )
    masks = ", ".join(f"bit_or(1::bigint << i) filter (n = {n}) as m{n}" for n in range(1, 6))
    rank = f"row_number() over (partition by n order by paths desc, i <> {anchor}, i)"
    return f"""kept as materialized (select {masks} from (select n, i from (
    {counts}) where i < {EXIT} qualify {rank} <= {most}))"""


def _duck_folded(anchor: int) -> str:
    """Paths with the items of a column that are not kept as Other."""
    folds = ", ".join(
        f"case when i{n} = {EXIT} or (select m{n} from kept) >> i{n} & 1 = 1 "
        f"then i{n} else {OTHER} end::utinyint as j{n}"
        for n in range(1, 6)
    )
    return f"folded as materialized (select c, {anchor}::utinyint as j0, {folds} from paths)"


def _duck_links(anchor: int) -> str:
    """One row per link and container that uses it; nothing leaves Exit."""
    return "\n    union all ".join(
        f"select {n} as n, c, j{n} as s, j{n + 1} as t, count(*) as paths from folded "
        f"where j{n} <> {EXIT} group by all"
        for n in range(5)
    )


def _duck_canvas(question: Question) -> str:
    """One relation per node: where each container first reached it, and along which arrows it came when."""
    table, nodes, incoming = table_of(question), question.spec["nodes"], _incoming(question)
    number = {node["id"]: at for at, node in enumerate(nodes)}
    parts = []
    for node in nodes:
        here, sources = number[node["id"]], [number[source] for source in incoming[node["id"]]]
        if not sources:
            parts.append(_duck_first(table, here, event_type(node["where"])))
            continue
        parts.append(_duck_states(here, sources))
        parts.append(_duck_reached(table, here, sources, event_type(node["where"])))
    outgoing = {
        number[node["id"]]: [number[b] for b in incoming if node["id"] in incoming[b]] for node in nodes
    }
    rows = [_duck_node(node, targets) for node, targets in outgoing.items()]
    rows += [
        f"select 'arrow', {number[a]}, {number[b]}, count(a{number[a]}), median(a{number[a]}) "
        f"from n{number[b]}"
        for b in incoming
        for a in incoming[b]
    ]
    return "with " + ",\n".join(parts) + "\n" + "\nunion all ".join(rows)


def _incoming(question: Question) -> dict[str, list[str]]:
    """Node → its predecessors; the nodes of the benchmark come after theirs."""
    arrows = question.spec["arrows"]
    return {
        node["id"]: [a["source"] for a in arrows if a["target"] == node["id"]]
        for node in question.spec["nodes"]
    }


def _duck_first(table: str, here: int, kind: str) -> str:
    first = f"select c, min(p) as p, min(t) as t from {table} where e = {kind} group by c"
    return f"n{here} as materialized ({first})"


def _duck_states(here: int, sources: list[int]) -> str:
    """Where each container first reached the predecessors of a node; `p` is the earliest of them."""
    columns = ", ".join(f"n{a}.p as p{a}, n{a}.t as t{a}" for a in sources)
    joins = " ".join([f"n{sources[0]}", *(f"full join n{a} using (c)" for a in sources[1:])])
    least = f"least({', '.join(f'n{a}.p' for a in sources)})"
    return f"b{here} as (select c, {least} as p, {columns} from {joins})"


def _duck_reached(table: str, here: int, sources: list[int], kind: str) -> str:
    """First reach of a node; `a<source>`: seconds from the source's first reach to the next match."""
    times = ", ".join(f"min(v.t) filter (v.p > b.p{a}) - any_value(b.t{a}) as a{a}" for a in sources)
    return (
        f"n{here} as materialized (select v.c, min(v.p) as p, min(v.t) as t, {times} from {table} v "
        f"join b{here} b on v.c = b.c and v.p > b.p where v.e = {kind} group by v.c)"
    )


def _duck_node(node: int, targets: list[int]) -> str:
    """Containers that reached a node, and those of them that took none of its arrows."""
    if not targets:
        return f"select 'node', {node}, null, count(*), null from n{node}"
    moved = " union ".join(f"select c from n{b} where a{node} is not null" for b in targets)
    return f"select 'node', {node}, null, count(*), count(*) - (select count(*) from ({moved})) from n{node}"


# --- chDB --------------------------------------------------------------------------------------

IN_ORDER = "settings optimize_aggregation_in_order = 1"
"""Reads in the order of the table. It promises nothing for `groupArray`: a container that two threads read
comes out in the order in which they finish, so arrays are sorted, or read without regard to their order."""
SECONDS = "4294967295"
"""The lower half of an integer that carries a position above and a time below."""


class ChDB:
    """ClickHouse in the process, MergeTree tables in order, all its threads."""

    name = "chdb"

    def load(self, layouts: Path, home: Path) -> None:
        """One MergeTree table per container, merged into one part."""
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        self.open(home)
        self._session.query("create database peer")
        types = ", ".join(f"{quoted(name)} = {code}" for code, name in enumerate(EVENT_TYPES))
        columns = f"c UInt32, p UInt32, t UInt32, m UInt8, e Enum8({types}), g Int16"
        for name in CONTAINERS:
            source = f"file({quoted(str((layouts / f'by_{name}.parquet').resolve()))}, Parquet)"
            self._session.query(f"create table peer.by_{name} ({columns}) engine = MergeTree order by (c, p)")
            self._session.query(f"insert into peer.by_{name} select c, n, t, m, e, g from {source}")
            self._session.query(f"optimize table peer.by_{name} final")
        self._session.close()

    def open(self, home: Path) -> None:
        """Start a session on the folder."""
        session: Any = importlib.import_module("chdb.session")
        self._session = session.Session(str(home))

    def rows(self, script: Script) -> list[Row]:
        """The rows of the last statement."""
        for statement in script[:-1]:
            self._session.query(statement)
        text = self._session.query(script[-1], "JSONCompact").bytes()
        return [tuple(row) for row in json.loads(text)["data"]]

    def ways(self, question: Question) -> dict[str, Script]:
        """Name of a way to answer → its SQL."""
        if question.analysis == "fallout":
            limited = any("within" in step for step in question.spec["touchpoints"])
            if limited:
                return {"arrays": (_house_within(question),)}
            if question.spec.get("compare"):
                return {"arrays": (_house_compared(question),)}
            funnel = {"windowFunnel": (_house_funnel(question),)} if question.counts_only else {}
            return {**funnel, "arrays": (_house_fallout(question),)}
        if question.analysis == "flow":
            return {"groupArray": _house_flow(question)}
        if question.analysis == "cohort_table":
            return cohorts_of(question, f"peer.{table_of(question)}").chdb()
        return {"arrays": (_house_canvas(question),)}


def _where(question: Question, types: list[str]) -> str:
    """The filter on event types and on the segment's containers, if there is one."""
    segment = segment_sql(question)
    among = f" and c in {segment.replace('from ', 'from peer.')}" if segment else ""
    return f"where e in ({', '.join(dict.fromkeys(types))}){among}"


def _house_funnel(question: Question) -> str:
    """windowFunnel over positions instead of times: exact at ties, and without an effective window."""
    types = [event_type(step["where"]) for step in question.spec["touchpoints"]]
    levels = ", ".join(f"e = {kind}" for kind in types)
    rows = ", ".join(f"({step}, countIf(l >= {step}))" for step in range(1, len(types) + 1))
    return f"""select x.1, x.2, null from (select [{rows}] as xs from (
    select c, windowFunnel(4294967295)(p, {levels}) as l from peer.{table_of(question)}
    {_where(question, types)} group by c {IN_ORDER}
)) array join xs as x order by 1"""


def _house_steps(types: list[str], counts_only: bool, seconds_of: str) -> str:
    """Rows (step, value, median seconds) of v1, v2, … with `seconds_of` the time at step {at}."""
    rows = ["(1, countIf(v1 > 0), nan)"]
    for at in range(2, len(types) + 1):
        median = f"quantileExactInclusiveIf(0.5)({seconds_of.format(at=at, before=at - 1)}, v{at} > 0)"
        rows.append(f"({at}, countIf(v{at} > 0), {'nan' if counts_only else median})")
    return ", ".join(rows)


SPENT = "toInt64(bitAnd(v{at}, 4294967295)) - toInt64(bitAnd(v{before}, 4294967295))"


def _house_fallout(question: Question) -> str:
    """Positions per step as arrays, time in the lower half; each step takes the first later element."""
    types = [event_type(step["where"]) for step in question.spec["touchpoints"]]
    value = "p" if question.counts_only else "bitShiftLeft(toUInt64(p), 32) + t"
    columns, layers = _house_reached(types, value)
    histories = (
        f"select {columns} from peer.{table_of(question)} {_where(question, types)} group by c {IN_ORDER}"
    )
    rows = _house_steps(types, question.counts_only, SPENT)
    return _house_rows(3, rows, _layered(histories, layers))


def _house_reached(types: list[str], value: str) -> tuple[str, list[str]]:
    """Columns of a container's history, and the layers that find where it reached each step: `v1`, `v2`, …"""
    arrays = "".join(f", groupArrayIf({value}, e = {kind}) as a{at}" for at, kind in enumerate(types[1:], 2))
    layers = []
    for at in range(2, len(types) + 1):
        layers.append(f"if(v{at - 1} = 0, 0, arrayMin(arrayFilter(x -> x > v{at - 1}, a{at}))) as v{at}")
    return f"minIf({value}, e = {types[0]}) as v1{arrays}", layers


def _house_compared(question: Question) -> str:
    """Steps once for all, a flag `g0`, `g1`, … for each compared segment."""
    types = [event_type(step["where"]) for step in question.spec["touchpoints"]]
    compared = compared_types(question)
    columns, layers = _house_reached(types, "bitShiftLeft(toUInt64(p), 32) + t")
    flags = "".join(f", countIf(e = {kind}) > 0 as g{number}" for number, kind in enumerate(compared))
    histories = (
        f"select {columns}{flags} from peer.{table_of(question)} "
        f"{_where(question, [*types, *compared])} group by c {IN_ORDER}"
    )
    rows = []
    for number in range(len(compared)):
        rows.append(f"({number}, 1, countIf(v1 > 0 and g{number}), nan)")
        for at in range(2, len(types) + 1):
            test = f"v{at} > 0 and g{number}"
            median = f"quantileExactInclusiveIf(0.5)({SPENT.format(at=at, before=at - 1)}, {test})"
            rows.append(f"({number}, {at}, countIf({test}), {median})")
    return _house_rows(4, ", ".join(rows), _layered(histories, layers))


def _house_within(question: Question) -> str:
    """Times and types in order; `arrayFill` carries the last reach of the step before forward to every event.

    `r` holds the time where an event reaches the step, else 0. The time of a step ends at its first reach `v`
    and starts at the earliest reach of the step before that is near enough.
    """
    steps = question.spec["touchpoints"]
    types = [event_type(step["where"]) for step in steps]
    if any(before == after for before, after in pairwise(types)):
        raise ValueError("no reference SQL for two steps in turn of the same event type")
    codes = [EVENT_TYPES.index(step["where"]["value"]) for step in steps]
    layers = [
        f"arrayMap(x -> toInt64(bitAnd(bitShiftRight(x, 6), {SECONDS})), vs) as ts",
        "arrayMap(x -> toInt8(bitAnd(x, 63)), vs) as es",
        f"arrayMap((t, e) -> if(e = {codes[0]}, t, 0), ts, es) as r1",
        "arrayFirst(x -> x > 0, r1) as v1",
    ]
    for at, step in enumerate(steps[1:], 2):
        near = seconds(step["within"])
        reached = f"e = {codes[at - 1]} and q > 0 and t - q <= {near}"
        layers += [
            f"arrayMap((t, e, q) -> if({reached}, t, 0), ts, es, arrayFill(x -> x > 0, r{at - 1})) as r{at}",
            f"arrayFirst(x -> x > 0, r{at}) as v{at}",
        ]
        if not question.counts_only:
            layers.append(f"arrayFirst(x -> x > 0 and x + {near} >= v{at}, r{at - 1}) as b{at}")
    place = "bitShiftLeft(toUInt64(p), 38) + bitShiftLeft(toUInt64(t), 6) + toInt8(e)"
    histories = (
        f"select arraySort(groupArray({place})) as vs from peer.{table_of(question)} "
        f"{_where(question, types)} group by c {IN_ORDER}"
    )
    rows = _house_steps(types, question.counts_only, "toInt64(v{at}) - toInt64(b{at})")
    return _house_rows(3, rows, _layered(histories, layers))


def _house_flow(question: Question) -> Script:
    """Runs with arrayCompact, the items after each anchor run by shifting, then ranks and folded links."""
    anchor, segment = _code(question), segment_sql(question)
    among = f"where c in {segment.replace('from ', 'from peer.')}" if segment else ""
    shifts = ", ".join(
        f"arrayFilter((y, x) -> x = {anchor}, arrayShiftLeft(a, {n}, toInt8({EXIT})), a) as i{n}"
        for n in range(1, 6)
    )
    place = "toUInt32(p * 64 + toInt8(e))"
    paths = f"""create temporary table paths engine = Memory as
select c, i1, i2, i3, i4, i5 from (
    select c, {shifts} from (
        select c, arrayCompact(arrayMap(x -> toInt8(bitAnd(x, 63)), arraySort(groupArray({place})))) as a
        from peer.{table_of(question)} {among} group by c {IN_ORDER}
    )
) array join i1, i2, i3, i4, i5"""
    return ("drop temporary table if exists paths", paths, _house_links(anchor, items_of(question)))


def _house_links(anchor: int, most: int) -> str:
    """Rows (column, source, target, paths, containers); `k1`, `k2`, … are the kept items per column."""
    kept = ",\n".join(
        f"(select groupArray(i) from (select i{n} as i from paths where i <> {EXIT} group by i "
        f"order by count() desc, i <> {anchor}, i limit {most})) as k{n}"
        for n in range(1, 6)
    )
    folds = ", ".join(f"if(i{n} = {EXIT} or has(k{n}, i{n}), i{n}, {OTHER}) as j{n}" for n in range(1, 6))
    links = ", ".join(f"toUInt16({n} * 4096 + j{n} * 64 + j{n + 1})" for n in range(5))
    return f"""with {kept}
select intDiv(l, 4096), bitAnd(intDiv(l, 64), 63) as s, bitAnd(l, 63), count(), uniqExact(c)
from (select c, arrayJoin([{links}]) as l from (select c, toInt8({anchor}) as j0, {folds} from paths))
group by l having s <> {EXIT}"""


def _house_canvas(question: Question) -> str:
    """Positions per node as arrays, time in the lower half; per arrow the next one, per node the least."""
    nodes, incoming = question.spec["nodes"], _incoming(question)
    number = {node["id"]: at for at, node in enumerate(nodes)}
    types = [event_type(node["where"]) for node in nodes]
    value = "bitShiftLeft(toUInt64(p), 32) + t"
    columns = ", ".join(
        f"groupArrayIf({value}, e = {kind}) as a{at}"
        if incoming[node["id"]]
        else f"minIf({value}, e = {kind}) as v{at}"
        for at, (node, kind) in enumerate(zip(nodes, types, strict=True))
    )
    layers = [
        layer
        for node in nodes
        if incoming[node["id"]]
        for layer in _house_node(number[node["id"]], [number[source] for source in incoming[node["id"]]])
    ]
    arrows = [(number[a], number[b]) for b in incoming for a in incoming[b]]
    rows = _house_canvas_rows(len(nodes), arrows)
    histories = (
        f"select {columns} from peer.{table_of(question)} {_where(question, types)} group by c {IN_ORDER}"
    )
    return _house_rows(5, rows, _layered(histories, layers))


def _house_rows(width: int, rows: str, source: str) -> str:
    """The tuples `rows` of aggregates over `source`, one row each."""
    columns = ", ".join(f"x.{column}" for column in range(1, width + 1))
    return f"select {columns} from (select [{rows}] as xs from {source}) array join xs as x order by 1, 2"


def _layered(source: str, layers: list[str]) -> str:
    """Each layer of columns in a query around the one before; an alias used twice is not expanded twice."""
    for layer in layers:
        source = f"select *, {layer} from (\n{source})"
    return f"(\n{source})"


def _house_node(here: int, sources: list[int]) -> list[str]:
    """First reach `v` of a node, as the least of the first later matches `w` along its arrows; 0 for none."""
    moves = [
        f"if(v{a} = 0, 0, arrayMin(arrayFilter(x -> x > v{a}, a{here}))) as w{a}_{here}" for a in sources
    ]
    return [
        ", ".join(moves),
        f"arrayMin(arrayFilter(x -> x > 0, [{', '.join(f'w{a}_{here}' for a in sources)}])) as v{here}",
    ]


def _house_canvas_rows(nodes: int, arrows: list[tuple[int, int]]) -> str:
    rows = []
    for node in range(nodes):
        moved = " or ".join(f"w{a}_{b} > 0" for a, b in arrows if a == node)
        fallout = f"toFloat64(countIf(v{node} > 0 and not ({moved})))" if moved else "nan"
        rows.append(f"('node', {node}, -1, countIf(v{node} > 0), {fallout})")
    for a, b in arrows:
        spent = f"toInt64(bitAnd(w{a}_{b}, 4294967295)) - toInt64(bitAnd(v{a}, 4294967295))"
        median = f"quantileExactInclusiveIf(0.5)({spent}, w{a}_{b} > 0)"
        rows.append(f"('arrow', {a}, {b}, countIf(w{a}_{b} > 0), {median})")
    return ", ".join(rows)


PEERS: dict[str, type[DuckDB | ChDB]] = {"duckdb": DuckDB, "chdb": ChDB}


def main() -> None:
    """Print the SQL of one peer."""
    parser = argparse.ArgumentParser(description="Print reference SQL.")
    parser.add_argument("--peer", choices=sorted(PEERS), required=True)
    parser.add_argument("--question", choices=[question.name for question in QUESTIONS])
    options = parser.parse_args()
    for question in QUESTIONS:
        if options.question in (None, question.name):
            for way, script in PEERS[options.peer]().ways(question).items():
                print(f"-- {question.title} ({way})", *script, sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
