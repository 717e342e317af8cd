"""The twin: every path and cohort analysis as plain DuckDB SQL over the canonical tables.

It shares no code with the journey index, so that equal answers mean something, and it is what users read and
paste behind "Show SQL". A question becomes one `WITH … SELECT` per table of its answer.
"""

from __future__ import annotations

from workbench.engines.sql.engine import SqlEngine

__all__ = ["SqlEngine"]
