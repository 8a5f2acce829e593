"""The parts of a measurement: settings, pictures, jobs, tables."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pedpose.benching import memory
from pedpose.benching.bench import BenchResult
from pedpose.benching.children import Failure, run_job
from pedpose.benching.job import Job, Opening, Prepared
from pedpose.benching.measure import work
from pedpose.benching.record import bench_record
from pedpose.benching.scene import STREET, open_scene
from pedpose.benching.settings import BenchSettings, parse_people, parse_sizes
from pedpose.benching.table import report_lines
from pedpose.benching.variants import Missing, Variant, find_variants
from pedpose.errors import CheckpointError, ConfigError
from pedpose.files import to_json

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ONNX = Opening("onnx", "auto", "cpu", None, None, None)


@given(st.integers(1, 10_000))
def test_rounds_share_the_repeats(repeats: int):
    shares = BenchSettings(repeats=repeats).shares
    assert sum(shares) == repeats
    assert len(shares) == min(3, repeats)
    assert min(shares) > 0
    assert max(shares) - min(shares) <= 1


@given(st.lists(st.tuples(st.integers(32, 8192), st.integers(32, 8192)), min_size=1, unique=True))
def test_sizes_are_read_as_they_are_written(sizes: list[tuple[int, int]]):
    text = ",".join(f"{width}x{height}" for width, height in sizes)
    assert parse_sizes(text) == tuple(sizes)


@pytest.mark.parametrize("text", ["640", "x480", "640x480x3", "-640x480", "²x3", "", "a"])
def test_other_sizes_are_refused(text: str):
    with pytest.raises(ConfigError):
        parse_sizes(text)


def test_numbers_of_people_are_read_in_order_and_once():
    assert parse_people(" 3, 1,3") == (3, 1)


@given(
    st.builds(
        Job,
        st.builds(Opening, *[st.text()] * 3, *[st.none() | st.text()] * 2, st.none() | st.just(4)),
        st.text(),
        st.none() | st.text(),
        st.lists(
            st.builds(Prepared, st.text(), st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4))),
            max_size=2,
        ).map(tuple),
        st.lists(st.integers(1, 30)).map(tuple),
        st.integers(0, 50),
    )
)
def test_a_job_arrives_as_it_was_sent(job: Job):
    assert Job.from_json(job.to_json()) == job


def test_the_picture_of_the_package_is_small_and_its_boxes_lie_in_it():
    scene = open_scene(None)
    assert STREET.stat().st_size < 150_000
    height, width = scene.image.shape[:2]
    assert scene.boxes is not None
    assert len(scene.boxes) == 14
    assert (scene.boxes >= 0).all()
    assert (scene.boxes <= [width, height, width, height]).all()
    assert (scene.boxes[:, 2:] > scene.boxes[:, :2]).all()


def test_boxes_are_resized_with_their_picture(tmp_path: Path):
    Image.new("RGB", (100, 50)).save(tmp_path / "a.png")
    scene = open_scene(tmp_path / "a.png")
    path = scene.write((200, 400), tmp_path)
    with Image.open(path) as written:
        assert (written.format, written.size) == ("JPEG", (200, 400))
    assert scene.resized([[10, 5, 50, 25]], (200, 400)) == [[20, 40, 100, 200]]
    assert scene.resized([], (200, 400)) == []


def test_a_process_finds_the_people_of_a_picture_and_measures_nothing(tmp_path: Path):
    answer = work(Job(ONNX, str(tmp_path), str(SAMPLES / "portrait.jpg")))
    assert len(answer["boxes"]) == 1
    assert answer["samples"] == []
    assert answer["runtime"].startswith("onnx ")
    assert [Path(file).suffix for file in answer["weights"]] == [".onnx", ".onnx"]
    json.dumps(answer)


def test_the_peak_of_memory_holds_what_was_held():
    before = memory.peak_mib()
    assert before > 20
    # More than the process has held before, whatever other tests have done.
    held = np.ones(int(before + 50) * 2**20, np.uint8)
    assert memory.peak_mib() > held.nbytes / 2**20
    assert memory.gpu_peak_mib("cpu (2 threads)") is None


def test_a_process_that_breaks_off_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    job = Job(replace(ONNX, weights=str(tmp_path / "no.onnx")), str(tmp_path))
    refused = run_job(job)
    assert isinstance(refused, Failure)
    assert isinstance(refused.error, CheckpointError)
    assert "no.onnx" in refused.reason
    code = "import os, sys; print('so', file=sys.stderr); os._exit(9)"
    monkeypatch.setattr("pedpose.own_process._PYTHON", (sys.executable, "-c", code))
    assert run_job(job) == Failure("ended with exit code 9: so")


def answer(runtime: str, **more: Any) -> dict[str, Any]:
    return {"device": "cpu", "runtime": runtime, "weights": {}, "boxes": None, **more}


def test_fp32_is_measured_where_a_runtime_takes_something_else(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pedpose.runtime.choice.installed", lambda runtime: True)
    takes = {"torch": "bf16", "onnx": "fp32", "openvino": "bf16"}
    refused = Failure("this processor has it not", ConfigError("this processor has it not"))

    def ask(opening: Opening) -> dict[str, Any] | Failure:
        if str(opening) == "openvino fp32":
            return refused
        precision = opening.precision
        precision = takes[opening.runtime] if precision == "auto" else precision
        return answer(f"{opening.runtime} 1.0 ({precision})")

    variants, missing = find_variants(BenchSettings(), ask)
    labels = [variant.label for variant in variants]
    assert labels == ["torch bf16", "torch fp32", "onnx fp32", "openvino bf16"]
    assert missing == [Missing("openvino fp32", "openvino", refused)]
    named = BenchSettings(runtimes=("openvino",), precisions=("fp32",))
    with pytest.raises(ConfigError, match="this processor has it not"):
        find_variants(named, ask)


def result(variants: list[Variant], **more: Any) -> BenchResult:
    settings = BenchSettings(people=(1, 2), sizes=((160, 120),), repeats=2)
    facts = {
        **{"processor": "P", "cores": 2, "threads": 2, "memory_gib": 8.0, "load": 0.1},
        **{"system": "S", "python": "3.11", "packages": {"pedpose": "1"}},
    }
    scene = open_scene(None)
    boxes = [[0.0, 0.0, 10.0, 10.0]]
    values = {"failed": [], "missing": [], "version_s": [0.3, 0.2, 0.9], **more}
    return BenchResult(settings, facts, scene, boxes, "known", variants, **values)


def test_tables_hold_medians_and_least_times():
    variant = Variant(ONNX, "cpu (2 threads)", "onnx 1.0 (fp32)", [], None)
    stages = ("read", "finder", "batch")
    stages += tuple(f"{stage}/{n}" for stage in ("joints", "write", "total") for n in (1, 2))
    for memory_mib, factor in ((100.0, 1.0), (140.4, 3.0)):
        samples = {stage: [factor * (n + 1)] for n, stage in enumerate(stages)}
        part = {"samples": [samples], "peak_memory_mib": memory_mib, "gpu_memory_mib": None}
        variant.add(part)
    variant.cold_start_s += [3.0, 1.0, 2.0]
    missing = Missing("torch", "torch", Failure("not installed", ConfigError("not installed")))
    measured = result([variant], missing=[missing], failed=[("openvino bf16", "signal 9")])
    lines = report_lines(measured)
    assert lines[lines.index("160 x 120: ms a picture, median (least)") + 2 :] == [
        "| stage            |  onnx fp32 |",
        "| ---------------- | ---------: |",
        "| read             |  2.0 (1.0) |",
        "| finder           |  4.0 (2.0) |",
        "| joints, 1 person |  8.0 (4.0) |",
        "| joints, 2 people | 10.0 (5.0) |",
        "| write, 1 person  | 12.0 (6.0) |",
        "| write, 2 people  | 14.0 (7.0) |",
        "| total, 1 person  | 16.0 (8.0) |",
        "| total, 2 people  | 18.0 (9.0) |",
        "",
        "| whole                                             | onnx fp32 |",
        "| ------------------------------------------------- | --------: |",
        "| pictures/s of 160 x 120, 8 at once, 3 people each |    1333.3 |",
        "| peak memory (MiB)                                 |       140 |",
        "| cold start: detect, one picture (s)               |      2.00 |",
        "",
        "pedpose --version: 0.30 s",
        "",
        "not measured:",
        "- torch: not installed",
        "",
        "failed:",
        "- openvino bf16: signal 9",
    ]
    record = json.loads(to_json(bench_record(measured)))
    (size,) = record["variants"][0]["sizes"]
    assert size["samples_ms"]["joints/2"] == [5.0, 15.0]
    assert size["median_ms"]["joints/2"] == 10.0
    assert record["variants"][0]["peak_memory_mib"] == [100.0, 140.4]
    assert record["failed"] == [{"variant": "openvino bf16", "reason": "signal 9"}]
