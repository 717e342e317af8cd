"""The wheel: plain, holding the two packages with everything beside their code, and working on its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("workbench", "visualizations")
FOR_WINDOWS = re.compile(r"[A-Za-z0-9_.+@-]+")


def setuptools_version() -> int:
    try:
        return int(version("setuptools").partition(".")[0])
    except PackageNotFoundError:
        return 0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network from a copy of the tree."""
    if setuptools_version() < 77:
        pytest.skip("setuptools 77 or newer is not installed, and a build of its own needs the network")
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    call = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "--quiet",
    ]
    subprocess.run([*call, "--wheel-dir", str(folder), str(tree)], check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as packed:
        return [name for name in packed.namelist() if not name.endswith("/")]


def test_it_is_plain(wheel: Path) -> None:
    assert re.fullmatch(r"account_journey_workbench-[\d.]+-py3-none-any\.whl", wheel.name)


def test_it_holds_the_two_packages_and_nothing_else(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_it_holds_every_file_of_them(names: list[str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == there


def test_windows_can_unpack_it(names: list[str]) -> None:
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert all(FOR_WINDOWS.fullmatch(part) for part in name.split("/")), name
        assert len(name) < 150


def test_it_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        [metadata] = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        text = packed.read(metadata).decode()
        entries = packed.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "License-File: LICENSE" in text
    assert "workbench = workbench.cli:main" in entries


def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """Without the tree: what `workbench demo` needs is in the packages."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    outside = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    where = [sys.executable, "-c", "import workbench, visualizations; print(workbench.__file__)"]
    found = subprocess.run(
        where, cwd=tmp_path, env=outside, capture_output=True, text=True, check=True
    ).stdout
    assert Path(found.strip()).is_relative_to(tmp_path)
    demo = [sys.executable, "-m", "workbench", "demo", "--accounts", "40", "--events", "2000", "--no-serve"]
    done = subprocess.run(demo, cwd=tmp_path, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-workspace" / "CURRENT").exists()
