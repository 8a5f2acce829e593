"""The figures by which exports are judged, by hand."""

from pathlib import Path

import numpy as np
import pytest

from pedpose.errors import ExportError
from pedpose.exporting.compare import Differences, compare
from pedpose.exporting.crops import batches, finder_pictures, fitted, joint_pictures
from pedpose.exporting.tolerance import TOLERANCES, check_accuracy, check_differences


def peak(x: float, y: float, height: float = 30.0) -> np.ndarray:
    rows, columns = np.mgrid[:16, :12] + 0.5
    return np.float32(height - ((columns - x) ** 2 + (rows - y) ** 2) / 2)[None, None]


def test_joints_that_moved():
    found = compare("joints", [peak(5, 8)], [peak(5.25, 8)], decoded=False)
    assert found.measured == 1
    assert found.shift == pytest.approx(1.0, abs=1e-3)  # a quarter of a cell of 4 pixels
    # At half a cell left of the peak the Gaussian falls from exp(-1/8) to exp(-0.75^2 / 2), ...
    assert found.heatmap is not None
    assert 0.1 < found.heatmap < 0.3


def test_the_same_up_to_a_constant_is_the_same():
    found = compare("joints", [peak(5, 8)], [peak(5, 8, 12.0)], decoded=False)
    assert found == Differences(
        pytest.approx(0, abs=1e-5), pytest.approx(0, abs=1e-5), pytest.approx(0, abs=1e-4),
        pytest.approx(0, abs=1e-4), 1,
    )  # fmt: skip


def test_joints_out_of_sight_are_not_measured():
    flat = np.zeros((1, 2, 16, 12), np.float32)
    other = flat.copy()
    other[0, 0, 3, 3] = 0.5
    found = compare("joints", [flat], [other], decoded=False)
    assert (found.measured, found.shift) == (0, 0)
    assert found.heatmap == pytest.approx(np.exp(0.5) - 1, rel=0.01)


def test_decoded_joints():
    decoded = np.array([[[23.0, 36.0, 0.5]]], np.float32)
    found = compare("joints", [peak(5, 8)], [decoded], decoded=True)
    assert found.heatmap is None
    assert found.shift == pytest.approx(5.0, abs=1e-3)  # (3, 4) pixels from (20, 32)
    assert found.score == pytest.approx(0.45, abs=0.06)


def person(logit: float, offset: float = 0.0) -> np.ndarray:
    maps = np.full((1, 5, 8, 8), -8, np.float32)
    maps[0, 1:] = 1
    maps[0, :2, 4, 4] = logit, offset
    return maps


def test_boxes_that_moved():
    found = compare("person", [person(2)], [person(2, 0.5)], decoded=False)
    assert found.measured == 2  # she of the one and she of the other
    assert found.shift == pytest.approx(2.0)  # half a cell
    assert found.heatmap == 0
    assert found.score == 0


def test_people_who_vanish_or_appear_are_far_away():
    nobody = person(-8)
    for pair in ((person(2), nobody), (nobody, person(2))):
        found = compare("person", [pair[0]], [pair[1]], decoded=False)
        assert found.measured == 1
        assert found.shift > 10
        assert found.heatmap == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-3)
    assert compare("person", [nobody], [nobody], decoded=False).measured == 0


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        (
            Differences(0.5, 0, 0, 0, 3),
            "maximum heatmap difference by onnx: expected at most 0.001",
        ),
        (Differences(0, 0.2, 0, 0, 3), "difference of scores by onnx: expected at most 0.001"),
        (Differences(None, 0, 3.0, 0, 3), "largest shift in pixels .* at most 0.05, found 3"),
        (Differences(None, 0, 0.04, 0.03, 3), "95th percentile of shifts"),
        (Differences(float("nan"), 0, 0, 0, 3), "found nan"),
    ],
)
def test_too_much_is_refused(differences: Differences, message: str):
    with pytest.raises(ExportError, match=message):
        check_differences(Path("x.onnx"), "onnx", differences, TOLERANCES["fp32"])
    check_differences(
        Path("x"), "onnx", Differences(1e-4, 1e-4, 0.01, 0.001, 3), TOLERANCES["fp32"]
    )


def test_a_loss_of_ap_is_refused_and_a_gain_is_not():
    check_accuracy(Path("x.onnx"), "onnx", -0.3, TOLERANCES["fp32"])
    with pytest.raises(
        ExportError, match=r"loss of AP by onnx: expected at most 0\.001, found 0\.0"
    ):
        check_accuracy(Path("x.onnx"), "onnx", 0.002, TOLERANCES["fp32"])
    with pytest.raises(ExportError, match="nan"):
        check_accuracy(Path("x.onnx"), "onnx", float("nan"), TOLERANCES["int8"])


def test_the_crops_of_the_package_come_in_several_batches():
    crops = joint_pictures((64, 48))
    assert crops.shape == (16, 64, 48, 3)
    assert [len(batch) for batch in batches(crops)] == [1, 5, 10]
    assert np.concatenate(batches(crops)).tolist() == crops.tolist()
    assert crops.std(axis=(1, 2, 3)).min() > 10  # none of them is empty
    groups = finder_pictures((96, 160))
    assert groups.shape == (9, 96, 160, 3)
    # Fitted into the top left corner: 512 x 384 pixels become 96 x 72, the rest is black.
    assert groups[:, :, 80:].max() == 0
    assert fitted(groups[0], (48, 80)).shape == (48, 80, 3)
