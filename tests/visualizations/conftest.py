"""Fixtures of the app's tests: a small company, its app, and a browser on it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.visualizations.company import company

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="session")
def app(bench: Any) -> Any:
    from visualizations import create_app

    return create_app(bench)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Compare a value with its golden file; WORKBENCH_UPDATE_GOLDEN=1 writes the file anew."""
    file = GOLDEN / f"{request.node.name.replace('[', '-').rstrip(']')}.json"

    def check(value: Any) -> None:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if os.environ.get("WORKBENCH_UPDATE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), "no golden file: run with WORKBENCH_UPDATE_GOLDEN=1 and read what it writes"
        assert text == file.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def address(bench: Any) -> Iterator[str]:
    """Address of the running app."""
    with serving(bench) as where:
        yield where


@contextmanager
def serving(bench: Any) -> Iterator[str]:
    """The app of a workspace, running for as long as the block."""
    import waitress

    from visualizations.server import prepared

    app, _ = prepared(bench, "127.0.0.1", 0)
    server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser; not for the session, since its event loop would stay in the way of other modules."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("WORKBENCH_CHROMIUM") or "/usr/bin/chromium"
    if not Path(path).exists():
        pytest.skip("no Chromium here; name one in WORKBENCH_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
