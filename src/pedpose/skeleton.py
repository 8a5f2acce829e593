"""Skeletons are data: joint names, limbs, left/right swap pairs and OKS sigmas."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pedpose.errors import DataError

DEFAULT_SIGMA = 0.05
"""OKS sigma of each joint where nobody has measured them and the choice decides no figure that is
reported: for suppressing duplicates and for choosing the best weights of a training."""

_MIRROR = {"left": "right", "right": "left"}
_WORD_ENDS = re.compile(r"([_\- ])")


def mirrored_name(name: str) -> str:
    """Return the name of the joint on the other side of the body.

    A name has a side when one of its words (split at ``_``, ``-`` or a space) is ``left`` or
    ``right``: ``left_wrist``, ``wrist_left``, ``Left-Wrist``, ``LEFT WRIST``. Other names are
    their own mirror.
    """
    words = _WORD_ENDS.split(name)
    for position, word in enumerate(words):
        other = _MIRROR.get(word.lower())
        if other is not None:
            if word.isupper():
                other = other.upper()
            elif word[0].isupper():
                other = other.capitalize()
            words[position] = other
            break
    return "".join(words)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """An ordered set of K named joints.

    Attributes:
        names: K joint names, unique.
        limbs: Pairs of joint indices (0-based) that are drawn as lines.
        sigmas: K OKS sigmas (the per-joint constant k_i / 2 of the COCO keypoint evaluation), or
            None where nobody has measured them for this skeleton.
    """

    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()
    sigmas: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a skeleton that contradicts itself."""
        if not self.names:
            raise DataError("skeleton: expected at least one joint name, found none")
        if len(set(self.names)) != len(self.names):
            twice = sorted({n for n in self.names if self.names.count(n) > 1})
            raise DataError(f"skeleton: joint names must be unique, found twice: {twice}")
        for limb in self.limbs:
            if not all(0 <= joint < len(self.names) for joint in limb):
                raise DataError(f"skeleton: limb {limb} points outside {len(self.names)} joints")
        if self.sigmas is not None:
            if len(self.sigmas) != len(self.names):
                raise DataError(
                    f"skeleton: expected {len(self.names)} sigmas, found {len(self.sigmas)}"
                )
            if not all(0 < sigma < math.inf for sigma in self.sigmas):
                raise DataError(f"skeleton: sigmas must be numbers above 0, found {self.sigmas}")

    def __len__(self) -> int:
        """Return K, the number of joints."""
        return len(self.names)

    @property
    def flip_indices(self) -> tuple[int, ...]:
        """For each joint the index of its mirror joint (itself where it has no side).

        Raises:
            DataError: If a joint with a side has no partner, so that mirrored pictures would
                teach a wrong side.
        """
        index = {name: i for i, name in enumerate(self.names)}
        missing = [n for n in self.names if mirrored_name(n) not in index]
        if missing:
            raise DataError(
                "skeleton: joints without a partner on the other side: "
                + ", ".join(f"{n} (expected {mirrored_name(n)})" for n in missing)
                + "; correct the names, or train with --no-mirror"
            )
        return tuple(index[mirrored_name(n)] for n in self.names)

    @property
    def swap_pairs(self) -> tuple[tuple[str, str], ...]:
        """Names of the joints that change places when a picture is mirrored."""
        return tuple(
            (self.names[i], self.names[j]) for i, j in enumerate(self.flip_indices) if i < j
        )

    def side(self, joint: int) -> str:
        """Return ``left``, ``right`` or ``middle`` for a joint index."""
        words = _WORD_ENDS.split(self.names[joint].lower())
        return next((word for word in words if word in _MIRROR), "middle")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for a checkpoint or a result file."""
        return {"names": self.names, "limbs": self.limbs, "sigmas": self.sigmas}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Skeleton:
        """Read what :meth:`to_dict` wrote."""
        sigmas = data.get("sigmas")
        return cls(
            names=tuple(str(n) for n in data["names"]),
            limbs=tuple((int(a), int(b)) for a, b in data["limbs"]),
            sigmas=None if sigmas is None else tuple(float(s) for s in sigmas),
        )

    @classmethod
    def from_coco_category(cls, category: Mapping[str, Any]) -> Skeleton:
        """Read the ``keypoints``, ``skeleton`` (1-based) and ``sigmas`` of a COCO category.

        The 17 COCO joints get the published COCO sigmas when the file brings none.

        Raises:
            DataError: If the category has no joint names or contradicts itself.
        """
        names = category.get("keypoints")
        if not isinstance(names, Sequence) or isinstance(names, str) or not names:
            raise DataError(f"category {category.get('name')!r}: expected a list of joint names")
        sigmas = category.get("sigmas")
        if sigmas is None and tuple(names) == COCO_17.names:
            sigmas = COCO_17.sigmas
        limbs = tuple((int(a) - 1, int(b) - 1) for a, b in category.get("skeleton") or ())
        return cls(
            names=tuple(str(n) for n in names),
            limbs=limbs,
            sigmas=None if sigmas is None else tuple(float(s) for s in sigmas),
        )

    def to_coco_category(self) -> dict[str, Any]:
        """Return the COCO category (limbs 1-based) of a person with this skeleton."""
        category: dict[str, Any] = {
            "id": 1,
            "name": "person",
            "supercategory": "person",
            "keypoints": list(self.names),
            "skeleton": [[a + 1, b + 1] for a, b in self.limbs],
        }
        if self.sigmas is not None:
            category["sigmas"] = list(self.sigmas)
        return category


# Joint order, limbs and sigmas of COCO 2017: https://cocodataset.org/#keypoints-eval
# (sigmas as in pycocotools.cocoeval.Params.kpt_oks_sigmas).
COCO_17 = Skeleton(
    names=(
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    limbs=(
        (15, 13),
        (13, 11),
        (16, 14),
        (14, 12),
        (11, 12),
        (5, 11),
        (6, 12),
        (5, 6),
        (5, 7),
        (6, 8),
        (7, 9),
        (8, 10),
        (1, 2),
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 4),
        (3, 5),
        (4, 6),
    ),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
        *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
    ),
)
