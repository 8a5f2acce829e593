"""The real thing: kill -9 at random moments, by the script that prints it for the README."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/kill_and_resume.py"


def test_a_run_killed_at_random_moments_ends_as_one_that_was_not():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--kills", "3", "--seed", "7"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nkill ") == 3
    assert "3 of 3 kills landed\nweights and history are equal bit by bit" in done.stdout


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kill_and_resume", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_sees_a_difference(script: ModuleType, tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    save_file({"a": np.zeros(3, np.float32), "b": np.ones(2)}, one / "last.safetensors")
    save_file({"a": np.zeros(3, np.float32)}, one / "best.safetensors")
    (one / "history.csv").write_text("step,seconds,loss\n1,0.5,2.0\n")
    shutil.copytree(one, other)
    (other / "history.csv").write_text("step,seconds,loss\n1,0.7,2.0\n")
    assert script.differences(one, other) == []
    weights = load_file(one / "last.safetensors")
    weights["a"][0] = np.float32(-0.0)
    save_file(weights, other / "last.safetensors")
    (other / "history.csv").write_text("step,seconds,loss\n1,0.7,2.1\n")
    assert script.differences(one, other) == ["last.safetensors: 1 of 2 tensors, a", "history.csv"]
