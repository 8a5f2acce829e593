"""``pedpose bench`` on its own picture and on others, with processes of one runtime."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from pedpose.benching import bench as benching
from pedpose.benching.children import Failure, run_job
from pedpose.benching.job import Job
from pedpose.benching.scene import STREET
from pedpose.cli.main import app
from pedpose.files import sha256_of

SAMPLES = Path(__file__).parents[2] / "samples"
SMALL = ("--people", "1,2", "--size", "160x120", "--repeats", "1", "--device", "cpu")


def bench(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


def only_onnx(runtime: str) -> bool:
    return runtime == "onnx"


def test_the_installed_runtime_is_measured_and_the_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pedpose.runtime.choice.installed", only_onnx)
    file = tmp_path / "new" / "bench.json"
    done = bench(*SMALL, "--json", file)
    assert done.exit_code == 0, done.output
    rows = re.findall(r"^\| ([^|]+?) +\| +\d+\.\d \(\d+\.\d\) \|$", done.stdout, re.M)
    assert rows == [
        *("read", "finder"),
        *(
            f"{stage}, {n}"
            for stage in ("joints", "write", "total")
            for n in ("1 person", "2 people")
        ),
    ]
    for row in ("pictures/s of 160 x 120", "peak memory (MiB)", "cold start"):
        assert f"| {row}" in done.stdout
    assert "- torch: runtime torch: expected torch, found it is not installed" in done.stdout
    assert "- openvino: runtime openvino: expected openvino" in done.stdout
    assert "round 1 of 1: onnx fp32" in done.stderr

    record = json.loads(file.read_text())
    assert record["picture"]["sha256"] == sha256_of(STREET)
    assert len(record["picture"]["boxes"]) == 14
    assert [entry["variant"] for entry in record["missing"]] == ["torch", "openvino"]
    assert record["machine"]["packages"]["pedpose"]
    assert len(record["version_s"]) == 1
    (variant,) = record["variants"]
    assert variant["variant"] == "onnx fp32"
    assert variant["device"].startswith("cpu")
    for weights in variant["weights"]:
        assert weights["sha256"] == sha256_of(Path(weights["file"]))
    assert len(variant["cold_start_s"]) == 1
    assert variant["peak_memory_mib"][0] > 50
    (size,) = variant["sizes"]
    assert size["size"] == [160, 120]
    samples = size["samples_ms"]
    assert {len(times) for times in samples.values()} == {1}
    for count in (1, 2):
        parts = [samples[s][0] for s in ("read", "finder", f"joints/{count}", f"write/{count}")]
        assert samples[f"total/{count}"][0] == pytest.approx(sum(parts))
        assert min(parts) > 0


def test_a_variant_that_breaks_off_is_listed_with_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jobs: list[Job] = []

    def measuring_breaks_off(job: Job) -> object:
        jobs.append(job)
        return Failure("ended by signal 9") if job.pictures else run_job(job)

    monkeypatch.setattr(benching, "run_job", measuring_breaks_off)
    monkeypatch.setattr(benching, "cold_start", lambda *_: 1.0)
    monkeypatch.setattr(benching, "version_start", lambda: 1.0)
    file = tmp_path / "bench.json"
    picture = SAMPLES / "portrait.jpg"
    done = bench(picture, *SMALL, "--repeats", 3, "--runtime", "onnx", "--json", file)
    assert done.exit_code == 4, done.output
    assert "error: onnx fp32: ended by signal 9" in done.stderr
    assert "failed:\n- onnx fp32: ended by signal 9" in done.stdout
    assert "people in it: 1, found by onnx fp32" in done.stdout
    assert "| stage" not in done.stdout
    assert json.loads(file.read_text())["variants"] == []
    # It had no further turn, and was given the box that was found, in pixels of the small picture.
    opened, measured = jobs
    assert opened.search == str(picture)
    assert measured.repeats == 1
    ((x1, y1, x2, y2),) = measured.pictures[0].boxes
    assert 0 <= x1 < x2 <= 160
    assert 0 <= y1 < y2 <= 120


def test_processes_that_cannot_start_are_told(monkeypatch: pytest.MonkeyPatch):
    broken = (sys.executable, "-c", "raise SystemExit('broken')")
    monkeypatch.setattr("pedpose.own_process._PYTHON", broken)
    done = bench(*SMALL, "--runtime", "onnx")
    assert done.exit_code == 4, done.output
    assert "error: onnx auto: ended with exit code 1: broken" in done.stderr


def test_a_picture_without_people_is_refused(tmp_path: Path):
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "empty.png")
    done = bench(tmp_path / "empty.png", *SMALL, "--runtime", "onnx")
    assert done.exit_code == 3, done.output
    assert "empty.png: expected a picture with people, found nobody in it" in done.stderr


def test_a_precision_that_a_named_runtime_has_not_is_refused():
    done = bench(*SMALL, "--runtime", "onnx", "--precision", "bf16")
    assert done.exit_code == 2, done.output
    assert "expected bf16, found fp32" in done.stderr


def test_a_named_runtime_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pedpose.runtime.choice.installed", only_onnx)
    done = bench(*SMALL, "--runtime", "onnx,openvino")
    assert done.exit_code == 2, done.output
    assert "pip install 'pedpose[openvino]'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--people", "0"), 2, "people: expected 1..1000, found 0"),
        (("--people", "1,many"), 2, "people: expected numbers"),
        (("--people", ","), 2, "found ','"),
        (("--size", "640"), 2, "size: expected numbers, as 640x480"),
        (("--size", "640x31"), 2, "expected sides of 32 to 8192 pixels, found 640x31"),
        (("--size", "99999x480"), 2, "found 99999x480"),
        (("--repeats", "0"), 2, "repeats: expected 1 or more, found 0"),
        (("--batch", "0"), 2, "batch: expected 1 or more, found 0"),
        (("--runtime", "tensorflow"), 2, "found 'tensorflow'"),
        (("--precision", "int4"), 2, "found 'int4'"),
        (("--device", "tpu"), 2, "found 'tpu'"),
        (("--weights", "gone.onnx"), 5, "gone.onnx: expected a weights file"),
        (("--json", "."), 2, "--json: expected a file, found a folder"),
        (("gone.jpg",), 3, "gone.jpg: expected a picture, found no such file"),
        (("samples/README.md",), 3, "README.md: expected a picture"),
        (("samples/night.jpg", "--json", "samples/night.jpg"), 2, "choose another file"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(
    arguments: tuple[str, ...], code: int, message: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(STREET.parents[3])
    monkeypatch.setattr("pedpose.own_process._PYTHON", ("/nothing/may/start",))
    done = bench(*arguments)
    assert done.exit_code == code, done.output
    assert message in done.stderr


def is_busy(process: psutil.Process) -> bool:
    # In a container nobody may be there to take note of one that has ended.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_ends_the_processes_too(tmp_path: Path):
    process = subprocess.Popen(
        [*(sys.executable, "-m", "pedpose", "bench", "--runtime", "onnx"), "--json", "b.json"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has them, and their children, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stderr is not None
        assert "opening onnx auto" in process.stderr.readline()
        children: list[psutil.Process] = []
        for _ in range(600):
            children = psutil.Process(process.pid).children()
            if children or process.poll() is not None:
                break
            time.sleep(0.01)
        assert children
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "error: interrupted" in errors
    # One that was just being started has to see first that it has no job.
    _, left = psutil.wait_procs([c for c in children if is_busy(c)], timeout=10)
    assert not any(is_busy(child) for child in left)
    assert list(tmp_path.iterdir()) == []
