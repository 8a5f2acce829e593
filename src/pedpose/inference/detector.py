"""People and their joints in one picture: the two networks together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.calibration import Calibration
from pedpose.data.coco import AREA_OF_BOX
from pedpose.errors import ConfigError
from pedpose.inference.finder import FinderSettings
from pedpose.inference.heat import PersonHeat
from pedpose.inference.stages import PersonStage, open_finder, open_joints
from pedpose.people import People
from pedpose.pictures import read_picture
from pedpose.runtime.choice import Wanted, choose_runtime
from pedpose.skeleton import DEFAULT_SIGMA, Skeleton
from pedpose.timing import Stopwatch

Floats = NDArray[np.float32]

IN_SIGHT = 0.2
"""Score from which on a joint counts in the score of its person."""


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How people are looked for.

    Attributes:
        min_score: Least score of a person (see :func:`person_scores`), calibrated if the joint
            network's weights say how.
        max_oks: Of two people whose joints are more alike than this the better one is kept.
        batch: Most crops that are run at once; None for what suits the device.
        wanted: By what, where and in which precision the networks are run.
        find_people: Whether the person finder is loaded; known boxes and whole pictures do
            without it.
        heat: Whether heatmaps are kept for drawing.
    """

    min_score: float = 0.3
    max_oks: float = 0.7
    batch: int | None = None
    wanted: Wanted = field(default_factory=Wanted)
    find_people: bool = True
    heat: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        for name in ("min_score", "max_oks"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}: expected 0..1, found {getattr(self, name)}")
        if self.batch is not None and self.batch < 1:
            raise ConfigError(f"batch: expected 1 or more, found {self.batch}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The people of a picture, and what is needed to look for them in the next one.

    Attributes:
        people: N people.
        found: (N,) the finder's scores, which are a part of theirs.
        heat: Heat of each of them, where it was asked for.
    """

    people: People
    found: Floats
    heat: tuple[PersonHeat, ...] | None = None

    def select(self, index: NDArray[np.intp]) -> Estimate:
        """Return the people that an index array (N,) picks, in its order."""
        heat = None if self.heat is None else tuple(self.heat[i] for i in index.tolist())
        return Estimate(self.people.select(index), self.found[index], heat)


class PoseDetector:
    """Finds people and their joints in pictures.

    Attributes:
        skeleton: The joints that are found.
        device: Description of the device that is really used.
        runtime: Of the library and the precision that are really used.
        weights: The files used and the SHA-256 of their weights: of an export in fp32 that of the
            weights it was made of.
        watch: How long finder and joint network were busy.
    """

    def __init__(
        self,
        joints: Path | None = None,
        person: Path | None = None,
        settings: DetectorSettings | None = None,
    ) -> None:
        """Load weights; those of the package where no file is given.

        Raises:
            CheckpointError: If a file is not a network for its task.
            ConfigError: If device, runtime or precision cannot be had, or a finder is given that
                has no use.
        """
        self._settings = settings = settings or DetectorSettings()
        if person is not None and not settings.find_people:
            raise ConfigError(f"{person}: weights of a person finder where nobody is searched for")
        self.watch = Stopwatch()
        files = [joints, person] if settings.find_people else [joints]
        runtime = choose_runtime(settings.wanted, files)
        info, self._estimator = open_joints(
            *(joints, runtime, settings.wanted, settings.batch, settings.heat)
        )
        self.device, self.runtime = info.device, info.runtime
        self.weights = {str(info.path): info.identity}
        self.skeleton: Skeleton = info.metadata.joint_skeleton
        self._joint_chance = info.metadata.calibration.get("joints", Calibration())
        self._person_chance = info.metadata.calibration.get("people", Calibration())
        self._finder: PersonStage | None = None
        if settings.find_people:
            # Joints cannot raise a score: the finder alone can rule out what lies below this.
            least = FinderSettings(min_score=self._person_chance.inverse(settings.min_score))
            info, self._finder = open_finder(person, runtime, settings.wanted, least)
            self.weights[str(info.path)] = info.identity

    def __call__(self, image: geometry.Image | Path | str) -> People:
        """Find the people in a picture.

        Args:
            image: (H, W, 3) RGB uint8, or the path of a picture file.

        Returns:
            People, best first; coordinates are continuous pixels of the picture.

        Raises:
            ConfigError: If the detector was made without a person finder.
            SourceError: If a file cannot be read.
            ValueError: If an array is not a picture.
        """
        picture = _as_picture(image)
        (boxes, found), *_ = self.find([picture])
        return self.choose(*self.estimate([picture], [boxes], [found])).people

    def in_boxes(self, image: geometry.Image | Path | str, boxes: Floats) -> People:
        """Find the joints of people whose boxes are known.

        Args:
            image: (H, W, 3) RGB uint8, or the path of a picture file.
            boxes: (N, 4) x1, y1, x2, y2 in continuous pixels of the picture.

        Returns:
            N people in the order of the boxes; nobody is left out.
        """
        found = np.ones(len(boxes), np.float32)
        return self.estimate([_as_picture(image)], [boxes], [found])[0].people

    def whole(self, image: geometry.Image | Path | str) -> People:
        """Find the joints of the one person who fills the picture."""
        picture = _as_picture(image)
        height, width = picture.shape[:2]
        return self.in_boxes(picture, np.array([[0, 0, width, height]], np.float32))

    def find(self, images: Sequence[geometry.Image]) -> list[tuple[Floats, Floats]]:
        """Search for people in several pictures (H, W, 3) at once.

        Returns:
            For each picture boxes (N, 4) x1, y1, x2, y2 and the finder's scores (N,), best first.

        Raises:
            ConfigError: If the detector was made without a person finder.
        """
        if self._finder is None:
            raise ConfigError("find_people: this detector was made for known boxes only")
        with self.watch("finder"):
            return self._finder.many(images)

    def estimate(
        self, images: Sequence[geometry.Image], boxes: Sequence[Floats], found: Sequence[Floats]
    ) -> list[Estimate]:
        """Find the joints of the people of several pictures at once.

        Args:
            images: Pictures (H, W, 3) RGB uint8.
            boxes: For each picture (N, 4) x1, y1, x2, y2.
            found: For each picture (N,) the finder's scores, 1 for people who are known.

        Returns:
            For each picture all N people in the order of the boxes.
        """
        heat: list[list[PersonHeat]] | None = [] if self._settings.heat else None
        with self.watch("joints"):
            keypoints = self._estimator.many(zip(images, boxes, strict=True), heat)
        estimates = []
        for number, joints in enumerate(keypoints):
            chances = self._person_chance(person_scores(found[number], joints[:, :, 2]))
            joints[:, :, 2] = self._joint_chance(joints[:, :, 2])
            people = People(
                *(self.skeleton, joints),
                *(boxes[number].astype(np.float32), chances.astype(np.float32)),
            )
            warm = None if heat is None else tuple(heat[number])
            estimates.append(Estimate(people, found[number], warm))
        return estimates

    def choose(self, estimate: Estimate) -> Estimate:
        """Return, best first, the people whose score is high enough, each of them once."""
        scores = estimate.people.scores
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= self._settings.min_score]
        return estimate.select(
            order[distinct(estimate.people.select(order), self._settings.max_oks)]
        )


def person_scores(found: Floats, joints: Floats) -> Floats:
    """Return how sure it is that people were found and their joints are right.

    The finder's score times the mean score of the joints that are not out of sight: people whose
    legs are beyond the picture's edge are people all the same (Xiao et al., "Simple Baselines for
    Human Pose Estimation and Tracking", ECCV 2018).

    Args:
        found: (N,) scores of the finder.
        joints: (N, K) scores of their joints, not calibrated: these tell people from other things
            better.

    Returns:
        (N,), 0 for people without any joint in sight.
    """
    seen = joints > IN_SIGHT
    return np.asarray(found * (joints * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))


def distinct(people: People, max_oks: float) -> NDArray[np.intp]:
    """Return the indices of people, of those whose joints nearly coincide only of the best one.

    Args:
        people: Best first.
        max_oks: Largest object keypoint similarity of two different people.
    """
    sigmas = people.skeleton.sigmas or (DEFAULT_SIGMA,) * len(people.skeleton)
    sides = people.boxes[:, 2:] - people.boxes[:, :2]
    areas = AREA_OF_BOX * sides.prod(axis=1)
    similar = geometry.oks(people.keypoints, people.keypoints, areas, sigmas)
    keep: list[int] = []
    for i in range(len(people)):
        if not keep or similar[i, keep].max() <= max_oks:
            keep.append(i)
    return np.array(keep, np.intp)


def _as_picture(image: geometry.Image | Path | str) -> geometry.Image:
    if isinstance(image, Path | str):
        return read_picture(Path(image))
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(
            f"expected a picture (H, W, 3) of uint8 RGB, found {image.shape} of {image.dtype}"
        )
    return image
