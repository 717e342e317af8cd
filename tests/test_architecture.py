"""The house: imports run one way, the core draws nothing, one module speaks, public names are documented."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest

import visualizations
import workbench as wb
from workbench.analyses import ANALYSES
from workbench.engines import ENGINES
from workbench.model.conditions import Identity
from workbench.model.containers import CONTAINER_METRICS, CONTAINERS
from workbench.model.operators import OPERATORS, TRUE_ON_NULL, Comparison, Operator
from workbench.model.parsing import parse_spec
from workbench.model.result import KEYS, MEASURES
from workbench.model.settings import MILESTONES
from workbench.model.specs import SPECS, Granularity, Spec
from workbench.model.tables import RECORDS, SQL_TYPES, TABLES, ColumnType

ROOT = Path(wb.__file__).parent.parent
CORE, VIEWS = ROOT / "workbench", ROOT / "visualizations"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": {"errors"},
    "index": {"errors", "model"},
    "analyses": {"errors", "model", "index"},
    "engines": {"errors", "model", "index", "analyses"},
    "sources": {"errors", "model"},
    "workspace": {"errors", "model"},
    "segments": {"errors", "model", "index", "engines", "workspace"},
    "segments_from_here": {"errors", "model"},
    "lookup": {"errors", "model", "index"},
    "load": {"errors", "model", "index", "sources", "workspace"},
    "drafting": {"errors", "model", "sources", "workspace"},
    "canvas_help": {"errors", "model"},
    "api": {
        "errors",
        "model",
        "index",
        "engines",
        "canvas_help",
        "sources",
        "workspace",
        "lookup",
        "segments",
        "segments_from_here",
    },
    "opening": {"errors", "model", "index", "workspace", "segments", "load", "api"},
    "__init__": {"api", "opening", "drafting", "errors", "model"},
}
"""House → houses it may import. `cli` and `__main__` may import all."""
UI = (
    "plotly",
    "dash",
    "dash_ag_grid",
    "dash_cytoscape",
    "dash_mantine_components",
    "kaleido",
    "visualizations",
)


@lru_cache(maxsize=512)
def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(folder: Path) -> list[Path]:
    """Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Absolute module names a file imports, with the name taken from it ("" for a whole module)."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                base = ".".join([*package, *([base] if base else [])])
            yield from ((base, alias.name) for alias in node.names)


def house(path: Path) -> str:
    """The house a file of the core belongs to."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


# --- imports -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    here = house(path)
    if here in ("cli", "__main__"):
        return
    assert here in MAY_IMPORT, f"{here} is a new house: say what it may import"
    for name, taken in imported(path):
        top, _, rest = name.partition(".")
        assert top not in UI, f"{path} imports {name}"
        if top != "workbench":
            continue
        there = rest.partition(".")[0] or taken
        assert there == here or there in MAY_IMPORT[here], f"{path.relative_to(ROOT)} imports {name} {taken}"


def test_only_the_houses_of_the_disk_touch_it() -> None:
    """Analyses are functions of arrays; engines reach the disk through the index and a connection only."""
    for path in modules(CORE / "analyses") + modules(CORE / "engines") + modules(CORE / "model"):
        names = {name.partition(".")[0] for name, _ in imported(path)}
        assert not names & {"shutil", "tempfile", "pickle"}, path
        if house(path) == "analyses":
            assert not names & {"pathlib", "os", "duckdb", "io"}, path


def test_one_engine_does_not_know_the_other() -> None:
    for path in modules(CORE / "engines" / "sql"):
        for name, _ in imported(path):
            assert not name.startswith(
                ("workbench.index", "workbench.analyses", "workbench.engines.index")
            ), path


@pytest.mark.parametrize("path", modules(VIEWS), ids=lambda path: str(path.relative_to(ROOT)))
def test_visualizations_use_public_names_only(path: Path) -> None:
    for name, taken in imported(path):
        if name.partition(".")[0] == "workbench":
            assert name == "workbench", f"{path.relative_to(ROOT)} imports {name}"
            assert not taken or taken in wb.__all__, f"{path.relative_to(ROOT)} takes {taken}"
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "workbench"
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            assert node.attr in wb.__all__, f"{path.relative_to(ROOT)} uses workbench.{node.attr}"


def test_the_command_line_imports_the_app_inside_its_function_only() -> None:
    for path in (*modules(CORE / "cli"), CORE / "__main__.py"):
        for node in tree(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] in UI]


@pytest.mark.parametrize("module", ["workbench", "workbench.cli"])
def test_the_core_loads_no_library_of_the_app(module: str) -> None:
    drawing = (*UI, "flask", "waitress")
    code = (
        f"import sys, importlib; importlib.import_module({module!r}); "
        f"loaded = {{name.partition('.')[0] for name in sys.modules}} & set({drawing!r}); "
        "assert not loaded, sorted(loaded)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_one_house_prints_and_exits() -> None:
    for path in modules(CORE) + modules(VIEWS):
        if path.parent == CORE / "cli" or path.name == "__main__.py":
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "sys.exit", "exit", "quit", "os._exit"), (
                    f"{path}:{node.lineno}"
                )
            assert not (isinstance(node, ast.Name) and node.id == "SystemExit"), f"{path}:{node.lineno}"


def test_no_test_tool_and_no_pandas_in_the_packages() -> None:
    for path in modules(CORE) + modules(VIEWS):
        names = {name.partition(".")[0] for name, _ in imported(path)}
        assert not names & {"pytest", "hypothesis", "pandas", "tests", "requests", "httpx"}, path
        assert "numba" not in names or path.name == "compiled.py", path


# --- documentation -----------------------------------------------------------------------------


def public(folder: Path) -> Iterator[tuple[str, ast.AST]]:
    """Modules, classes and functions without a leading underscore, and methods of such classes."""
    for path in modules(folder):
        place = str(path.relative_to(ROOT))
        if path.read_text(encoding="utf-8").strip():
            yield place, tree(path)
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                yield f"{place}:{node.name}", node
                if isinstance(node, ast.ClassDef):
                    yield from _methods(f"{place}:{node.name}", node)


def _methods(place: str, node: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
            yield f"{place}.{method.name}", method


@pytest.mark.parametrize("folder", [CORE, VIEWS], ids=lambda folder: str(folder.name))
def test_every_public_name_says_what_it_is(folder: Path) -> None:
    silent = [place for place, node in public(folder) if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert silent == []


def test_exported_names_exist_and_are_documented() -> None:
    assert wb.__all__ == sorted(set(wb.__all__))
    for name in wb.__all__:
        value = getattr(wb, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
    for name in visualizations.__all__:
        assert hasattr(visualizations, name)


def test_all_errors_of_the_tree_are_exported() -> None:
    errors = importlib.import_module("workbench.errors")
    tree_of_errors = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert tree_of_errors <= set(wb.__all__)
    assert all(issubclass(getattr(errors, name), wb.WorkbenchError) for name in tree_of_errors)


def core_modules() -> list[str]:
    """Importable modules of the core."""
    found = [module.name for module in pkgutil.walk_packages([str(CORE)], "workbench.")]
    return [name for name in found if not name.endswith("__main__")]


def test_examples_in_docstrings_run() -> None:
    for name in core_modules():
        failed, _ = doctest.testmod(importlib.import_module(name), verbose=False)
        assert not failed, name


# --- extension points --------------------------------------------------------------------------


def test_extension_points_are_consistent() -> None:
    assert set(ANALYSES) == set(SPECS) == set(MEASURES) == set(KEYS)
    assert all(set(MEASURES[name]) == set(KEYS[name]) for name in SPECS)
    assert set(get_args(Spec)) == set(SPECS.values())
    assert next(iter(ENGINES)) == "index"
    for name, spec in SPECS.items():
        assert spec.model_fields["analysis"].default == name
        assert callable(getattr(wb.Workbench, name)), f"bench.{name}() is missing"
    for engine in ENGINES.values():
        assert {"answer", "members"} <= set(dir(engine))


def test_containers_form_one_tree() -> None:
    names = [container.name for container in CONTAINERS]
    assert names == ["global_account", "account", "opportunity", "buying_group", "lead", "person", "session"]
    for place, container in enumerate(CONTAINERS):
        assert container.parent is None or container.parent in names[:place]
        assert container.table is None or container.table in TABLES
        assert container.id_column in TABLES["events"].columns or container.name == "global_account"
        assert CONTAINER_METRICS[container.plural] == container.name
    assert set(get_args(Identity)) == set(names)


def test_operators_are_one_list() -> None:
    listed = set(OPERATORS)
    assert get_args(Operator) == OPERATORS
    assert listed >= TRUE_ON_NULL
    assert listed >= set(get_args(Comparison))


def test_tables_refer_to_tables() -> None:
    for table in TABLES.values():
        assert set(table.key) <= set(table.columns)
        for column, target in table.references.items():
            assert column in table.columns
            assert target in TABLES
        assert set(table.columns.values()) <= set(get_args(ColumnType))
    assert set(SQL_TYPES) == set(get_args(ColumnType))
    for table_name, key, column in RECORDS.values():
        assert key in TABLES[table_name].columns
        assert column in TABLES["events"].columns or column == "global_account_id"


def test_milestones_are_those_of_a_sale() -> None:
    assert MILESTONES == ("lead", "mql", "mqa", "sql", "opportunity_created", "won", "lost", "churned")


def test_choices_of_the_language_are_refused_by_name() -> None:
    """Every closed choice of a Spec refuses another word and names one of its own."""
    base: dict[str, dict[str, Any]] = {
        "fallout": {"touchpoints": [{"where": {"milestone": "mql"}}]},
        "journey_canvas": {"nodes": [{"id": "a", "where": {"milestone": "mql"}}]},
        "flow": {"starts_with": {"milestone": "mql"}},
        "cohort_table": {
            name: {"metrics": [{"where": {"milestone": "mql"}}]} for name in ("inclusion", "return")
        },
        "breakdown": {"by": "event_type"},
        "paths": {"start": {"milestone": "mql"}},
        "lift": {"anchor": {"milestone": "mql"}},
        "time_to": {"inclusion": {"milestone": "mql"}, "milestone": {"milestone": "won"}},
    }
    seen = 0
    for name, spec in SPECS.items():
        for field, info in spec.model_fields.items():
            choices = [
                choice
                for part in (info.annotation, *get_args(info.annotation))
                if get_origin(part) is Literal
                for choice in get_args(part)
            ]
            if (
                field == "analysis"
                or not choices
                or get_origin(info.annotation) not in (Literal, Union, None)
            ):
                continue
            with pytest.raises(wb.SpecError, match=f"{field}.*'{choices[0]}z' is not allowed; did you mean"):
                parse_spec({"analysis": name, **base[name], field: f"{choices[0]}z"})
            seen += 1
    assert seen >= 8
    assert len(get_args(Granularity)) == 6
