"""Exports that are wrong, or cannot be made, leave nothing behind."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from small_networks import Files, refused

from pedpose.exporting import needs, onnx_file

Break = Callable[[onnx.ModelProto], None]

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def without_relu(graph: onnx.ModelProto) -> None:
    next(node for node in graph.graph.node if node.op_type == "Relu").op_type = "Identity"


def slightly_off(graph: onnx.ModelProto) -> None:
    """Move each weight of the last convolution by two parts of a hundred."""
    node = [node for node in graph.graph.node if node.op_type == "Conv"][-1]
    (tensor,) = (t for t in graph.graph.initializer if t.name == node.input[1])
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 1.02, tensor.name))


def not_a_number(graph: onnx.ModelProto) -> None:
    tensor = max(graph.graph.initializer, key=lambda t: np.prod(t.dims))
    values = numpy_helper.to_array(tensor).copy()
    values.flat[0] = np.nan
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def one_picture_only(graph: onnx.ModelProto) -> None:
    """Make each picture of a batch the first one."""
    graph.graph.node[0].input[0] = "first"
    for name, value in (("from", [0]), ("to", [1])):
        graph.graph.initializer.append(numpy_helper.from_array(np.array(value), name))
    first = onnx.helper.make_node("Slice", ["pictures", "from", "to"], ["one"])
    shape = onnx.helper.make_node("Shape", ["pictures"], ["shape"])
    again = onnx.helper.make_node("Expand", ["one", "shape"], ["first"])
    for node in (again, shape, first):
        graph.graph.node.insert(0, node)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Break], None]:
    """Make the exporter write graphs that are wrong."""
    make = onnx_file.make_graph

    def install(change: Break) -> None:
        def make_broken(*arguments: object) -> onnx.ModelProto:
            graph = make(*arguments)  # type: ignore[arg-type]
            change(graph)
            return graph

        monkeypatch.setattr(onnx_file, "make_graph", make_broken)

    return install


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_relu, "maximum heatmap difference by onnx"),
        (slightly_off, "maximum heatmap difference by onnx"),
        (not_a_number, "expected finite numbers, found NaN"),
        (one_picture_only, "maximum heatmap difference by onnx"),
    ],
)
@pytest.mark.parametrize("task", ["joints", "person"])
def test_a_broken_operator(
    files: Files, broken: Callable[[Break], None], tmp_path: Path,
    task: str, change: Break, message: str,
):  # fmt: skip
    broken(change)
    path = tmp_path / f"{task}.onnx"
    refused(1, ["export", getattr(files, task), "--out", path], f"{path}: refused", message)
    assert not list(tmp_path.iterdir())


def test_what_was_there_before_stays(files: Files, broken: Callable[[Break], None], tmp_path: Path):
    broken(without_relu)
    for form, names in (("onnx", ["a.onnx"]), ("openvino", ["b.bin", "b.xml"])):
        for name in names:
            (tmp_path / name).write_text("good")
        target = tmp_path / names[-1]
        message = "refused: maximum heatmap difference by"
        refused(1, ["export", files.joints, "--format", form, "--out", target], message)
        assert all((tmp_path / name).read_text() == "good" for name in names)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_broken_decoding(files: Files, broken: Callable[[Break], None], tmp_path: Path):
    def swap(graph: onnx.ModelProto) -> None:
        """Return y in place of x."""
        node = next(n for n in graph.graph.node if "joints" in n.output)
        assert node.op_type == "Concat"
        node.input[0], node.input[1] = node.input[1], node.input[0]

    broken(swap)
    command = ["export", files.joints, "--decode", "--out", tmp_path / "x.onnx"]
    refused(1, command, "95th percentile of shifts in pixels by onnx")
    assert not list(tmp_path.iterdir())


def test_a_loss_of_ap(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Differences that the crops do not show."""
    from pedpose.exporting import verify

    values = iter([0.5, 0.49])
    monkeypatch.setattr(verify, "joint_ap", lambda *arguments: next(values))
    command = ["export", files.joints, "--out", tmp_path / "x.onnx"]
    data = three_joints(tmp_path)
    refused(1, [*command, "--data", data], "loss of AP by onnx", "at most 0.001, found 0.0100")
    assert not (tmp_path / "x.onnx").exists()


def three_joints(folder: Path) -> Path:
    """Write annotations of one person with the joints of the small network."""
    from PIL import Image

    from pedpose.files import write_json

    Image.new("RGB", (64, 64)).save(folder / "black.png")
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 4, 40, 50], "area": 900}
    labels = {"num_keypoints": 3, "iscrowd": 0, "keypoints": [20, 10, 2, 8, 20, 2, 30, 20, 2]}
    category = {"id": 1, "name": "person", "keypoints": ["head", "left_hand", "right_hand"]}
    content = {
        "images": [{"id": 1, "file_name": "black.png", "width": 64, "height": 64}],
        "annotations": [person | labels],
        "categories": [category | {"sigmas": [0.05, 0.05, 0.05]}],
    }
    write_json(folder / "three.json", content)
    return folder / "three.json"


@pytest.mark.parametrize(
    ("code", "task", "options", "message"),
    [
        (
            2,
            "joints",
            ["--format", "torchscript"],
            "expected onnx or openvino, found 'torchscript'",
        ),
        (2, "joints", ["--precision", "int8"], "int8 needs --format openvino"),
        (2, "joints", ["--precision", "bf16"], "expected one of fp32, fp16 for onnx, found 'bf16'"),
        (2, "joints", ["--format", "openvino", "--precision", "int8"], "expected --calibrate with"),
        (2, "joints", ["--calibrate", "x.jpg"], "--calibrate is for --precision int8"),
        (2, "joints", ["--images", "x"], "--images: expected --data"),
        (2, "joints", ["--out", "x.xml"], "expected a name that ends with .onnx for onnx"),
        (2, "joints", ["--size", "128x96"], "expected 64x48, the crops that this joint network"),
        (2, "joints", ["--size", "any"], "expected 64x48"),
        (2, "person", ["--size", "100x96"], "in multiples of 8"),
        (2, "person", ["--size", "0x96"], "in multiples of 8"),
        (2, "person", ["--size", "large"], "expected HxW, such as 320x416, or any, found 'large'"),
        (3, "joints", ["--data", SAMPLES / "samples.json"], "expected the 3 joints of the weights"),
        (3, "person", ["--data", "none.json"], "none.json"),
    ],
)
def test_what_cannot_be_made(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    code: int, task: str, options: list[object], message: str,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    refused(code, ["export", getattr(files, task), *options], message)
    assert not list(tmp_path.iterdir())


def test_weights_that_are_none(tmp_path: Path, files: Files):
    refused(5, ["export", tmp_path / "none.safetensors"], "none.safetensors", "no such file")
    refused(5, ["export", files.joints_onnx], "expected a safetensors file")


@pytest.mark.parametrize(
    ("missing", "options", "advice"),
    [
        ("onnx", [], "pip install 'pedpose[export]'"),
        ("onnxscript", [], "pip install 'pedpose[export]'"),
        ("openvino", ["--format", "openvino"], "pip install 'pedpose[export,openvino]'"),
        (
            "nncf",
            ["--format", "openvino", "--precision", "int8", "--calibrate", "x.jpg"],
            "pip install 'pedpose[export,int8]'",
        ),
    ],
)
def test_missing_extras(
    files: Files, monkeypatch: pytest.MonkeyPatch, missing: str, options: list[str], advice: str
):
    found = needs.find_spec
    monkeypatch.setattr(needs, "find_spec", lambda n: None if n == missing else found(n))
    refused(2, ["export", files.joints, *options], f"found {missing} not installed", advice)


def test_onnx_files_are_made_without_openvino(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from small_networks import done

    from pedpose.runtime import choice

    found = choice.find_spec
    monkeypatch.setattr(choice, "find_spec", lambda n: None if n == "openvino" else found(n))
    monkeypatch.setitem(sys.modules, "openvino", None)
    text = done("export", files.joints, "--out", tmp_path / "x.onnx")
    assert "openvino" not in text
