"""The audit of a load in a few lines: what was read, repaired, rejected, and what stayed unmatched."""

from __future__ import annotations

from typing import Any

from visualizations.formats import count, percent

COUNTED = (
    ("Machines in a flow", 'left out; counted with "Only buyers\' own events as items" off'),
    ("Machines elsewhere", "counted; left out with Actors set to Buyer, found by the field machine"),
)
"""What becomes of a machine's events in the app's questions."""
NO_ACCOUNT = ("none", "missing", "None", "")


def audit_facts(audit: Any) -> list[tuple[str, str]]:
    """(what, how many) for the home page; what is zero is left out, except that nothing was rejected."""
    if not isinstance(audit, dict):
        return []
    sources = [source for source in (audit.get("sources") or {}).values() if isinstance(source, dict)]
    read = sum(int(source.get("read") or 0) for source in sources)
    rejected = sum(_total(source.get("rejected")) for source in sources)
    found: list[tuple[str, str]] = []
    if sources:
        files = sum(len(source.get("files") or ()) for source in sources)
        found.append(("Rows read", f"{count(read)} from {count(files)} file{'s' if files != 1 else ''}"))
        found.append(("Rows rejected", count(rejected) if rejected else "none"))
    counted = [
        ("Values repaired", sum(_total(source.get("repaired")) for source in sources)),
        ("Left out by the manifest", sum(int(source.get("left_out_by_where") or 0) for source in sources)),
        ("Repeated event ids", _number(audit.get("repeated_event_ids"), "rows")),
        ("Keys without a record", _orphans(audit.get("orphans"))),
        ("Parent cycles broken", _number(audit.get("parent_cycles"), "count")),
        ("Implausible times", _total(audit.get("implausible_times"))),
        ("Same-day order conflicts", _number(audit.get("same_day_conflicts"), "events")),
    ]
    found += [(name, count(number)) for name, number in counted if number]
    found += _accounts((audit.get("accounts") or {}).get("rules"))
    found += _resolution(audit)
    return found + _machines(audit.get("machine_events"))


def _machines(found: Any) -> list[tuple[str, str]]:
    """Opens and clicks of machines, by event type, and where they count."""
    total = _number(found, "events")
    if not total:
        return []
    reasons = [
        f"{count(number)} {words}"
        for key, words in (
            ("after_delivery", "right after the delivery"),
            ("links_at_once", "all links at once"),
        )
        if (number := _number(found, key))
    ]
    by_type = [
        (name, f"{count(machine)} of {count(events)} ({percent(100 * machine / events)})")
        for name, of in (found.get("by_type") or {}).items()
        if (machine := _number(of, "machine")) and (events := _number(of, "events"))
    ]
    return [
        ("Opens and clicks of machines", f"{count(total)}, of which {' and '.join(reasons)}"),
        *((f"{name}, by machines", share) for name, share in by_type),
        *COUNTED,
    ]


def _accounts(rules: Any) -> list[tuple[str, str]]:
    """How events came to their account."""
    if not isinstance(rules, dict):
        return []
    total = sum(int(number) for number in rules.values() if isinstance(number, int))
    derived = {str(n): int(v) for n, v in rules.items() if n not in ("own", *NO_ACCOUNT) and v}
    shown = []
    if derived and total:
        amount = sum(derived.values())
        how = ", ".join(name.replace("_", " ") for name in derived)
        shown.append(
            ("Accounts derived", f"{count(amount)} events ({percent(100 * amount / total)}), by {how}")
        )
    missing = next((int(rules[n]) for n in NO_ACCOUNT if rules.get(n)), 0)
    return [*shown, ("Events without an account", count(missing))] if missing else shown


def _resolution(audit: Any) -> list[tuple[str, str]]:
    """Events that several accounts fit, and those whose account the last load changed."""
    rules = (audit.get("resolve") or {}).get("rules") or ()
    ambiguous = {str(r["rule"]).replace("_", " "): int(r["ambiguous"]) for r in rules if r.get("ambiguous")}
    told = [(f"Several accounts fit, by {rule}", f"{count(n)} events") for rule, n in ambiguous.items()]
    changes = audit.get("account_changes") or {}
    if moved := _number(changes, "moved"):
        title = f"Accounts changed since data version {changes.get('data_version')}"
        told.append((title, f"{count(moved)} events"))
    return told


def _total(part: Any) -> int:
    """Sum of the counts in a dict of reasons; samples are not counted."""
    if isinstance(part, bool):
        return 0
    if isinstance(part, int):
        return part
    if isinstance(part, dict):
        return sum(_total(value) for key, value in part.items() if key not in ("samples", "sample"))
    return 0


def _number(part: Any, key: str) -> int:
    return int(part.get(key) or 0) if isinstance(part, dict) else 0


def _orphans(part: Any) -> int:
    entries = part if isinstance(part, list) else []
    return sum(
        int(entry.get("rows") or entry.get("keys") or 0) for entry in entries if isinstance(entry, dict)
    )
