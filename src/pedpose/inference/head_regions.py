"""The places in a picture where people's heads may be: rather too much than too little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError
from pedpose.inference.body_scale import Place, body_height, named_places
from pedpose.inference.heads import CROWN, EARS, FACE, HEAD_HEIGHT, SHOULDERS, find_head
from pedpose.people import People
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton

Circles = NDArray[np.float64]

# Radius in parts of the body height. A head without hair is 0.065 in it (Drillis and Contini): the
# rest is for hair, hats and joints that are a little off.
RADIUS = 1.6 * HEAD_HEIGHT / 2
RADIUS_FROM_SHOULDERS = 2.2 * HEAD_HEIGHT / 2
RADIUS_OF_EARS = 1.1
"""The same in parts of the distance between the ears, which is 0.095 of the body height."""

SURE = 0.3
"""Score of a face joint below which the place above the shoulders is covered as well."""

_TALLER_THAN_BOX = 8.0
_SHORTER_THAN_BOX = 0.8
_TOP_OF_BOX = 0.35
_FAR = 1e6


def check_heads(skeleton: Skeleton) -> None:
    """Make sure that heads can be found by the joints of a skeleton.

    Raises:
        ConfigError: If they cannot.
    """
    names = {plain_name(name) for name in skeleton.names}
    if not names & {*FACE, *CROWN} and not set(SHOULDERS) <= names:
        raise ConfigError(
            "faces cannot be made unrecognisable with this skeleton: expected one of the joints "
            f"{', '.join((*FACE, *CROWN))}, or both {' and '.join(SHOULDERS)}; found "
            f"{', '.join(skeleton.names)}"
        )


def head_regions(people: People, min_score: float) -> Circles:
    """Return circles that together contain the heads of all people.

    Each face joint with a score is inside one; one that lies far from the others gets a circle of
    its own, since nobody can tell which are right. Where no face joint is sure the place above the
    shoulders is covered too, and where they are not sure either the upper part of the box.

    Args:
        people: In continuous pixels of the picture.
        min_score: Joints with a lower score are not looked at.

    Returns:
        (R, 3) x, y, radius; at least one for each person whose box or joints are finite.
    """
    names = people.skeleton.names
    found: list[tuple[float, float, float]] = []
    for keypoints, box in zip(
        people.keypoints.astype(np.float64), people.boxes.astype(np.float64), strict=True
    ):
        possible = (np.abs(keypoints[:, :2]) < _FAR).all(axis=1)
        keypoints = np.where(possible[:, None], keypoints, np.nan)
        found += _regions(
            named_places(names, keypoints, min_score), named_places(names, keypoints, SURE), box
        )
    return np.array(found, np.float64).reshape(-1, 3)


def _regions(
    places: dict[str, Place], sure: dict[str, Place], box: Place
) -> list[tuple[float, float, float]]:
    """Return the circles of one person: of all joints, of those that are sure, and the box."""
    longest = float((box[2:] - box[:2]).max()) if (np.abs(box) < _FAR).all() else 0.0
    height = body_height(places) or 0.0
    if longest > 0:
        height = float(np.clip(height, _SHORTER_THAN_BOX * longest, _TALLER_THAN_BOX * longest))
    face = {name: place for name, place in places.items() if name in (*FACE, *CROWN)}
    regions = []
    if height > 0 and (head := find_head(places, height)) is not None:
        radius = (RADIUS if face else RADIUS_FROM_SHOULDERS) * height
        if EARS[0] in face and EARS[1] in face:
            # Where little but a face is seen it tells best how large its head is.
            apart = float(np.hypot(*(face[EARS[0]] - face[EARS[1]])))
            radius = max(radius, min(RADIUS_OF_EARS * apart, 2 * radius))
        regions.append((*head.middle.tolist(), radius))
        far = [p for p in face.values() if np.hypot(*(p - head.middle)) > 0.9 * radius]
        regions += [(*place.tolist(), radius) for place in far]
    if height > 0 and face and not any(name in sure for name in face):
        body = {name: place for name, place in places.items() if name not in face}
        if (head := find_head(body, height)) is not None:
            regions.append((*head.middle.tolist(), RADIUS_FROM_SHOULDERS * height))
    if longest > 0 and not (regions and sure.keys() & {*FACE, *CROWN, *SHOULDERS}):
        middle = (box[0] + box[2]) / 2
        depth = _TOP_OF_BOX * longest / 2
        radius = float(np.hypot(depth, (box[2] - box[0]) / 2))
        regions.append((float(middle), float(box[1]) + depth, radius))
    return regions
