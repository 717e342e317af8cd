"""The controls of a question: labelled, small, and each named by the edit it makes."""

from __future__ import annotations

from typing import Any

from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.editing.edits import at, items_of
from visualizations.facts import Facts, in_words, milestone_name

OPERATOR_WORDS = {
    "equals": "is",
    "not_equals": "is not",
    "in": "is any of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "matches": "matches",
    "exists": "has a value",
    "not_exists": "has no value",
    ">": "greater than",
    ">=": "at least",
    "<": "less than",
    "<=": "at most",
}


def icon(name: str, size: int = 16) -> Component:
    """One of the vendored icons, in the colour of the text around it."""
    return html.Span(
        className="icon",
        style={"--icon": f"url(/assets/icons/{name}.svg)", "--size": f"{size}px"},
        **{"aria-hidden": "true"},
    )


def edit(kind: str, path: str) -> dict[str, str]:
    """Id of a control that edits the question."""
    return {"edit": kind, "at": path}


def action(name: str, path: str = "") -> dict[str, str]:
    """Id of a button that changes the question."""
    return {"do": name, "at": path}


def select(
    label: str, kind: str, path: str, value: Any, data: Any, *, hidden_label: bool = False, **more: Any
) -> Component:
    """A choice of one."""
    name: dict[str, Any] = {"aria-label": label} if hidden_label else {"label": label}
    more.setdefault("allowDeselect", False)
    return dmc.Select(
        id=edit(kind, path),
        value=value,
        data=data,
        size="xs",
        comboboxProps={"shadow": "md", "withinPortal": True},
        checkIconPosition="right",
        **name,
        **more,
    )


def text(
    label: str, kind: str, path: str, value: Any, *, hidden_label: bool = False, **more: Any
) -> Component:
    """A line of text; sent when the field is left or Enter is pressed."""
    name: dict[str, Any] = {"aria-label": label} if hidden_label else {"label": label}
    return dmc.TextInput(
        id=edit(kind, path),
        value="" if value is None else str(value),
        size="xs",
        debounce=True,
        **name,
        **more,
    )


def number(label: str, path: str, value: Any, **more: Any) -> Component:
    """A whole number."""
    return dmc.NumberInput(id=edit("number", path), label=label, value=value, size="xs", debounce=400, **more)


def switch(label: str, kind: str, path: str, on: bool) -> Component:
    """On or off."""
    return dmc.Switch(id=edit(kind, path), label=label, checked=on, size="xs")


def icon_button(name: str, label: str, identity: Any, **more: Any) -> Component:
    """A small button that shows an icon and says what it does."""
    return dmc.ActionIcon(
        icon(name),
        id=identity,
        variant="subtle",
        color="gray",
        size="sm",
        className="quiet",
        **{"aria-label": label, "data-tip": label},
        **more,
    )


def section(title: str, *children: Any, extra: Any = None) -> Component:
    """A titled group of the inspector."""
    head = html.Div([html.H3(title), extra], className="section-head")
    return html.Section([head, *[child for child in children if child is not None]], className="section")


# --- conditions ----------------------------------------------------------------------------------


def condition_groups(facts: Facts) -> list[dict[str, Any]]:
    """What a condition may pick: milestones, saved segments, event types."""
    kinds = [
        ("Milestones", [(f"m:{name}", milestone_name(name)) for name in facts.milestones]),
        ("Segments", [(f"s:{name}", label) for name, label in facts.segments()]),
        ("Event types", [(f"e:{name}", name) for name in facts.event_types[:200]]),
    ]
    return [
        {"group": title, "items": [{"value": value, "label": label} for value, label in items]}
        for title, items in kinds
        if items
    ]


def condition_picker(question: Question, path: str, facts: Facts, label: str) -> Component:
    """Edits the condition at a path: milestones and event types, one field's test, or JSON."""
    condition = at(question, path)
    items = items_of(condition)
    if items is not None:
        groups = condition_groups(facts)
        known = {item["value"] for group in groups for item in group["items"]}
        missing = [item for item in items if item not in known]
        if missing:
            groups.append(
                {"group": "Others", "items": [{"value": item, "label": item[2:]} for item in missing]}
            )
        body: Component = dmc.MultiSelect(
            id=edit("items", path),
            value=items,
            data=groups,
            size="xs",
            searchable=True,
            hidePickedOptions=True,
            nothingFoundMessage="Nothing by that name",
            comboboxProps={"shadow": "md"},
            **{"aria-label": label},
        )
    elif isinstance(condition, dict) and "field" in condition:
        body = _field_test(condition, path, facts, label)
    else:
        body = html.Div(in_words(condition), className="condition-words")
    tools = html.Div(
        [
            _mode(path, items is not None),
            icon_button("braces", f"{label}: edit as JSON", action("json", path)),
        ],
        className="condition-tools",
    )
    return html.Div([body, tools], className="condition")


def _mode(path: str, picks: bool) -> Component:
    if picks:
        return icon_button("filter", "Test a field instead", action("to-field", path))
    return icon_button("list", "Choose milestones or event types instead", action("to-items", path))


def _field_test(condition: dict[str, Any], path: str, facts: Facts, label: str) -> Component:
    field, op, value = condition["field"], condition.get("op", "equals"), condition.get("value")
    choose = select(
        f"{label}: field",
        "field",
        path,
        field,
        sorted({*facts.fields, field}),
        hidden_label=True,
        searchable=True,
    )
    operators = [{"value": name, "label": words} for name, words in OPERATOR_WORDS.items()]
    if op not in OPERATOR_WORDS:
        operators.append({"value": op, "label": op.replace("_", " ")})
    compare = select(f"{label}: comparison", "op", path, op, operators, hidden_label=True)
    if op in ("exists", "not_exists"):
        entry: Component | None = None
    elif op in ("in", "not_in"):
        values = list(value or [])
        data = list(dict.fromkeys([*map(str, values), *facts.values(field)]))
        entry = dmc.MultiSelect(
            id=edit("value", path),
            value=[str(v) for v in values],
            data=data,
            size="xs",
            searchable=True,
            **{"aria-label": f"{label}: values"},
        )
    elif op in ("equals", "not_equals"):
        data = list(dict.fromkeys([*([str(value)] if value is not None else []), *facts.values(field)]))
        entry = select(
            f"{label}: value",
            "value",
            path,
            None if value is None else str(value),
            data,
            hidden_label=True,
            searchable=True,
            placeholder="Choose a value",
        )
    else:
        entry = text(f"{label}: value", "value", path, value, hidden_label=True)
    return html.Div(
        [choose, html.Div([compare, entry] if entry is not None else [compare], className="pair")],
        className="field-test",
    )
