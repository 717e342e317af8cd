"""What stands in the columns of an exported file."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from workbench.errors import SpecError
from workbench.model.containers import container_named
from workbench.model.tables import PERSONAL
from workbench.segments.bench import Bench
from workbench.segments.profiles import TRANSFORMS, Profile

CONSENT = ("consent_level", "do_not_email")
DEFAULT = (
    "name",
    "account_id",
    "account.name",
    "email",
    "job_title",
    *CONSENT,
    "industry",
    "city",
    "country",
)
"""Columns of the default layout, as far as the container's records have them."""


@dataclass(frozen=True)
class Layout:
    """One row per container: columns of its record, or those of a profile."""

    name: str
    """Profile, or kind of container."""
    kind: str
    columns: tuple[str, ...]
    profile: Profile | None = None

    def rows(self, bench: Bench, ids: list[str]) -> pl.DataFrame:
        """The rows of these containers, in their order; columns of a profile are text."""
        if self.profile is None:
            return pl.DataFrame([column_values(bench, self.kind, ids, path) for path in self.columns])
        made = []
        for column in self.profile.column:
            empty = pl.Series(column.header, [None] * len(ids), dtype=pl.String)
            if column.value is None:
                made.append(empty)
                continue
            values = column_values(bench, self.kind, ids, column.value).cast(pl.String).to_list()
            change = TRANSFORMS[column.transform]
            texts = [None if value is None else change(value) or None for value in values]
            made.append(pl.Series(column.header, texts, dtype=pl.String))
        return pl.DataFrame(made)

    def complete(self, rows: pl.DataFrame) -> pl.Series:
        """Whether each row has what the profile needs."""
        needs = self.profile.needs if self.profile else ()
        every = pl.all_horizontal([pl.lit(True), *(pl.col(header).is_not_null() for header in needs)])
        return (
            rows.with_columns(every.alias("complete"))["complete"]
            if len(rows)
            else pl.Series(dtype=pl.Boolean)
        )


def default_columns(bench: Bench, kind: str) -> tuple[str, ...]:
    """Id, name, and what else of `DEFAULT` the records have; e-mail only where persons are not masked."""
    container = container_named(kind)
    if container.table is None:
        return (container.id_column,)
    own = bench.version.columns[container.table]
    known = [path for path in DEFAULT if path in own or ("." in path and "account_id" in own)]
    if kind in ("account", "global_account"):
        known = [path for path in known if path not in ("account.name", "account_id")]
    if kind == "person" and bench.version.settings.mask_persons:
        known.remove("email")
    return (container.id_column, *known)


def known_columns(bench: Bench, kind: str) -> dict[str, bool]:
    """Columns of the containers' records and of the account they name → whether they are default ones.

    The default ones come first. Personal data are left out where the workspace masks persons.
    """
    chosen, container = default_columns(bench, kind), container_named(kind)
    if container.table is None:
        return dict.fromkeys(chosen, True)
    own = [name for name in bench.version.columns[container.table] if name != container.record_key]
    if kind == "person" and bench.version.settings.mask_persons:
        own = [name for name in own if name not in PERSONAL]
    if kind not in ("account", "global_account") and "account_id" in own:
        columns = bench.version.columns["accounts"]
        own += [f"account.{name}" for name in columns if name != "account_id"]
    return dict.fromkeys(chosen, True) | {name: False for name in own if name not in chosen}


def column_values(bench: Bench, kind: str, ids: list[str], path: str) -> pl.Series:
    """A column of the containers' records, or a path onward from them, in the order of the ids.

    The container's own prefix may be written: `person.email` is `email`. Unknown columns, and addresses
    where the workspace masks persons, are a SpecError.
    """
    container = container_named(kind)
    path = path.removeprefix(f"{kind}.")
    if path in (container.id_column, "id"):
        return pl.Series(path, ids, dtype=pl.String)
    if container.table is None:
        raise SpecError(f"{path!r}: a {kind} has no record; choose {container.id_column}", "columns")
    hops, column = bench.version.record_route(path, container.table, "columns")
    table = hops[-1].table if hops else container.table
    if table == "persons" and column in PERSONAL and bench.version.settings.mask_persons:
        if column == "name" and not hops:
            return bench.named(kind, ids)["name"].alias(path)
        raise SpecError(f"{path!r} is personal data, which this workspace masks", "columns")
    values, at, key = pa.array(ids, pa.string()), container.table, container.record_key
    for hop in hops:
        values = bench.index.record(at, key, hop.column, values).cast(pa.string())
        at, key = hop.table, hop.key
    found = bench.index.record(at, key, column, values)
    return pl.Series(path, pl.from_arrow(found))
