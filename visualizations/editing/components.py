"""Components: what a palette offers and a canvas takes, and how they join inside one checkpoint.

    {"kind": "event", "value": "Webinar Attended"}       {"kind": "milestone", "value": "mql"}
    {"kind": "item", "field": "channel", "value": "Web"}  {"kind": "dimension", "field": "channel"}
    {"kind": "none", "field": "channel"}                  {"kind": "segment", "value": "enterprise"}
    {"kind": "range", "value": {"last": "90d"}}           {"kind": "metric", "value": "accounts"}

Event types and milestones join by "or", items of one dimension by "or", everything else by "and".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from visualizations.base import Question
from visualizations.editing import edits
from visualizations.editing.edits import BadEdit
from visualizations.facts import in_words, milestone_name
from visualizations.formats import day

Condition = dict[str, Any]
Component = dict[str, Any]
KINDS = ("event", "milestone", "dimension", "item", "none", "segment", "range", "metric")
LONGEST_TEXT = 500
LONGEST_LABEL = 80
MOST_COMPONENTS = 24
DATED = re.compile(r"\d{1,5}[dwhms]|\d{4}-\d{2}-\d{2}")
UNITS = {"d": "day", "w": "week"}


def text(value: Any, what: str, longest: int = LONGEST_TEXT) -> str:
    """A text that may go into a question; BadEdit for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise BadEdit(f"{what} is missing.")
    if len(value) > longest:
        raise BadEdit(f"{what} is longer than {longest} characters.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadEdit(f"{what} holds broken characters.")
    return value


def components(value: Any) -> list[Component]:
    """The components of a gesture, checked in shape; BadEdit for anything else."""
    given = value if isinstance(value, list) else [value]
    if not given:
        raise BadEdit("Nothing was dropped.")
    if len(given) > MOST_COMPONENTS:
        raise BadEdit(f"At most {MOST_COMPONENTS} things can be dropped at once.")
    return [_component(one) for one in given]


def _component(value: Any) -> Component:
    if not isinstance(value, Mapping) or value.get("kind") not in KINDS:
        raise BadEdit("This is nothing a canvas can take.")
    kind = value["kind"]
    if kind in ("range", "metric"):
        if not isinstance(value.get("value"), str | Mapping):
            raise BadEdit(f"The {kind} is missing.")
        return {"kind": kind, "value": value["value"]}
    kept: Component = {"kind": kind}
    if kind in ("item", "dimension", "none"):
        kept["field"] = text(value.get("field"), "The dimension")
    if kind not in ("dimension", "none"):
        kept["value"] = text(value.get("value"), "The name")
    return kept


def condition(component: Component) -> Condition:
    """The condition of a component that names events; dimensions and metrics have none."""
    kind, value = component["kind"], component.get("value")
    if kind == "milestone":
        return {"milestone": value}
    if kind == "segment":
        return {"segment": value}
    if kind == "range":
        return range_test(value)
    if kind == "none":
        return {"field": component["field"], "op": "not_exists"}
    field = "event_type" if kind == "event" else component["field"]
    return {"field": field, "value": value}


def range_test(span: Any) -> Condition:
    """A date range of the language as a test of when events happened."""
    last, first, until = (
        span.get(key) if isinstance(span, Mapping) else None for key in ("last", "from", "to")
    )
    for one in (last, first, until):
        if one is not None and not DATED.fullmatch(text(one, "The date range", 20)):
            raise BadEdit(f"“{one}” is no date range.")
    if last:
        return {"field": "occurred_at", "op": "in_last", "value": last}
    if first and until:
        return {"field": "occurred_at", "op": "between", "value": [first, until]}
    if first or until:
        return {"field": "occurred_at", "op": ">=" if first else "<=", "value": first or until}
    raise BadEdit("The date range names no days.")


# --- joining ---------------------------------------------------------------------------------------


def joined(wheres: Iterable[Condition]) -> Condition:
    """Conditions joined inside one checkpoint: alike ones by "or", the rest by "and"."""
    kept: list[Condition] = []
    for where in wheres:
        for part in where["all"] if set(where) == {"all"} else [where]:
            _take(kept, part)
    return dict(plain(kept[0] if len(kept) == 1 else {"all": kept}))


def plain(where: Any) -> Any:
    """A condition without operators that are the default: equal for equal conditions."""
    if isinstance(where, Mapping):
        return {
            k: plain(v) for k, v in where.items() if not (k == "op" and v == "equals" and "field" in where)
        }
    return [plain(part) for part in where] if isinstance(where, list | tuple) else where


def _take(kept: list[Condition], part: Condition) -> None:
    """Join a part with the first of its group, else stand beside the others."""
    group = _group(part)
    for i, other in enumerate(kept):
        if plain(other) == plain(part):
            return
        if group is not None and _group(other) == group:
            kept[i] = _either(group, other, part)
            return
    kept.append(part)


def _group(part: Condition) -> str | None:
    """What alike conditions share: `events`, or the field of an item; None for what stands alone."""
    items = edits.items_of(part)
    if items is not None:
        return "events" if not any(item.startswith("s:") for item in items) else None
    plain = part.get("op", "equals") in ("equals", "in") and "field" in part
    return str(part["field"]) if plain and part["field"] != "occurred_at" else None


def _either(group: str, one: Condition, other: Condition) -> Condition:
    if group == "events":
        items = [*(edits.items_of(one) or []), *(edits.items_of(other) or [])]
        return edits.condition_of(list(dict.fromkeys(items))) or one
    values = list(dict.fromkeys([*_values(one), *_values(other)]))
    return {"field": group, "op": "in", "value": values} if len(values) > 1 else one


def _values(part: Condition) -> list[Any]:
    value = part.get("value")
    return list(value) if isinstance(value, list | tuple) else [value]


# --- words -----------------------------------------------------------------------------------------


def field_name(path: str) -> str:
    """A field as people say it.

    >>> field_name("account.industry"), field_name("content_type")
    ('Account industry', 'Content type')
    """
    words = path.replace("_", " ").replace(".", " ")
    return words[:1].upper() + words[1:]


def label(where: Condition, segments: Mapping[str, str]) -> str:
    """What a card of this condition is called; `segments` are the names of saved ones."""
    said = _words(where, segments)
    said = said[:1].upper() + said[1:] if where.get("field") == "occurred_at" else said
    return said if len(said) <= LONGEST_LABEL else said[: LONGEST_LABEL - 1].rstrip(" ,·") + "…"


def _words(where: Condition, segments: Mapping[str, str]) -> str:
    if "milestone" in where:
        return milestone_name(str(where["milestone"]))
    if "segment" in where:
        return segments.get(str(where["segment"])) or in_words(where)
    if "all" in where:
        return " · ".join(_words(part, segments) for part in where["all"])
    if "any" in where:
        parts = [part for part in where["any"] if part.get("field") != "event_type"]
        names = [_words(part, segments) for part in parts]
        names += [str(v) for part in where["any"] if part not in parts for v in _values(part)]
        return _or(names)
    return _test_words(where)


def _test_words(where: Condition) -> str:
    field, op = where.get("field"), where.get("op", "equals")
    if field == "occurred_at" and op in ("in_last", "between", ">=", "<="):
        return _range_words(op, where.get("value"))
    if field and op in ("equals", "in"):
        said = _or([str(value) for value in _values(where)])
        return said if field == "event_type" else f"{field_name(str(field))}: {said}"
    return in_words(where)


def _range_words(op: str, value: Any) -> str:
    if op == "in_last":
        return last_words(str(value))
    days = [_day(str(one)) for one in _values({"value": value})]
    return f"{days[0]} to {days[-1]}" if op == "between" else f"{'from' if op == '>=' else 'until'} {days[0]}"


def _day(text: str) -> str:
    try:
        return day(text)
    except ValueError:
        return text


def last_words(span: str) -> str:
    """`last 90 days` for `90d`."""
    number, unit = span[:-1], UNITS.get(span[-1:], "")
    return f"last {number} {unit}{'' if number == '1' else 's'}" if unit else f"last {span}"


def _or(names: list[str]) -> str:
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return " or ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def metric_of(question: Question, value: Any) -> Any:
    """A metric to keep in a question: None where it is the container's own count, which follows it."""
    return None if value == container_metric(question.get("container", "account")) else value


def container_metric(container: str) -> str:
    """The metric that counts a container.

    >>> container_metric("opportunity"), container_metric("account")
    ('opportunities', 'accounts')
    """
    return container[:-1] + "ies" if container.endswith("y") else container + "s"
