"""The timeline of one container."""
