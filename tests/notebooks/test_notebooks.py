"""Every notebook runs from its first cell to its last, on public names, and is stored without outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import visualizations
import workbench

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PUBLIC = {"workbench": set(workbench.__all__), "visualizations": set(visualizations.__all__)}

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def notebook_of(path: Path) -> Any:
    read: Any = nbformat.read
    return read(path, as_version=4)


def code_of(path: Path) -> ast.Module:
    cells = notebook_of(path).cells
    return ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code"))


def test_it_runs(path: Path, tmp_path: Path) -> None:
    notebook = notebook_of(path)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    drawn = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "application/vnd.plotly.v1+json" in output.get("data", ())
    ]
    assert len(drawn) >= 4


def test_it_is_stored_without_outputs(path: Path) -> None:
    for cell in notebook_of(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_it_uses_public_names_only(path: Path) -> None:
    for node in ast.walk(code_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PUBLIC:
            assert {alias.name for alias in node.names} <= PUBLIC[node.module]
        if isinstance(node, ast.Import):
            assert not [a for a in node.names if a.name.startswith(("workbench.", "visualizations."))]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wb":
            assert node.attr in PUBLIC["workbench"]
