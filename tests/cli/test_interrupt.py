"""Ctrl-C ends a run cleanly: what is done is written, and says that it is not all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_keeps_the_frames_that_are_done(tmp_path: Path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pedpose", "detect", str(SAMPLES / "walk.mp4")),
            *("--out", str(out), "--save", "json", "--device", "cpu"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever runs the tests in the background has them, and their children, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        for _ in range(600):
            if any(p.stat().st_size for p in (out / "json").glob("*")) or process.poll():
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert "interrupted" in output
    lines = (out / "json/walk.jsonl").read_text().splitlines()
    frames = [json.loads(line) for line in lines[1:-1]]
    assert [f["frame"] for f in frames] == list(range(len(frames)))
    assert 0 < len(frames) < 250
    assert json.loads(lines[-1]) == {"error": "interrupted by the user", "partial": True}
    failed = json.loads((out / "failed.json").read_text())
    assert failed[0]["error"] == "interrupted by the user"
