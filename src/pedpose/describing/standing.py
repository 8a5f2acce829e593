"""Where the joints of a person are who stands and looks at us, by the names of the joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pedpose.sides import name_side, plain_name
from pedpose.skeleton import Skeleton

Doubles = NDArray[np.float64]

# x of the left side, y downwards; the head is larger than life, for there is most in it.
_PLACES: dict[tuple[float, float], tuple[str, ...]] = {
    (0, 0): ("head_top", "top_head", "head_tip", "vertex"),
    (0, 0.45): ("forehead",),
    (0, 0.95): ("head", "head_centre", "head_center"),
    (0, 1.15): ("nose", "face"),
    (0.4, 0.7): ("eye",),
    (0.25, 0.7): ("eye_inner", "inner_eye"),
    (0.55, 0.7): ("eye_outer", "outer_eye"),
    (0.4, 0.45): ("eyebrow", "brow"),
    (0.9, 0.95): ("ear",),
    (0, 1.5): ("mouth",),
    (0.25, 1.5): ("mouth_corner",),
    (0, 1.75): ("chin", "jaw"),
    (0, 2.0): ("upper_neck",),
    (0, 2.25): ("neck", "throat", "neck_base"),
    (0, 2.6): ("thorax", "chest", "upper_chest", "sternum", "upper_spine", "mid_shoulder"),
    (0.45, 2.35): ("clavicle", "collar"),
    (1.15, 2.5): ("shoulder",),
    (1.5, 3.7): ("elbow",),
    (1.65, 4.85): ("wrist",),
    (1.7, 5.25): ("hand", "palm"),
    (1.4, 5.3): ("thumb",),
    (1.6, 5.65): ("index", "index_finger"),
    (1.8, 5.65): ("middle_finger", "fingers"),
    (1.95, 5.5): ("pinky", "little_finger"),
    (0, 3.5): ("spine", "torso", "mid_spine", "back", "belly", "body"),
    (0, 4.2): ("lower_spine", "navel"),
    (0, 4.75): ("pelvis", "root", "mid_hip", "hip_mid", "hip_centre", "hip_center", "hips"),
    (0.65, 4.9): ("hip",),
    (0.72, 6.7): ("knee",),
    (0.75, 8.4): ("ankle",),
    (0.6, 8.65): ("heel",),
    (0.95, 8.8): ("foot", "foot_index", "toe", "toes", "foot_tip"),
    (0.8, 8.9): ("big_toe", "bigtoe"),
    (1.2, 8.75): ("small_toe", "smalltoe", "little_toe"),
}

_SYNONYMS = {"centre": "mid", "center": "mid", "middle": "mid", "central": "mid"}
_BY_NAME = {name: place for place, names in _PLACES.items() for name in names}
_LEAST_SHARE = 0.5


def standing_pose(skeleton: Skeleton) -> Doubles | None:
    """Return where the joints are whose names are known.

    Returns:
        (K, 2) x, y in no unit, y downwards, the person's left at larger x; NaN for joints that
        are not known. None where these are most: it may be something else than a person.
    """
    places = np.full((len(skeleton), 2), np.nan)
    taken = set()
    for joint, (name, side) in enumerate(zip(skeleton.names, skeleton.sides, strict=True)):
        place = _place(name, side)
        # Two names for one place: the second has to find its own.
        if place is not None and place not in taken:
            taken.add(place)
            places[joint] = place
    known = int(np.isfinite(places[:, 0]).sum())
    return places if known > 1 and known >= _LEAST_SHARE * len(skeleton) else None


def _place(name: str, side: str) -> tuple[float, float] | None:
    """Return x, y of a joint."""
    words = plain_name(name).split("_")
    if name_side(name) in ("left", "right"):
        words = words[1:]
    found = _BY_NAME.get("_".join(words))
    if found is None:
        words = [_SYNONYMS.get(word, word) for word in words]
        found = _BY_NAME.get("_".join(words)) or _BY_NAME.get("_".join(reversed(words)))
    if found is None or (found[0] == 0) != (side == "middle"):
        return None
    return (-found[0] if side == "right" else found[0], found[1])
