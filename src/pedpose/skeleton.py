"""Skeletons are data: joint names, limbs, left/right swap pairs and OKS sigmas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedpose.errors import DataError
from pedpose.sides import doubts, mirrored_name, name_side, named_partners
from pedpose.skeleton_entries import read_limbs, read_names, read_pairs, read_sigmas

DEFAULT_SIGMA = 0.05
"""OKS sigma of each joint where nobody has measured them and the choice decides no figure that is
reported: for suppressing duplicates and for choosing the best weights of a training."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """An ordered set of K named joints.

    Attributes:
        names: K joint names, unique.
        limbs: Pairs of joint indices (0-based) that are drawn as lines.
        sigmas: K OKS sigmas (the per-joint constant k_i / 2 of the COCO keypoint evaluation), or
            None where nobody has measured them for this skeleton.
        swaps: Pairs of joint indices (0-based) that change places when a picture is mirrored,
            the left joint first where the names have no sides; empty where no joint has a side,
            None where the names say it.
    """

    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()
    sigmas: tuple[float, ...] | None = None
    swaps: tuple[tuple[int, int], ...] | None = None

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

        self._check_swaps(self.swaps or ())

    def _check_swaps(self, swaps: tuple[tuple[int, int], ...]) -> None:
        """Refuse pairs that are no pairs, or that contradict the words left and right."""
        joints = [joint for pair in swaps for joint in pair]
        for pair in swaps:
            if not all(0 <= joint < len(self.names) for joint in pair):
                raise DataError(f"skeleton: swap {pair} points outside {len(self.names)} joints")
            for joint in pair:
                if joints.count(joint) > 1:
                    raise DataError(
                        f"skeleton: swaps: expected {self.names[joint]} in one pair with another "
                        f"joint, found it {joints.count(joint)} times"
                    )
        if self.swaps is None:
            return
        for joint, partner in enumerate(self.mirrors):
            name, other = self.names[joint], self.names[partner]
            mirror = mirrored_name(name)
            if name_side(name, with_letters=False) not in ("left", "right") or other == mirror:
                continue
            sided = joint != partner and name_side(other, with_letters=False) != "middle"
            if sided or mirror in self.names:
                found = "no partner" if joint == partner else other
                raise DataError(
                    f"skeleton: swaps: expected {name} <-> {mirror} as their names say, found "
                    f"{found} for {name}"
                )

    def __len__(self) -> int:
        """Return K, the number of joints."""
        return len(self.names)

    @property
    def mirrors(self) -> tuple[int, ...]:
        """For each joint the index of its mirror joint, itself where none is known.

        Good for drawing and for naming errors; pictures are mirrored by :attr:`flip_indices`.
        """
        if self.swaps is None:
            return named_partners(self.names)
        partners = list(range(len(self.names)))
        for first, second in self.swaps:
            partners[first], partners[second] = second, first
        return tuple(partners)

    @property
    def flip_indices(self) -> tuple[int, ...]:
        """For each joint the index of its mirror joint (itself where it has no side).

        Raises:
            DataError: If the names leave open which joints change places, so that mirrored
                pictures would teach a wrong side.
        """
        if self.swaps is None and (found := doubts(self.names)):
            raise DataError(
                f"skeleton: {'; '.join(found)}; correct the names, or give the pairs under "
                "'swaps' in the category or skeleton file ([] where no joint has a side), or "
                "train with --no-mirror"
            )
        return self.mirrors

    @property
    def swap_pairs(self) -> tuple[tuple[str, str], ...]:
        """Names of the joints that change places when a picture is mirrored.

        Raises:
            DataError: As for :attr:`flip_indices`.
        """
        return tuple(
            (self.names[i], self.names[j]) for i, j in enumerate(self.flip_indices) if i < j
        )

    @property
    def sides(self) -> tuple[str, ...]:
        """For each joint ``left``, ``right`` or ``middle``, as far as it is known."""
        return tuple(self._side(joint, partner) for joint, partner in enumerate(self.mirrors))

    def side(self, joint: int) -> str:
        """Return ``left``, ``right`` or ``middle`` for a joint index."""
        return self._side(joint, self.mirrors[joint])

    def _side(self, joint: int, partner: int) -> str:
        name, other = self.names[joint], self.names[partner]
        if partner == joint:
            side = name_side(name, with_letters=False)
            return "middle" if side == "both" else side
        side, other_side = name_side(name), name_side(other)
        if side in ("left", "right") and side != other_side:
            return side
        if other_side in ("left", "right") and side != other_side:
            return "left" if other_side == "right" else "right"
        return "left" if (joint, partner) in (self.swaps or ()) else "right"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for a checkpoint or a result file."""
        return {
            "names": self.names,
            "limbs": self.limbs,
            "sigmas": self.sigmas,
            "swaps": self.swaps,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Skeleton:
        """Read what :meth:`to_dict` wrote."""
        sigmas, swaps = data.get("sigmas"), data.get("swaps")
        return cls(
            names=tuple(str(n) for n in data["names"]),
            limbs=tuple((int(a), int(b)) for a, b in data["limbs"]),
            sigmas=None if sigmas is None else tuple(float(s) for s in sigmas),
            swaps=None if swaps is None else tuple((int(a), int(b)) for a, b in swaps),
        )

    @classmethod
    def from_coco_category(cls, category: Mapping[str, Any]) -> Skeleton:
        """Read the ``keypoints``, ``skeleton`` (1-based) and ``sigmas`` of a COCO category.

        Beyond COCO, ``swaps`` may give the pairs of joints that change places when a picture is
        mirrored, as names or as indices counted from 0. The 17 COCO joints get the published COCO
        sigmas when the file brings none.

        Raises:
            DataError: If the category has no joint names, an entry is broken or contradicts
                another.
        """
        where = f"category {category.get('name')!r}"
        names = read_names(f"{where}: 'keypoints'", category.get("keypoints"))
        limbs, sigmas, swaps = (category.get(key) for key in ("skeleton", "sigmas", "swaps"))
        if sigmas is None and names == COCO_17.names:
            sigmas = COCO_17.sigmas
        entry = f"{where}: 'swaps'"
        parts: dict[str, Any] = {
            "limbs": () if limbs is None else read_limbs(f"{where}: 'skeleton'", limbs, len(names)),
            "sigmas": None if sigmas is None else read_sigmas(f"{where}: 'sigmas'", sigmas, names),
            "swaps": None if swaps is None else read_pairs(entry, swaps, names, by_index=True),
        }
        try:
            return cls(names, **parts)
        except DataError as error:
            raise DataError(f"{where}: {error}") from error

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
        if self.swaps is not None:
            category["swaps"] = [[self.names[a], self.names[b]] for a, b in self.swaps]
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
