"""Bring annotations into the order of another skeleton's joints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pedpose.data.coco import CocoData, Person
from pedpose.errors import DataError
from pedpose.skeleton import Skeleton


def with_skeleton(data: CocoData, skeleton: Skeleton) -> CocoData:
    """Return data with its joints in another skeleton's order, matched by name.

    Joints that the data does not have become not labelled; joints that the skeleton does not
    have are dropped.

    Raises:
        DataError: If the two have no joint in common.
    """
    if data.skeleton.names == skeleton.names:
        return data
    places = [
        data.skeleton.names.index(n) if n in data.skeleton.names else -1 for n in skeleton.names
    ]
    if max(places) < 0:
        raise DataError(
            f"{data.path}: expected some of the joints {', '.join(skeleton.names)}, "
            f"found {', '.join(data.skeleton.names)}"
        )
    has = np.array(places) >= 0

    def reorder(person: Person) -> Person:
        keypoints = np.where(has[:, None], person.keypoints[places], 0).astype(np.float32)
        weights = np.where(has, person.weights[places], 0).astype(np.float32)
        return replace(person, keypoints=keypoints, weights=weights)

    pictures = tuple(replace(p, people=tuple(map(reorder, p.people))) for p in data.pictures)
    return replace(data, skeleton=skeleton, pictures=pictures)
