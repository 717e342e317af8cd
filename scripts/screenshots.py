"""Pictures of the app on the demo company: `PYTHONPATH=. python scripts/screenshots.py`.

Needs Chromium; WORKBENCH_CHROMIUM names it where it is not found by itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import waitress
from playwright.sync_api import sync_playwright

import workbench as wb
from visualizations.editing.state import pack
from visualizations.server import prepared
from workbench.sources.synthetic import generate

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"

STATIONS = (
    ("form", "Lead form", {"field": "event_type", "value": "Lead Form: Complete"}),
    ("mql", "MQL", {"milestone": "mql"}),
    ("sql", "SQL", {"milestone": "sql"}),
    ("deal", "Opportunity", {"milestone": "opportunity_created"}),
    ("needs", "Needs assessment", {"field": "event_type", "value": "Needs Assessment"}),
    ("proposal", "Proposal", {"field": "event_type", "value": "Proposal Submission"}),
    ("won", "Closed-won", {"milestone": "won"}),
    ("lost", "Closed-lost", {"milestone": "lost"}),
)
WAYS = (
    "form mql",
    "mql sql",
    "sql deal",
    "deal needs",
    "needs proposal",
    "proposal won",
    "proposal lost",
    "needs lost",
)
DEAL = {"deal", "needs", "proposal"}
JOURNEY = {
    "analysis": "journey_canvas",
    "container": "account",
    "nodes": [{"id": name, "label": label, "where": where} for name, label, where in STATIONS],
    "arrows": [
        {"source": source, "target": target, **({"same": "opportunity"} if source in DEAL else {})}
        for source, target in (way.split() for way in WAYS)
    ],
    "fallout_split": True,
}
COMPARED = {
    **JOURNEY,
    "fallout_split": False,
    "compare": [
        {"field": "account.employees", "op": ">=", "value": 1000},
        {"field": "account.employees", "op": "<", "value": 1000},
    ],
}

SEGMENT = {
    "name": "Engaged software buyers",
    "container": "account",
    "kind": "dynamic",
    "about": {"keeps": "members"},
    "content": {
        "all": [
            {"field": "account.industry", "op": "in", "value": ["Software", "Media"]},
            {
                "count": {"field": "event_type", "op": "equals", "value": "Pricing Page Viewed"},
                "container": "account",
                "op": ">=",
                "value": 2,
                "distinct": "person_id",
            },
            {
                "sequence": [
                    {"where": {"milestone": "mql"}},
                    {"where": {"milestone": "opportunity_created"}, "within": "90d"},
                ],
                "container": "account",
            },
            {
                "not": {
                    "related": "opportunities",
                    "where": {"field": "outcome", "op": "equals", "value": "lost"},
                }
            },
        ]
    },
}
SAVED: dict[str, Any] = {
    "Became MQL": {"container": "account", "where": {"milestone": "mql"}},
    "Enterprise": {"field": "account.employees", "op": ">=", "value": 1000},
    "Visited pricing": {
        "container": "account",
        "where": {"field": "event_type", "op": "equals", "value": "Pricing Page Viewed"},
    },
}
OVERLAP = {"segments": ["became-mql", "enterprise", "visited-pricing"]}


def main() -> None:
    """Make the company up, serve it, take the pictures."""
    chromium = os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-shots-") as folder:
        data, workspace = Path(folder) / "data", Path(folder) / "workspace"
        generate(data, accounts=3000, events=300_000, seed=1)
        wb.load(ROOT / "datasets" / "demo_company.toml", data=data, workspace=workspace)
        bench = wb.open(workspace)
        for name, condition in SAVED.items():
            bench.segments.save(name, condition)
        app, _ = prepared(bench, "127.0.0.1", 0)
        server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=6)
        threading.Thread(target=server.run, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            take(browser, f"http://127.0.0.1:{server.effective_port}")
            browser.close()
        server.close()


def take(browser: Any, address: str) -> None:
    """All pictures, one page each."""
    drawn = f"journey-canvas?q={pack(JOURNEY)}"
    shots: dict[str, tuple[str, str, tuple[int, int], Callable[[Any], None]]] = {
        "1-home": ("", "light", (1440, 900), _nothing),
        "2-journey-canvas": (drawn, "light", (1440, 900), _fold_palette),
        "3-journey-canvas-dark": (drawn, "dark", (1920, 1080), _nothing),
        "4-flow": ("flow", "light", (1440, 900), _nothing),
        "5-fallout": ("fallout", "light", (1440, 900), _nothing),
        "6-cohort-table-dark": ("cohort-table", "dark", (1440, 900), _nothing),
        "7-members": ("journey-canvas", "light", (1440, 900), _members),
        "8-timeline": ("journey-canvas", "light", (1440, 900), _timeline),
        "9-compared-segments": (f"journey-canvas?q={pack(COMPARED)}", "light", (1920, 1080), _nothing),
        "10-next-items-dark": ("journey-canvas", "dark", (1440, 900), _next_items),
        "11-segment": (f"segment?q={pack(SEGMENT)}", "light", (1440, 900), _nothing),
        "12-segments-compared-dark": (f"segments-compare?q={pack(OVERLAP)}", "dark", (1440, 900), _nothing),
    }
    for name, (path, theme, (width, height), act) in shots.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.add_init_script(f"localStorage.setItem('mantine-color-scheme-value', '{theme}')")
        page = context.new_page()
        page.goto(f"{address}/{path}")
        _drawn(page, path.partition("?")[0] or "home")
        act(page)
        page.wait_for_timeout(600)
        page.screenshot(path=OUT / f"{name}.png")
        context.close()
        print(OUT / f"{name}.png")


def _drawn(page: Any, view: str) -> None:
    page.wait_for_function(f"document.documentElement.dataset.drawn === '{view}'")
    if view == "flow":
        page.wait_for_selector(".flow-plot")
    if view == "timeline":
        page.wait_for_selector("#timeline-graph .main-svg")
    page.wait_for_timeout(500)


def _nothing(page: Any) -> None:
    del page


def _fold_palette(page: Any) -> None:
    page.click(".palette-toggle")


def _next_items(page: Any) -> None:
    card = page.locator(".node-card", has_text="MQL").bounding_box()
    right, bottom = card["x"] + card["width"], card["y"] + card["height"]
    page.mouse.move(right - 40, bottom - 20)
    page.wait_for_timeout(300)
    page.mouse.click(right, bottom)
    page.wait_for_timeout(2500)


def _members(page: Any) -> None:
    page.locator(".node-card", has_text="Opportunity created").locator(".card-fallout").click()
    page.wait_for_selector("#members .member-link")


def _timeline(page: Any) -> None:
    page.locator(".node-card", has_text="Closed-won").locator(".card-count").click()
    page.locator("#members .member-link").nth(3).click()
    _drawn(page, "timeline")


if __name__ == "__main__":
    main()
