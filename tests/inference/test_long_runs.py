"""The script that shows that long runs keep nothing, in a few seconds."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/load.py"

pytest.importorskip("av")
pytest.importorskip("onnx")


def load(*arguments: str) -> str:
    if sys.platform != "linux":
        pytest.skip("open files are counted as Linux has them")
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_half_an_hour_of_people_who_come_and_go(tmp_path: Path):
    samples = tmp_path / "samples.csv"
    printed = load(
        *("hours", "--hours", "0.5", "--fps", "1", "--save", "json,tracks,mot"),
        *("--csv", str(samples)),
    )
    # 42 people in each of the three periods of 600 frames.
    assert "tracks: 126, numbers up to 126" in printed
    assert "day.jsonl: 1800 frames, the last one at 1799.0 s" in printed
    with samples.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 17
    for name in ("handles", "threads"):
        held = [int(row[name]) for row in rows[3:]]
        assert max(held) - min(held) <= 3, (name, held)


def test_broken_pictures_in_a_folder_are_listed():
    printed = load("folder", "--pictures", "600")
    assert "600 pictures, 1 broken: exit code 4" in printed
    assert "images.json" in printed and ", 599 entries" in printed


def test_detectors_and_streams_are_let_go():
    printed = load("library", "--loads", "3", "--streams", "4")
    assert "streams, 4 opened, read and lost" in printed
