"""The journey canvas."""
