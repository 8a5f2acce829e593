"""The person that is explained is the one that ``detect`` finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pedpose.errors import CheckpointError, ConfigError, SourceError
from pedpose.explaining.joint_heat import joint_heat
from pedpose.explaining.settings import ExplainSettings
from pedpose.explaining.subject import find_subject
from pedpose.geometry import crop_matrices, invert, transform
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.model.checkpoint import load_checkpoint
from pedpose.runtime.choice import Wanted

ROOT = Path(__file__).resolve().parents[2]
JOINTS = ROOT / "weights/joints.safetensors"
ASTRONAUT = ROOT / "samples/astronaut.jpg"
SIZE = (256, 192)


def test_the_crop_is_what_the_network_gets():
    subject = find_subject(ExplainSettings(ASTRONAUT, device="cpu"), JOINTS, SIZE)
    people = PoseDetector(settings=DetectorSettings(wanted=Wanted("onnx", "cpu", "fp32")))(
        ASTRONAUT
    )
    np.testing.assert_allclose(subject.boxes, people.boxes, atol=0.1)
    np.testing.assert_allclose(subject.scores, people.scores, atol=1e-3)
    assert subject.image.shape == (512, 512, 3)
    assert subject.crop.shape == (256, 192, 3) and subject.crop.dtype == np.uint8
    network = load_checkpoint(JOINTS).network
    with torch.no_grad():
        maps = network(torch.from_numpy(subject.crop).permute(2, 0, 1)[None].float())[0]
    back = invert(crop_matrices(subject.boxes[:1], SIZE))[0]
    found = transform(joint_heat(maps.numpy()).peaks, back)
    np.testing.assert_allclose(found, subject.keypoints[:, :2], atol=0.05)


def two_people(path: Path) -> Path:
    picture = Image.open(ASTRONAUT)
    both = Image.new("RGB", (900, 512))
    both.paste(picture.resize((400, 400)), (0, 112))
    both.paste(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).crop((60, 0, 512, 512)), (448, 0))
    both.save(path)
    return path


def test_each_of_the_people_can_be_explained(tmp_path: Path):
    path = two_people(tmp_path / "two.png")
    one, other = (
        find_subject(ExplainSettings(path, person=n, device="cpu"), JOINTS, SIZE) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.boxes, other.boxes)
    assert (one.number, other.number) == (1, 2)
    assert one.scores[0] >= one.scores[1]
    for subject in (one, other):
        left, top, right, bottom = subject.boxes[subject.number - 1]
        nose = subject.keypoints[0]
        assert left < nose[0] < right and top < nose[1] < bottom
    assert abs(one.keypoints[0, 0] - other.keypoints[0, 0]) > 200
    with pytest.raises(ConfigError, match=r"two\.png: person: expected 1 to 2, .*, found 3"):
        find_subject(ExplainSettings(path, person=3, device="cpu"), JOINTS, SIZE)


def test_nobody_is_refused_but_as_a_whole_picture(tmp_path: Path):
    path = tmp_path / "grey.png"
    Image.new("RGB", (60, 40), (120, 120, 120)).save(path)
    with pytest.raises(SourceError, match=r"grey\.png: expected a person, .*--whole-image"):
        find_subject(ExplainSettings(path, device="cpu"), JOINTS, SIZE)
    whole = find_subject(ExplainSettings(path, whole_image=True, device="cpu"), JOINTS, SIZE)
    np.testing.assert_array_equal(whole.boxes, [[0, 0, 60, 40]])
    assert whole.number == 1 and len(whole.scores) == 1
    with pytest.raises(SourceError, match="no such file"):
        find_subject(ExplainSettings(tmp_path / "no.png", device="cpu"), JOINTS, SIZE)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"run": Path("a"), "weights": Path("b.safetensors")}, "--run or --weights, found both"),
        ({"person": 0}, "person: expected 1 or more, found 0"),
        ({"person": 2, "whole_image": True}, "with --whole-image"),
        ({"weights": Path("a.onnx")}, r"a\.onnx: expected a \.safetensors file, .*gradients"),
        ({"weights": Path("a.XML")}, "gradients"),
    ],
)
def test_options_that_do_not_go_together(given: dict[str, object], message: str):
    with pytest.raises(ConfigError, match=message):
        ExplainSettings(ASTRONAUT, **given)  # type: ignore[arg-type]


def test_a_finder_without_use_and_one_for_joints_are_refused():
    with pytest.raises(ConfigError, match="nobody is searched for"):
        settings = ExplainSettings(ASTRONAUT, person_weights=JOINTS, whole_image=True)
        find_subject(settings, JOINTS, SIZE)
    with pytest.raises(CheckpointError, match="expected a network for person"):
        find_subject(ExplainSettings(ASTRONAUT, person_weights=JOINTS), JOINTS, SIZE)
