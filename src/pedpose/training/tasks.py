"""The two things that a HeatmapCNN can learn: joints in crops, and people in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from pedpose.data.coco import CocoData
from pedpose.data.declared import refuse_other_swaps
from pedpose.data.joint_dataset import JointDataset, JointSample
from pedpose.data.joint_order import with_skeleton
from pedpose.data.person_dataset import PersonDataset, PersonSample
from pedpose.model.architecture import PERSON_CHANNELS, STRIDE
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.joint_codec import draw_cloud, encode_keypoints
from pedpose.model.person_codec import PersonTarget, encode_boxes
from pedpose.skeleton import Skeleton
from pedpose.training.config import TrainConfig
from pedpose.training.losses import LossSum, joint_loss, joint_squares, person_loss
from pedpose.training.validation import validate_finder, validate_joints

PersonBatch = tuple[Tensor, PersonTarget]


class LearningTask(Protocol):
    """What the trainer needs to know of a task."""

    @property
    def outputs(self) -> int:
        """Number of maps that the network must have."""

    @property
    def skeleton(self) -> Skeleton | None:
        """Joints of the network, None for a person finder."""

    @property
    def sizes(self) -> list[int]:
        """Number of samples of each data set."""

    @property
    def shares(self) -> list[float]:
        """Part of the samples of each data set that an epoch draws."""

    @property
    def dataset(self) -> Dataset[Any]:
        """All samples on end."""

    def collate(self, samples: list[Any]) -> Any:
        """Join samples to a batch; its first entry is the pictures (B, 3, h, w) uint8."""

    def part(self, batch: Any, places: slice) -> Any:
        """Return some of the samples of a batch."""

    def loss(self, raw: Tensor, batch: Any) -> LossSum:
        """Return the loss of raw maps (B, C, H, W) for the batch they were made from."""

    def adapted(self, data: CocoData) -> CocoData:
        """Return annotations with the joints of the network, to validate on.

        Raises:
            DataError: If they have none of them.
        """

    def validate(
        self, network: HeatmapCNN, data: CocoData, device: torch.device
    ) -> dict[str, float]:
        """Return named figures of a network; the first decides which weights are best.

        Args:
            network: To validate.
            data: From :meth:`adapted`.
            device: To run on.
        """


class JointTask:
    """Learn the joints of the person in a crop."""

    def __init__(self, config: TrainConfig, sets: Sequence[CocoData]) -> None:
        """Collect the samples; the first set decides the skeleton."""
        if config.skeleton is None:
            refuse_other_swaps(sets)
        self.skeleton = sets[0].skeleton
        self.outputs = len(self.skeleton)
        size = (config.height_px, config.width_px)
        self.dataset = JointDataset(
            sets, self.skeleton, size, config.augmentation, config.min_side_px, config.distil > 0
        )
        if config.balance == "joints":
            self.dataset.repeat_rare_joints(config.seed)
        self.sizes = self.dataset.sizes
        self.shares = epoch_shares(config, self.sizes)
        self._sigma = config.sigma
        self._distil = config.distil
        self._squares = config.loss == "squares"

    def collate(self, samples: list[JointSample]) -> JointSample:
        """Stack crops."""
        return JointSample(*default_collate([tuple(sample) for sample in samples]))

    def part(self, batch: JointSample, places: slice) -> JointSample:
        """Return some of the crops."""
        return JointSample(*(values[places] for values in batch))

    def loss(self, raw: Tensor, batch: JointSample) -> LossSum:
        """Return the loss of the joints that are labelled or that the teacher saw."""
        size = (raw.shape[2], raw.shape[3])
        points, weights = batch.points.to(raw.device), batch.weights.to(raw.device)
        target = weights[..., None, None] * encode_keypoints(points / STRIDE, size, self._sigma)
        if self._distil:
            cloud = batch.cloud.to(raw.device)
            seen = draw_cloud(cloud[..., :2] / STRIDE, cloud[..., 2], size)
            # Joints that the teacher was not asked for are learned from their labels alone.
            asked = cloud[..., 2].sum(dim=1) > 0
            share = self._distil * asked[..., None, None]
            target = (1 - share) * target + share * seen
        return joint_squares(raw, target, self._sigma) if self._squares else joint_loss(raw, target)

    def adapted(self, data: CocoData) -> CocoData:
        """Return annotations with the joints of the network."""
        own = data.skeleton
        data = with_skeleton(data, self.skeleton)
        if self.skeleton.sigmas is None and own.names == self.skeleton.names:
            return data
        return replace(data, skeleton=self.skeleton)

    def validate(
        self, network: HeatmapCNN, data: CocoData, device: torch.device
    ) -> dict[str, float]:
        """Return OKS AP and PCK@0.2 in the true boxes."""
        return validate_joints(network, data, device)


class PersonTask:
    """Learn to find people in whole pictures."""

    skeleton = None
    outputs = PERSON_CHANNELS

    def __init__(self, config: TrainConfig, sets: Sequence[CocoData]) -> None:
        """Collect the samples."""
        size = (config.height_px, config.width_px)
        self.dataset = PersonDataset(sets, size, config.augmentation)
        self.sizes = self.dataset.sizes
        self.shares = epoch_shares(config, self.sizes)

    def collate(self, samples: list[PersonSample]) -> PersonBatch:
        """Stack pictures and draw their target maps, here where loader processes can do it."""
        images = torch.stack([sample.image for sample in samples])
        height, width = images.shape[2:]
        target = encode_boxes(
            [sample.boxes / STRIDE for sample in samples],
            [sample.unknown / STRIDE for sample in samples],
            (height // STRIDE, width // STRIDE),
        )
        return images, target

    def part(self, batch: PersonBatch, places: slice) -> PersonBatch:
        """Return some of the pictures."""
        return batch[0][places], batch[1].part(places)

    def loss(self, raw: Tensor, batch: PersonBatch) -> LossSum:
        """Return the loss of centres and boxes."""
        return person_loss(raw, batch[1].to(raw.device))

    def adapted(self, data: CocoData) -> CocoData:
        """Return annotations as they are: a finder knows no joints."""
        return data

    def validate(
        self, network: HeatmapCNN, data: CocoData, device: torch.device
    ) -> dict[str, float]:
        """Return box AP and recall."""
        return validate_finder(network, data, device)


def epoch_shares(config: TrainConfig, sizes: Sequence[int]) -> list[float]:
    """Return the part of each data set that an epoch draws.

    Where files are balanced, each gives as many samples as they have on average, times its weight.
    """
    weights = [entry.weight for entry in config.data]
    if config.balance != "files":
        return weights
    mean = sum(sizes) / len(sizes)
    return [weight * mean / size for weight, size in zip(weights, sizes, strict=True)]


def make_task(config: TrainConfig, sets: Sequence[CocoData]) -> LearningTask:
    """Return the task of a configuration, its samples collected."""
    return JointTask(config, sets) if config.task == "joints" else PersonTask(config, sets)
