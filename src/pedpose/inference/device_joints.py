"""From a picture and boxes to keypoints, all of it on a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from pedpose import geometry
from pedpose.geometry import Doubles, Floats
from pedpose.inference.device_crops import DevicePicture, cut, map_points, on_device, upload
from pedpose.inference.heat import PersonHeat, person_heat
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.joint_codec import decode_keypoints, to_heatmaps
from pedpose.runtime.cuda_graphs import graphed
from pedpose.runtime.torch_network import TorchNetwork

Picture = geometry.Image | DevicePicture


class DeviceJoints:
    """A joint network with its crops and its decoding, on one device.

    The same as :class:`pedpose.inference.joints.JointEstimator`, but pictures go up and keypoints
    come down; crops and heatmaps never cross over.
    """

    def __init__(
        self,
        network: TorchNetwork,
        architecture: Architecture,
        batch: int = 64,
        graphs: bool = True,
    ) -> None:
        """Wrap a network.

        Args:
            network: On its device.
            architecture: Of the network: its input size and number of joints.
            batch: Most crops that are run at once.
            graphs: Whether a CUDA device runs network and decoding by CUDA graphs.
        """
        self._network = network
        self._device = network.device
        self._input_size = architecture.input_size
        self._map_size = architecture.heatmap_size
        self._joints = architecture.outputs
        self._batch = batch
        self._decoded = graphed(self._decode, self._device, batch) if graphs else self._decode

    def __call__(self, image: Picture, boxes: Floats) -> Floats:
        """Find the joints of the people in one picture.

        Args:
            image: (H, W, 3) RGB uint8, or a picture on the device.
            boxes: (N, 4) x1, y1, x2, y2 in pixels of the picture.

        Returns:
            (N, K, 3) x, y in pixels of the picture and a score in 0..1.
        """
        return self.many([(image, boxes)])[0]

    def many(
        self,
        pictures: Iterable[tuple[Picture, Floats]],
        heat: list[list[PersonHeat]] | None = None,
    ) -> list[Floats]:
        """Find the joints of the people of several pictures in joint batches.

        Args:
            pictures: Pairs of (H, W, 3) RGB uint8 and (N, 4) boxes, as for one picture.
            heat: Where given, for each picture the heat of its people is appended.

        Returns:
            For each picture (N, K, 3), as for one picture.
        """
        plans = [
            (image, geometry.crop_matrices(boxes, self._input_size)) for image, boxes in pictures
        ]
        if not plans:
            return []
        # From cells of the heatmaps to pixels of the picture.
        cells = geometry.invert(np.concatenate([into for _, into in plans])) * [STRIDE, STRIDE, 1]
        found = self._find(plans, cells, heat is not None)
        ends = np.cumsum([len(into) for _, into in plans])
        keypoints = np.ascontiguousarray(found[:, :, :3])
        if heat is not None:
            maps = found[:, :, 3:].reshape(-1, self._joints, *self._map_size)
            warm = [
                person_heat(*person) for person in zip(maps, keypoints[:, :, 2], cells, strict=True)
            ]
            heat += [
                warm[end - len(into) : end] for end, (_, into) in zip(ends, plans, strict=True)
            ]
        return np.split(keypoints, ends[:-1])

    def _find(
        self, plans: Sequence[tuple[Picture, Doubles]], cells: Doubles, with_maps: bool
    ) -> Floats:
        """Return for N people (N, K, 3) x, y, score, or (N, K, 3 + H W) with their heatmaps."""
        run = self._decode_with_maps if with_maps else self._decoded
        with torch.inference_mode():
            # All batches are started before the first result is waited for.
            parts = [run(crops) for crops in self._crops(plans)]
            if not parts:
                return np.zeros(
                    (0, self._joints, 3 + with_maps * np.prod(self._map_size)), np.float32
                )
            back = upload(cells.astype(np.float32), self._device)
            placed = [
                torch.cat([map_points(part[..., :2], matrices), part[..., 2:]], dim=2)
                for part, matrices in zip(parts, torch.split(back, self._batch), strict=True)
            ]
            return np.concatenate([part.cpu().numpy() for part in placed])

    def _crops(self, plans: Sequence[tuple[Picture, Doubles]]) -> Iterator[Tensor]:
        """Yield the crops (N, 3, h, w) of all people, N the batch but for the last."""
        waiting: list[Tensor] = []
        count = 0
        for image, matrices in plans:
            if not len(matrices):
                continue
            picture = on_device(image, self._device)
            while len(matrices):
                now, matrices = np.split(matrices, [self._batch - count])
                waiting.append(cut(picture, now, self._input_size))
                count += len(now)
                if count == self._batch:
                    yield torch.cat(waiting)
                    waiting, count = [], 0
        if waiting:
            yield torch.cat(waiting)

    def _decode(self, crops: Tensor) -> Tensor:
        """Return the keypoints (N, K, 3) in cells of crops (N, 3, h, w)."""
        return decode_keypoints(to_heatmaps(self._network(crops)))

    def _decode_with_maps(self, crops: Tensor) -> Tensor:
        """Return keypoints and heatmaps (N, K, 3 + H W) of crops, to come down by one transfer."""
        heatmaps = to_heatmaps(self._network(crops))
        return torch.cat([decode_keypoints(heatmaps), heatmaps.flatten(2)], dim=2)
