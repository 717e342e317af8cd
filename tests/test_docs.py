"""The documents keep up: every name has its line, every example runs, every link leads somewhere."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

import visualizations
import workbench as wb
from tests.benchmarks.questions import QUESTIONS
from workbench import cli
from workbench.analyses import ANALYSES
from workbench.engines import ENGINES
from workbench.model.operators import OPERATORS
from workbench.model.resolving import Resolve
from workbench.model.settings import MILESTONES
from workbench.model.specs import SPECS, Question
from workbench.model.tables import TABLES
from workbench.sources import FORMATS, Manifest, parse_manifest
from workbench.sources.manifest import ENDINGS, Change, Control, Lookup, Source, Target

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DATASETS = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
QUESTIONS_PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
GLOSSARY = README.partition("## Glossary")[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "datasets/README.md",
    "docs/questions.md",
    "docs/segments.md",
)
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
EXTENSION_POINTS = {
    "ANALYSES": ANALYSES,
    "CONTAINERS": wb.CONTAINERS,
    "ENGINES": ENGINES,
    "FORMATS": FORMATS,
    "MILESTONES": MILESTONES,
    "OPERATORS": OPERATORS,
    "QUESTIONS": QUESTIONS,
    "TABLES": TABLES,
    "VIEWS": visualizations.VIEWS,
}
COMPANY = ["--accounts", "60", "--events", "3000", "--no-serve"]


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def lines_of(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


# --- every name has its line -------------------------------------------------------------------


@pytest.mark.parametrize("container", wb.CONTAINERS, ids=lambda container: container.name)
def test_every_container_is_in_the_glossary(container: object) -> None:
    assert isinstance(container, type(wb.CONTAINERS[0]))
    assert lines_of(GLOSSARY, f"| {container.label.lower()} (`{container.name}`) |")


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_is_in_the_glossary(name: str) -> None:
    assert lines_of(GLOSSARY, f"| {name.replace('_', ' ')} (`{name}`) |")


@pytest.mark.parametrize("name", MILESTONES)
def test_every_milestone_is_in_the_glossary(name: str) -> None:
    assert f"`{name}`" in lines_of(GLOSSARY, "| milestone |")[0]


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_is_on_the_map(name: str) -> None:
    assert f"`{name}`" in lines_of(README, "| `workbench/engines`")[0]


@pytest.mark.parametrize("view", visualizations.VIEWS, ids=lambda view: view.name)
def test_every_view_is_named(view: object) -> None:
    assert str(vars(view)["title"]).lower().removesuffix("s") in README.lower()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_line(name: str) -> None:
    assert len(lines_of(README, f"| `workbench {name}` |")) == 1


@pytest.mark.parametrize("name", EXTENSION_POINTS)
def test_every_extension_point_has_its_recipe(name: str) -> None:
    assert EXTENSION_POINTS[name]
    assert len(re.findall(rf"^### .*\(`{name}`\)$", CONTRIBUTING, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("analysis", "key"),
    [
        (name, field.alias or key)
        for name, spec in SPECS.items()
        for key, field in spec.model_fields.items()
        if key not in Question.model_fields or key == "container"
    ],
)
def test_every_key_of_a_question_is_documented(analysis: str, key: str) -> None:
    title = analysis.replace("_", " ").capitalize()
    own = QUESTIONS_PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    assert own, f"no chapter {title!r}"
    common = QUESTIONS_PAGE.partition("## Conditions")[0]
    assert f"`{key}`" in own or f"| `{key}` |" in common


@pytest.mark.parametrize("key", Question.model_fields)
def test_what_every_question_has_is_documented(key: str) -> None:
    assert lines_of(QUESTIONS_PAGE, f"| `{key}` |")


def manifest_keys() -> Iterator[tuple[str, str]]:
    """Model and key of everything a manifest may say, as people write it."""
    filled = {"targets", "columns", "table"}
    models: tuple[type[BaseModel], ...] = (Manifest, Source, Target, Change, Control, Lookup, Resolve)
    for model in models:
        for name, field in model.model_fields.items():
            if name != "targets" and (model is not Target or name not in filled):
                yield model.__name__, field.alias or name


@pytest.mark.parametrize(("model", "key"), list(manifest_keys()))
def test_every_manifest_key_is_documented(model: str, key: str) -> None:
    forms = (
        f"`{key}`",
        f"`{key} = ",
        f"[[{key}]]",
        f"[[source.{key}]]",
        f"\n{key} = ",
        f"{{ {key} = ",
        f" {key} = ",
    )
    assert any(form in DATASETS for form in forms), f"{model}.{key}"


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_and_column_is_documented(table: object) -> None:
    name, columns = vars(table)["name"], vars(table)["columns"]
    line = lines_of(DATASETS, f"| `{name}` |")[0]
    assert [column for column in columns if not re.search(rf"\b{column}\b", line)] == []


@pytest.mark.parametrize("name", sorted(set(ENDINGS.values())))
def test_every_format_is_documented(name: str) -> None:
    assert f"`{name}`" in DATASETS


@pytest.mark.parametrize("path", sorted((ROOT / "datasets").glob("*.toml")), ids=lambda path: path.stem)
def test_every_manifest_is_listed(path: Path) -> None:
    assert f"`{path.name}`" in DATASETS


# --- every example runs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small `demo-workspace`."""
    folder = tmp_path_factory.mktemp("docs")
    data, workspace = str(folder / "demo-data"), str(folder / "demo-workspace")
    assert cli.run(["demo", *COMPANY, "--data", data, "--workspace", workspace]) == 0
    return folder


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_in_the_readme_runs(demo: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    known: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), known)
    assert known["stopped"].columns == ["account_id", "name"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", blocks(QUESTIONS_PAGE, "json"))
def test_questions_in_the_documents_are_answered(demo: Path, text: str) -> None:
    result = wb.open(demo / "demo-workspace").ask(json.loads(text))
    assert all(frame.height for frame in result.tables.values())


def test_python_on_the_page_of_questions_runs(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    known: dict[str, Any] = {}
    exec(compile(blocks(QUESTIONS_PAGE, "python")[0], "questions.md", "exec"), known)
    own = known["again"].tables["items"]["value"].sum()
    assert own == known["stopped"].height > 0


def test_the_question_in_the_readme_is_answered(
    demo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = re.search(r"^echo '(.*)' \|$", README, re.MULTILINE)
    assert text is not None
    (demo / "question.json").write_text(text[1])
    monkeypatch.chdir(demo)
    assert cli.run(["ask", "question.json", "--workspace", "demo-workspace", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("segment,step,label,value")


def test_own_files_load_as_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("crm.toml").write_text(blocks(README, "toml")[0])
    Path("exports").mkdir()
    Path("exports/activities-1.csv").write_text(
        "kind,date,company,contact\nWeb Visit,2024-01-05 10:00,acme,ann\nClosed-Won,2024-02-01,acme,ann\n"
    )
    called = [
        line for line in "\n".join(blocks(README, "sh")).splitlines() if line.startswith("workbench load")
    ]
    assert cli.run(shlex.split(called[0])[1:]) == 0
    assert wb.open("crm").tables["events"]["account_id"].to_list() == ["acme", "acme"]


@pytest.mark.parametrize("text", blocks(DATASETS, "toml"))
def test_manifests_in_the_documents_are_valid(text: str) -> None:
    content = tomllib.loads(text)
    if "source" not in content or not any("name" in source for source in content["source"]):
        content["source"] = [{"name": "any", "files": "*.csv", "table": "accounts"}]
    assert parse_manifest(content).sources


def calls() -> Iterator[str]:
    for name in DOCUMENTS:
        for block in blocks((ROOT / name).read_text(encoding="utf-8"), "(?:sh)?"):
            yield from (line.strip() for line in block.splitlines() if line.strip().startswith("workbench "))


@pytest.mark.parametrize("call", sorted(set(calls())))
def test_commands_in_the_documents_exist(call: str) -> None:
    words = shlex.split(call, comments=True)[1:]
    known = {option for parameter in COMMANDS[words[0]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)", README + CONTRIBUTING))))
def test_targets_of_make_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


# --- every link leads somewhere ----------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    document = ROOT / name
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_paths_in_the_documents_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:workbench|visualizations|datasets|tests|notebooks)/[\w./]+)`", text))
    assert named
    assert [path for path in sorted(named) if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_version_is_in_the_changelog() -> None:
    from importlib.metadata import version

    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version("account-journey-workbench")
