"""Explanations that no network has made: plausible arrays, the same at each call."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pedpose.explaining.explanation import (
    Changes,
    Explanation,
    FeatureStage,
    FilterSheet,
    JointChange,
    JointView,
    LayerChange,
    LayerTime,
    Subject,
)
from pedpose.geometry import Floats, Image
from pedpose.model.architecture import Architecture
from pedpose.model.convolutions import Convolution
from pedpose.model.metadata import Metadata
from pedpose.model.summary import Layer, Summary
from pedpose.skeleton import COCO_17, Skeleton

HEIGHT, WIDTH = 256, 192
LAYERS = (("stem", 4, 7), ("middle", 8, 90), ("deep", 32, 700), ("all", 4, None))


def blob(x: float, y: float, sigma: float, rows: int, columns: int) -> Floats:
    """Return a bell around a place of the crop, its highest cell about one."""
    across = (np.arange(columns) + 0.5) * WIDTH / columns - x
    down = (np.arange(rows) + 0.5) * HEIGHT / rows - y
    bell = np.exp(-(across[None] ** 2 + down[:, None] ** 2) / (2 * sigma**2))
    return bell.astype(np.float32)


def heatmap(x: float, y: float, sigma: float = 6.0) -> Floats:
    """Return a bell that sums to one."""
    bell = blob(x, y, sigma, 64, 48)
    return bell / bell.sum()


def joint_view(name: str, number: int) -> JointView:
    """Return a joint whose figures follow from its number."""
    x, y = 20.0 + 37 * number % 150, 15.0 + 13 * number % 230
    occlusion = 0.6 * blob(x, y, 20, 16, 12) - 0.2 * blob(WIDTH - x, HEIGHT - y, 15, 16, 12)
    return JointView(
        name=name,
        peak=(x, y),
        score=0.95 - 0.03 * number,
        spread_px=2.5 + number,
        heatmap=heatmap(x, y),
        occlusion=occlusion.astype(np.float32),
        occlusion_shift_px=10.0 + number,
        grad_cam=blob(x, y, 30, 16, 12),
    )


def sheet(seed: int) -> FilterSheet:
    """Return eight random filters."""
    tiles = np.random.default_rng(seed).integers(0, 256, (8, 3, 3, 3), np.uint8)
    return FilterSheet("backbone.stem.first.0", tiles)


def stage(layer: str, stride: int, field: int | None, depth: int) -> FeatureStage:
    """Return a stage of six maps with waves in them."""
    rows, columns = HEIGHT // stride, WIDTH // stride
    waves = np.linspace(0, 6, rows)[:, None] + np.linspace(0, 4, columns)[None]
    tiles = np.stack([np.sin(waves * (n + 1)) / 2 + 0.5 for n in range(6)]).astype(np.float32)
    sides = None if field is None else (field, field)
    return FeatureStage(layer, stride, 40, depth, sides, tiles, (3, 7, 11, 19, 31, 39))


def convolution(name: str, depth: int) -> Convolution:
    """Return a depthwise convolution."""
    return Convolution(
        *(name, 32, 32, (3, 3), (2, 2), (1, 1), (1, 1), 32, (64, 48), 288, 0.00177, depth),
        *((4.0, 4.0), (depth * 8 + 3, depth * 8 + 3)),
    )


def changes(names: tuple[str, ...], run: Path) -> Changes:
    """Return what a training changed: nothing in the first layer."""
    return Changes(
        run=run,
        steps=1200,
        filters=sheet(2),
        layers=(LayerChange("stem", 0.0), LayerChange("deep", 0.25), LayerChange("head", None)),
        joints=tuple(
            JointChange(name, heatmap(96, 128, 40), 0.125, 0.75, 12.0 + number)
            for number, name in enumerate(names)
        ),
    )


def made(
    names: tuple[str, ...] = COCO_17.names,
    path: Path = Path("street.jpg"),
    image: Image | None = None,
    trained: bool = False,
    limbs: tuple[tuple[int, int], ...] = (),
) -> Explanation:
    """Return an explanation of the second of two people."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (480, 640, 3), np.uint8) if image is None else image
    crop = np.ascontiguousarray(noise[:HEIGHT, :WIDTH])
    joints = tuple(joint_view(name, number) for number, name in enumerate(names))
    keypoints = np.array([(*joint.peak, joint.score) for joint in joints], np.float32)
    layers = tuple(
        Layer(name, "2 Conv2d", ((40, 64, 48),), 1000 * n, 1000 * n, 0.1 * n)
        for n, name in enumerate(("stem", "deep", "head"), start=1)
    )
    return Explanation(
        weights=Path("weights/joints.safetensors"),
        sha256="0123456789abcdef" * 4,
        metadata=Metadata(
            Architecture("joints", len(names), "lite_hrnet", 32),
            Skeleton(names, limbs),
        ),
        device="cpu",
        subject=Subject(
            path=path,
            image=noise,
            boxes=np.array([[300, 20, 400, 300], [0, 0, WIDTH, HEIGHT]], np.float32),
            scores=np.array([0.9, 0.8], np.float32),
            number=2,
            crop=crop,
            keypoints=keypoints,
        ),
        summary=Summary(layers, (HEIGHT, WIDTH), 10**8),
        convolutions=(convolution("stem.0", 1), convolution("head.1", 37)),
        filters=sheet(1),
        stages=tuple(
            stage(*entry, depth) for entry, depth in zip(LAYERS, (2, 9, 30, 37), strict=True)
        ),
        grad_cam_layer="backbone.join.3",
        patch_px=32,
        joints=joints,
        times=(
            *(LayerTime("stem", 1.25, 0.25), LayerTime("deep", 3.5, 0.7)),
            LayerTime("upsample", 0.25, 0.05),
        ),
        changes=changes(names, Path("runs/one")) if trained else None,
        seconds=4.25,
    )
