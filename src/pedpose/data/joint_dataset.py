"""Training samples of the joint network: one augmented crop a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from pedpose import geometry
from pedpose.data.augment import Augmentation, change_pixels, half_body_box
from pedpose.data.balance import repeats_for_joints
from pedpose.data.coco import CocoData, Person, Picture
from pedpose.data.joint_order import with_skeleton
from pedpose.data.mixing import Draw
from pedpose.data.reading import read_annotated
from pedpose.data.teacher_heatmaps import CELLS, TeacherHeatmaps
from pedpose.errors import DataError
from pedpose.skeleton import Skeleton

Floats = NDArray[np.float32]


class JointSample(NamedTuple):
    """One crop, or a batch of them with a leading B.

    Attributes:
        image: (3, h, w) uint8 RGB.
        points: (K, 2) x, y in pixels of the crop.
        weights: (K,) how much each joint counts; 0 where not labelled or outside the crop.
        cloud: (M, K, 3) x, y in pixels of the crop and value of the cells of a teacher's heatmaps;
            M is 0 where no teacher is learned from.
    """

    image: Tensor
    points: Tensor
    weights: Tensor
    cloud: Tensor


class JointDataset(Dataset[JointSample]):
    """All people with at least one labelled joint, of several data sets on end."""

    def __init__(
        self,
        sets: Sequence[CocoData],
        skeleton: Skeleton,
        input_size: tuple[int, int],
        augmentation: Augmentation,
        min_side_px: float = 0.0,
        with_teacher: bool = False,
    ) -> None:
        """Collect the people.

        Args:
            sets: Data sets; joints are matched to the skeleton by name.
            skeleton: Of the network.
            input_size: Height and width of a crop.
            augmentation: How crops are changed.
            min_side_px: People whose box has no side this long, in pixels of their picture, are
                left out.
            with_teacher: Whether to give the teacher's heatmaps as well, of the sets that have any.

        Raises:
            DataError: If a set has nobody with a labelled joint, or none has a teacher's heatmaps
                where they are asked for.
        """
        self.input_size = input_size
        self.augmentation = augmentation
        self.flip_indices = _flip_indices(sets[0], skeleton) if augmentation.mirror_chance else ()
        self.skeleton = skeleton
        self.samples: list[tuple[Picture, Person, TeacherHeatmaps | None]] = []
        self.sizes: list[int] = []
        for data in sets:
            pictures = with_skeleton(data, skeleton).pictures
            heatmaps = None
            if with_teacher and data.teacher_heatmaps is not None:
                heatmaps = TeacherHeatmaps.read(data.teacher_heatmaps)
            found = [
                (picture, person, heatmaps)
                for picture in pictures
                for person in picture.people
                if person.labelled and _longer_side(person) >= min_side_px
            ]
            if not found:
                size = f" of {min_side_px:g} pixels or more" if min_side_px else ""
                raise DataError(
                    f"{data.path}: expected people{size} with labelled joints, found none"
                )
            self.samples += found
            self.sizes.append(len(found))
        self._cells = CELLS if with_teacher else 0
        if with_teacher and all(heatmaps is None for *_, heatmaps in self.samples):
            paths = ", ".join(str(data.path) for data in sets)
            raise DataError(f"{paths}: expected an entry 'teacher_heatmaps' in one, found none")

    def repeat_rare_joints(self, seed: int) -> None:
        """Let people with rarely labelled joints come several times in a round.

        Each data set is balanced by itself; see :func:`pedpose.data.balance.repeats_for_joints`.
        """
        repeated: list[tuple[Picture, Person, TeacherHeatmaps | None]] = []
        sizes, start = [], 0
        for size in self.sizes:
            part = self.samples[start : start + size]
            labelled = np.stack([person.weights for _, person, _ in part])
            repeats = repeats_for_joints(labelled, seed)
            repeated += [s for s, n in zip(part, repeats, strict=True) for _ in range(n)]
            sizes.append(int(repeats.sum()))
            start += size
        self.samples, self.sizes = repeated, sizes

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.samples)

    def __getitem__(self, draw: Draw) -> JointSample:
        """Load and change one crop; the same draw always gives the same crop.

        Raises:
            DataError: If the picture is unreadable or not of the size that its file states.
        """
        random = default_rng(draw.seed)
        picture, person, heatmaps = self.samples[draw.sample]
        image = read_annotated(picture)
        matrix = self._placement(person, random)
        crop = geometry.warp(image, matrix, self.input_size)
        points = geometry.transform(person.keypoints[:, :2], matrix)
        joints = np.column_stack([points, person.weights])
        cloud = self._cloud(person, heatmaps, matrix)
        if random.random() < self.augmentation.mirror_chance:
            crop = np.ascontiguousarray(crop[:, ::-1])
            joints = geometry.mirror_keypoints(joints, self.input_size[1], self.flip_indices)
            cloud = geometry.mirror_keypoints(cloud, self.input_size[1], self.flip_indices)
        crop = change_pixels(crop, self.augmentation, random)
        points, weights = joints[:, :2], joints[:, 2]
        height, width = self.input_size
        inside = ((points >= 0) & (points <= (width, height))).all(axis=1)
        return JointSample(
            torch.from_numpy(crop).permute(2, 0, 1),
            torch.from_numpy(points),
            torch.from_numpy(np.where(inside, weights, 0).astype(np.float32)),
            torch.from_numpy(cloud),
        )

    def _cloud(
        self, person: Person, heatmaps: TeacherHeatmaps | None, matrix: geometry.Doubles
    ) -> Floats:
        """Return what the teacher saw of a person, in pixels of the crop."""
        cloud = None if heatmaps is None else heatmaps.cloud(person.id, self.skeleton.names)
        if cloud is None:
            return np.zeros((self._cells, len(self.skeleton), 3), np.float32)
        cloud[..., :2] = geometry.transform(cloud[..., :2], matrix)
        return cloud

    def _placement(self, person: Person, random: Generator) -> geometry.Doubles:
        """Draw the affine map from picture to crop."""
        settings = self.augmentation
        box = person.box
        if random.random() < settings.half_body_chance:
            half = half_body_box(person.keypoints, random)
            box = box if half is None else half
        height, width = self.input_size
        x, y, w, h = geometry.box_centres_sizes(box[None], width / height)[0]
        zoom = random.uniform(*settings.scale)
        shift = random.uniform(-settings.shift, settings.shift, 2)
        turns = random.random() < settings.rotation_chance
        rotation = random.uniform(-settings.rotation, settings.rotation) if turns else 0.0
        return geometry.crop_matrix(
            (x + shift[0] * w, y + shift[1] * h),
            (w * zoom, h * zoom),
            self.input_size,
            rotation,
        )


def _flip_indices(data: CocoData, skeleton: Skeleton) -> tuple[int, ...]:
    try:
        return skeleton.flip_indices
    except DataError as error:
        raise DataError(f"{data.path}: {error}") from error


def _longer_side(person: Person) -> float:
    return float((person.box[2:] - person.box[:2]).max())
