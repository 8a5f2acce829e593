"""Find the same people in annotation files that several annotators made of the same pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData, Person, Picture
from pedpose.errors import DataError
from pedpose.files import name_within
from pedpose.geometry import iou

Doubles = NDArray[np.float64]

LEAST_IOU = 0.5
"""Overlap of the boxes of one person by two annotators."""


@dataclass(frozen=True, slots=True)
class SamePeople:
    """P people whom at least two of A annotators labelled, the first of them among these.

    Attributes:
        files: Of the annotators.
        pictures: Number of pictures that the first file shares with another.
        keypoints: (P, A, K, 3) x, y, v; NaN for a person whom an annotator does not have.
        areas: (P,) mean over annotators in square pixels.
        matched: For each file but the first, the number of its people who are one of the first.
        unmatched: Of its others in shared pictures.
        missed: Of people of the first in pictures that both have whom it does not have.
        estimated_areas: Number of people whose area was missing, in all files.
    """

    files: tuple[Path, ...]
    pictures: int
    keypoints: Doubles
    areas: Doubles
    matched: tuple[int, ...]
    unmatched: tuple[int, ...]
    missed: tuple[int, ...]
    estimated_areas: int


def same_people(files: Sequence[CocoData]) -> SamePeople:
    """Match the people of each file to those of the first.

    Pictures are the same where their names are, without their folders if these names are unique.
    People are the same where each is the other's best by the overlap of boxes.

    Raises:
        DataError: If the files have other joints or sizes of pictures, or nobody in common.
    """
    first = files[0]
    for data in files[1:]:
        if data.skeleton.names != first.skeleton.names:
            raise DataError(
                f"{data.path}: 'categories': expected the joints of {first.path} in the same "
                f"order, found {_difference(first.skeleton.names, data.skeleton.names)}"
            )
    named = _by_name(files)
    rows: list[list[Person | None]] = []
    matched, unmatched, missed = ([0] * (len(files) - 1) for _ in range(3))
    shared = 0
    for name, picture in named[0].items():
        found = [pictures.get(name) for pictures in named[1:]]
        shared += any(other is not None for other in found)
        columns: list[dict[int, Person]] = []
        for place, other in enumerate(found):
            if other is None:
                columns.append({})
                continue
            _check_size(first, files[place + 1], picture, other)
            same = _match(picture.people, other.people)
            matched[place] += len(same)
            unmatched[place] += len(other.people) - len(same)
            missed[place] += len(picture.people) - len(same)
            columns.append(same)
        for position, person in enumerate(picture.people):
            row = [person, *(same.get(position) for same in columns)]
            if any(other is not None for other in row[1:]):
                rows.append(row)
    if not rows:
        what = "no picture" if not shared else f"{shared} pictures, but nobody in them"
        raise DataError(
            f"{first.path}: expected people whom {_names(files[1:])} also has, found {what} in "
            "common"
        )
    nothing = np.full((len(first.skeleton), 3), np.nan)
    return SamePeople(
        files=tuple(data.path for data in files),
        pictures=shared,
        keypoints=np.array(
            [[nothing if p is None else p.keypoints for p in row] for row in rows], np.float64
        ),
        areas=np.array([np.mean([p.area for p in row if p is not None]) for row in rows]),
        matched=tuple(matched),
        unmatched=tuple(unmatched),
        missed=tuple(missed),
        estimated_areas=sum(data.estimated_areas for data in files),
    )


def _by_name(files: Sequence[CocoData]) -> list[dict[str, Picture]]:
    """Return the pictures of each file by a name that is unique in all of them."""
    short = [{picture.path.name: picture for picture in data.pictures} for data in files]
    if all(len(names) == len(data.pictures) for names, data in zip(short, files, strict=True)):
        return short
    long = []
    for data in files:
        names = [name_within(picture.path, data.path.parent) for picture in data.pictures]
        ((twice, times),) = Counter(names).most_common(1)
        if times > 1:
            raise DataError(f"{data.path}: expected each picture once, found {twice} twice")
        long.append(dict(zip(names, data.pictures, strict=True)))
    return long


def _match(people: Sequence[Person], others: Sequence[Person]) -> dict[int, Person]:
    """Return by place in ``people`` who of the others is the same."""
    if not people or not others:
        return {}
    overlap = iou(np.stack([p.box for p in people]), np.stack([p.box for p in others]))
    best = overlap.argmax(axis=1)
    return {
        place: others[other]
        for place, other in enumerate(best.tolist())
        if overlap[place, other] >= LEAST_IOU and overlap[:, other].argmax() == place
    }


def _check_size(first: CocoData, second: CocoData, picture: Picture, other: Picture) -> None:
    sizes = [(p.width, p.height) for p in (picture, other)]
    if sizes[0] != sizes[1]:
        raise DataError(
            f"{second.path}: image {other.id} ({other.path.name}): expected {sizes[0][0]} x "
            f"{sizes[0][1]} pixels as in {first.path}, found {sizes[1][0]} x {sizes[1][1]}"
        )


def _difference(names: Sequence[str], others: Sequence[str]) -> str:
    if len(names) != len(others):
        return f"{len(others)} in place of {len(names)}"
    place = next(i for i, (a, b) in enumerate(zip(names, others, strict=True)) if a != b)
    return f"{others[place]!r} in place of {names[place]!r}"


def _names(files: Sequence[CocoData]) -> str:
    return " or ".join(str(data.path) for data in files)
