"""Reference SQL of cohort tables on DuckDB and chDB, over the tables that `peers` describes.

Members are (container, month); a return comes after their first inclusion event of the month, or, with the
periods before, in an earlier month. Rows are (cohort, period, members), where the period `SIZE` stands for
all members of a cohort. Cohorts are months since the data began, or codes of items.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZE = -1000
NO_ITEM, OTHER_ITEMS = -1, 1000
"""Rows of members without an item, and of items that are not kept."""


@dataclass(frozen=True)
class Cohorts:
    """A cohort table on a table of the peers."""

    table: str
    included: str
    """Literal of the event type that includes."""
    returned: str
    latency: bool = False
    """With the periods before that of the cohort."""
    items: int = 0
    """How many items of `g` are rows; 0: rows are months."""

    @property
    def _returns(self) -> str:
        return "(r.p > i.p or r.m < i.m)" if self.latency else "r.p > i.p"

    def duckdb(self) -> dict[str, tuple[str, ...]]:
        """One join of inclusions and returns."""
        return {"joins": (self._joined("arg_min(v.g, v.p)", "r.m::integer - i.m", "and"),)}

    def chdb(self) -> dict[str, tuple[str, ...]]:
        """The same join, and a way without one."""
        joined = {"retention join": (self._joined("argMin(v.g, v.p)", "toInt32(r.m) - i.m", "where"),)}
        return joined if self.items else {**joined, "maps": (self._maps(),)}

    def _joined(self, first_item: str, period: str, test: str) -> str:
        """`test`: whether the return test is part of the join or follows it."""
        item = f", {first_item} as g" if self.items else ""
        parts = [
            f"i as {self._materialized}(select c, m, min(v.p) as p{item} "
            f"from {self.table} v where e = {self.included} group by c, m)",
            f"r as (select c, m, max(p) as p from {self.table} where e = {self.returned} group by c, m)",
        ]
        cohort = "m"
        if self.items:
            cohort = "g"
            parts.insert(1, f"kept as ({self._kept('i')})")
            folded = f"case when g < 0 or g in (select g from kept) then g else {OTHER_ITEMS} end"
            parts.insert(2, f"named as {self._materialized}(select c, m, p, {folded} as g from i)")
        named = "named" if self.items else "i"
        return (
            "with " + ",\n".join(parts) + f"\nselect i.{cohort}, {period} as k, count(*) from {named} i "
            f"join r on r.c = i.c {test} {self._returns} group by 1, 2\n"
            f"union all select {cohort}, {SIZE}, count(*) from {named} group by {cohort}"
        )

    @property
    def _materialized(self) -> str:
        """DuckDB keeps what is read twice; ClickHouse does not know the word."""
        return "" if self.table.startswith("peer.") else "materialized "

    def _kept(self, members: str) -> str:
        """The items with most members, ties by name, which is the order of their codes."""
        ranked = f"select g, count(*) as n from {members} where g >= 0 group by g"
        return f"select g from ({ranked}) order by n desc, g limit {self.items}"

    def _maps(self) -> str:
        """Each container's first inclusion and last return of each month, all pairs."""
        late = "(y.2 > p or y.1 < m)" if self.latency else "y.2 > p"
        return f"""select x.1, x.2, count() from (
    select arrayJoin(arrayConcat(
        arrayMap(m -> (toInt32(m), toInt32({SIZE})), i.1),
        arrayFlatten(arrayMap(
            (m, p) -> arrayMap(
                y -> (toInt32(m), toInt32(y.1) - m), arrayFilter(y -> {late}, arrayZip(r.1, r.2))),
            i.1, i.2))
    )) as x from (
        select minMapIf([m], [p], e = {self.included}) as i, maxMapIf([m], [p], e = {self.returned}) as r
        from {self.table} where e in ({self.included}, {self.returned}) group by c
    )
) group by x"""
