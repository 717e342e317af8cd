"""Account journey workbench: journeys of accounts, opportunities, buying groups and persons.

import workbench as wb
bench = wb.open("olist")
result = bench.ask({"analysis": "fallout", "touchpoints": [{"where": {"milestone": "mql"}}]})
"""

from __future__ import annotations

from workbench.api import Workbench
from workbench.drafting import Draft, draft
from workbench.errors import (
    DataError,
    NotYetError,
    RevisionConflict,
    SourceError,
    SpecError,
    WorkbenchError,
    WorkspaceError,
)
from workbench.model.containers import CONTAINERS
from workbench.model.parsing import json_schema, parse_condition, parse_spec
from workbench.model.relations import relations
from workbench.model.result import Result
from workbench.model.shares import newcombe, wilson
from workbench.model.text import read_text, write_text
from workbench.model.wording import describe_condition
from workbench.opening import from_tables, load, open  # noqa: A004

__all__ = [
    "CONTAINERS",
    "DataError",
    "Draft",
    "NotYetError",
    "Result",
    "RevisionConflict",
    "SourceError",
    "SpecError",
    "Workbench",
    "WorkbenchError",
    "WorkspaceError",
    "describe_condition",
    "draft",
    "from_tables",
    "json_schema",
    "load",
    "newcombe",
    "open",
    "parse_condition",
    "parse_spec",
    "read_text",
    "relations",
    "wilson",
    "write_text",
]
