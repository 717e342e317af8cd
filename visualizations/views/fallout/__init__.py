"""Fallout."""
