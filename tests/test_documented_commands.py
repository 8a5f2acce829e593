"""Every command in help, README and documents is one that the command line takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from documented import ROOT, Documented, documented, python_blocks, refusal
from pedpose.cli.main import app

COMMANDS = documented()
# Commands that look only at the samples, and end.
RUNNABLE = [
    command
    for command in COMMANDS
    if command.whole
    and any(word.startswith("samples/") for word in command.words)
    and not {"--show", "--serve"} & set(command.words)
]


def name_of(command: Documented) -> str:
    return f"{command.where}: {command.line}"


def test_there_are_commands_to_test():
    places = {command.where for command in COMMANDS}
    assert {"README.md", "docs/video.md", "help of detect", "pedpose"} <= places
    assert len(RUNNABLE) >= 3


def test_all_documented_commands_exist():
    refused = [f"{name_of(c)}: {why}" for c in COMMANDS if (why := refusal(c)) is not None]
    assert not refused, "\n".join(refused)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("pedpose detct street.jpg", "no command detct"),
        ("pedpose detect street.jpg --thme plain", "NoSuchOption"),
        ("pedpose detect street.jpg --batch many", "BadParameter"),
        ("pedpose detect street.jpg --save overlay,jsn", "--save overlay,jsn"),
        ("pedpose detect street.jpg --runtime tensorrt", "--runtime tensorrt"),
        ("pedpose data split labels.json", "MissingParameter"),
        ("pedpose --versoin", "no option --versoin"),
        ("pedpose info", "nothing after it"),
        ("pedpose info a.onnx b.onnx", "UsageError"),
        ("pedpose bench", None),
        ("pedpose data check train.json ...   # of all", None),
        ("pedpose detect street.jpg --device cuda:1 --out out", None),
    ],
)
def test_wrong_commands_would_be_noticed(line: str, reason: str | None):
    found = refusal(Documented("here", line, True))
    assert (found is None) is (reason is None)
    assert reason is None or str(found).startswith(reason), found


@pytest.mark.parametrize("line", dict.fromkeys(command.line for command in RUNNABLE))
def test_commands_on_the_samples_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    words = Documented("here", line, True).words
    # Of videos the beginning is enough; intervals of figures need no more draws here.
    shorter = {"detect": ["--max-frames", "10"], "eval": ["--resamples", "100"]}
    done = CliRunner().invoke(app, [*words, *shorter.get(words[0], [])])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("code", python_blocks())
def test_python_on_the_samples_runs(code: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    exec(compile(code, "document", "exec"), {})
