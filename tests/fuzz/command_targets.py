"""Command lines, and files that only a command reads: lists of sources, baselines.

An input is JSON: the arguments of a command. ``{W}`` in them is the folder of the run, which holds
a small data set, results, a report, weights, a picture and a video.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import typer.main
from click.testing import Result
from label_targets import SETTINGS, SKELETON
from media_targets import pictures, videos
from mutators import ODD, mutate_json, mutate_text, to_json
from target import LONGEST_MESSAGE, Check, Target
from typer.testing import CliRunner
from weight_targets import SEEDS

from dots_set import write_dots
from pedpose.cli.main import app

CODES = (0, 1, 2, 3, 4, 5, 130)

BASES: tuple[list[str], ...] = (
    ["detect", "{W}/0.png", "--out", "{W}/out", "--weights", "{W}/tiny.onnx", "--whole-image"],
    ["detect", "{W}/a.mp4", "--out", "{W}/out", "--boxes", "{W}/data.json"],
    ["detect", "@{W}/list.txt", "--out", "{W}/out"],
    ["eval", "--data", "{W}/data.json", "--predictions", "{W}/results.json"],
    ["data", "check", "{W}/data.json"],
    ["data", "split", "{W}/data.json", "--out", "{W}/out"],
    ["data", "convert", "{W}/data.json", "--out", "{W}/out", "--to", "yolo"],
    ["data", "stats", "{W}/data.json"],
    ["data", "view", "{W}/data.json", "--out", "{W}/out"],
    ["train", "--data", "{W}/none.json", "--out", "{W}/out"],
    ["train", "--config", "{W}/settings.yaml"],
    ["info", "{W}/tiny.safetensors"],
    ["merge", "{W}/out", "{W}", "--out", "{W}/merged"],
    ["export", "{W}/none.safetensors"],
    ["bench", "--people", "none"],
    ["explain", "{W}/0.png", "--out", "{W}/out/explain.html"],
    ["learn"],
)

_LEFT_OUT = ("--ray", "--show", "--serve", "--help", "--resume", "--repeats", "--workers")
"""Options that wait for somebody, start other programs, or take long by what they are told."""

_EVERYWHERE = ("/", "~", "..", ".")
"""Folders too large to search."""

_FILES = (
    *("data.json", "results.json", "report/report.json", "skeleton.yaml", "settings.yaml", "0.png"),
    *("list.txt", "tiny.safetensors", "tiny.onnx", "a.mp4", "out", "", "none.json"),
)
_WORDS = (
    *"""
    auto cpu cuda cuda:0 cuda:x torch onnx openvino fp16 coco yolo overlay,json json,csv pck@0.2
    ap pck@0.2=0.5 pckh@0.5 0,0,1,1 1/2 0.3 0,0,9,9 1,2,3,4,5,6 red=1 8:1:1 train=0.5 64x64
    48x64 any 0x0 red,blue 16:1,32:2 plain lite_hrnet person joints gt detected 1e3 2147483648
    file:///none/such http:// rtsp://[ ftp://x/y @ @{W}/none.txt * [ 1:2:3 a:b
    """.split(),
    "\udcff",
    *"99999999999 -5 inf coco17 paper tracks".split(),
)


_BASELINE = ("eval", "--data", "{W}/data.json", "--predictions", "{W}/results.json")


def _world(folder: Path) -> None:
    write_dots(folder)
    content = json.loads((folder / "data.json").read_text())
    results = [
        {"image_id": a["image_id"], "category_id": 1, "score": 0.9, "keypoints": a["keypoints"]}
        for a in content["annotations"]
    ]
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "skeleton.yaml").write_bytes(SKELETON)
    (folder / "settings.yaml").write_bytes(SETTINGS)
    (folder / "list.txt").write_text("# pictures\n0.png\n1.png\n")
    (folder / "a.png").write_bytes(pictures()[3])
    (folder / "a.mp4").write_bytes(videos()[0])
    for path in SEEDS.glob("tiny.*"):
        shutil.copy(path, folder)
    done = _run(
        [*_BASELINE, "--resamples", "100", "--out", "{W}/report"],
        folder,
    )
    assert done.exit_code == 0, done.output


def _run(arguments: Sequence[str], folder: Path) -> Result:
    filled = [argument.replace("{W}", str(folder)) for argument in arguments]
    return CliRunner().invoke(app, filled)


def assert_ended(result: Result) -> None:
    """Make sure that a command ended as one may: by an exit code and without a traceback."""
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        raise error
    assert result.exit_code in CODES, result.exit_code
    assert "Traceback" not in result.output
    assert len(result.output) < 5 * LONGEST_MESSAGE, len(result.output)
    if result.exit_code not in (0, 1, 4):
        assert re.search("error|Error|interrupted", result.output), result.output


def _arguments(folder: Path) -> Check:
    _world(folder)

    def run(content: bytes) -> None:
        try:
            arguments = json.loads(content)
        except ValueError:
            return
        if not isinstance(arguments, list) or not all(isinstance(a, str) for a in arguments):
            return
        if arguments[:1] == ["bench"]:
            arguments += ["--people", "none"]  # a whole one takes minutes
        for name in ("out", "merged"):
            path = folder / name
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
        assert_ended(_run(arguments, folder))

    return run


def _of_command(name: str, *arguments: str) -> Any:
    """Return what gives one mutated file of the folder to a command."""

    def make(folder: Path) -> Check:
        _world(folder)

        def run(content: bytes) -> None:
            shutil.rmtree(folder / "out", ignore_errors=True)
            (folder / name).write_bytes(content)
            assert_ended(_run(arguments, folder))

        return run

    return make


def options_of(words: Sequence[str]) -> list[str]:
    """Return the options of a command, by its names."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    names = [p.opts[0] for p in command.params if p.opts and p.opts[0].startswith("--")]
    return [name for name in names if name not in _LEFT_OUT]


def _value(random: Random) -> str:
    way = random.random()
    if way < 0.3:
        return "{W}/" + random.choice(_FILES)
    if way < 0.7:
        return random.choice(_WORDS)
    odd = random.choice([o for o in ODD if isinstance(o, str | float) and o not in _EVERYWHERE])
    return str(odd).replace("\0", "\x01")


def _mutate_arguments(random: Random, data: bytes) -> bytes:
    arguments = random.choice(BASES)[:] if random.random() < 0.5 else json.loads(data)
    options = options_of(arguments[:2])
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        at = random.randrange(1, len(arguments) + 1)
        match random.randrange(5):
            case 0 | 1 if options:
                arguments += [random.choice(options), _value(random)]
            case 2 if options:
                arguments.append(random.choice(options))
            case 3 if at < len(arguments):
                arguments[at] = _value(random)
            case 4 if at < len(arguments):
                del arguments[at]
    return to_json([a for a in arguments if a not in _LEFT_OUT])


def _report() -> tuple[bytes, ...]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        _world(Path(folder))
        return ((Path(folder) / "report" / "report.json").read_bytes(),)


TARGETS = (
    Target(
        "arguments",
        lambda: [to_json(base) for base in BASES],
        _mutate_arguments,
        _arguments,
        seconds=300,
        memory_mb=6000,
        native=True,
    ),
    Target(
        "baseline",
        _report,
        mutate_json,
        _of_command("base.json", *_BASELINE, "--resamples", "100", "--baseline", "{W}/base.json"),
        seconds=300,
    ),
    Target(
        "source_list",
        lambda: (b"# a list\n0.png\n1.png\n*.png\na.mp4\n",),
        mutate_text,
        _of_command(
            "names.txt",
            *("detect", "@{W}/names.txt", "--out", "{W}/out", "--save", "json,csv"),
            *("--weights", "{W}/tiny.onnx", "--whole-image", "--max-frames", "2"),
        ),
        seconds=300,
        memory_mb=6000,
        native=True,
    ),
)
