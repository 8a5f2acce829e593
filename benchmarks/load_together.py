"""Eight commands of pedpose at once: do they end, and what do they leave? For load.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import psutil
from kill_and_resume import write_dots
from load_world import PERIOD, write_clip, write_networks

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"
MIB = 1 << 20
REFUSAL = "expected a folder that nobody else writes into, found another process that does"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command has ended.

    Attributes:
        code: Exit code.
        seconds: It took.
        peak_mib: Most memory of it and its children together.
        text: What it printed.
        left: Temporary files and processes that it has left.
    """

    code: int
    seconds: float
    peak_mib: float
    text: str
    left: list[str]


def together(folder: Path) -> None:
    """Run eight different commands, each in a folder of its own, and read back what they wrote."""
    folder.mkdir()
    joints, person = write_networks(folder)
    clip, dots = folder / "clip.mp4", write_dots(folder / "dots")
    write_clip(clip, PERIOD, 10)
    quick = ("--weights", str(joints), "--person-weights", str(person))
    truth = str(SAMPLES / "samples.json")
    small = (
        *("--backbone", "plain", "--backbone-stride", "4", "--stages", "8x1,8x1", "--width", "8"),
        *("--input-size", "32x32", "--batch", "4", "--epochs", "10", "--workers", "1"),
    )
    commands = {
        "pictures": ["detect", str(SAMPLES), "--out", "out", "--save", "json,csv,coco,overlay"],
        "video": ["detect", str(SAMPLES / "walk.mp4"), "--smooth", "--out", "out"],
        "clip": ["detect", str(clip), "--track", "--out", "out", "--save", "parquet,mot", *quick],
        "eval": ["eval", "--data", truth, "--out", "out"],
        "check": ["data", "check", truth, "--fix", "out"],
        "train": ["train", "--data", str(dots), "--val", str(dots), "--out", "out", *small],
        "export": ["export", str(ROOT / "weights/person.safetensors"), "--out", "out/person.onnx"],
        "explain": ["explain", str(SAMPLES / "portrait.jpg"), "--out", "out/page.html"],
    }
    ended = run_all(folder, list(commands.values()), list(commands))
    print(f"{'command':9} code seconds    MiB  written")
    for name, end in zip(commands, ended, strict=True):
        out = folder / name / "out"
        written = read_back(out) if end.code == 0 else []
        print(
            f"{name:9} {end.code:4} {end.seconds:7.1f} {end.peak_mib:6.0f}  {len(written)} files"
            f"{', left ' + ', '.join(end.left) if end.left else ''}"
        )
        if end.code or end.left or not written:
            raise SystemExit(f"{name}: expected exit code 0 and no leftovers:\n{end.text}")


def one_folder(folder: Path) -> None:
    """Run eight commands that want to write into one folder: one may, at a time."""
    folder.mkdir()
    joints, person = write_networks(folder)
    write_clip(folder / "clip.mp4", 10 * PERIOD, 10)
    command = [
        *("detect", str(folder / "clip.mp4"), "--track", "--out", str(folder / "out")),
        *("--save", "json,mot", "--weights", str(joints), "--person-weights", str(person)),
    ]
    ended = run_all(folder, [command] * 8, [str(number) for number in range(8)])
    codes = [end.code for end in ended]
    print(f"eight into one folder: exit codes {codes}")
    refused = [end for end in ended if end.code == 2 and REFUSAL in " ".join(end.text.split())]
    if codes.count(0) != 1 or len(refused) != 7 or any(end.left for end in ended):
        raise SystemExit("expected one to win and seven to be refused:\n" + ended[-1].text)
    print("refused by:", " ".join(refused[0].text.split()).replace(str(folder), "...")[-200:])
    written = read_back(folder / "out")
    with (folder / "out/json/clip.jsonl").open() as lines:
        frames = sum(1 for _ in lines) - 1
    print(f"written: {', '.join(written)}; {frames} of {10 * PERIOD} frames")


def run_all(folder: Path, commands: Sequence[Sequence[str]], names: Sequence[str]) -> list[Ended]:
    """Run commands at once, each where its name says and with a temporary folder of its own."""
    began = time.perf_counter()
    running = []
    for name, command in zip(names, commands, strict=True):
        here, temporary = folder / name, folder / f"{name}.tmp"
        (here / "out").mkdir(parents=True)
        temporary.mkdir()
        with (folder / f"{name}.log").open("w") as log:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "pedpose", *command],
                    cwd=here,
                    env={**os.environ, "TMPDIR": str(temporary)},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
    peaks, seconds = [0.0] * len(running), [0.0] * len(running)
    while not all(seconds):
        for number, process in enumerate(running):
            if not seconds[number]:
                peaks[number] = max(peaks[number], _memory_mib(process.pid))
                if process.poll() is not None:
                    seconds[number] = time.perf_counter() - began
        time.sleep(0.1)
    return [
        Ended(
            process.returncode,
            seconds[number],
            peaks[number],
            (folder / f"{name}.log").read_text(),
            _left(folder / name, folder / f"{name}.tmp", process.pid),
        )
        for number, (name, process) in enumerate(zip(names, running, strict=True))
    ]


def read_back(out: Path) -> list[str]:
    """Return the names of the files below a folder; each must be whole.

    Raises:
        ValueError: If one is not.
    """
    import pedpose

    files = sorted(path for path in out.rglob("*") if path.is_file())
    for path in files:
        match path.suffix:
            case ".json":
                json.loads(path.read_text())
            case ".jsonl":
                list(map(json.loads, path.read_text().splitlines()))
            case ".jpg" | ".png":
                whole = cv2.imread(str(path)) is not None
                _expect(whole, path, "a picture")
            case ".mp4":
                video = cv2.VideoCapture(str(path))
                _expect(video.read()[0], path, "a video")
            case ".html":
                _expect(path.read_text().rstrip().endswith("</html>"), path, "a page to its end")
            case ".parquet":
                from pyarrow import parquet

                _expect(parquet.read_table(path).num_rows > 0, path, "rows")
            case ".onnx":
                pedpose.load(person=path, runtime="onnx")
            case ".safetensors":
                from safetensors.numpy import load_file

                _expect(bool(load_file(path)), path, "tensors")
            case _:
                _expect(path.stat().st_size > 0, path, "content")
    return [path.name for path in files]


def _expect(fine: bool, path: Path, what: str) -> None:
    if not fine:
        raise ValueError(f"{path}: expected {what}")


def _memory_mib(number: int) -> float:
    """Return the memory of a process and its children."""
    total = 0
    try:
        process = psutil.Process(number)
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:
        pass
    return total / MIB


def _left(here: Path, temporary: Path, group: int) -> list[str]:
    """Return the temporary files and the processes that a command has left."""
    # PyTorch makes one folder a user and machine for its own use, and leaves it.
    own = [path for path in temporary.rglob("*") if not path.name.startswith("torchinductor_")]
    files = [*here.rglob(".*"), *own]
    left = [str(path.relative_to(here.parent)) for path in files]
    left += [path.name for path in here.iterdir() if path.name != "out"]
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return left
    return [*left, "a process"]
