"""``pedpose doctor`` on this installation, and on those that lack or broke something."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.doctoring import doctor
from pedpose.doctoring.children import Failed
from pedpose.doctoring.findings import Diagnosis
from pedpose.shipped import weights_folder

Doctor = Callable[[str], tuple[int, dict[str, Any]]]

# What is missing is neither found by Python nor known to pip.
HIDE = """
import importlib.metadata
from importlib.machinery import PathFinder
names = {names!r}
find, version = PathFinder.find_spec, importlib.metadata.version
def find_spec(name, path=None, target=None):
    return None if name in names else find(name, path, target)
def known(name):
    if name in names:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
PathFinder.find_spec, importlib.metadata.version = staticmethod(find_spec), known
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run the command where modules are missing or broken; return its code and findings by name."""

    def examine(missing: set[str], broken: dict[str, str]) -> tuple[int, dict[str, Any]]:
        (tmp_path / "sitecustomize.py").write_text(HIDE.format(names=missing))
        for name, code in broken.items():
            (tmp_path / f"{name}.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "-m", "pedpose", "doctor", "--json"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return examine


def by_name(diagnosis: dict[str, Any], area: str) -> dict[str, dict[str, str]]:
    return {f["name"]: f for f in diagnosis["findings"] if f["area"] == area}


def test_detection_works_here_by_each_runtime():
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0, done.output
    for runtime in ("onnx", "openvino", "torch"):
        assert re.search(rf"ok     {runtime}\b.*: found \d+ of 14 people", done.output)
    assert done.output.count("as shipped") == 4
    assert "ok     PyAV" in done.output


def test_what_is_missing_is_named_with_the_command_that_installs_it(run: Doctor):
    code, found = run({"av", "torch", "torchvision", "openvino", "pyarrow"}, {})
    assert code == 0 and found["works"]
    assert by_name(found, "video")["PyAV"]["advice"].startswith("pip install 'pedpose[video]'")
    assert by_name(found, "video")["OpenCV"]["state"] == "ok"
    packages = by_name(found, "packages")
    assert packages["torch"]["state"] == "failed"
    assert packages["torch"]["advice"] == "pip install 'torch>=2.10'"
    assert packages["pyarrow"]["state"] == "absent"
    assert packages["pyarrow"]["advice"] == "pip install 'pedpose[parquet]' for results as Parquet"
    runtimes = by_name(found, "detection")
    assert runtimes["onnx (default)"]["state"] == "ok"
    assert runtimes["torch"]["text"] == runtimes["openvino"]["text"] == "not installed"


def test_what_is_broken_is_told_and_ends_nothing(run: Doctor):
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    wrong = "raise RuntimeError('compiled for another numpy')"
    code, found = run({"torch", "openvino"}, {"onnxruntime": crash, "av": wrong, "cv2": wrong})
    assert code == 1 and found["weights_whole"] and not found["works"]
    packages = by_name(found, "packages")
    assert packages["onnxruntime"]["state"] == packages["opencv-python"]["state"] == "failed"
    assert "signal 9" in packages["onnxruntime"]["text"]
    assert packages["av"]["text"].endswith("RuntimeError: compiled for another numpy")
    assert packages["pillow"]["state"] == "ok"  # those after a broken one are tried, too
    assert by_name(found, "detection")["onnx (default)"]["state"] == "failed"
    assert {f["state"] for f in by_name(found, "video").values()} == {"warning"}


@pytest.fixture
def no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip what takes seconds."""
    answer = {"runtime": "onnx 1 (fp32)", "device": "cpu", "found": 9, "people": 14, "seconds": 0.1}
    answers = {"choice": {"runtime": "onnx"}, "onnx": answer}
    monkeypatch.setattr(doctor, "ask", lambda name: answers.get(name, Failed("not asked")))
    monkeypatch.setattr(doctor, "failed_imports", lambda modules: {})


@pytest.mark.usefixtures("no_trials")
@pytest.mark.parametrize("how", ["changed", "cut", "lost", "no sums", "not sums"])
def test_damaged_weights_are_found(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(weights_folder(), folder)
    joints, sums = folder / "joints.onnx", folder / "SHA256SUMS"
    content = joints.read_bytes()
    match how:
        case "changed":
            joints.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "cut":
            joints.write_bytes(content[:-1])
        case "lost":
            joints.unlink()
        case "no sums":
            sums.unlink()
        case "not sums":
            sums.write_bytes(b"\xff no sums")
    monkeypatch.setattr(doctor, "weights_folder", lambda: folder)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 5, done.output
    report = done.output.partition("weights\n")[2].partition("detection\n")[0]
    (line,) = (each for each in report.splitlines() if "FAILED" in each)
    assert ("joints.onnx" if how in ("changed", "cut", "lost") else "SHA256SUMS") in line
    assert done.output.splitlines()[-1].startswith("The weights of the package are damaged")


@pytest.mark.usefixtures("no_trials")
def test_whole_weights_with_nobody_found_exit_otherwise(monkeypatch: pytest.MonkeyPatch):
    def ask(name: str) -> dict[str, Any] | Failed:
        nobody = {"runtime": "onnx 1 (fp32)", "found": 0, "people": 14}
        return {"choice": {"runtime": "onnx"}, "onnx": nobody}.get(name, Failed("not asked"))

    monkeypatch.setattr(doctor, "ask", ask)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "onnx 1 (fp32) found nobody where 14 people are" in done.output


def test_json_has_what_is_printed():
    diagnosis = Diagnosis((), detects=True, weights_whole=False)
    assert diagnosis.to_dict() == {
        **{"works": False, "detects": True, "weights_whole": False, "findings": []}
    }
