"""Which parts of a picture a joint needs: those without which it is lost.

Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014: a grey patch is
slid over the picture. Here grey is the mean that the network subtracts, so that it sees zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pedpose.explaining.explanation import Floats
from pedpose.model.architecture import STRIDE
from pedpose.model.joint_codec import decode_keypoints, to_heatmaps
from pedpose.model.joint_maps import SCORE_RADIUS
from pedpose.model.metadata import MEAN

_CELLS = 16  # along the longer side of a crop; a patch hides two by two of them
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Occlusion:
    """What hiding parts of a crop does to its K joints.

    Attributes:
        patch_px: Side of the patch in pixels of the crop.
        falls: (K, rows, columns) see :attr:`pedpose.explaining.explanation.JointView.occlusion`.
        shifts_px: (K,) how far each joint moves at most, in pixels of the crop.
    """

    patch_px: int
    falls: Floats
    shifts_px: Floats


def occlude(network: Callable[[Tensor], Tensor], picture: Tensor) -> Occlusion:
    """Slide a grey patch over a crop.

    The crop is divided into cells; the patch hides two by two of them and moves by one, so that
    no cell is left out and those inside are hidden four times. What is said of a cell is the mean
    over all patches that hide it.

    Args:
        network: Maps pictures (N, 3, H, W) to raw maps (N, K, H / 4, W / 4).
        picture: (1, 3, H, W) in 0..255, on the network's device.
    """
    height, width = picture.shape[2:]
    rows, columns = cell_edges(height, width)
    grey = torch.tensor(MEAN, device=picture.device).view(3, 1, 1)
    places = [(i, j) for i in range(len(rows) - 2) for j in range(len(columns) - 2)]
    with torch.inference_mode():
        before = to_heatmaps(network(picture))[0]
        peak = decode_keypoints(before)[:, :2]
        near = _around_peaks(before)
        mass = (before * near).sum(dim=(1, 2))

    def hide(part: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Return fall and shift (N, K) under patches at N places."""
        with torch.inference_mode():
            hidden = picture.repeat(len(part), 1, 1, 1)
            for one, (i, j) in zip(hidden, part, strict=True):
                one[:, rows[i] : rows[i + 2], columns[j] : columns[j + 2]] = grey
            after = to_heatmaps(network(hidden))
            shift = (decode_keypoints(after)[:, :, :2] - peak).norm(dim=2)
            return mass - (after * near).sum(dim=(2, 3)), shift

    parts = [places[start : start + _BATCH] for start in range(0, len(places), _BATCH)]
    if picture.device.type == "cpu":
        # Threads that share every layer of a small network mostly wait for one another.
        with ThreadPoolExecutor(
            torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)
        ) as pool:
            found = list(pool.map(hide, parts))
    else:
        found = [hide(part) for part in parts]
    falls, shifts = zip(*found, strict=True)
    fall = torch.cat(falls).cpu().numpy().T.reshape(-1, len(rows) - 2, len(columns) - 2)
    return Occlusion(
        patch_px=round(2 * max(height, width) / _CELLS),
        falls=mean_over_patches(fall),
        shifts_px=STRIDE * torch.cat(shifts).amax(dim=0).cpu().numpy(),
    )


def cell_edges(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where cells begin and end, to the nearest pixel: in y (rows + 1,) and in x."""
    side = max(height, width) / _CELLS
    edges = []
    for length in (height, width):
        count = max(round(length / side), 2)
        edges.append(np.round(np.linspace(0, length, count + 1)).astype(np.intp))
    return edges[0], edges[1]


def mean_over_patches(values: Floats) -> Floats:
    """Spread values (K, rows - 1, columns - 1) of patches over the cells that they hide.

    Returns:
        (K, rows, columns), in each cell the mean of the up to four patches that hide it.
    """
    joints, rows, columns = values.shape
    total = np.zeros((joints, rows + 1, columns + 1), np.float32)
    count = np.zeros((rows + 1, columns + 1), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            cells = np.s_[down : rows + down, right : columns + right]
            total[:, *cells] += values
            count[cells] += 1
    return (total / count).astype(np.float32)


def _around_peaks(heatmaps: Tensor) -> Tensor:
    """Return (K, h, w) which cells make the score of the joints of (K, h, w) heatmaps."""
    _, height, width = heatmaps.shape
    peak = heatmaps.flatten(1).argmax(dim=1)[:, None]
    top, left = peak // width, peak % width
    row = (torch.arange(height, device=heatmaps.device) - top).abs() <= SCORE_RADIUS
    column = (torch.arange(width, device=heatmaps.device) - left).abs() <= SCORE_RADIUS
    return row[:, :, None] & column[:, None, :]
