"""Pictures of stick figures with their labels, as files that any command takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pedpose.data.coco import AREA_OF_BOX
from pedpose.files import atomic_path, write_json
from pedpose.geometry import Image
from pedpose.learning.drawing import draw_figure, random_background
from pedpose.learning.figure import SKELETON, StickFigure, random_figure

PICTURE_SIZE = (128, 96)
"""Height and width of the pictures in pixels."""

_SETS = ("train", "val")


@dataclass(frozen=True, slots=True)
class FigureFiles:
    """The two annotation files; their pictures lie in folders beside them.

    Attributes:
        train: To learn from.
        val: Held out: only measured on.
    """

    train: Path
    val: Path


def write_figures(folder: Path, train: int, val: int, seed: int) -> FigureFiles:
    """Draw pictures with one figure each, and write them with COCO keypoint files.

    Each picture is drawn from its own seed: a set of ten is the first ten of a set of hundreds, and
    the held-out pictures are the same whatever the number to learn from.

    Args:
        folder: To write to.
        train: Number of pictures to learn from.
        val: Number of pictures held out.
        seed: Of all figures and backgrounds.

    Raises:
        OSError: If a file cannot be written.
    """
    paths = []
    for kind, (name, count) in enumerate(zip(_SETS, (train, val), strict=True)):
        entries = [_write_picture(folder, name, n, (seed, kind, n)) for n in range(1, count + 1)]
        path = folder / f"{name}.json"
        content: Mapping[str, Any] = {
            "info": {"description": f"Stick figures drawn by pedpose learn, seed {seed}"},
            "images": [image for image, _ in entries],
            "annotations": [annotation for _, annotation in entries],
            "categories": [SKELETON.to_coco_category()],
        }
        write_json(path, content, indent=None)
        paths.append(path)
    return FigureFiles(*paths)


def make_picture(seed: tuple[int, ...]) -> tuple[StickFigure, Image]:
    """Return a figure and its picture (H, W, 3) RGB; the same seed always gives the same."""
    random = np.random.default_rng(seed)
    figure = random_figure(random, PICTURE_SIZE)
    return figure, draw_figure(figure, random_background(random, PICTURE_SIZE))


def _write_picture(
    folder: Path, kind: str, number: int, seed: tuple[int, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write one picture; return its entries of the annotation file."""
    figure, image = make_picture(seed)
    name = f"{kind}/{number:04d}.png"
    encoded = cv2.imencode(".png", np.ascontiguousarray(image[:, :, ::-1]))[1]
    with atomic_path(folder / name) as temporary:
        temporary.write_bytes(encoded.tobytes())
    height, width = PICTURE_SIZE
    # What is drawn may reach a hair over the rim of the picture, but no box may.
    x1, y1, x2, y2 = np.clip(figure.box, 0, (width, height, width, height)).round(2).tolist()
    places = (figure.joints - 0.5).round(2)  # files hold indices of pixels
    annotation = {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
        "area": round(AREA_OF_BOX * (x2 - x1) * (y2 - y1), 2),
        "keypoints": [value for x, y in places.tolist() for value in (x, y, 2)],
        "num_keypoints": len(SKELETON),
    }
    return {"id": number, "file_name": name, "width": width, "height": height}, annotation
