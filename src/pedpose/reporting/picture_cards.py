"""Pictures of the page: truth and prediction drawn side by side, as JPEG inside of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import Picture
from pedpose.data.reading import read_annotated
from pedpose.errors import DataError
from pedpose.evaluation.picture_cases import PictureCases
from pedpose.files import name_within
from pedpose.geometry import Image
from pedpose.people import People
from pedpose.reporting.embed import jpeg_uri
from pedpose.reporting.text import counted, number
from pedpose.skeleton import Skeleton
from pedpose.writing.overlay import GREEN, WHITE, Colour, Mark, draw

_SIDE = 380  # pixels: 36 pairs of this size make about 3 MB
_MOST_ZOOM = 3.0
_LETTERS = 19  # the page shows pictures at about half their size
_RED: Colour = (225, 35, 45)
_MARGIN = 0.15  # of the larger side of what is shown
_LEAST_SCORE = 1e-6  # a joint with a score (or v) of 0 was not found (or labelled)
_LEAST_ASPECT, _MOST_ASPECT = 0.75, 1.5

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Card:
    """One picture of the page.

    Attributes:
        name: Of the file.
        title: Its figures.
        truth: Data URI of the picture with the annotations; None where it cannot be read.
        predicted: The same with the predictions.
        truth_alt: What the first shows.
        predicted_alt: What the second shows.
        problem: Why it could not be read; None where it could.
    """

    name: str
    title: str
    truth: str | None
    predicted: str | None
    truth_alt: str
    predicted_alt: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Somebody to draw: keypoints (K, 3) and box (4,) in pixels of the picture."""

    keypoints: Doubles
    box: Doubles
    mark: Mark


def make_card(cases: PictureCases, skeleton: Skeleton, folder: Path) -> Card:
    """Draw one picture.

    Args:
        cases: Whom it shows.
        skeleton: Of all of them.
        folder: That names are given relative to.
    """
    picture = cases.picture
    people = sum(case.person is not None for case in cases.cases)
    found = len(cases.cases) - cases.missed + len(cases.ignored)
    title = [f"mean OKS {number(cases.mean_oks, 2)}"]
    title += [f"{cases.missed} missed"] * (cases.missed > 0)
    title += [f"{cases.false} false"] * (cases.false > 0)
    card = Card(
        name=name_within(picture.path, folder),
        title=", ".join(title),
        truth=None,
        predicted=None,
        truth_alt=f"Truth: {counted(people, 'person', 'people')}, {cases.missed} missed",
        predicted_alt=f"Prediction: {counted(found, 'person', 'people')}, {cases.false} false",
        problem=None,
    )
    try:
        image = read_annotated(picture)
    except DataError as error:
        return replace(card, problem=str(error))
    truth, predicted = _truth(cases, len(skeleton)), _predicted(cases)
    window = _window(picture, [*truth, *predicted])
    return replace(
        card,
        truth=_draw(image, window, truth, skeleton),
        predicted=_draw(image, window, predicted, skeleton),
    )


def _truth(cases: PictureCases, joints: int) -> list[_Drawn]:
    people = [
        _Drawn(
            case.person.keypoints.astype(np.float64),
            case.person.box.astype(np.float64),
            _mark("missed", _RED) if case.prediction is None else _mark("", GREEN),
        )
        for case in cases.cases
        if case.person is not None
    ]
    nothing = np.zeros((joints, 3))
    others = [(p.box, "no labels") for p in cases.picture.people if not p.labelled]
    others += [(box, "crowd") for box in cases.picture.crowds]
    return people + [_Drawn(nothing, box.astype(np.float64), _mark(t, WHITE)) for box, t in others]


def _predicted(cases: PictureCases) -> list[_Drawn]:
    drawn = [
        (
            case.prediction,
            _mark("false", _RED) if case.person is None else _mark(f"{case.oks:.2f}", GREEN),
        )
        for case in cases.cases
        if case.prediction is not None
    ]
    drawn += [(prediction, _mark("not counted", WHITE)) for prediction in cases.ignored]
    return [
        _Drawn(np.asarray(p.keypoints, np.float64), np.asarray(p.box, np.float64), mark)
        for p, mark in drawn
    ]


def _mark(text: str, colour: Colour) -> Mark:
    return Mark(text, colour, _LETTERS)


def _window(picture: Picture, people: Sequence[_Drawn]) -> tuple[int, int, int, int]:
    """Return x1, y1, x2, y2 of the part of a picture that shows everybody, in whole pixels."""
    size = np.array([picture.width, picture.height], np.float64)
    if not people:
        return 0, 0, picture.width, picture.height
    points = np.concatenate([_extent(person) for person in people])
    low, high = (np.clip(end, 0, size) for end in (points.min(axis=0), points.max(axis=0)))
    margin = _MARGIN * (high - low).max()
    centre, span = (low + high) / 2, np.maximum(high - low + 2 * margin, 16)
    span = np.maximum(span, [span[1] * _LEAST_ASPECT, span[0] / _MOST_ASPECT])
    span = np.minimum(span, size)
    low = np.clip(centre - span / 2, 0, size - span)
    x1, y1 = np.floor(low).astype(int).tolist()
    x2, y2 = np.ceil(low + span).astype(int).tolist()
    return x1, y1, min(x2, picture.width), min(y2, picture.height)


def _extent(person: _Drawn) -> Doubles:
    """Return points (n, 2) that a picture of somebody has to hold."""
    labelled = person.keypoints[person.keypoints[:, 2] > 0, :2]
    return np.concatenate([person.box.reshape(2, 2), labelled])


def _draw(
    image: Image,
    window: tuple[int, int, int, int],
    people: Iterable[_Drawn],
    skeleton: Skeleton,
) -> str:
    """Return a part of a picture with people drawn in, as a data URI."""
    x1, y1, x2, y2 = window
    part = image[y1:y2, x1:x2]
    zoom = min(_SIDE / max(part.shape[:2]), _MOST_ZOOM)
    width, height = (max(1, round(n * zoom)) for n in (x2 - x1, y2 - y1))
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    canvas = np.asarray(cv2.resize(part, (width, height), interpolation=method), np.uint8)
    drawn = list(people)
    joints = len(skeleton)
    keypoints = np.array([p.keypoints for p in drawn], np.float64).reshape(-1, joints, 3)
    boxes = np.array([p.box for p in drawn], np.float64).reshape(-1, 4)
    origin, scale = np.array([x1, y1]), np.array([width / (x2 - x1), height / (y2 - y1)])
    keypoints[:, :, :2] = (keypoints[:, :, :2] - origin) * scale
    boxes = (boxes - np.tile(origin, 2)) * np.tile(scale, 2)
    shown = People(
        skeleton,
        keypoints.astype(np.float32),
        boxes.astype(np.float32),
        np.ones(len(drawn), np.float32),
    )
    return jpeg_uri(draw(canvas, shown, _LEAST_SCORE, [p.mark for p in drawn]))
