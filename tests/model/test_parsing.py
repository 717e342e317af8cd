"""Reading the language: a mistake is named with its place, what was found, and the nearest valid choice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import Question, canvas, cohort_table, fallout, flow, is_type, small
from tests.reference.random_questions import random_questions
from workbench.errors import SpecError, WorkbenchError, nearest
from workbench.model.containers import CONTAINERS
from workbench.model.operators import OPERATORS
from workbench.model.parsing import canonical, json_schema, parse_condition, parse_metric, parse_spec
from workbench.model.specs import SPECS

jsonschema: Any = pytest.importorskip("jsonschema", reason="comes with nbformat")

TYPE = {"field": "event_type", "value": "A"}
NODES = [{"id": "a", "where": TYPE}, {"id": "b", "where": TYPE}]


def with_arrows(*arrows: tuple[str, str], **more: Any) -> Question:
    """A canvas of two nodes with arrows, the first with more on it."""
    written = [{"source": source, "target": target} for source, target in arrows]
    written[0] |= more
    return {"analysis": "journey_canvas", "nodes": NODES, "arrows": written}


def with_test(**test: Any) -> Question:
    """A fallout whose second touchpoint is a field test."""
    return {"analysis": "fallout", "touchpoints": [{"where": TYPE}, {"where": test}]}


def with_step(**step: Any) -> Question:
    """A fallout whose second touchpoint has these limits."""
    return {"analysis": "fallout", "touchpoints": [{"where": TYPE}, {"where": TYPE} | step]}


MISTAKES: list[tuple[Any, str, tuple[str, ...]]] = [
    ({}, "analysis", ("required", "fallout")),
    ({"analysis": "fallot"}, "analysis", ("'fallot'", "'fallout'")),
    ({"analysis": 3}, "analysis", ("3",)),
    ({"analysis": ["flow"]}, "analysis", ("flow",)),
    ({"analysis": "fallout"}, "touchpoints", ("required",)),
    ({"analysis": "fallout", "touchpoints": []}, "touchpoints", ("1",)),
    ({"analysis": "fallout", "touchpoints": "A"}, "touchpoints", ("'A'",)),
    ({"analysis": "fallout", "touchpoint": [{"where": TYPE}]}, "", ("'touchpoint'", "'touchpoints'")),
    (fallout("A", contaner="account"), "", ("'contaner'", "'container'")),
    (fallout("A", container="acount"), "container", ("'acount'", "'account'")),
    (fallout("A", container=7), "container", ("7",)),
    (fallout("A", container=["account"]), "container", ("account",)),
    (with_test(related="oportunities"), "touchpoints.1.where", ("'oportunities'", "'opportunities'")),
    (with_test(related="leads", of="sesion"), "touchpoints.1.where.of", ("'sesion'", "'session'")),
    (with_test(related="leads", where={"milestone": "mql"}), "touchpoints.1.where", ("'milestone'",)),
    (with_test(as_of="2024-13-01", where=TYPE), "touchpoints.1.where.as_of", ("2024-13-01",)),
    (with_test(listed="a", containr="account"), "touchpoints.1.where", ("'containr'", "'container'")),
    (
        with_test(sequence=[{"any_order": [TYPE], "exclude": True}], container="account"),
        "touchpoints.1.where.sequence.0",
        ("no exclude",),
    ),
    (
        with_test(count=TYPE, container="account", sum="amount", distinct="channel"),
        "touchpoints.1.where",
        ("not both",),
    ),
    (fallout("A", actors=["byer"]), "actors.0", ("'byer'", "'buyer'")),
    (fallout("A", actors=[]), "actors", ("1",)),
    (fallout("A", history="member"), "history", ("'member'", "'members'")),
    (fallout("A", date_range={"from": "2024-13-01"}), "date_range.from", ("2024-13-01",)),
    (fallout("A", date_range={"from": "2024-02-01", "to": "2024-01-01"}), "date_range", ("after",)),
    (fallout("A", date_range={"last": "90d", "to": "2024-01-01"}), "date_range", ("'last'",)),
    (fallout("A", date_range={"last": "36h"}), "date_range", ("days or weeks",)),
    (fallout("A", date_range={"last": "90 days"}), "date_range.last", ("'90 days'", "'30d'")),
    (
        fallout("A", date_range={"last": "90d", "applies_to": "event"}),
        "date_range.applies_to",
        ("'event'", "'events'"),
    ),
    (fallout("A", segments=[{"feld": "x"}]), "segments.0", ("'feld'", "'field'")),
    (fallout("A", segments=[3]), "segments.0", ("3",)),
    (with_test(field="event_type", op="equal", value="A"), "touchpoints.1.where.op", ("'equal'", "'equals'")),
    (with_test(field="event_type", op="in", value="A"), "touchpoints.1.where", ("'in'", "list")),
    (with_test(field="event_type", value=None), "touchpoints.1.where", ("value", "'not_exists'")),
    (with_test(field="event_type", op="in", value=["A", None]), "touchpoints.1.where", ("'not_exists'",)),
    (with_test(field="event_type", op="exists", value="A"), "touchpoints.1.where", ("'exists'", "no value")),
    (with_test(field="amount", op="between", value=[1]), "touchpoints.1.where", ("'between'", "two")),
    (with_test(field="amount", op=">", value=[1, 2]), "touchpoints.1.where", ("'in'",)),
    (with_test(field="occurred_at", op="in_last", value="soon"), "touchpoints.1.where", ("'soon'", "'30d'")),
    (with_test(field="event_type", op="matches", value=3), "touchpoints.1.where", ("'matches'", "text")),
    (with_test(feild="event_type", value="A"), "touchpoints.1.where", ("'feild'", "'field'")),
    (with_test(field="event_type", vale="A"), "touchpoints.1.where", ("'vale'", "'value'")),
    (with_test(all=[]), "touchpoints.1.where.all", ("1",)),
    (
        with_test(all=[TYPE, {"any": [{"field": "x", "op": "is"}]}]),
        "touchpoints.1.where.all.1.any.0.op",
        ("'is'",),
    ),
    (with_test(count=TYPE, container="acct"), "touchpoints.1.where.container", ("'acct'", "'account'")),
    (with_test(count=TYPE), "touchpoints.1.where.container", ("required",)),
    (with_test(count=TYPE, container="account", op="between", value=3), "touchpoints.1.where", ("[2, 5]",)),
    (with_test(count=TYPE, container="account", value="x"), "touchpoints.1.where.value", ("'x'",)),
    (with_test(sequence=[], container="account"), "touchpoints.1.where.sequence", ("1",)),
    (
        with_test(sequence=[{"where": TYPE, "exclude": True}], container="account"),
        "touchpoints.1.where",
        ("not excluded",),
    ),
    (
        with_test(sequence=[{"where": TYPE, "within": "1d"}], container="account"),
        "touchpoints.1.where",
        ("first step",),
    ),
    (with_step(within="a week"), "touchpoints.1.within", ("'a week'", "'30d'")),
    (with_step(within="-3d"), "touchpoints.1.within", ("'-3d'",)),
    (with_step(within=30), "touchpoints.1.within", ("30",)),
    (with_step(path="direct"), "touchpoints.1.path", ("'direct'", "'eventual'")),
    (with_step(same="deal"), "touchpoints.1.same", ("'deal'",)),
    (with_step(same="person", different="opportunity"), "touchpoints.1", ("'same'", "'different'")),
    ({"analysis": "fallout", "touchpoints": [{"where": TYPE, "path": "next"}]}, "", ("first touchpoint",)),
    (with_arrows(("a", "c")), "", ("'c'", "'a'")),
    (with_arrows(("a", "b"), ("a", "b")), "", ("two arrows", "'a'", "'b'")),
    (with_arrows(("a", "b"), ("b", "a")), "", ("cycle", "a", "b")),
    (with_arrows(("a", "a")), "", ("cycle",)),
    (with_arrows(("a", "b"), witin="1d"), "arrows.0", ("'witin'", "'within'")),
    ({"analysis": "journey_canvas", "nodes": [*NODES, NODES[0]]}, "", ("two nodes", "'a'")),
    (canvas("A", metric="acounts"), "metric", ("'acounts'", "'accounts'")),
    (canvas("A", metric={"avg": "amount"}), "metric", ("'sum'",)),
    (canvas("A", metric={"sum": "amount", "wher": TYPE}), "metric", ("'wher'", "'where'")),
    (canvas("A", percent_of="begin"), "percent_of", ("'begin'", "'start'")),
    (flow(), "", ("exactly one",)),
    (flow(starts_with="A", ends_with="B"), "", ("exactly one",)),
    (flow(starts_with="A", columns=0), "columns", ("1",)),
    (flow(starts_with="A", columns=3, dimension=["channel", "stage"]), "", ("2 dimensions", "3 columns")),
    (flow(starts_with="A", dimension=[]), "", ("0 dimensions",)),
    (flow(starts_with="A", paths=-1), "paths", ("0",)),
    (flow(starts_with="A", columns="five"), "columns", ("'five'",)),
    (flow(starts_with="A", occurrence="second"), "occurrence", ("'second'",)),
    (cohort_table("A", "B", granularity="months"), "granularity", ("'months'", "'month'")),
    ({"analysis": "cohort_table", "inclusion": {"metrics": [{"where": TYPE}]}}, "return", ("required",)),
    (cohort_table("A", "B", inclusion={"metrics": []}), "inclusion.metrics", ("1",)),
    (
        cohort_table("A", "B", inclusion={"metrics": [{"where": TYPE, "op": "=>"}]}),
        "inclusion.metrics.0.op",
        ("'=>'",),
    ),
    (cohort_table("A", "B", max_periods=0), "max_periods", ("1",)),
]


@pytest.mark.parametrize(("question", "place", "words"), MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_a_mistake_names_its_place_what_was_found_and_the_nearest_choice(
    question: Any, place: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(SpecError) as refused:
        parse_spec(question)
    assert refused.value.place == place, str(refused.value)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize("question", [None, 3, "fallout", ["fallout"]])
def test_what_is_no_object_is_no_question(question: Any) -> None:
    with pytest.raises(SpecError, match="JSON object"):
        parse_spec(question)


@pytest.mark.parametrize("condition", [None, 3, [], {}, [TYPE]])
def test_what_is_no_object_is_no_condition(condition: Any) -> None:
    with pytest.raises(SpecError) as refused:
        parse_condition(condition, "somewhere")
    assert refused.value.place.startswith("somewhere")


def test_text_is_a_segment() -> None:
    assert parse_condition("in-person-attendees").to_json() == {"segment": "in-person-attendees"}
    assert parse_spec(fallout("A", segments=["x"])).to_json()["segments"] == [{"segment": "x"}]


def test_place_and_prefix_join() -> None:
    with pytest.raises(SpecError) as refused:
        parse_condition({"all": [{"field": "x", "op": "is"}]}, "milestones.mql")
    assert refused.value.place == "milestones.mql.all.0.op"


@pytest.mark.parametrize(
    "junk", [{"a": object()}, {1: 2}, {"field": {"field": "x"}}, {"not": {"not": {"not": 3}}}]
)
def test_junk_is_refused_with_an_error_of_ours(junk: Any) -> None:
    with pytest.raises(WorkbenchError):
        parse_condition(junk)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([*OPERATORS, "account"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "field",
                    "op",
                    "value",
                    "all",
                    "any",
                    "not",
                    "container",
                    "where",
                    "count",
                    "sequence",
                    "x{0}",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@small(150)
@given(json_values)
def test_any_json_is_a_condition_or_an_error_of_ours(junk: Any) -> None:
    try:
        found = parse_condition(junk)
    except WorkbenchError:
        return
    assert parse_condition(found.to_json()) == found


@small(100)
@given(
    st.sampled_from(list(SPECS)),
    st.dictionaries(st.text(max_size=8), json_values, max_size=3),
    json_values,
    st.data(),
)
def test_any_json_is_a_question_or_an_error_of_ours(
    name: str, extra: dict[str, Any], junk: Any, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(SPECS[name].model_fields)))
    try:
        parse_spec({"analysis": name, field: junk} | extra | {"analysis": name})
    except WorkbenchError:
        return


# --- round trips -------------------------------------------------------------------------------

ASKED = random_questions(5, 200)


def test_questions_survive_the_way_to_json_and_back() -> None:
    for question in ASKED:
        spec = parse_spec(question)
        text = json.dumps(spec.to_json())
        assert parse_spec(json.loads(text)) == spec
        assert parse_spec(spec) is spec


def test_equal_questions_have_equal_canonical_text() -> None:
    for question in ASKED:
        spec = parse_spec(question)
        assert canonical(parse_spec(_reversed(question))) == canonical(spec)
        defaults = parse_spec(spec.model_dump(mode="json", by_alias=True))
        assert canonical(defaults) == canonical(spec)
    assert len({canonical(parse_spec(question)) for question in ASKED}) == len(
        {repr(parse_spec(q)) for q in ASKED}
    )


def _reversed(value: Any) -> Any:
    """The same JSON with the names of every object in reverse order."""
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (fallout("A"), fallout("A", container="account", baseline=True, segments=[])),
        (fallout("A", follow="30d"), fallout("A", date_range={"follow": "30d"})),
        (
            fallout("A", date_range={"last": "90d"}, applies_to="events"),
            fallout("A", date_range={"last": "90d", "applies_to": "events"}),
        ),
        (
            {
                "analysis": "cohort_table",
                "inclusion": {"metrics": [{"where": TYPE}]},
                "returning": {"metrics": [{"where": TYPE}]},
            },
            {
                "analysis": "cohort_table",
                "inclusion": {"metrics": [{"where": TYPE}]},
                "return": {"metrics": [{"where": TYPE}]},
            },
        ),
        (fallout("A", segments=[{"not_": TYPE}]), fallout("A", segments=[{"not": TYPE}])),
        (
            fallout("A", date_range={"from_": "2024-01-01", "to": "2024-01-31"}),
            fallout("A", date_range={"from": "2024-01-01", "to": "2024-01-31"}),
        ),
    ],
)
def test_ways_to_write_the_same_question(one: Question, two: Question) -> None:
    assert parse_spec(one) == parse_spec(two)
    assert canonical(parse_spec(one)) == canonical(parse_spec(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (fallout("A"), fallout("B")),
        (fallout("A", "B"), fallout("B", "A")),
        (with_test(field="amount", value=1), with_test(field="amount", value=True)),
        (with_test(field="amount", value=1), with_test(field="amount", value="1")),
        (
            with_test(field="event_type", op="in", value=["a", "b"]),
            with_test(field="event_type", op="in", value=["a, b"]),
        ),
    ],
)
def test_other_questions_have_other_canonical_text(one: Question, two: Question) -> None:
    assert canonical(parse_spec(one)) != canonical(parse_spec(two))


def test_specs_do_not_change() -> None:
    spec = parse_spec(fallout("A"))
    with pytest.raises(ValueError, match="frozen"):
        spec.container = "person"


@pytest.mark.parametrize(
    "metric",
    [
        *(container.plural for container in CONTAINERS),
        "events",
        {"sum": "amount"},
        {"count": TYPE},
        {"distinct": "channel"},
    ],
)
def test_metrics(metric: Any) -> None:
    parsed = parse_metric(metric)
    assert parsed == metric if isinstance(metric, str) else parse_metric(parsed.to_json()) == parsed


# --- JSON Schema -------------------------------------------------------------------------------


def test_the_schema_holds_for_every_question() -> None:
    schema = json_schema()
    assert set(schema["questions"]) == set(SPECS)
    checks = {name: jsonschema.Draft202012Validator(part) for name, part in schema["questions"].items()}
    for question in [
        *ASKED,
        fallout("A", segments=[is_type("A")], date_range={"last": "90d", "follow": "30d"}),
    ]:
        checks[question["analysis"]].validate(question)
        checks[question["analysis"]].validate(parse_spec(question).to_json())


@pytest.mark.parametrize(
    "question",
    [
        fallout("A", container=3),
        {"analysis": "fallout"},
        fallout("A", baselin=True),
        with_test(field="event_type", op="equal", value="A"),
        with_step(path="direct"),
        flow(starts_with="A", columns=0),
        with_step(within="a week"),
        fallout("A", container="acount"),
    ],
)
def test_the_schema_refuses_mistakes_of_form(question: Question) -> None:
    schema = json_schema()["questions"][question["analysis"]]
    assert not jsonschema.Draft202012Validator(schema).is_valid(question)


@pytest.mark.parametrize(
    ("question", "place"),
    [
        (canvas("A>B", mature_only="soon"), "mature_only"),
        (fallout("A", mature_only=30), "mature_only"),
        (canvas("A", fallout_split="maybe"), "fallout_split"),
        (canvas("A", compare=["a", "b", "c", "d", "e"]), "compare"),
        ({**canvas("A"), "nodes": [{"id": "A", "where": is_type("A"), "exclude": "yes please"}]}, "exclude"),
        ({**canvas("A>B"), "arrows": [{"source": "A", "target": "B", "path": "direct"}]}, "path"),
    ],
)
def test_options_of_the_canvas_are_checked_where_they_stand(question: Question, place: str) -> None:
    with pytest.raises(SpecError, match=place):
        parse_spec(question)


def test_the_schema_takes_a_segment_by_its_id() -> None:
    schema = json_schema()["questions"]["fallout"]
    assert jsonschema.Draft202012Validator(schema).is_valid(fallout("A", segments=["in-person-attendees"]))


# --- the nearest choice ------------------------------------------------------------------------


def test_nearest_names_one_or_lists_some() -> None:
    assert nearest("Fallot", ["fallout", "flow"]) == "did you mean 'fallout'?"
    assert nearest("FALLOUT", ["fallout", "flow"]) == "did you mean 'fallout'?"
    assert nearest("zzz", ["fallout", "flow"]) == "choose one of 'fallout', 'flow'"
    assert nearest("zzz", [f"n{n:02d}" for n in range(20)]).endswith("and 8 more")
    assert nearest("zzz", []) == "there is no valid choice here"
