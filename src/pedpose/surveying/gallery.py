"""Choose annotated people or pictures and draw their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData, Person, Picture
from pedpose.data.reading import read_annotated
from pedpose.errors import ConfigError, DataError
from pedpose.files import name_within
from pedpose.geometry import Image, crop_matrix, transform, warp
from pedpose.people import People
from pedpose.reporting.embed import jpeg_uri
from pedpose.reporting.text import counted
from pedpose.skeleton import Skeleton
from pedpose.writing.overlay import WHITE, Mark, draw

PERSON_TILE = (320, 240)
"""Height and width in pixels of a tile that shows one person."""

PICTURE_TILE = (450, 600)
"""Of a tile that shows a whole picture."""

GROUND = 96
"""Grey level of what lies outside of a picture."""

_ROOM = 1.35  # how much larger than its labels a person is shown
_MOST_ZOOM = 6.0
_LIMB = 3  # pixels
_LETTERS = 16  # pages show whole pictures somewhat smaller
_QUALITY = 85
_LEAST_SCORE = 1e-6  # a joint with v of 0 has no label

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to look at.

    Attributes:
        number: Of people, or of pictures; where there are more, they are drawn at random.
        seed: Of the draw.
        only: Annotation ids, which are shown in place of a draw; empty for a draw.
        whole: Whether whole pictures are shown, with everybody in them, or people one by one.
    """

    number: int = 24
    seed: int = 0
    only: tuple[int, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        """Refuse a choice of nothing."""
        if self.number < 1:
            raise ConfigError(f"--number: expected 1 or more, found {self.number}")
        if self.seed < 0:
            raise ConfigError(f"--seed: expected 0 or more, found {self.seed}")


@dataclass(frozen=True, slots=True)
class Tile:
    """One person, or one whole picture, as it is shown.

    Attributes:
        picture: It is of.
        people: Who are drawn.
        whole: Whether the whole picture is shown.
        image: (H, W, 3) RGB uint8, of the size of the other tiles.
    """

    picture: Picture
    people: tuple[Person, ...]
    whole: bool
    image: Image


@dataclass(frozen=True, slots=True)
class Card:
    """One tile of a page, in words and as a picture.

    Attributes:
        name: Of the file.
        ids: Of the annotations.
        labels: How many joints are labelled and hidden.
        missing: Which joints have no label; empty for whole pictures.
        alt: What is shown.
        uri: Data URI of the tile.
        wide: Whether it shows a whole picture.
    """

    name: str
    ids: str
    labels: str
    missing: str
    alt: str
    uri: str
    wide: bool


def choose(data: CocoData, choice: Choice) -> tuple[list[tuple[Picture, tuple[Person, ...]]], str]:
    """Return whom to draw, in the order of the file, and how they were chosen.

    People without any labelled joint are left out of a draw where there are others.

    Raises:
        ConfigError: If an id is not in the file.
        DataError: If there is nobody, or no picture, to show.
    """
    people = [(picture, person) for picture in data.pictures for person in picture.people]
    known = {person.id for _, person in people}
    if odd := [number for number in choice.only if number not in known]:
        raise ConfigError(f"--only: expected ids of people in {data.path}, found {odd[0]}")
    if choice.only:
        people = [(picture, person) for picture, person in people if person.id in choice.only]
        note = f"the {counted(len(people), 'person', 'people')} asked for"
    else:
        people = [pair for pair in people if pair[1].labelled] or people
        note = "people with labels"
    everything: list[tuple[Picture, tuple[Person, ...]]]
    if not choice.whole:
        everything = [(picture, (person,)) for picture, person in people]
    elif choice.only:
        wanted = {picture.id for picture, _ in people}
        everything = [(p, p.people) for p in data.pictures if p.id in wanted]
        note = f"the pictures with {note}"
    else:
        everything = [(picture, picture.people) for picture in data.pictures]
        note = "pictures"
    if not everything:
        hint = "" if choice.whole else "; --whole shows pictures without people"
        raise DataError(f"{data.path}: expected {note} to show, found none{hint}")
    if choice.only or len(everything) <= choice.number:
        return everything, note if choice.only else f"all {len(everything)} {note}"
    random = np.random.default_rng(choice.seed)
    drawn = np.sort(random.choice(len(everything), choice.number, replace=False))
    note = f"{choice.number} of {len(everything):,} {note}, at random (seed {choice.seed})"
    return [everything[place] for place in drawn], note


def draw_tiles(
    chosen: Sequence[tuple[Picture, tuple[Person, ...]]], skeleton: Skeleton, whole: bool
) -> Iterator[Tile]:
    """Draw tiles; a picture is read once for all tiles of it.

    Raises:
        DataError: If a picture cannot be read or has another size than its file states.
    """
    for picture, group in groupby(chosen, key=lambda pair: pair[0]):
        image = read_annotated(picture)
        for _, people in group:
            if whole:
                boxes = np.array([[0, 0, picture.width, picture.height]], np.float64)
                drawn = _tile(image, boxes[0], PICTURE_TILE, picture, people, skeleton)
            else:
                drawn = _tile(image, _window(people[0]), PERSON_TILE, None, people, skeleton)
            yield Tile(picture, people, whole, drawn)


def make_card(tile: Tile, skeleton: Skeleton, folder: Path) -> Card:
    """Return a tile as a card of a page."""
    joints = np.array([p.keypoints[:, 2] for p in tile.people]).reshape(-1, len(skeleton))
    labels = f"{int((joints > 0).sum())} of {joints.size} joints labelled"
    hidden = int((joints == 1).sum())
    labels += f", {hidden} hidden" if hidden else ""
    name = name_within(tile.picture.path, folder)
    ids = ", ".join(str(person.id) for person in tile.people)
    missing = ""
    if tile.whole:
        labels = counted(len(tile.people), "person", "people") + (f"; {labels}" if ids else "")
        if len(tile.picture.crowds):
            labels += f"; {counted(len(tile.picture.crowds), 'crowd', 'crowds')}"
    elif (joints == 0).any() and (joints > 0).any():
        places = np.flatnonzero(joints[0] == 0)
        missing = "no label: " + ", ".join(skeleton.names[place] for place in places)
    what = "annotation" if len(tile.people) == 1 else "annotations"
    return Card(
        name=name,
        ids=f"{what} {ids}" if ids else "no annotations",
        labels=labels,
        missing=missing,
        alt=f"{name}: {labels}",
        uri=jpeg_uri(tile.image, _QUALITY),
        wide=tile.whole,
    )


def _window(person: Person) -> Doubles:
    """Return x1, y1, x2, y2 around box and labelled joints, with some room."""
    labelled = person.keypoints[person.keypoints[:, 2] > 0, :2]
    points = np.concatenate([person.box.reshape(2, 2), labelled]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum((high - low) * _ROOM, np.array(PERSON_TILE[::-1]) / _MOST_ZOOM)
    middle = (low + high) / 2
    return np.concatenate([middle - size / 2, middle + size / 2])


def _tile(
    image: Image,
    window: Doubles,
    shape: tuple[int, int],
    whole: Picture | None,
    people: Sequence[Person],
    skeleton: Skeleton,
) -> Image:
    """Fit a part of a picture into a tile, and draw people into it.

    Args:
        image: (H, W, 3).
        window: x1, y1, x2, y2 of what has to be seen.
        shape: Height and width of the tile.
        whole: The picture, where all of it is shown, with the crowds in it.
        people: To draw.
        skeleton: Of them.
    """
    size = window[2:] - window[:2]
    zoom = min(shape[1] / size[0], shape[0] / size[1])
    x, y = ((window[:2] + window[2:]) / 2).tolist()
    matrix = crop_matrix((x, y), (shape[1] / zoom, shape[0] / zoom), shape)
    canvas = warp(image, matrix, shape)
    corners = np.array([[0, 0], [image.shape[1], image.shape[0]]], np.float64)
    x1, y1, x2, y2 = transform(corners, matrix).round().astype(int).ravel().clip(0).tolist()
    inside = np.zeros(shape, bool)
    inside[y1:y2, x1:x2] = True
    canvas[~inside] = GROUND
    crowds = np.zeros((0, 4), np.float32) if whole is None else whole.crowds
    boxes = np.concatenate([np.array([p.box for p in people]).reshape(-1, 4), crowds])
    keypoints = np.zeros((len(boxes), len(skeleton), 3), np.float32)
    for place, person in enumerate(people):
        keypoints[place] = person.keypoints
    hidden = keypoints[:, :, 2] == 1
    keypoints[:, :, :2] = transform(keypoints[:, :, :2], matrix)
    boxes = transform(boxes.reshape(-1, 2, 2), matrix).reshape(-1, 4)
    shown = People(skeleton, keypoints, boxes, np.ones(len(boxes), np.float32))
    limbs = _LIMB if whole is None else None
    texts = [str(person.id) if whole else "" for person in people] + ["crowd"] * len(crowds)
    marks = [
        Mark(text, WHITE, _LETTERS, limbs, frozenset(np.flatnonzero(rings).tolist()))
        for text, rings in zip(texts, hidden, strict=True)
    ]
    return draw(canvas, shown, _LEAST_SCORE, marks)
