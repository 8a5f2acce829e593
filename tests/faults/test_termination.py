"""SIGTERM ends commands as Ctrl-C does, and two processes do not write into one folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_disks import files_in
from training_of_dots import SMALL
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.training.state import load_state

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to be caught")

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PATIENCE_S = 60.0


def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start the command as the first process of a group, as services are."""
    return subprocess.Popen(
        [sys.executable, "-m", "pedpose", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


def wait_until(process: subprocess.Popen[str], true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert true(), process.communicate(timeout=PATIENCE_S)[0]


def terminate(process: subprocess.Popen[str]) -> str:
    """Send SIGTERM to all processes of a group, twice, as ``timeout`` does; return the output."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(0.01)
        os.killpg(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert "error: interrupted" in output
    assert "Traceback" not in output
    return output


def test_training_saves_its_state_and_is_alone_in_its_folder(tmp_path: Path, dots: Path):
    run = tmp_path / "run"
    process = start(
        *("train", "--data", dots, "--out", run, "--epochs", "100000", "--workers", "1"),
        *SMALL,
    )
    try:
        wait_until(process, (run / "state.pt").exists)
        second = CliRunner().invoke(app, ["train", "--resume", str(run)])
    finally:
        output = terminate(process)
    assert second.exit_code == 2, second.output
    assert "found another process that does" in second.output
    step = load_state(run)[0]["position"]["step"]
    assert f"saved after step {step}; go on by --resume {run}" in output
    assert not [name for name in files_in(run) if name.startswith(".")]


def test_detection_keeps_what_is_done_and_is_alone_in_its_folder(tmp_path: Path):
    out = tmp_path / "out"
    process = start("detect", SAMPLES / "walk.mp4", "--out", out, "--save", "json")
    try:
        wait_until(process, lambda: any(p.stat().st_size for p in (out / "json").glob(".*")))
        second = CliRunner().invoke(
            app, ["detect", str(SAMPLES / "portrait.jpg"), "--out", str(out), "--save", "json"]
        )
    finally:
        terminate(process)
    assert second.exit_code == 2, second.output
    assert "found another process that does" in second.output
    assert files_in(out) == ["failed.json", "json/walk.jsonl", "run.json"]


def test_bench_removes_its_folder(tmp_path: Path):
    process = start("bench", "--people", "1", "--runtime", "onnx", TMPDIR=str(tmp_path))
    wait_until(process, lambda: list(tmp_path.glob("pedpose-bench-*/*")))
    terminate(process)
    assert list(tmp_path.glob("pedpose-bench-*")) == []


STUCK = """
import time
from pedpose.cli.termination import sigterm_as_ctrl_c
with sigterm_as_ctrl_c():
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("asked", flush=True)
        while True:
            time.sleep(60)
"""


def test_a_second_one_after_a_while_ends_what_is_stuck():
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line, pause_s in (("ready\n", 0.0), ("asked\n", 1.2)):
            assert process.stdout.readline() == line
            time.sleep(pause_s)
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == -signal.SIGTERM


def test_a_pipe_in_the_place_of_a_picture_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "picture.jpg")
    result = CliRunner().invoke(
        app, ["detect", str(tmp_path / "picture.jpg"), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 3, result.output
    assert "not a regular file" in result.output
