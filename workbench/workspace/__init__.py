"""The workspace folder: generations on disk, how they are assembled, and saved definitions."""

from __future__ import annotations

from workbench.model.database import check_select
from workbench.workspace.assemble import assemble
from workbench.workspace.connection import connect, connect_for_writing
from workbench.workspace.definitions import Definitions
from workbench.workspace.disk import STEPS, step_done
from workbench.workspace.frames import assemble_frames
from workbench.workspace.settings_file import read_settings, settings_from, write_settings
from workbench.workspace.store import Draft, Generation, Workspace

__all__ = [
    "STEPS",
    "Definitions",
    "Draft",
    "Generation",
    "Workspace",
    "assemble",
    "assemble_frames",
    "check_select",
    "connect",
    "connect_for_writing",
    "read_settings",
    "settings_from",
    "step_done",
    "write_settings",
]
