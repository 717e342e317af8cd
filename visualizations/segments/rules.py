"""A rule of a segment: what it names, how it compares, and with what; values with how often they occur."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.dom import Component, dcc, dmc, html
from visualizations.facts import milestone_name
from visualizations.formats import compact
from visualizations.segments import tree
from visualizations.segments.behind import number_words
from visualizations.segments.fields import MILESTONE, OPERATORS, SEGMENT, Place, operator_words, words

QUIET = {"searchable": True, "openOnFocus": False}
"""A list to search in that opens by click, typing or arrow: the focus comes back to it with every redraw."""
UNITS = [{"value": unit, "label": label} for unit, label in (("d", "days"), ("w", "weeks"), ("h", "hours"))]


def rule(part: dict[str, Any], path: str, place: Place, held: str = "") -> Component:
    """One rule as a line of controls; `held` says how many it holds for by itself."""
    return html.Div([*fields_of(part, path, place), _tools(path, held)], className="rule")


def fields_of(part: dict[str, Any], path: str, place: Place) -> list[Component]:
    """What a rule is about, how it compares, and with what."""
    kind = tree.form(part)
    if kind == "milestone":
        return [_what(MILESTONE, path, place), _milestone(part, path, place)]
    if kind == "segment":
        return [_what(SEGMENT, path, place), _segment(part, path, place)]
    if kind == "field":
        return _test(part, path, place)
    if kind == "members_of":
        return _number(part["members_of"], place)
    return [html.Span("On a stored list", className="rule-words")]


def _number(number: dict[str, Any], place: Place) -> list[Component]:
    """Who is behind a number, and the way back to it."""
    said = html.Span(f"Behind a number: {number_words(number)}", className="rule-words")
    href = place.href(number["question"]) if place.href else ""
    return [said, dcc.Link("Open the question", href=href, className="quiet-link")] if href else [said]


def _tools(path: str, held: str) -> Component:
    return html.Div(
        [
            html.Span(held, className="box-size") if held else None,
            *tools("rule", path),
        ],
        className="rule-tools",
    )


def number_of(path: str) -> str:
    """Where a part stands, for names that are heard: its number in its group, and the box around that.

    >>> number_of("content.all.1.where.any.0"), number_of("content.count.all.2"), number_of("content")
    ('1 in box 2', '3 in the box', '')
    """
    levels = [""]
    for key in path.split("."):
        if key.isdigit():
            levels[-1] = f"{levels[-1]}.{int(key) + 1}".lstrip(".")
        elif key in tree.INSIDE.values():
            levels.append("")
    *outer, inner = levels
    return " ".join([inner, *(f"in box {one}" if one else "in the box" for one in reversed(outer))]).strip()


def labelled(what: str, path: str) -> str:
    """A name that no other control has: `Rule 2.1: value`."""
    number = number_of(path)
    return f"Rule {number}: {what}" if number else f"Rule: {what}"


def tools(what: str, path: str) -> list[Component]:
    """Turns a part round, doubles it, takes it away."""
    it = f"{what} {number_of(path)}".strip()
    return [
        tool("ban", "Not: turn round", f"Not: turn {it} round", controls.action("not", path)),
        tool("copy", "Duplicate", f"Duplicate {it}", controls.action("copy", path)),
        tool("x", "Remove", f"Remove {it}", controls.action("drop", path)),
    ]


def tool(icon: str, tip: str, label: str, identity: Any) -> Component:
    """A small button whose tip is short and whose name says what it is about."""
    return dmc.ActionIcon(
        controls.icon(icon), id=identity, variant="subtle", color="gray", size="sm", className="quiet",
        **{"aria-label": label, "data-tip": tip},
    )  # fmt: skip


def _what(value: str, path: str, place: Place) -> Component:
    groups = place.choices()
    if value not in {item["value"] for group in groups for item in group["items"]}:
        groups.append({"group": "Others", "items": [{"value": value, "label": words(value)}]})
    return controls.select(
        labelled("what it is about", path),
        "what",
        path,
        value,
        groups,
        hidden_label=True,
        **QUIET,
        nothingFoundMessage="Nothing by that name",
        maxDropdownHeight=320,
        className="rule-what",
    )


def _milestone(part: dict[str, Any], path: str, place: Place) -> Component:
    facts = place.facts
    data = [
        {"value": name, "label": f"{milestone_name(name)} · {compact(facts.milestone_events(name))}"}
        for name in facts.milestones
    ]
    return controls.select(
        labelled("milestone", path), "pick", f"{path}.milestone", part["milestone"] or None, data,
        hidden_label=True, className="rule-value", placeholder="Choose a milestone",
    )  # fmt: skip


def _segment(part: dict[str, Any], path: str, place: Place) -> Component:
    data = [{"value": name, "label": label} for name, label in place.facts.segments()]
    return controls.select(
        labelled("saved segment", path), "pick", f"{path}.segment", part["segment"] or None, data,
        hidden_label=True, **QUIET, className="rule-value", placeholder="Choose a segment",
    )  # fmt: skip


def _test(part: dict[str, Any], path: str, place: Place) -> list[Component]:
    field, op = part["field"], part.get("op", "equals")
    kind = place.kind(field)
    offered = OPERATORS[kind] if op in OPERATORS[kind] else (*OPERATORS[kind], op)
    data = [{"value": name, "label": operator_words(name, kind)} for name in offered]
    compare = controls.select(
        labelled("comparison", path), "operator", path, op, data, hidden_label=True, className="rule-op"
    )
    entry = _entry(part, path, place, kind)
    return [_what(field, path, place), compare, *([entry] if entry is not None else [])]


def _entry(part: dict[str, Any], path: str, place: Place, kind: str) -> Component | None:
    """The control of the value, by kind and operator."""
    op, value = part.get("op", "equals"), part.get("value")
    if op in tree.NO_VALUE:
        return None
    if op == "in_last":
        return _lasting(value, path)
    if op == "between":
        low, high = value if isinstance(value, list | tuple) and len(value) == 2 else (None, None)
        ends = [_scalar(kind, "low", path, low, "from"), _scalar(kind, "high", path, high, "to")]
        return html.Div(ends, className="rule-value rule-pair")
    if kind == "boolean":
        return controls.select(
            labelled("value", path), "truth", path, {"True": "yes", "False": "no"}.get(str(value)), [
                {"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}
            ], hidden_label=True, className="rule-value", placeholder="Choose",
        )  # fmt: skip
    if kind == "text":
        return _text(part, path, place)
    return html.Div(_scalar(kind, "scalar", path, value, "value"), className="rule-value")


def _lasting(value: Any, path: str) -> Component:
    number, unit = (value[:-1], value[-1]) if isinstance(value, str) and value[:-1].isdigit() else ("", "d")
    return html.Div(
        [
            dmc.NumberInput(
                id=controls.edit("last", path), value=int(number) if number else "", size="xs", min=1,
                debounce=500, placeholder="30", **{"aria-label": labelled("how many", path)},
            ),
            controls.select(labelled("unit", path), "last-unit", path, unit, UNITS, hidden_label=True),
        ],
        className="rule-value rule-pair",
    )  # fmt: skip


def _scalar(kind: str, edit: str, path: str, value: Any, label: str) -> Component:
    """A number, or a day."""
    if kind == "number":
        return dmc.NumberInput(
            id=controls.edit(edit, path), value="" if value is None else value, size="xs", debounce=500,
            thousandSeparator=",", placeholder="0", hideControls=True,
            **{"aria-label": labelled(label, path)},
        )  # fmt: skip
    return dmc.DateInput(
        id=controls.edit(edit, path), value=str(value)[:10] if value else None, size="xs",
        valueFormat="YYYY-MM-DD", placeholder="YYYY-MM-DD", clearable=False,
        **{"aria-label": labelled(label, path)},
    )  # fmt: skip


def _text(part: dict[str, Any], path: str, place: Place) -> Component:
    """Values to choose from, with how many have them; typed where there are too many, or parts of one."""
    op, value = part.get("op", "equals"), part.get("value")
    if op not in ("equals", "not_equals", *tree.MANY):
        return controls.text(
            labelled("value", path), "scalar", path, value, hidden_label=True, className="rule-value",
            placeholder="name*" if op == "matches" else "text",
        )  # fmt: skip
    known, whole = place.values(part["field"])
    chosen = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)] if value else []
    names = dict(known)
    if not whole:
        return _typed(op, path, chosen, list(names))
    data = [{"value": name, "label": f"{name} · {compact(n)}"} for name, n in known]
    data += [{"value": name, "label": name} for name in chosen if name not in names]
    more: dict[str, Any] = {
        **QUIET,
        "nothingFoundMessage": "No such value",
        "className": "rule-value",
    }
    if op in tree.MANY:
        return dmc.MultiSelect(
            id=controls.edit("scalar", path), value=chosen, data=data, size="xs", hidePickedOptions=True,
            placeholder="" if chosen else "Choose values", comboboxProps={"shadow": "md"},
            **{"aria-label": labelled("values", path)}, **more,
        )  # fmt: skip
    return controls.select(
        labelled("value", path), "scalar", path, chosen[0] if chosen else None, data, hidden_label=True,
        placeholder="Choose a value", **more,
    )  # fmt: skip


def _typed(op: str, path: str, chosen: list[str], suggested: list[str]) -> Component:
    """Values of a field that has too many to choose from."""
    if op in tree.MANY:
        return dmc.TagsInput(
            id=controls.edit("scalar", path), value=chosen, data=suggested, size="xs", className="rule-value",
            placeholder="" if chosen else "Type values", limit=20, openOnFocus=False,
            **{"aria-label": labelled("values", path)},
        )  # fmt: skip
    return dmc.Autocomplete(
        id=controls.edit("scalar", path), value=chosen[0] if chosen else "", data=suggested, size="xs",
        className="rule-value", placeholder="Type a value", limit=20, debounce=600, openOnFocus=False,
        **{"aria-label": labelled("value", path)},
    )  # fmt: skip
