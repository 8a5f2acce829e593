"""Weights that somebody else has made to do harm: refused with exit code 5, and nothing is run."""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
JOINTS = ROOT / "weights/joints.safetensors"
PICTURE = ROOT / "samples/portrait.jpg"


class Malice:
    """Makes a folder where a pickle of it is loaded."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._trace),)


def refused(path: Path, *options: str) -> str:
    """Give a file to the commands that read weights; return what they said."""
    said = ""
    out = str(path.parent / "out")
    commands = [
        ("info", str(path)),
        ("detect", str(PICTURE), "--out", out, "--weights", str(path), *options),
    ]
    if path.suffix not in (".onnx", ".xml"):  # which it does not read
        commands.append(("explain", str(PICTURE), "--out", f"{out}.html", "--weights", str(path)))
    for command in commands:
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 5, (command, result.output, result.exception)
        said += result.output
    assert not (path.parent / "out").exists()
    return said


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors", ".onnx", ".xml"])
@pytest.mark.parametrize("protocol", [0, 5])
def test_pickles_are_not_loaded(tmp_path: Path, suffix: str, protocol: int):
    path, trace = tmp_path / f"weights{suffix}", tmp_path / "trace"
    path.write_bytes(pickle.dumps(Malice(trace), protocol))
    assert "Traceback" not in refused(path)
    assert not trace.exists()


def parts() -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Return header, metadata and numbers of the package's own weights."""
    content = JOINTS.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["pedpose"]), content[8 + length :]


def write(path: Path, header: dict[str, Any], numbers: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + numbers)
    return path


@pytest.mark.parametrize("length", [2**62, 90_000_000, 99_999_999])
def test_a_header_longer_than_the_file_is_not_asked_memory_for(tmp_path: Path, length: int):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    assert "expected a safetensors file" in refused(path)


@pytest.mark.parametrize(
    "change", [{"shape": [2**40, 2**10]}, {"data_offsets": [0, 2**50]}, {"shape": [-1]}]
)
def test_shapes_beyond_the_file_are_refused(tmp_path: Path, change: dict[str, list[int]]):
    header, _, numbers = parts()
    name = next(name for name in header if name != "__metadata__")
    header[name] |= change
    assert "expected a safetensors file" in refused(
        write(tmp_path / "weights.safetensors", header, numbers)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"width": 2**40},
        {"outputs": 2**40},
        {"height_px": 2**30, "width_px": 2**30},
        {"backbone": "plain", "stages": [{"width": 2**40, "depth": 1, "kernel": 3, "stride": 4}]},
        {"backbone": "plain", "stages": [{"width": 8, "depth": 2**40, "kernel": 3, "stride": 4}]},
        {"backbone": "os.system"},
        {"task": "__import__"},
    ],
)
def test_networks_that_no_memory_holds_are_not_built(tmp_path: Path, change: dict[str, Any]):
    header, metadata, numbers = parts()
    metadata["architecture"] |= change
    header["__metadata__"]["pedpose"] = json.dumps(metadata)
    path = write(tmp_path / "weights.safetensors", header, numbers)
    assert "damaged metadata" in refused(path)


def write_onnx(path: Path, place: str, domain: str = "") -> Path:
    """Write an ONNX file whose weights lie in another file, with the metadata of a real one."""
    onnx = pytest.importorskip("onnx")
    tensor = onnx.TensorProto(name="weights", data_type=onnx.TensorProto.UINT8, dims=[4])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", "4")):
        tensor.external_data.add(key=key, value=value)
    pictures, output = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, [4])
        for name in ("pictures", "output")
    )
    node = onnx.helper.make_node("Add", ["pictures", "weights"], ["output"], domain=domain)
    domains = [onnx.helper.make_opsetid("", 18)]
    if domain:
        domains.append(onnx.helper.make_opsetid(domain, 1))
    graph = onnx.helper.make_graph([node], "graph", [pictures], [output], [tensor])
    model = onnx.helper.make_model(graph, opset_imports=domains, ir_version=9)
    model.metadata_props.add(key="pedpose", value=json.dumps(parts()[1]))
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("place", ["../outside.bin", "ABSOLUTE", "beside.bin"])
def test_onnx_reads_no_other_file(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for path in (tmp_path / "outside.bin", folder / "beside.bin"):
        path.write_bytes(b"abcd")
    place = place.replace("ABSOLUTE", str(tmp_path / "outside.bin"))
    said = refused(write_onnx(folder / "network.onnx", place), "--runtime", "onnx")
    assert "found a damaged one" in said
    assert "abcd" not in said


@pytest.mark.parametrize("place", ["../outside.bin", "ABSOLUTE"])
def test_openvino_reads_no_file_elsewhere(tmp_path: Path, place: str):
    pytest.importorskip("openvino")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.bin").write_bytes(b"abcd")
    place = place.replace("ABSOLUTE", str(tmp_path / "outside.bin"))
    said = refused(write_onnx(folder / "network.onnx", place), "--runtime", "openvino")
    assert "abcd" not in said


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_operators_of_others_are_refused(tmp_path: Path, runtime: str):
    pytest.importorskip(runtime.replace("onnx", "onnxruntime"))
    path = write_onnx(tmp_path / "network.onnx", "beside.bin", "com.evil")
    assert "found a damaged one" in refused(path, "--runtime", runtime)
