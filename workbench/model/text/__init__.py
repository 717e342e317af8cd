"""Conditions as text: a short form that people can read, edit and copy; it says exactly what the JSON says.

    account.city = "Chicago" and account.annual_revenue >= 100000
    account has (event_type = "Pricing Viewed" and occurred_at in last 30d)
    account has >= 3 events (event_type = "Email Clicked")
    account has >= 2 distinct person_id (actor = "buyer")
    account has >= 1000 sum of amount (milestone "won")
    account has >= 1 related opportunities (outcome = "open" and amount > 100000)
    person has > 5000 sum of amount of related opportunities
    account goes (milestone "mql" then excluding event_type = "Call" then milestone "won" within 90d)
    account goes (event_type = "A" then any order (event_type = "B"; event_type = "C")) keeping after
    not segment "competitors"    account on list "key-accounts"    as of "2024-03-31" (milestone "mql")

`and` binds closer than `or`. Texts stand in double quotes as in JSON; a field whose name is no plain word
stands in backticks.
"""

from workbench.model.text.reading import read_text
from workbench.model.text.writing import write_text

__all__ = ["read_text", "write_text"]
