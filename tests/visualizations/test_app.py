"""The app without a browser: wiring, a round trip, serving."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from visualizations import create_app
from visualizations.desk import Desk
from visualizations.parts import walk
from visualizations.server import COOKIE, prepared


def names(part: str) -> list[str]:
    """Component ids of a callback's output text."""
    return [one.rsplit(".", 1)[0] for one in part.strip(".").split("...")]


def test_every_wired_id_exists(app: Any) -> None:
    known = {part.id for part in walk(app.layout) if isinstance(getattr(part, "id", None), str)}
    for callback in app.server.test_client().get("/_dash-dependencies").get_json():
        wired = names(callback["output"]) + [one["id"] for one in callback["inputs"] + callback["state"]]
        for one in wired:
            if not one.startswith("{"):
                assert one in known


def test_one_writer_per_property(app: Any) -> None:
    outputs = [
        one
        for callback in app.server.test_client().get("/_dash-dependencies").get_json()
        for one in callback["output"].strip(".").split("...")
    ]
    assert len(outputs) == len(set(outputs))


def test_two_apps_in_one_process(bench: Any, app: Any) -> None:
    assert len(create_app(bench).callback_map) == len(app.callback_map)


def post(app: Any, output: str, inputs: list[tuple[str, str, Any]], states: list[Any], changed: str) -> Any:
    """One callback over HTTP."""
    outputs = [
        [] if one.startswith("{") else dict(zip(("id", "property"), one.rsplit(".", 1), strict=True))
        for one in output.strip(".").split("...")
    ]
    body = {
        "output": output,
        "outputs": outputs,
        "inputs": [{"id": i, "property": p, "value": v} for i, p, v in inputs],
        "state": states,
        "changedPropIds": [changed],
    }
    return app.server.test_client().post("/_dash-update-component", json=body)


def test_a_document_is_drawn_over_http(app: Any, bench: Any) -> None:
    output = next(
        c["output"]
        for c in app.server.test_client().get("/_dash-dependencies").get_json()
        if "stage" in c["output"]
    )
    question = Desk(bench).opening("fallout").question
    inputs = [
        ("paint", "data", "1"),
        ("theme", "computedColorScheme", "light"),
        ("viewport", "data", {"w": 900, "h": 600}),
    ]
    document = {"view": "fallout", "question": question}
    states = [{"id": "document", "property": "data", "value": document}]
    answer = post(app, output, inputs, states, "paint.data").get_json()["response"]
    assert answer["view-title"]["children"] == "Fallout from Lead to Closed-won"
    assert "data-open" in json.dumps(answer["stage"]["children"])


@pytest.mark.parametrize("path", ["/", "/flow", "/timeline"])
def test_pages_are_served_compressed_and_closed(bench: Any, path: str) -> None:
    app, address = prepared(bench, "127.0.0.1", 8050)
    assert address == "http://localhost:8050/"
    answer = app.server.test_client().get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.data).decode()
    assert '<html lang="en">' in page
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_other_hosts_need_the_token(bench: Any) -> None:
    app, address = prepared(bench, "0.0.0.0", 8050)
    token = address.rpartition("=")[2]
    client = app.server.test_client()
    assert client.get("/").status_code == 403
    assert client.get("/?token=wrong").status_code == 403
    assert client.get(f"/?token={token}").status_code == 302
    assert client.get_cookie(COOKIE) is not None
    assert client.get("/").status_code == 200
    assert app.server.test_client().get("/_dash-layout").status_code == 403
