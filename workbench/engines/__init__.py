"""Engines: several ways to the same answer. A newcomer adds a module and one line here."""

from __future__ import annotations

from typing import Any

from workbench.engines.index import IndexEngine
from workbench.engines.sql import SqlEngine

ENGINES: dict[str, Any] = {"index": IndexEngine, "sql": SqlEngine}
"""Engine name → class; every engine passes the same conformance suite."""
