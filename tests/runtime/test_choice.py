from pathlib import Path

import pytest

from pedpose.errors import CheckpointError, ConfigError
from pedpose.runtime import choice
from pedpose.runtime.choice import RUNTIMES, Wanted, choose_runtime


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {}
    for suffix in ("safetensors", "onnx", "xml"):
        made[suffix] = tmp_path / f"weights.{suffix}"
        made[suffix].write_bytes(b"")
    return made


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Pretend what is installed, and whether there is a GPU."""

    def pretend(*installed: str, gpu: bool = False) -> None:
        monkeypatch.setattr(choice, "installed", lambda name: name in installed)
        monkeypatch.setattr(choice, "_gpu_is_usable", lambda: gpu)

    return pretend


def test_the_fastest_that_is_installed_is_taken(machine):
    machine(*RUNTIMES)
    assert choose_runtime(Wanted(), [None, None]) == "openvino"
    machine("torch", "onnx")
    assert choose_runtime(Wanted(), [None, None]) == "onnx"
    machine("torch")
    assert choose_runtime(Wanted(), [None]) == "torch"


def test_a_gpu_is_for_torch(machine):
    machine(*RUNTIMES, gpu=True)
    assert choose_runtime(Wanted(), [None, None]) == "torch"
    assert choose_runtime(Wanted(device="cpu"), [None, None]) == "openvino"
    machine(*RUNTIMES)
    assert choose_runtime(Wanted(device="cuda:1"), [None, None]) == "torch"


def test_files_decide_what_can_run_them(machine, files: dict[str, Path]):
    machine(*RUNTIMES)
    assert choose_runtime(Wanted(), [files["safetensors"], None]) == "torch"
    assert choose_runtime(Wanted(), [files["onnx"], None]) == "openvino"
    assert choose_runtime(Wanted(), [files["xml"], files["onnx"]]) == "openvino"
    assert choose_runtime(Wanted("onnx"), [files["onnx"], None]) == "onnx"
    machine("torch", "onnx", gpu=True)
    assert choose_runtime(Wanted(), [files["onnx"], None]) == "onnx"


def test_what_cannot_run_is_refused_with_advice(machine, files: dict[str, Path]):
    machine("torch", "onnx")
    with pytest.raises(ConfigError, match=r"found it is not installed: pip .*\[openvino"):
        choose_runtime(Wanted(), [files["xml"], None])
    with pytest.raises(ConfigError, match=r"pip install 'pedpose\[openvino\]'"):
        choose_runtime(Wanted("openvino"), [None])
    with pytest.raises(ConfigError, match="runtime onnx, found those for torch; 'pedpose export"):
        choose_runtime(Wanted("onnx"), [files["safetensors"]])
    with pytest.raises(ConfigError, match=r"torch, found those for onnx or openvino$"):
        choose_runtime(Wanted("torch"), [files["onnx"]])
    with pytest.raises(ConfigError, match=r"files for one runtime, found .*safetensors and"):
        choose_runtime(Wanted(), [files["safetensors"], files["onnx"]])
    with pytest.raises(CheckpointError, match="found no such file"):
        choose_runtime(Wanted(), [Path("nothing.onnx")])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tensorrt",), "runtime: expected one of auto, torch, onnx, openvino, found 'tensorrt'"),
        (("auto", "tpu"), "device: expected auto, cpu, cuda, cuda:N or mps, found 'tpu'"),
        (("auto", "cuda:x"), "found 'cuda:x'"),
        (("auto", "cpu:0"), "found 'cpu:0'"),
        (("auto", "auto", "int4"), "precision: expected one of auto, fp32, bf16, fp16"),
    ],
)
def test_unknown_names_are_refused(words: tuple[str, ...], message: str):
    with pytest.raises(ConfigError, match=message):
        Wanted(*words)
