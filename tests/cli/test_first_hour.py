"""What somebody sees who types the first commands, and types them wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from pedpose.cli import choices
from pedpose.cli.examples import EXAMPLES
from pedpose.cli.main import app

SAMPLES = Path(__file__).parents[2] / "samples"
PICTURE = SAMPLES / "astronaut.jpg"


def pedpose(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="pedpose")


def commands() -> list[str]:
    group = get_command(app)
    names = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        names += [name, *(f"{name} {child}" for child in getattr(command, "commands", ()))]
    return names


def test_alone_it_says_what_to_type_first():
    done = pedpose()
    assert done.exit_code == 0
    assert len(done.output.splitlines()) < 15
    assert "pedpose detect street.jpg --out out" in done.output
    assert "pedpose --help" in done.output


def test_each_command_has_two_to_four_examples():
    assert sorted(EXAMPLES) == sorted(commands())
    assert all(2 <= len(examples) <= 4 for examples in EXAMPLES.values())
    too_long = [e.line for examples in EXAMPLES.values() for e in examples if len(e.line) > 88]
    assert not too_long


@pytest.mark.parametrize("command", commands())
def test_help_ends_with_the_examples(command: str):
    for option in ("--help", "-h"):
        done = pedpose(*command.split(), option)
        assert done.exit_code == 0
        for example in EXAMPLES[command]:
            assert f"  # {example.what}\n  {example.line}\n" in done.output


@pytest.mark.parametrize(
    ("words", "code", "answer"),
    [
        ("street.jpg", 2, "expected a command before street.jpg: pedpose detect street.jpg --out"),
        ("my&street.mp4 --track", 2, "pedpose detect 'my&street.mp4' --out out"),
        ("0", 2, "pedpose detect 0 --out out"),
        ("rtsp://camera/stream", 2, "pedpose detect rtsp://camera/stream --out out"),
        ("val.json", 2, "expected a command before val.json: pedpose data check val.json"),
        ("data val.json", 2, "expected a command before val.json: pedpose data check val.json"),
        ("best.onnx", 2, "expected a command before best.onnx: pedpose info best.onnx"),
        ("help", 2, "help is an option: pedpose --help"),
        (
            "detct street.jpg",
            2,
            "detct: no such command; did you mean pedpose detect? (all of them: pedpose --",
        ),
        (
            "data chek a.json",
            2,
            "did you mean pedpose data check? (all of them: pedpose data --help",
        ),
        ("detect", 2, "detect: expected sources, as in: pedpose detect street.jpg --out out"),
        ("info", 2, "info: expected weights, as in: pedpose info best.safetensors"),
        ("eval", 2, "eval: expected --data, as in: pedpose eval --data val.json"),
        ("data split", 2, "data split: expected data and --out, as in: pedpose data split"),
        ("detect street.jpg", 2, "--out: expected a folder for the results, as --out out; or"),
        ("detect street.jpg --thme plain", 2, "--theme"),
        ("detect nothere.jpg --out OUT", 3, "nothere.jpg: expected"),
        ("detect PICTURE --out OUT --theme nice", 2, "theme: expected one of sides, tracks,"),
        ("detect PICTURE --out OUT --save overly", 2, "save: expected some of overlay, json,"),
        ("detect PICTURE --out OUT --device gpu", 2, "device: expected auto, cpu, cuda,"),
        ("detect PICTURE --out OUT --runtime tf", 2, "runtime: expected one of auto, torch,"),
    ],
)
def test_wrong_commands_are_answered_by_what_to_type(
    words: str, code: int, answer: str, tmp_path: Path
) -> None:
    known = {"PICTURE": PICTURE, "OUT": tmp_path / "out"}
    done = pedpose(*(known.get(word, word) for word in words.split()))
    assert done.exit_code == code, done.output
    assert answer in done.output
    assert "Traceback" not in done.output


def test_a_folder_in_place_of_a_command_is_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "holiday pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    done = pedpose("holiday pictures")
    assert "pedpose detect 'holiday pictures' --out out" in done.output
    assert "holiday: no such command; (all of them" in pedpose("holiday").output


def test_choices_are_those_that_the_modules_take():
    from pedpose.formats.detect import FORMATS
    from pedpose.runtime.choice import PRECISIONS, RUNTIMES
    from pedpose.writing.themes import THEMES
    from pedpose.writing.writers import KINDS

    assert choices.OUTPUTS == tuple(KINDS)
    assert choices.THEMES == tuple(THEMES)
    assert choices.RUNTIMES == ("auto", *RUNTIMES)
    assert choices.PRECISIONS == ("auto", *PRECISIONS)
    assert choices.LABEL_FORMATS == ("auto", *FORMATS)


def test_completion_of_lists_completes_the_last_value():
    complete = choices.some_of("json", "jpeg", "csv")
    assert complete("j") == ["json", "jpeg"]
    assert complete("json,") == ["json,jpeg", "json,csv"]
    assert complete("csv,js") == ["csv,json"]
    assert complete("csv,x") == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("detect a.jpg --theme p", ["plain", "paper"]),
        ("detect a.jpg --save csv,ov", ["csv,overlay"]),
        ("data c", ["check", "convert"]),
        ("eval --runtime o", ["onnx", "openvino"]),
        ("train --task p", ["person"]),
    ],
)
def test_a_shell_completes_values(typed: str, offered: list[str]):
    words = f"pedpose {typed}"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv = ['pedpose']; from pedpose.cli.main import main; main()",
        ],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "_PEDPOSE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
    )
    assert done.stdout.split() == offered, done.stderr
