"""What a joint network thinks of left and right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.checking.findings import Notes
from pedpose.checking.table import Doubles, PeopleTable
from pedpose.errors import ConfigError
from pedpose.geometry import Image, mirror_keypoints
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.pictures import read_picture
from pedpose.progress import Progress
from pedpose.runtime.choice import Wanted
from pedpose.skeleton import Skeleton

_SURE = 0.6
"""Least score of both joints of a pair; calibrated scores are the chance of being right."""

_CLOSER = 0.35
"""Exchanged labels must be closer to the network's joints by this factor."""

_MATCH, _APART = 0.06, 0.1
"""As parts of the square root of the box's area: the largest distance of an exchanged label to the
network's joint, and the least distance of the network's two joints."""

Pair = tuple[int, int]


def open_network(weights: Path, device: str) -> PoseDetector:
    """Load a joint network.

    Raises:
        CheckpointError: If the file is no joint network.
        ConfigError: If the device does not exist.
    """
    settings = DetectorSettings(wanted=Wanted(device=device), find_people=False)
    return PoseDetector(weights, settings=settings)


def check_opinion(
    table: PeopleTable,
    skeleton: Skeleton,
    pairs: tuple[Pair, ...],
    paths: Mapping[int, Path],
    detector: PoseDetector,
    notes: Notes,
    progress: Progress,
) -> None:
    """Note people whose labels fit the network's joints much better with left and right exchanged.

    The network looks at each person twice, the second time in a mirror, and must be sure both
    times: what it has to guess it guesses differently then.

    Args:
        table: The people.
        skeleton: Of their joints.
        pairs: Indices of the joints that change places in a mirror.
        paths: For each image id its picture, where that can be read and has the right size.
        detector: With a skeleton that has joints of the same names.
        notes: Takes the findings.
        progress: Is told of each picture that is done.

    Raises:
        ConfigError: If the network knows none of these pairs by name.
        SourceError: If a picture cannot be read any more.
    """
    index = {name: i for i, name in enumerate(detector.skeleton.names)}
    known = [pair for pair in pairs if all(skeleton.names[joint] in index for joint in pair)]
    if not known:
        raise ConfigError(
            f"--weights: expected a network with left and right joints of {notes.file}, found "
            f"none of them among {', '.join(detector.skeleton.names)}"
        )
    own = np.array(known)
    theirs = np.array([[index[skeleton.names[joint]] for joint in pair] for pair in known])
    groups = [g for g in table.groups() if table.places[g[0]].image in paths]
    for done, group in enumerate(groups, start=1):
        image = table.places[group[0]].image
        assert image is not None  # groups are of listed images; this tells mypy
        picture = read_picture(paths[image])
        views = [seen[:, theirs] for seen in _look(detector, picture, table.boxes[group])]
        labels = table.points[group][:, own]
        for person, exchanged in enumerate(_exchanged(labels, views, table.sides[group])):
            if exchanged.any():
                joints = own[exchanged].ravel()
                place = table.places[group[person]]
                names = ", ".join(skeleton.names[joint] for joint in joints)
                found = _distances(labels[person, exchanged], views[0][person, exchanged, :, :2])
                expected = "left and right as the network sees them"
                notes.add("likely-swap-model", replace(place, joint=names), found, expected)
        progress("network", done, len(groups))


def _look(detector: PoseDetector, picture: Image, boxes: Doubles) -> Iterator[Doubles]:
    """Give the joints (N, K, 3) of people in boxes, then those seen in a mirror, turned back."""
    straight = boxes.astype(np.float32)
    yield detector.in_boxes(picture, straight).keypoints.astype(np.float64)
    width = picture.shape[1]
    mirrored = straight.copy()
    mirrored[:, [0, 2]] = width - straight[:, [2, 0]]
    seen = detector.in_boxes(np.ascontiguousarray(picture[:, ::-1]), mirrored).keypoints
    yield mirror_keypoints(seen, width, detector.skeleton.flip_indices).astype(np.float64)


def _exchanged(labels: Doubles, views: list[Doubles], sides: Doubles) -> NDArray[np.bool_]:
    """Return (N, P): which pairs are exchanged in the opinion of all views.

    Args:
        labels: (N, P, 2, 2) x, y of the two joints of each pair, NaN where not labelled.
        views: Of (N, P, 2, 3) x, y and score.
        sides: (N, 2) width and height of the boxes.
    """
    size = np.sqrt(sides.prod(axis=1))[:, None]
    agreed = np.ones(labels.shape[:2], np.bool_)
    for view in views:
        points = view[..., :2]
        straight = np.linalg.norm(labels - points, axis=3)
        crossed = np.linalg.norm(labels - points[:, :, ::-1], axis=3)
        apart = np.linalg.norm(points[:, :, 0] - points[:, :, 1], axis=2)
        agreed &= (view[..., 2] > _SURE).all(axis=2)
        agreed &= crossed.sum(axis=2) < _CLOSER * straight.sum(axis=2)
        agreed &= (crossed.max(axis=2) < _MATCH * size) & (apart > _APART * size)
    return agreed


def _distances(labels: Doubles, points: Doubles) -> str:
    straight = np.linalg.norm(labels - points, axis=2).mean()
    crossed = np.linalg.norm(labels - points[:, ::-1], axis=2).mean()
    return f"labels {straight:.1f} pixels from its joints, exchanged {crossed:.1f}"
