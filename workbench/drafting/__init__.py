"""Drafting a manifest: proposals with confidence and reasons, which corrections propose anew."""

from __future__ import annotations

from workbench.drafting.draft import Draft, draft
from workbench.drafting.ledger import Proposal
from workbench.drafting.presets import Preset, presets
from workbench.drafting.preview import Preview

__all__ = ["Draft", "Preset", "Preview", "Proposal", "draft", "presets"]
