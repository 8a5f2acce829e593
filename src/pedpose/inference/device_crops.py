"""Crops of a picture that are made on a device, all at once.

The same as :func:`pedpose.geometry.warp`, in its convention: continuous pixels, bilinear, black
outside the picture. Crops that shrink the picture are cut from a copy whose pixels are means of
blocks; here these blocks begin at the picture's corner, so that all crops share one copy, and not
at the crop's. What lies between is a grey level or two in fine texture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pedpose import geometry


def upload(array: NDArray[Any], device: torch.device) -> Tensor:
    """Copy an array to a device."""
    pinned = device.type == "cuda"
    # From pinned memory a copy runs beside the work of the GPU and of this thread. The array itself
    # may be read-only or turned around, which tensors cannot be.
    kind = torch.from_numpy(np.empty(0, array.dtype)).dtype
    staged = torch.empty(array.shape, dtype=kind, pin_memory=pinned)
    np.copyto(staged.numpy(), array)
    return staged.to(device, non_blocking=pinned)


class DevicePicture:
    """A picture that went up to a device once, and its reductions.

    Attributes:
        device: Where it is.
        size: Height and width in pixels.
    """

    def __init__(self, image: geometry.Image, device: torch.device) -> None:
        """Copy a picture (H, W, 3) RGB uint8 to a device."""
        self.device = device
        self.size = size_of(image)
        pixels = upload(image, device)
        whole = pixels.permute(2, 0, 1).to(torch.float32, memory_format=torch.contiguous_format)
        self._levels = {1: whole[None]}

    def level(self, reduction: int) -> Tensor:
        """Return the picture with blocks of reduction x reduction pixels averaged to one.

        Returns:
            (1, 3, ceil(H / reduction), ceil(W / reduction)) float in 0..255.
        """
        if reduction not in self._levels:
            rows, columns = (-(-side // reduction) for side in self.size)
            self._levels[reduction] = _averaged(_averaged(self._levels[1], 2, rows), 3, columns)
        return self._levels[reduction]


def _averaged(picture: Tensor, axis: int, count: int) -> Tensor:
    """Average a picture (1, 3, H, W) along an axis over so many blocks of the same length.

    Their ends may lie between pixels: the sum of all before such an end grows evenly there.
    """
    side = picture.shape[axis]
    if side == count:
        return picture
    sums = picture.cumsum(axis)
    sums = torch.cat([torch.zeros_like(sums.narrow(axis, 0, 1)), sums], dim=axis)
    ends = np.arange(count + 1) * (side / count)
    whole = np.minimum(ends.astype(np.int64), side - 1)
    shape = [-1 if dimension == axis else 1 for dimension in range(4)]
    part = upload((ends - whole).astype(np.float32).reshape(shape), picture.device)
    before = upload(whole, picture.device)
    first = sums.index_select(axis, before)
    at_ends = first + (sums.index_select(axis, before + 1) - first) * part
    return at_ends.diff(dim=axis) * (count / side)


def on_device(image: geometry.Image | DevicePicture, device: torch.device) -> DevicePicture:
    """Return a picture on a device, copying it if it is not there yet."""
    return image if isinstance(image, DevicePicture) else DevicePicture(image, device)


def size_of(image: geometry.Image | DevicePicture) -> tuple[int, int]:
    """Return height and width of a picture, wherever it is."""
    return image.size if isinstance(image, DevicePicture) else (image.shape[0], image.shape[1])


def cut(picture: DevicePicture, matrices: geometry.Doubles, output_size: tuple[int, int]) -> Tensor:
    """Cut crops out of a picture, all of one reduction at once; what lies outside it is black.

    Args:
        picture: On its device.
        matrices: (N, 2, 3) affine maps from picture to crop coordinates, N at least 1.
        output_size: Height and width of the crops.

    Returns:
        (N, 3, height, width) float in 0..255 on the device of the picture.
    """
    reductions = np.array([max(1, geometry.whole_reduction(matrix)) for matrix in matrices])
    order = np.argsort(reductions, kind="stable")
    # grid_sample counts from -1 at the outer edge of the first pixel to 1 at that of the last.
    extent = np.array([[picture.size[1]], [picture.size[0]]])
    parts = []
    for reduction in np.unique(reductions).tolist():
        level = picture.level(reduction)
        grids = geometry.invert(matrices[reductions == reduction]) * (2 / extent) - [0, 0, 1]
        parts.append(_sample(level, upload(grids.astype(np.float32), picture.device), output_size))
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts)[upload(np.argsort(order), picture.device)]


def _sample(level: Tensor, grids: Tensor, output_size: tuple[int, int]) -> Tensor:
    """Cut crops (N, 3, height, width) by maps (N, 2, 3) from crop to grid coordinates."""
    height, width = output_size
    x = torch.arange(width, device=level.device) + 0.5
    y = torch.arange(height, device=level.device)[:, None] + 0.5
    points = torch.stack([x.expand(height, width), y.expand(height, width)], dim=-1)
    # All crops below one another are one large crop of one picture.
    places = map_points(points.view(1, -1, 2), grids).view(1, -1, width, 2)
    crops = torch.nn.functional.grid_sample(
        level, places, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return crops.reshape(3, -1, height, width).transpose(0, 1)


def map_points(points: Tensor, matrices: Tensor) -> Tensor:
    """Map points (N or 1, K, 2) by affine maps (N, 2, 3), one for each of the N."""
    # No matrix product: by TF32, where a GPU does that, places would be off by whole pixels.
    x, y = points[..., :1], points[..., 1:]
    matrices = matrices[:, None]
    return x * matrices[..., 0] + y * matrices[..., 1] + matrices[..., 2]
