"""A machine that fails: too little memory, a broken GPU, a loader that the system ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors
from small_disks import files_in
from training_of_dots import SMALL
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.inference.detector import PoseDetector
from pedpose.machine_failure import library_errors, machine_failure
from pedpose.training.state import has_state

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

PATIENCE_S = 60.0

MEMORY = "memory: expected enough for this, found too little"
GPU = "GPU: expected one that works, found one that fails"
LOADER = "loader process: expected it to last, found it ended by the system"


def real_lack_of_memory(make: Callable[[], object]) -> BaseException:
    """Return what a library really raises."""
    try:
        make()
    except library_errors() as error:
        return error
    raise AssertionError("there was memory")


def words_of(text: str) -> BaseException:
    return RuntimeError(text)


FAILURES = {
    "python": (lambda: real_lack_of_memory(lambda: bytearray(2**62)), MEMORY),
    "numpy": (lambda: real_lack_of_memory(lambda: np.zeros(2**60, np.uint8)), MEMORY),
    "torch": (lambda: real_lack_of_memory(lambda: torch.empty(2**60)), MEMORY),
    "opencv": (
        lambda: real_lack_of_memory(lambda: cv2.resize(np.zeros((1, 1), np.uint8), (2**30, 2**30))),
        MEMORY,
    ),
    "onnxruntime": (lambda: onnx_errors.RuntimeException("Exception: std::bad_alloc"), MEMORY),
    "cuda memory": (lambda: torch.OutOfMemoryError("CUDA out of memory. Tried ..."), MEMORY),
    "import": (
        lambda: ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        MEMORY,
    ),
    "cuda": (lambda: torch.AcceleratorError("CUDA error: unspecified launch failure\nmore"), GPU),
    "driver": (lambda: words_of("No CUDA GPUs are available"), GPU),
    "cudnn": (lambda: words_of("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), GPU),
    "loader": (lambda: words_of("DataLoader worker (pid 7) is killed by signal: Killed. "), LOADER),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_failed_is_said_in_one_line(name: str):
    make, expected = FAILURES[name]
    error = make()
    assert isinstance(error, library_errors())
    said = machine_failure(error)
    assert said is not None and said.startswith(expected), said
    assert "\n" not in said


@pytest.mark.parametrize(
    "error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ImportError("no name x")]
)
def test_other_errors_are_not_taken_for_it(error: BaseException):
    assert machine_failure(error) is None


def detect(out: Path) -> Any:
    return CliRunner().invoke(app, ["detect", str(SAMPLES / "portrait.jpg"), "--out", str(out)])


@pytest.mark.parametrize(
    ("name", "expected"), [("opencv", MEMORY), ("onnxruntime", MEMORY), ("cuda", GPU)]
)
def test_detect_ends_with_a_sentence_and_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
):
    def fail(*_: object) -> None:
        raise FAILURES[name][0]()

    monkeypatch.setattr(PoseDetector, "estimate", fail)
    result = detect(tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert f"error: {expected}" in result.output
    assert files_in(tmp_path) == []


def test_a_bug_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(PoseDetector, "estimate", fail)
    assert isinstance(detect(tmp_path / "out").exception, RuntimeError)
    assert files_in(tmp_path) == []


def test_training_on_a_broken_gpu_is_refused(
    tmp_path: Path, dots: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise FAILURES["cuda"][0]()

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.nn.Module, "to", fail)
    result = CliRunner().invoke(app, ["train", "--data", str(dots), "--out", str(tmp_path / "run")])
    assert result.exit_code == 2, result.output
    assert f"error: {GPU} (" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_loader_ends_a_training_that_can_be_resumed(tmp_path: Path, dots: Path):
    out = tmp_path / "run"
    # A process of its own: PyTorch tells of a killed loader whenever a signal comes, even later.
    training = subprocess.Popen(
        [
            *(sys.executable, "-m", "pedpose", "train", "--data", str(dots), "--out", str(out)),
            *(*SMALL, "--workers", "1", "--epochs", "100000"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        while not has_state(out) and training.poll() is None:
            time.sleep(0.02)
        for child in psutil.Process(training.pid).children(recursive=True):
            child.send_signal(signal.SIGKILL)
        output, _ = training.communicate(timeout=PATIENCE_S)
    finally:
        training.kill()
    assert training.returncode == 2, output
    assert f"error: {LOADER}" in output
    assert f"go on by --resume {out}" in output
    assert has_state(out)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process may map")
@pytest.mark.parametrize("arguments", [("train", "--data", "DOTS", "--out", "OUT")])
def test_a_process_without_memory_says_so(tmp_path: Path, dots: Path, arguments: tuple[str, ...]):
    import resource

    words = {"DOTS": str(dots), "OUT": str(tmp_path / "out")}
    limit = 700 << 20
    done = subprocess.run(
        [sys.executable, "-m", "pedpose", *(words.get(word, word) for word in arguments)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, done.stderr
    assert f"error: {MEMORY}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
