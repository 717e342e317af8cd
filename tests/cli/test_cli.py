"""The command line: stdout is data, stderr is narration, exit codes are 0, 1 and 2."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import cli
from workbench.cli import pages
from workbench.model.loading import POLL_SECONDS, Progress

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--accounts", "60", "--events", "3000"]
QUESTION: dict[str, Any] = {
    "analysis": "fallout",
    "container": "account",
    "touchpoints": [{"where": {"milestone": "lead"}}, {"where": {"milestone": "mql"}}],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a generated company in `data`, loaded into `space`, and a question in `ask.json`."""
    folder = tmp_path_factory.mktemp("cli")
    assert cli.run(["generate", *SMALL, "--out", str(folder / "data")]) == 0
    (folder / "space").mkdir()
    assert cli.run(load_call(folder)) == 0
    (folder / "ask.json").write_text(json.dumps(QUESTION))
    return folder


def load_call(home: Path) -> list[str]:
    manifest, data, space = home / "data" / "manifest.toml", home / "data", home / "space"
    return ["load", str(manifest), "--data", str(data), "--workspace", str(space)]


def ask_call(home: Path, *more: str) -> list[str]:
    return ["ask", str(home / "ask.json"), "--workspace", str(home / "space"), *more]


def expected(home: Path) -> pl.DataFrame:
    return wb.open(home / "space").ask(QUESTION).tables["touchpoints"]


def test_generate_leaves_the_manifest_of_the_demo_company(home: Path) -> None:
    written = (home / "data" / "manifest.toml").read_text(encoding="utf-8")
    assert written == (ROOT / "datasets" / "demo_company.toml").read_text(encoding="utf-8")


def test_loading_again_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(load_call(home)) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "60 accounts" in err
    assert "data version 1 in" in err


def test_ask_prints_a_table_and_says_how_it_was_counted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(ask_call(home)) == 0
    out, err = capsys.readouterr()
    assert "percent of first" in out
    assert f"{expected(home)['value'][0]:,}" in out
    assert "Container: account" in err
    assert "Container:" not in out


def test_ask_prints_csv(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(ask_call(home, "--format", "csv")) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["value"]) for row in rows] == expected(home)["value"].to_list()


def test_ask_prints_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(ask_call(home, "--format", "json")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["tables"] == {"touchpoints": expected(home).to_dicts()}
    assert answer["data_version"] == 1
    assert wb.parse_spec(answer["question"]) == wb.parse_spec(QUESTION)


def test_ask_prints_one_table_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(ask_call(home, "--format", "json", "--table", "touchpoints")) == 0
    assert json.loads(capsys.readouterr().out) == expected(home).to_dicts()


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_the_name_of_the_file_chooses_the_format(home: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"answer.{ending}"
    assert cli.run(ask_call(home, "--out", str(file))) == 0
    if ending == "parquet":
        assert pl.read_parquet(file).equals(expected(home))
    elif ending == "csv":
        assert pl.read_csv(file)["value"].to_list() == expected(home)["value"].to_list()
    else:
        assert json.loads(file.read_text())["tables"]["touchpoints"] == expected(home).to_dicts()


def test_ask_reads_stdin_and_both_engines_agree(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []
    for engine in ("index", "sql"):
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(QUESTION)))
        call = ["ask", "-", "--workspace", str(home / "space"), "--format", "csv", "--engine", engine]
        assert cli.run(call) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_the_printed_sql_is_sql(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(ask_call(home, "--sql")) == 0
    assert (
        wb.open(home / "space").sql(capsys.readouterr().out)["value"].to_list()
        == expected(home)["value"].to_list()
    )


def test_answers_of_several_tables(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = tmp_path / "flow.json"
    flow.write_text(
        json.dumps({"analysis": "flow", "container": "account", "starts_with": {"milestone": "lead"}})
    )
    call = ["ask", str(flow), "--workspace", str(home / "space")]
    assert cli.run([*call, "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("column,kind,item")
    assert "links" in err
    assert cli.run([*call, "--format", "csv", "--table", "links"]) == 0
    assert capsys.readouterr().out.startswith("column,source_kind")


def test_info(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["info", "--workspace", str(home / "space")]) == 0
    text = capsys.readouterr().out
    assert "Demo company, data version 1" in text
    assert "event type is MQL Qualified" in text
    assert cli.run(["info", "--workspace", str(home / "space"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rows"]["accounts"] == facts["containers"]["account"] == 60


def test_audit(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", "--workspace", str(home / "space")]) == 0
    text = capsys.readouterr().out
    assert re.search(r"events +1 +3,000 +3,000", text)
    assert cli.run(["audit", "--workspace", str(home / "space"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == wb.open(home / "space").audit


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["schema"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole == wb.json_schema()
    for name in (*whole["questions"], "condition", "manifest"):
        assert cli.run(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    text = capsys.readouterr().out
    for name in ("load", "ask", "info", "audit", "schema", "generate", "demo", "serve"):
        assert name in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["info", "--workspace", "nowhere"], 1, "nowhere: there is no such folder"),
        (
            ["load", "none.toml", "--data", ".", "--workspace", "new"],
            1,
            "none.toml: there is no such manifest",
        ),
        (["generate", "--accounts", "5", "--events", "6", "--out", "x"], 1, "5 accounts need at least"),
        (["schema", "fallot"], 1, "did you mean 'fallout'?"),
        (["schem"], 2, "No such command"),
        (["ask", "none.json", "--workspace", "x"], 2, "there is no such file"),
        (["ask"], 2, "Missing"),
        (["generate", "--out", "x", "--events", "many"], 2, "integer"),
    ],
)
def test_wrong_calls(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--table", "touchpoint"], 1, "did you mean 'touchpoints'?"),
        (["--engine", "idx"], 1, "'idx' is no engine"),
        (["--data-version", "9"], 1, "data version 9 is not kept"),
        (["--format", "parquet"], 2, "--out"),
        (["--format", "xls"], 2, "xls"),
    ],
)
def test_wrong_asks(
    home: Path, more: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(ask_call(home, *more)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


@pytest.mark.parametrize(
    ("text", "place"), [('{"analysis":', "line 1"), ('{"analysis": "fallot"}', "analysis: ")]
)
def test_wrong_questions(
    home: Path, text: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.json").write_text(text)
    assert cli.run(["ask", str(tmp_path / "wrong.json"), "--workspace", str(home / "space")]) == 1
    assert place in capsys.readouterr().err


def test_names_from_the_data_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    page = pages.open_page()
    pages.sheet(page, "Names", ("name", "events"), [("[red]\x1b[2J:smile:", 1)])
    assert "[red]�[2J:smile:" in capsys.readouterr().out


def test_progress_is_told_with_rows_speed_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAUSE_SECONDS", 0.0)
    with pages.progress() as report:
        report(Progress("sorting events", 1_500_000, 6_000_000, 3.0))
        report(Progress("checking events.csv (bytes)", 20_000_000, 20_000_000, 2.0))
        report(Progress("writing records", 0, None, 0.0))
    assert capsys.readouterr().err.splitlines() == [
        "sorting events · 1,500,000 of 6,000,000 rows (25 %) · 500,000 rows/s · 9.0 s left",
        "checking events.csv · 20 of 20 MB (100 %) · 10 MB/s",
        "writing records",
    ]


def test_a_word_every_half_second_is_passed_on_at_least_once_a_second() -> None:
    assert pages.PAUSE_SECONDS < POLL_SECONDS <= 0.5


def test_demo_is_made_once_and_never_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["demo", *SMALL, "--no-serve"]) == 0
    assert "written" in capsys.readouterr().err
    assert cli.run(["demo", *SMALL, "--no-serve"]) == 0
    err = capsys.readouterr().err
    assert "written" not in err
    assert "data version 1" in err
    assert cli.run(["demo", *SMALL, "--seed", "2", "--no-serve"]) == 1
    assert "holds another company (60 accounts, 3000 events, seed 1)" in capsys.readouterr().err
    assert wb.open("demo-workspace").data_version == 1


def test_module_and_command_are_the_same() -> None:
    called = subprocess.run(
        [sys.executable, "-m", "workbench", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", called.stdout)
    assert called.stderr == ""


def test_serve_prints_the_address_and_answers(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    call = [
        sys.executable,
        "-m",
        "workbench",
        "serve",
        "--workspace",
        str(home / "space"),
        "--port",
        str(port),
    ]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            address = served.stdout.readline().strip()
            assert address.endswith(f":{port}/")
            with urllib.request.urlopen(address, timeout=20) as page:
                assert page.status == 200
        finally:
            served.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
            _, err = served.communicate(timeout=20)
    assert "Traceback" not in err
    assert sys.platform == "win32" or served.returncode == 0


def test_a_port_in_use_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.run(["serve", "--workspace", str(home / "space"), "--port", str(port)]) == 1
    assert "choose another --port" in capsys.readouterr().err
