"""What segments need of a workbench."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import polars as pl

from workbench.index.matching import Matcher
from workbench.index.store import JourneyIndex
from workbench.model.data_version import DataVersion
from workbench.workspace import Definitions


class Bench(Protocol):
    """Resolves conditions on one data version of a workspace."""

    @property
    def path(self) -> Path:
        """The workspace folder."""
        ...

    @property
    def index(self) -> JourneyIndex:
        """The opened index."""
        ...

    @property
    def version(self) -> DataVersion:
        """What is known of the data, with the segments as they are saved now."""
        ...

    @property
    def definitions(self) -> Definitions:
        """Saved segments, views, models and journeys."""
        ...

    def resolve(self, condition: Any, container: str) -> pl.DataFrame:
        """`<container>_id, name` of the containers of a kind that a condition holds for."""
        ...

    def size(self, condition: Any, container: str) -> int:
        """How many containers of a kind a condition holds for."""
        ...

    def named(self, kind: str, ids: list[str]) -> pl.DataFrame:
        """`<kind>_id, name` of containers, in the order given."""
        ...

    def code_of(self, kind: str, container_id: str) -> int:
        """Code of a container in the index; an id nobody has is a SpecError."""
        ...

    def happened(self, rows: pl.Series) -> pl.DataFrame:
        """`occurred_at, event_type, person_id, person` of events by row."""
        ...

    def matcher(self, kind: str) -> Matcher:
        """What finds events in the histories of a kind of container."""
        ...
