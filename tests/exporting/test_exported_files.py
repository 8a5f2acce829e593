"""Exported files that are damaged or lie: each is refused with its reason and exit code 5."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from small_networks import Files, done, refused

from pedpose.model.metadata import KEY

PICTURE = Path(__file__).resolve().parents[2] / "samples" / "portrait.jpg"

CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "cut short": lambda content: content[:-10],
    "noise": lambda content: np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes(),
    "html": lambda content: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
}


def detect(path: Path, *options: object) -> list[object]:
    out = path.parent / "out"
    return ["detect", PICTURE, "--out", out, "--weights", path, "--whole-image", *options]


@pytest.mark.parametrize("damage", CONTENTS)
@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_damaged_onnx_file(files: Files, tmp_path: Path, damage: str, runtime: str):
    path = tmp_path / "bad.onnx"
    path.write_bytes(CONTENTS[damage](files.joints_onnx.read_bytes()))
    refused(5, detect(path, "--runtime", runtime), "bad.onnx: expected", "found")
    refused(5, ["info", path], "bad.onnx: expected an ONNX file, found a damaged one")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="session")
def ir(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ir") / "joints.xml"
    done("export", files.joints, "--format", "openvino", "--out", path)
    return path


@pytest.mark.parametrize("damage", CONTENTS)
@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_ir(ir: Path, tmp_path: Path, damage: str, suffix: str):
    for name in (".xml", ".bin"):
        shutil.copy(ir.with_suffix(name), tmp_path / f"bad{name}")
    part = tmp_path / f"bad{suffix}"
    part.write_bytes(CONTENTS[damage](part.read_bytes()))
    if (suffix, damage) == (".bin", "noise"):
        return  # of enough bytes it is as good as any
    refused(5, detect(tmp_path / "bad.xml"), "bad.xml: expected")


def test_an_ir_without_its_weights(ir: Path, tmp_path: Path):
    shutil.copy(ir, tmp_path / "alone.xml")
    refused(5, detect(tmp_path / "alone.xml"), "alone.xml: expected")


def rewritten(source: Path, path: Path, change: Callable[[dict[str, Any]], None] | None) -> Path:
    """Write a file whose metadata were changed, or that has none."""
    graph = onnx.load(source)
    (entry,) = graph.metadata_props
    if change is None:
        del graph.metadata_props[:]
    else:
        content = json.loads(entry.value)
        change(content)
        entry.value = json.dumps(content)
    assert entry.key == KEY
    onnx.save(graph, path)
    return path


def two_joints(content: dict[str, Any]) -> None:
    content["skeleton"]["names"] = ["head", "left_hand"]


def two_outputs(content: dict[str, Any]) -> None:
    two_joints(content)
    content["architecture"]["outputs"] = 2


def other_size(content: dict[str, Any]) -> None:
    content["exported"]["size"] = [128, 96]
    content["architecture"] |= {"height_px": 128, "width_px": 96}


LIES: dict[str, tuple[Callable[[dict[str, Any]], None] | None, str]] = {
    "none": (None, "of another program"),
    "version": (lambda c: c.update(format_version=2), "expected format version 1, found 2"),
    "statistics": (lambda c: c.update(mean=[0, 0, 0]), "found {'stride': 4, 'mean': [0, 0, 0]"),
    "skeleton": (two_joints, "expected a skeleton of 3 joints, found 2 joints"),
    "outputs": (two_outputs, "outputs: expected maps"),
    "size": (other_size, "inputs: expected pictures"),
    "architecture": (
        lambda c: c["architecture"].update(height_px=320),
        "as its architecture has it, found (64, 48)",
    ),
    "decoded": (lambda c: c["exported"].update(decoded=True), "outputs: expected joints"),
    "raw": (lambda c: c.pop("exported"), "expected metadata that say how it was exported"),
    "broken": (lambda c: c.update(architecture=[]), "damaged metadata"),
    "precise": (lambda c: c["exported"].pop("precision"), "damaged metadata"),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_metadata_that_are_wrong(files: Files, tmp_path: Path, lie: str, runtime: str):
    change, message = LIES[lie]
    path = rewritten(files.joints_onnx, tmp_path / "liar.onnx", change)
    refused(5, detect(path, "--runtime", runtime), "liar.onnx: ", message)


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_networks_of_the_other_task(files: Files, tmp_path: Path, runtime: str):
    command = ["detect", PICTURE, "--out", tmp_path / "out", "--runtime", runtime]
    swapped = [*command, "--weights", files.person_onnx]
    refused(5, swapped, "expected a network for joints, found one for person")
    swapped = [*command, "--weights", files.joints_onnx, "--person-weights", files.joints_onnx]
    refused(5, swapped, "expected a network for person, found one for joints")


def test_a_graph_of_other_pictures(files: Files, tmp_path: Path):
    graph = onnx.load(files.joints_onnx)
    graph.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 1
    onnx.save(graph, tmp_path / "grey.onnx")
    expected = "inputs: expected pictures tensor(uint8) ['any', 64, 48, 3], found pictures"
    refused(5, detect(tmp_path / "grey.onnx"), expected)


def test_the_summary_is_of_weights_only(files: Files):
    refused(2, ["info", files.joints_onnx, "--summary"], "expected a .safetensors file")
