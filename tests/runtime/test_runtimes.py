"""All runtimes find the same people, and refuse what they do not have."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import pedpose
from pedpose.errors import CheckpointError, ConfigError
from pedpose.people import People
from pedpose.runtime.onnx_runtime import open_onnx
from pedpose.runtime.openvino_runtime import open_openvino
from pedpose.runtime.runtime import OpenNetwork
from pedpose.shipped import shipped_weights

PLAZA = Path(__file__).parents[2] / "samples" / "plaza.jpg"
OPENERS = {"onnx": open_onnx, "openvino": open_openvino}


@pytest.fixture(scope="module")
def by_torch() -> People:
    return pedpose.load(device="cpu", runtime="torch", precision="fp32")(PLAZA)


def apart(one: People, other: People) -> np.ndarray:
    """Distances of the joints in sight, in pixels."""
    sure = other.keypoints[:, :, 2] > 0.3
    distance = np.linalg.norm(one.keypoints[:, :, :2] - other.keypoints[:, :, :2], axis=2)
    return np.asarray(distance[sure])


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_the_same_people_are_found_in_fp32(runtime: str, by_torch: People):
    detector = pedpose.load(device="cpu", runtime=runtime, precision="fp32")
    assert detector.runtime.startswith(f"{runtime} ") and detector.runtime.endswith("(fp32)")
    found = detector(PLAZA)
    assert len(found) == len(by_torch) > 5
    assert found.boxes == pytest.approx(by_torch.boxes, abs=0.1)
    assert found.scores == pytest.approx(by_torch.scores, abs=1e-3)
    assert apart(found, by_torch).max() < 0.1


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_nearly_the_same_are_found_in_what_suits_the_processor(runtime: str, by_torch: People):
    found = pedpose.load(device="cpu", runtime=runtime)(PLAZA)
    assert len(found) == len(by_torch)
    distances = apart(found, by_torch)
    assert np.median(distances) < 0.5 and np.percentile(distances, 95) < 3


@pytest.mark.parametrize("runtime", ["torch", "onnx", "openvino"])
def test_weights_are_the_same_whatever_runs_them(runtime: str):
    detector = pedpose.load(device="cpu", runtime=runtime)
    torch = pedpose.load(device="cpu", runtime="torch")
    assert list(detector.weights.values()) == list(torch.weights.values())


def test_an_interruption_after_openvino_is_no_crash():
    code = (
        "import signal, pedpose\n"
        "found = pedpose.load(device='cpu', runtime='openvino').find\n"
        "del found\n"
        "try:\n    signal.raise_signal(signal.SIGINT)\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "interrupted"), done.stderr


def test_nothing_is_kept_to_be_sent_to_anybody(tmp_path: Path):
    code = "import pedpose; pedpose.load(device='cpu', runtime='onnx')"
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment["TMPDIR"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def opened(opener: str, path: Path, device: str = "cpu", precision: str = "auto") -> OpenNetwork:
    return OPENERS[opener](path, device, precision)


@pytest.mark.parametrize("device", ["mps", "cuda", "cuda:1"])
@pytest.mark.parametrize("opener", ["onnx", "openvino"])
def test_a_device_that_is_not_there_is_refused(opener: str, device: str):
    if opener == "onnx" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime-gpu is installed")
    with pytest.raises(ConfigError, match=f"device {device}"):
        opened(opener, shipped_weights("joints", ".onnx"), device)


def test_a_precision_that_is_not_that_of_an_onnx_file_is_refused():
    with pytest.raises(ConfigError, match="expected bf16, found fp32"):
        opened("onnx", shipped_weights("person", ".onnx"), precision="bf16")


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_openvino_computes_in_the_precision_that_was_asked_for_or_not_at_all(precision: str):
    try:
        network = opened("openvino", shipped_weights("person", ".onnx"), precision=precision)
    except ConfigError as error:
        assert f"precision {precision}: this processor does not have it" in str(error)
    else:
        assert network.info.runtime.endswith(f"({precision})")


@pytest.mark.parametrize("opener", ["onnx", "openvino"])
@pytest.mark.parametrize("content", ["", "abc", "<html>not found</html>", "cut"])
def test_damaged_files_are_refused(opener: str, content: str, tmp_path: Path):
    path = tmp_path / "weights.onnx"
    if content == "cut":
        path.write_bytes(shipped_weights("person", ".onnx").read_bytes()[:200_000])
    else:
        path.write_text(content)
    with pytest.raises(CheckpointError, match=r"weights\.onnx: expected .*, found a damaged one"):
        opened(opener, path)
