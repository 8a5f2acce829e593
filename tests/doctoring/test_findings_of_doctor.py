"""What single answers become."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pedpose.doctoring import packages, surroundings
from pedpose.doctoring.children import Failed, ask, reason_of
from pedpose.doctoring.devices import examine_devices
from pedpose.doctoring.packages import PACKAGES, examine_packages, is_older
from pedpose.doctoring.runtimes import examine_runtimes
from pedpose.doctoring.surroundings import (
    examine_display,
    examine_temporary,
    examine_terminal,
    examine_video,
)
from pedpose.doctoring.weights import examine_weights, read_sums
from pedpose.files import sha256_of
from pedpose.own_process import run_python

ROOT = Path(__file__).parents[2]
FACTS = {"processor": "Z80", "cores": 1, "threads": 1, "memory_gib": 0.1}
DEVICES: dict[str, Any] = {
    **{"torch": "2.15.0", "built_for": "13.2", "gpu_at_hand": True, "gpus": [], "reason": "old"},
    **{"mps": False, "cpu_bf16": False},
}


def test_the_sums_are_those_of_the_weights():
    sums = read_sums(ROOT / "weights" / "SHA256SUMS")
    files = [p for p in (ROOT / "weights").iterdir() if p.suffix in (".onnx", ".safetensors")]
    assert sums == {path.name: sha256_of(path) for path in files}, "run tools/hash_weights.py"
    assert [f.state for f in examine_weights(ROOT / "weights")] == ["ok"] * 4


def test_packages_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {k: v for k, v in project["optional-dependencies"].items() if k not in ("dev", "docs")}
    wanted = {("", text) for text in project["dependencies"]}
    wanted |= {(extra, text) for extra, texts in extras.items() for text in texts}
    known = {(p.extra, f"{p.name}>={p.floor}") for p in PACKAGES}
    plain = {(extra, re.sub(r"\[\w+\]", "", text)) for extra, text in wanted}
    # Some are in several extras; each is told of once.
    assert known <= plain
    assert {text for _, text in plain} == {text for _, text in known}
    python = project["requires-python"]
    assert python == f">={packages._LEAST_PYTHON}"


@pytest.mark.parametrize(
    ("found", "floor", "older"),
    [
        *(("2.10.0", "2.10", False), ("2.9.1", "2.10", True), ("2.15.0+cpu", "2.10", False)),
        *(("3.1.6", "3.1.6", False), ("0.14.9", "0.15", True), ("dev", "1.0", True)),
    ],
)
def test_versions_are_compared_as_numbers(found: str, floor: str, older: bool):
    assert is_older(found, floor) is older


def test_an_old_version_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "version", lambda name: "1.0")
    monkeypatch.setattr(packages, "requires", lambda name: ["numpy", "torch (==2.10.0)"])
    found = {f.name: f for f in examine_packages({})}
    assert found["torch"].state == "warning"
    assert found["torch"].text == "1.0, expected 2.10 or newer"
    assert found["torch"].advice == "pip install --upgrade 'torch>=2.10'"
    assert found["torchvision"].text == "torchvision needs torch == 2.10.0, found 1.0"


@pytest.mark.parametrize(
    ("devices", "state", "text"),
    [
        ({"gpu_at_hand": False}, "absent", "none: no driver"),
        ({"built_for": None}, "warning", "PyTorch 2.15.0 was built without GPUs"),
        ({}, "warning", "PyTorch 2.15.0 (for 13.2) cannot use it: old"),
        ({"gpus": [{"name": "H100", "memory_gib": 80, "bf16": True}]}, "ok", "H100, 80 GiB, bf16"),
        ({"mps": True}, "ok", "GPU of Apple"),
    ],
)
def test_it_is_said_why_a_gpu_is_not_used(devices: dict[str, Any], state: str, text: str):
    *_, found = examine_devices(FACTS, {"devices": {**DEVICES, **devices}})
    assert (found.state, text in found.text) == (state, True), found


def test_nothing_is_known_where_nothing_answers():
    first, second = examine_devices(Failed("no psutil"), Failed("no torch"))
    assert (first.state, second.state) == ("failed", "absent")


def test_a_runtime_that_works_is_advised():
    good = {"runtime": "onnx", "device": "cpu", "found": 9, "people": 14, "seconds": 1}
    first, *_ = examine_runtimes("openvino", {"openvino": Failed("crash"), "onnx": good})
    assert (first.name, first.state) == ("openvino (default)", "failed")
    assert first.advice == "pedpose detect --runtime onnx works"


def test_weights_that_a_runtime_refuses_are_no_crash():
    *_, last = examine_runtimes("onnx", {"torch": {"devices": {}, "refused": "damaged"}})
    found = {f.name: f for f in examine_runtimes("onnx", {"torch": {"refused": "damaged"}})}
    assert found["torch"].state == "warning" and found["torch"].text == "damaged"
    assert last.state == "absent"


def test_frames_that_get_lost_are_told():
    answer = {"codec": "H.264 by PyAV", "written": 8, "read": 7}
    first, second = examine_video(answer, {**answer, "codec": "MPEG-4 by OpenCV", "read": 8})
    assert first.state == "warning" and "wrote 8 frames, could read 7" in first.text
    assert second.text == "writes and reads MPEG-4 by OpenCV, which browsers do not play"


def test_without_a_display_a_page_is_advised():
    found = examine_display(Failed("show: expected a display; look at a page by --serve PORT"))
    assert (found.state, found.text) == ("absent", "expected a display")
    assert found.advice == "look at a page by --serve PORT"
    assert examine_display(Failed("ImportError: cv2")).text == "ImportError: cv2"
    assert examine_display({}).state == "ok"


def test_a_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch):
    assert examine_temporary().state == "ok"

    def refuse(*words: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied", "/tmp")

    monkeypatch.setattr(surroundings.tempfile, "NamedTemporaryFile", refuse)
    found = examine_temporary()
    assert found.state == "warning" and "TMPDIR" in found.advice


@pytest.mark.parametrize(
    ("encoding", "state"),
    [("utf-8", "ok"), ("ascii", "warning"), ("latin-1", "warning"), (None, "warning")],
)
def test_terminals_that_show_less_are_told(encoding: str | None, state: str):
    assert examine_terminal(encoding).state == state


def test_children_tell_how_they_ended():
    well = run_python(["-c", "print(1)"])
    assert (well.output, well.failed) == ("1\n", False)
    aborted = run_python(["-c", "import os; os.abort()"])
    assert aborted.failed
    assert reason_of(aborted) in ("ended by signal 6", "Aborted")
    assert reason_of(run_python(["-c", "raise ValueError('so')"])) == "ValueError: so"
    late = run_python(["-c", "import time; print(2, flush=True); time.sleep(60)"], longest_s=2)
    assert (late.output, late.failed) == ("2\n", True)
    assert reason_of(late) == "no answer within 2 s"
    assert isinstance(ask("nothing"), Failed)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="windows elsewhere need a screen")
def test_the_trial_of_the_display_answers(monkeypatch: pytest.MonkeyPatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    found = examine_display(ask("display"))
    assert (found.state, found.advice) == ("absent", "look at a page instead by --serve PORT")
