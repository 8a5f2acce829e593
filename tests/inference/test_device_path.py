"""Crops, joints and boxes made on a device are those made on the host; the device is a CPU here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pedpose import geometry
from pedpose.inference.device_crops import DevicePicture, cut, upload
from pedpose.inference.device_finder import DeviceFinder
from pedpose.inference.device_joints import DeviceJoints
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.heat import PersonHeat
from pedpose.inference.joints import JointEstimator
from pedpose.model.architecture import Task
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.person_codec import best_boxes
from pedpose.model.person_maps import decode_person_maps
from pedpose.pictures import read_picture
from pedpose.runtime.cuda_graphs import CapturedGraph, GraphedFunction
from pedpose.runtime.runtime import Runtime
from pedpose.runtime.torch_network import TorchNetwork
from pedpose.shipped import shipped_weights

CPU = torch.device("cpu")
SIZE = (256, 192)
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ANNOTATED = ("crosswalk.jpg", "plaza.jpg", "portrait.jpg", "night.jpg")

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")


@cache
def sample(name: str) -> np.ndarray:
    return read_picture(SAMPLES / name)


@cache
def sample_boxes(name: str) -> np.ndarray:
    content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(each["id"] for each in content["images"] if each["file_name"] == name)
    boxes = [each["bbox"] for each in content["annotations"] if each["image_id"] == image]
    return np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float32)


@cache
def smooth() -> np.ndarray:
    """Waves of some 60 pixels, 301 x 417, different in each colour."""
    y, x = np.mgrid[:301, :417]
    waves = [np.sin(x / (9 + n)) + np.cos(y / (11 - n) + x / 40) for n in range(3)]
    return np.rint(127.5 + 60 * np.stack(waves, axis=2)).astype(np.uint8)


def crops_of(image: np.ndarray, matrices: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return crops (N, h, w, 3) float that were made on the device."""
    return cut(DevicePicture(image, CPU), matrices, size).permute(0, 2, 3, 1).numpy()


def difference(image: np.ndarray, matrices: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return (N,) how many grey levels crops differ from those of the host, in the mean."""
    host = np.stack([geometry.warp(image, matrix, size) for matrix in matrices])
    return np.abs(crops_of(image, matrices, size) - host).mean(axis=(1, 2, 3))


places = st.floats(-0.3, 1.3)


@settings(max_examples=60, deadline=None)
@given(places, places, st.floats(0.02, 4), st.floats(-180, 180), st.booleans())
def test_crops_of_a_smooth_picture_are_those_of_the_host(
    x: float, y: float, side: float, angle: float, mirror: bool
):
    height, width = smooth().shape[:2]
    extent = (side * width, side * width * 4 / 3)
    matrix = geometry.crop_matrix((x * width, y * height), extent, (64, 48), angle, mirror)
    # OpenCV samples at 1/32 of a pixel and rounds; blocks may begin elsewhere.
    assert difference(smooth(), matrix[None], (64, 48))[0] < 1.0


@settings(max_examples=25, deadline=None)
@given(places, places, st.floats(0.03, 3))
def test_crops_of_a_photograph_are_those_of_the_host(x: float, y: float, side: float):
    image = sample("plaza.jpg")
    height, width = image.shape[:2]
    low = np.array([x * width, y * height])
    boxes = np.concatenate([low, low + side * height])[None].astype(np.float32)
    matrices = geometry.crop_matrices(boxes, SIZE)
    # Blocks that begin elsewhere show in fine texture.
    limit = 0.5 if geometry.whole_reduction(matrices[0]) < 2 else 2.0
    assert difference(image, matrices, SIZE)[0] < limit


@pytest.mark.parametrize("name", [*ANNOTATED, "astronaut.jpg"])
def test_a_picture_made_smaller_as_a_whole_differs_by_rounding_only(name: str):
    image = sample(name)
    scale = 320 / max(image.shape)
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    found = crops_of(image, matrix[None], (320, 320))[0]
    assert np.abs(found - geometry.warp(image, matrix, (320, 320))).max() < 1.5


def test_crops_come_in_the_order_of_their_matrices():
    low = np.array([[10, 10], [100, 50], [5, 5], [60, 80], [200, 100]])
    sides = np.array([[600], [40], [300], [900], [45]])
    boxes = np.concatenate([low, low + sides], axis=1).astype(np.float32)
    matrices = geometry.crop_matrices(boxes, (64, 48))
    reductions = [geometry.whole_reduction(matrix) for matrix in matrices]
    assert len(set(reductions)) == 4, reductions
    assert difference(smooth(), matrices, (64, 48)).max() < 1.0


def test_blocks_are_of_one_length_and_end_with_the_picture():
    row = np.array([0, 10, 20, 30, 40], np.uint8)
    picture = DevicePicture(np.broadcast_to(row[None, :, None], (4, 5, 3)), CPU)
    level = picture.level(2)
    # Three blocks of 5/3 pixels: (0 + 2/3 * 10) / (5/3) and so on.
    assert level.shape == (1, 3, 2, 3)
    assert level[0, 1, 1].tolist() == pytest.approx([4, 20, 36], abs=1e-4)
    assert picture.level(9).flatten().tolist() == pytest.approx([20] * 3, abs=1e-4)


def test_averages_of_a_large_picture_are_exact_enough():
    image = np.random.default_rng(0).integers(200, 256, (3000, 40, 3), np.uint8)
    found = DevicePicture(image, CPU).level(4)[0].permute(1, 2, 0).numpy()
    expected = image.reshape(750, 4, 10, 4, 3).mean(axis=(1, 3))
    assert np.abs(found - expected).max() < 0.05


def test_any_array_goes_up():
    image = sample("night.jpg")[:8, :6]
    locked = image.copy()
    locked.flags.writeable = False
    for array in (image, image[:, ::-1], image.transpose(1, 0, 2), locked):
        there = upload(array, CPU)
        assert there.dtype == torch.uint8
        assert np.array_equal(there.numpy(), array)
        there.zero_()
    assert image.any(), "what goes up is a copy"


@cache
def network(task: Task) -> HeatmapCNN:
    return load_checkpoint(shipped_weights(task)).network


@cache
def on_cpu(task: Task) -> TorchNetwork:
    return TorchNetwork(network(task), CPU)


def runtime(task: Task) -> Runtime:
    """Return a network for pictures of the host."""

    def run(pictures: np.ndarray) -> np.ndarray:
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        return on_cpu(task)(batch).numpy()

    return run


def host_joints() -> JointEstimator:
    return JointEstimator(runtime("joints"), network("joints").architecture, 8)


def device_joints(batch: int = 8) -> DeviceJoints:
    return DeviceJoints(on_cpu("joints"), network("joints").architecture, batch)


def test_joints_are_those_of_the_host():
    jobs = [(sample(name), sample_boxes(name)) for name in ANNOTATED]
    for (_, boxes), mine, theirs in zip(
        jobs, device_joints().many(jobs), host_joints().many(jobs), strict=True
    ):
        assert mine.shape == (len(boxes), 17, 3)
        sure = theirs[:, :, 2] > 0.3
        away = np.linalg.norm(mine[:, :, :2] - theirs[:, :, :2], axis=2)
        # In pixels of the crop, which is 256 high.
        away *= (256 / 1.25 / (boxes[:, 3] - boxes[:, 1]))[:, None]
        assert away[sure].mean() < 0.25
        assert away[sure].max() < 1.0
        assert np.abs(mine - theirs)[sure][:, 2].mean() < 0.01


def test_batches_and_pictures_do_not_matter():
    jobs = [
        (sample("night.jpg"), sample_boxes("night.jpg")),
        (sample("night.jpg"), np.zeros((0, 4), np.float32)),
        (sample("crosswalk.jpg"), sample_boxes("crosswalk.jpg")[:4]),
    ]
    together = device_joints(batch=2).many(jobs)
    assert [len(each) for each in together] == [3, 0, 4]
    for (image, boxes), joints in zip(jobs, together, strict=True):
        assert joints.shape[1:] == (17, 3)
        np.testing.assert_allclose(device_joints()(image, boxes), joints, atol=0.02)
        picture = DevicePicture(image, CPU)
        np.testing.assert_allclose(device_joints()(picture, boxes), joints, atol=0.02)


def test_nobody_and_nothing():
    assert device_joints().many([]) == []
    empty = np.zeros((0, 4), np.float32)
    heat: list[list[PersonHeat]] = []
    assert device_joints().many([(sample("night.jpg"), empty)], heat)[0].shape == (0, 17, 3)
    assert heat == [[]]


def test_heat_is_that_of_the_host():
    jobs = [(sample("night.jpg"), sample_boxes("night.jpg")), (smooth(), np.eye(1, 4, 3) * 90)]
    mine: list[list[PersonHeat]] = []
    theirs: list[list[PersonHeat]] = []
    with_heat = device_joints(batch=2).many(jobs, mine)
    host_joints().many(jobs, theirs)
    assert [len(each) for each in mine] == [3, 1]
    np.testing.assert_allclose(with_heat[0], device_joints().many(jobs)[0], atol=0.02)
    for one, other in zip(chain(*mine), chain(*theirs), strict=True):
        np.testing.assert_allclose(one.matrix, other.matrix)
        assert one.heat.shape == (64, 48)
        assert np.abs(one.heat.astype(int) - other.heat).mean() < 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (700, 1, 3), (2, 3, 3)])
def test_tiny_pictures(shape: tuple[int, int, int]):
    image = np.full(shape, 200, np.uint8)
    boxes = np.array([[0, 0, shape[1], shape[0]], [-50, -50, 60, 90], [900, 900, 990, 999]])
    mine = device_joints()(image, boxes.astype(np.float32))
    theirs = host_joints()(image, boxes.astype(np.float32))
    assert np.isfinite(mine).all()
    np.testing.assert_allclose(mine[2], theirs[2], atol=0.05)
    found, scores = device_finder()(image)
    assert len(found) == len(scores)
    assert np.isfinite(found).all()


def device_finder(settings: FinderSettings | None = None, batch: int = 16) -> DeviceFinder:
    architecture = network("person").architecture
    return DeviceFinder(on_cpu("person"), architecture, settings or FinderSettings(), batch)


def host_finder(settings: FinderSettings | None = None) -> PersonFinder:
    architecture = network("person").architecture
    return PersonFinder(runtime("person"), architecture, settings or FinderSettings())


def test_boxes_are_those_of_the_host():
    images = [sample(name) for name in (*ANNOTATED, "astronaut.jpg")]
    mine, theirs = device_finder().many(images), host_finder().many(images)
    for image, (boxes, scores), (expected, expected_scores) in zip(
        images, mine, theirs, strict=True
    ):
        assert len(boxes) == len(expected) > 0
        assert (np.diff(scores) <= 0).all()
        partner = geometry.iou(boxes, expected).argmax(axis=1)
        assert sorted(partner) == list(range(len(expected)))
        # In pixels of the network's input.
        away = np.abs(boxes - expected[partner]) * 320 / max(image.shape)
        assert away.max() < 1.0
        assert np.abs(scores - expected_scores[partner]).max() < 0.02


def test_pictures_of_several_sizes_keep_their_order():
    night, crosswalk, portrait = (sample(n) for n in ("night.jpg", "crosswalk.jpg", "portrait.jpg"))
    images = [night, portrait, crosswalk, night]
    found = device_finder(batch=2).many(images)
    for image, (boxes, scores) in zip(images, found, strict=True):
        alone, alone_scores = device_finder()(DevicePicture(image, CPU))
        np.testing.assert_allclose(boxes, alone, atol=0.05)
        np.testing.assert_allclose(scores, alone_scores, atol=1e-3)
    assert device_finder().many([]) == []


def test_the_settings_of_the_finder_count():
    image = sample("plaza.jpg")
    assert len(device_finder(FinderSettings(limit=2))(image)[0]) == 2
    assert len(device_finder(FinderSettings(min_score=1.0))(image)[0]) == 0
    many = device_finder(FinderSettings(min_score=0.01, max_iou=1.0))(image)[0]
    assert len(many) > len(device_finder()(image)[0])
    assert np.array_equal(many, geometry.clip_boxes(many, image.shape[1], image.shape[0]))


def test_boxes_of_fixed_shape_are_those_that_are_chosen():
    maps = torch.randn(2, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    boxes, scores = best_boxes(maps, 0.6, 20)
    assert boxes.shape == (2, 20, 4)
    for picture in range(2):
        chosen, chosen_scores = decode_person_maps(maps[picture].numpy(), 0.6, 20)
        count = len(chosen)
        assert 0 < count < 20
        assert (scores[picture, count:] == 0).all()
        assert boxes[picture, :count].numpy() == pytest.approx(chosen, abs=1e-4)
        assert scores[picture, :count].numpy() == pytest.approx(chosen_scores, abs=1e-6)
    assert best_boxes(maps, 0.6, 100)[0].shape == (2, 42, 4)


class NoWaiting(TorchDispatchMode):
    """Refuses what makes the host wait for a GPU or sends it something: no graph can do that."""

    waits = ("_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal", "lift_fresh")

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        masks = [x for x in tree_leaves(args[1:2]) if isinstance(x, torch.Tensor)]
        if name in self.waits or (
            name == "index" and any(mask.dtype == torch.bool for mask in masks)
        ):
            raise AssertionError(f"{name} waits for the device")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_graphs_record_never_waits_for_the_device(precision: str):
    joints = DeviceJoints(
        TorchNetwork(network("joints"), CPU, precision), network("joints").architecture
    )
    finder = DeviceFinder(
        TorchNetwork(network("person"), CPU, precision),
        *(network("person").architecture, FinderSettings()),
    )
    with torch.no_grad(), NoWaiting():
        assert joints._decode(torch.zeros(2, 3, 256, 192)).shape == (2, 17, 3)
        assert finder._decode(torch.zeros(1, 3, 192, 320)).shape == (1, 400, 5)
        with pytest.raises(AssertionError, match="waits for the device"):
            torch.zeros(3).nonzero()


def test_padded_batches_find_the_same_joints():
    def capture(
        function: Callable[[torch.Tensor], torch.Tensor],
        inputs: torch.Tensor,
        pool: tuple[int, int] | None,
    ) -> CapturedGraph:
        outputs = function(inputs)
        return CapturedGraph(inputs, outputs, lambda: outputs.copy_(function(inputs)), (0, 1))

    image, boxes = sample("crosswalk.jpg"), sample_boxes("crosswalk.jpg")
    estimator = device_joints(batch=4)
    expected = estimator(image, boxes)
    estimator._decoded = GraphedFunction(estimator._decode, 4, capture)
    for count in (6, 3, 1, 5):
        np.testing.assert_allclose(estimator(image, boxes[:count]), expected[:count], atol=0.02)


@needs_cuda
@pytest.mark.parametrize(("precision", "limit"), [("fp32", 0.3), ("bf16", 1.0)])
@pytest.mark.parametrize("graphs", [True, False])
def test_a_gpu_finds_what_the_host_finds(precision: str, limit: float, graphs: bool):
    device = torch.device("cuda")
    jobs = [(sample(name), sample_boxes(name)) for name in ANNOTATED]
    estimator = DeviceJoints(
        TorchNetwork(network("joints"), device, precision),
        *(network("joints").architecture, 16, graphs),
    )
    finder = DeviceFinder(
        TorchNetwork(network("person"), device, precision),
        *(network("person").architecture, FinderSettings(), 2, graphs),
    )
    expected = host_joints().many(jobs)
    for _ in range(2):  # the second time graphs are replayed
        for (_, boxes), mine, theirs in zip(jobs, estimator.many(jobs), expected, strict=True):
            sure = theirs[:, :, 2] > 0.3
            away = np.linalg.norm(mine[:, :, :2] - theirs[:, :, :2], axis=2)
            away *= (256 / 1.25 / (boxes[:, 3] - boxes[:, 1]))[:, None]
            assert np.median(away[sure]) < limit
        images = [image for image, _ in jobs]
        for (boxes, _), (truth, scores) in zip(
            finder.many(images), host_finder().many(images), strict=True
        ):
            clear = truth[scores > 0.4]
            assert (geometry.iou(boxes, clear).max(axis=0) > 0.9).all()


@needs_cuda
def test_crops_on_a_gpu_are_those_of_the_cpu():
    matrices = geometry.crop_matrices(sample_boxes("plaza.jpg"), SIZE)
    there = cut(DevicePicture(sample("plaza.jpg"), torch.device("cuda")), matrices, SIZE)
    here = cut(DevicePicture(sample("plaza.jpg"), CPU), matrices, SIZE)
    assert (there.cpu() - here).abs().max() < 0.1
