"""Segments as saved things: members, reasons, history, comparison, and files for other systems."""

from __future__ import annotations

from workbench.segments.bench import Bench
from workbench.segments.comparison import Comparison
from workbench.segments.exports import Export, ExportReport
from workbench.segments.history import record_all
from workbench.segments.overlap import Overlap
from workbench.segments.stored import Segments
from workbench.segments.why import Reason

__all__ = ["Bench", "Comparison", "Export", "ExportReport", "Overlap", "Reason", "Segments", "record_all"]
