"""What ``pedpose export`` makes is what the weights are."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from small_networks import SKELETON, Files, done

from pedpose.exporting.crops import finder_pictures, joint_pictures
from pedpose.exporting.decoding import MOST_PEOPLE
from pedpose.exporting.opening import open_exported
from pedpose.files import sha256_of
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.joint_maps import decode_joint_maps
from pedpose.model.person_maps import decode_person_maps
from pedpose.runtime.choice import Wanted

ONNX, OPENVINO = Wanted("onnx", "cpu"), Wanted("openvino", "cpu", "fp32")
BOTH = pytest.mark.parametrize("wanted", [ONNX, OPENVINO], ids=["onnx", "openvino"])

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def maps_of(weights: Path, pictures: np.ndarray) -> np.ndarray:
    """Return what the weights make of pictures, by PyTorch alone."""
    with torch.inference_mode():
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        maps: np.ndarray = load_checkpoint(weights).network(batch).numpy()
    return maps


def exported(path: Path, *arguments: object) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(done("export", *arguments, "--out", path, "--json"))
    assert Path(result["path"]) == path
    assert result["bytes"] >= path.stat().st_size
    return result


@BOTH
def test_a_joint_network(files: Files, wanted: Wanted):
    pictures = joint_pictures((64, 48))
    network = open_exported(files.joints_onnx, wanted)
    for count in (1, 3, 16):
        expected = maps_of(files.joints, pictures[:count])
        assert np.allclose(network.run(pictures[:count]), expected, atol=1e-3)
    info = network.info
    assert info.metadata.skeleton == SKELETON
    assert info.fixed_size == (64, 48)
    assert info.identity == sha256_of(files.joints)


@BOTH
def test_a_person_finder_takes_any_size(files: Files, wanted: Wanted):
    network = open_exported(files.person_onnx, wanted)
    for count, height, width in ((1, 96, 96), (2, 8, 16), (3, 64, 104)):
        pictures = finder_pictures((height, width))[:count]
        expected = maps_of(files.person, pictures)
        assert np.allclose(network.run(pictures), expected, atol=1e-3)
    assert network.info.fixed_size is None


def test_the_file_tells_how_it_was_made_and_nothing_of_the_machine(files: Files):
    content = files.joints_onnx.read_bytes()
    graph = onnx.load_from_string(content)
    assert not any(node.doc_string or node.metadata_props for node in graph.graph.node)
    assert b".py" not in content
    assert str(files.joints.parent).encode() not in content
    told = json.loads(done("info", files.joints_onnx, "--json"))
    assert told["exported"]["source_sha256"] == sha256_of(files.joints)
    assert told["exported"]["precision"] == "fp32"
    assert told["sha256"] == sha256_of(files.joints_onnx)
    assert told["architecture"] == json.loads(done("info", files.joints, "--json"))["architecture"]
    check = told["exported"]["check"]
    assert check["accuracy"] is None
    assert [entry["runtime"].split()[0] for entry in check["runs"]] == ["onnx", "openvino"]
    for entry in check["runs"]:
        assert 0 < entry["heatmap"] < check["tolerance"]["heatmap"] == 1e-3
        assert entry["measured"] > 0


@BOTH
def test_joints_decoded_inside(files: Files, tmp_path: Path, wanted: Wanted):
    path = tmp_path / "decoded.onnx"
    assert exported(path, files.joints, "--decode")["decoded"] is True
    pictures = joint_pictures((64, 48))
    found = open_exported(path, wanted).run(pictures)
    expected = decode_joint_maps(maps_of(files.joints, pictures)) * [4, 4, 1]
    assert found.shape == (16, 3, 3)
    sure = expected[..., 2] > 0.1
    assert sure.any()
    assert np.allclose(found[sure], expected[sure], atol=0.01)


@pytest.mark.parametrize("size", ["any", "64x96"])
def test_people_decoded_inside(files: Files, tmp_path: Path, size: str):
    path = tmp_path / "decoded.onnx"
    exported(path, files.person, "--decode", "--size", size)
    pictures = finder_pictures((64, 96))
    maps = maps_of(files.person, pictures)
    for wanted in (ONNX, OPENVINO):
        found = open_exported(path, wanted).run(pictures)
        assert found.shape == (9, min(16 * 24, MOST_PEOPLE), 5)
        for people, own in zip(found, maps, strict=True):
            boxes, scores = decode_person_maps(own, 0.3, MOST_PEOPLE)
            sure = people[people[:, 4] > 0.3]
            assert np.allclose(sure[:, 4], scores, atol=1e-4)
            assert np.allclose(sure[:, :4], boxes * 4, atol=0.01)


def test_half_precision_halves_the_file(files: Files, tmp_path: Path):
    half = tmp_path / "half.onnx"
    assert exported(half, files.person, "--precision", "fp16")["precision"] == "fp16"
    fields = {e.key: len(e.value) for e in onnx.load(half).metadata_props}
    kinds = {t.data_type for t in onnx.load(half).graph.initializer if np.prod(t.dims) >= 64}
    assert fields["pedpose"] > 0
    assert kinds <= {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT64}
    pictures = finder_pictures((64, 96))
    found = open_exported(half, ONNX).run(pictures)
    expected = maps_of(files.person, pictures)
    assert np.allclose(found, expected, atol=0.2)
    assert not np.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_openvino_has_its_own_files(files: Files, tmp_path: Path, precision: str):
    path = tmp_path / "own.xml"
    result = exported(path, files.joints, "--format", "openvino", "--precision", precision)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["own.bin", "own.xml"]
    assert result["bytes"] == sum(entry.stat().st_size for entry in tmp_path.iterdir())
    pictures = joint_pictures((64, 48))
    network = open_exported(path, OPENVINO)
    accuracy = 1e-3 if precision == "fp32" else 0.2
    assert np.allclose(network.run(pictures), maps_of(files.joints, pictures), atol=accuracy)
    assert network.info.metadata.skeleton == SKELETON
    told = json.loads(done("info", path, "--json"))
    assert told["exported"]["precision"] == precision
    # In fp16 it is also checked in what this processor is fastest in.
    assert len(told["exported"]["check"]["runs"]) == (1 if precision == "fp32" else 2)


def test_ap_is_compared_on_annotated_pictures(tmp_path: Path, files: Files):
    path = tmp_path / "person.onnx"
    result = exported(path, files.person, "--data", SAMPLES / "samples.json")
    accuracy = result["check"]["accuracy"]
    assert accuracy["data"] == "samples.json"
    assert accuracy["sha256"] == sha256_of(SAMPLES / "samples.json")
    assert (accuracy["pictures"], accuracy["people"]) == (4, 24)
    for entry in result["check"]["runs"]:
        assert entry["ap"] == pytest.approx(accuracy["source_ap"], abs=1e-3)


def test_the_output_says_what_was_compared(tmp_path: Path, files: Files, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    lines = done("export", files.joints, "--format", "openvino").splitlines()
    assert lines[0].startswith("device: cpu (")
    assert ", runtime: openvino " in lines[0]
    assert lines[-1].startswith("exported: joints.xml (")
    assert "maximum heatmap difference" in lines[-1]
    assert "joint shift at most" in lines[-1]
    assert "AP was not measured (give --data)" in lines[-1]
    assert (tmp_path / "joints.bin").is_file()


def test_exports_detect_without_pytorch_what_the_weights_detect(tmp_path: Path):
    """The shipped networks, through the whole command, in a process of its own."""
    script = (
        "import sys\nfrom pedpose.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\nprint('torch' in sys.modules)\n"
    )
    joints = tmp_path / "joints.onnx"
    assert "exported: " in done("export", "joints", "--out", joints)
    sources = [str(SAMPLES / name) for name in ("crosswalk.jpg", "portrait.jpg")]
    usual = ["--save", "json", "--device", "cpu", "--precision", "fp32"]
    done("detect", *sources, *usual, "--runtime", "torch", "--out", tmp_path / "torch")
    for runtime in ("onnx", "openvino"):
        out = tmp_path / runtime
        command = ["detect", *sources, *usual, "--runtime", runtime, "--out", str(out)]
        finished = subprocess.run(
            [sys.executable, "-c", script, *command, "--weights", str(joints)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        assert finished.stdout.split()[-1] == "False"
        for name in ("crosswalk", "portrait"):
            texts = [folder / "json" / f"{name}.json" for folder in (tmp_path / "torch", out)]
            first, second = (json.loads(path.read_text())["people"] for path in texts)
            assert len(first) == len(second) >= 1
            for person, other in zip(first, second, strict=True):
                for joint, again in zip(person["keypoints"], other["keypoints"], strict=True):
                    assert again.pop("name") == joint["name"]
                    rest = {key: joint[key] for key in again}
                    assert again == pytest.approx(rest, abs=0.1)
