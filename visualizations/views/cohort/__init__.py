"""The cohort table."""
