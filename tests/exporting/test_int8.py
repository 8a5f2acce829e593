"""Quantisation, and the pictures that it is led by."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from small_networks import Files, done, refused

from pedpose.exporting.calibration_pictures import MOST, calibration_pictures
from pedpose.exporting.opening import open_exported
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.metadata import Exported, Metadata
from pedpose.runtime.choice import Wanted
from pedpose.shipped import shipped_weights

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
INT8 = ["--format", "openvino", "--precision", "int8"]


def metadata_of(weights: Path, size: tuple[int, int] | None) -> Metadata:
    exported = Exported("00", "int8", size)
    return replace(load_checkpoint(weights).metadata, exported=exported)


def test_crops_of_annotated_people(files: Files):
    metadata = metadata_of(files.joints, (64, 48))
    found = calibration_pictures([SAMPLES / "samples.json"], metadata)
    assert 5 < len(found) < 24  # those who are tall enough
    assert {crop.shape for crop in found} == {(1, 64, 48, 3)}
    again = calibration_pictures([SAMPLES / "samples.json"], metadata)
    assert np.array_equal(np.concatenate(found), np.concatenate(again))


def test_crops_of_people_who_are_found(files: Files):
    found = calibration_pictures([SAMPLES / "portrait.jpg"], metadata_of(files.joints, (64, 48)))
    assert [crop.shape for crop in found] == [(1, 64, 48, 3)]


def test_whole_pictures_for_a_finder(files: Files):
    sources = [SAMPLES / "crosswalk.jpg", SAMPLES / "samples.json"]
    found = calibration_pictures(sources, metadata_of(files.person, None))
    assert len(found) == 5 <= MOST
    # 960 x 640 pixels become 96 x 64, 1024 x 640 become 96 x 60 in multiples of 8.
    assert all(picture.shape[2] == 96 or picture.shape[1] == 96 for picture in found)
    fixed = calibration_pictures(sources[:1], metadata_of(files.person, (32, 80)))
    assert [picture.shape for picture in fixed] == [(1, 32, 80, 3)]


def test_calibration_needs_people_and_pictures(files: Files, tmp_path: Path):
    from PIL import Image

    Image.new("RGB", (80, 80)).save(tmp_path / "black.png")
    command = ["export", files.joints, *INT8, "--out", tmp_path / "x.xml", "--calibrate"]
    refused(3, [*command, tmp_path / "black.png"], "--calibrate: expected people", "found none")
    refused(3, [*command, tmp_path / "none.jpg"], "none.jpg: expected a file")
    assert [entry.name for entry in tmp_path.iterdir()] == ["black.png"]


def test_a_network_without_coarse_maps_has_nothing_for_int8(files: Files, tmp_path: Path):
    command = ["export", files.person, *INT8, "--calibrate", SAMPLES, "--out", tmp_path / "x.xml"]
    refused(2, command, "expected convolutions on maps of a stride above 8")


def test_the_shipped_finder_becomes_int8(tmp_path: Path):
    path = tmp_path / "person8.xml"
    options = ["--calibrate", SAMPLES / "samples.json", "--out", path, "--json"]
    result = json.loads(done("export", "person", *INT8, *options))
    assert result["precision"] == "int8"
    original = shipped_weights("person", ".onnx").stat().st_size
    assert result["bytes"] < 0.6 * original
    assert b'type="FakeQuantize"' in path.read_bytes()
    info = open_exported(path, Wanted("openvino", "cpu", "fp32")).info
    assert "int8 and fp32" in info.runtime
    # What int8 finds is not what the weights find: it goes by its own name.
    assert info.identity == info.sha256
    for entry in result["check"]["runs"]:
        assert entry["heatmap"] > 1e-3
