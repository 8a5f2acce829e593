"""What is found out about a network by one picture, as plain data for a page.

Places are continuous pixels of the crop that the network sees: (0, 0) is its outer top-left
corner. Maps are float32 arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image
from pedpose.model.convolutions import Convolution
from pedpose.model.metadata import Metadata
from pedpose.model.summary import Summary

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Subject:
    """The person who is explained.

    Attributes:
        path: The picture.
        image: (H, W, 3) RGB uint8: the whole picture.
        boxes: (N, 4) x1, y1, x2, y2 of all who were found, in pixels of the picture, best first.
        scores: (N,) of these boxes.
        number: Which of them is explained, from 1 on.
        crop: (h, w, 3) RGB uint8: what the network sees of this person.
        keypoints: (K, 3) x, y in pixels of the picture, and score.
    """

    path: Path
    image: Image
    boxes: Floats
    scores: Floats
    number: int
    crop: Image
    keypoints: Floats


@dataclass(frozen=True, slots=True)
class FilterSheet:
    """The filters of the first layer.

    Attributes:
        layer: Its name.
        tiles: (C, k, k, 3) RGB uint8, one picture a filter: grey is zero, all on one scale.
    """

    layer: str
    tiles: Image


@dataclass(frozen=True, slots=True)
class FeatureStage:
    """What one stage of the network makes of the picture.

    Attributes:
        layer: Its name.
        stride: Pixels of the crop per cell of its maps.
        channels: How many maps it has.
        depth: Convolutions between the picture and it, on the longest way.
        receptive_field: Height and width in pixels of what one cell can depend on; None for the
            whole picture.
        tiles: (M, h, w) the maps that vary most over the picture, each from 0 to 1.
        names: Of the M maps: their numbers.
    """

    layer: str
    stride: int
    channels: int
    depth: int
    receptive_field: tuple[int, int] | None
    tiles: Floats
    names: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JointView:
    """What the network says of one joint, and what it looked at for that.

    Attributes:
        name: Of the joint.
        peak: x, y in pixels of the crop.
        score: 0..1, as ``detect`` gives it.
        spread_px: Standard deviation of the heatmap around its mean, in pixels of the crop.
        heatmap: (h / 4, w / 4), sums to one.
        occlusion: (rows, columns) by how much the probability at the peak falls, -1..1, where a
            grey patch hides this part of the crop; cells divide the crop evenly.
        occlusion_shift_px: How far the joint moves at most under such a patch.
        grad_cam: (h', w') 0..1, over the whole crop; all zero where nothing speaks for the joint.
    """

    name: str
    peak: tuple[float, float]
    score: float
    spread_px: float
    heatmap: Floats
    occlusion: Floats
    occlusion_shift_px: float
    grad_cam: Floats


@dataclass(frozen=True, slots=True)
class LayerTime:
    """Where the time goes.

    Attributes:
        layer: Its name, as in the summary of the network.
        ms: Median milliseconds for one crop.
        share: Of all layers together.
    """

    layer: str
    ms: float
    share: float


@dataclass(frozen=True, slots=True)
class JointChange:
    """One joint before and after training.

    Attributes:
        name: Of the joint.
        before: (h / 4, w / 4) heatmap of the initial weights, sums to one.
        score_before: 0..1, not calibrated.
        score_after: 0..1, not calibrated.
        moved_px: Distance of the two peaks in pixels of the crop.
    """

    name: str
    before: Floats
    score_before: float
    score_after: float
    moved_px: float


@dataclass(frozen=True, slots=True)
class LayerChange:
    """How far training moved a layer: norm of the difference over the norm of what it was before.

    Attributes:
        layer: Its name, as in the summary of the network.
        relative: 0 for layers that were kept; None where it was all zero before.
    """

    layer: str
    relative: float | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a training run has changed.

    Attributes:
        run: Its folder.
        steps: That it took.
        filters: Of the first layer before.
        layers: In the order of the summary.
        joints: In the order of the skeleton.
    """

    run: Path
    steps: int
    filters: FilterSheet
    layers: tuple[LayerChange, ...]
    joints: tuple[JointChange, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that the page shows.

    Attributes:
        weights: The file of the network.
        sha256: Of that file.
        metadata: Of the network.
        device: That ran it.
        subject: The person.
        summary: The network stage by stage.
        convolutions: The network layer by layer.
        filters: Of the first layer.
        stages: From fine to coarse and back, in the order of the forward pass.
        grad_cam_layer: Whose maps Grad-CAM weighs.
        patch_px: Side of the patch that hides a part of the crop.
        joints: In the order of the skeleton.
        times: In the order of the forward pass.
        changes: By training; None where no run is given.
        seconds: That finding it all out took.
    """

    weights: Path
    sha256: str
    metadata: Metadata
    device: str
    subject: Subject
    summary: Summary
    convolutions: tuple[Convolution, ...]
    filters: FilterSheet
    stages: tuple[FeatureStage, ...]
    grad_cam_layer: str
    patch_px: int
    joints: tuple[JointView, ...]
    times: tuple[LayerTime, ...]
    changes: Changes | None
    seconds: float
