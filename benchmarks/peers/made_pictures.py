"""The two pictures that all tools get: parts of samples, scaled, with the true boxes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sample that shows whole people only.

    Attributes:
        sample: Its file name.
        window: Left, top, width and height in pixels; it has the sides' relation of ``size``.
        size: Width and height of the picture that is made of it.
    """

    sample: str
    window: tuple[int, int, int, int]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made.

    Attributes:
        name: Its file name.
        size: Width and height in pixels.
        boxes: x1, y1, x2, y2 of each person that it shows.
    """

    name: str
    size: tuple[int, int]
    boxes: tuple[Box, ...]


PARTS = (
    Part("crosswalk.jpg", (408, 130, 552, 414), (640, 480)),
    Part("plaza.jpg", (320, 130, 704, 396), (1280, 720)),
)


def make_pictures(folder: Path) -> list[Picture]:
    """Write the pictures as PNG, and what they show as ``pictures.json``."""
    pictures = [_make(part, folder) for part in PARTS]
    (folder / "pictures.json").write_text(json.dumps([asdict(p) for p in pictures]))
    return pictures


def _make(part: Part, folder: Path) -> Picture:
    left, top, width, height = part.window
    sample = cv2.imread(str(SAMPLES / part.sample))
    assert sample is not None
    window = sample[top : top + height, left : left + width]
    scale = np.array(part.size) / (width, height)
    corners = (_boxes(part.sample).reshape(-1, 2, 2) - (left, top)) * scale
    boxes = np.concatenate([corners[:, 0], corners[:, 1]], axis=1)
    seen = ((corners[:, 1] > 0) & (corners[:, 0] < part.size)).all(axis=1)
    name = f"{part.size[0]}x{part.size[1]}_{seen.sum()}_people.png"
    cv2.imwrite(str(folder / name), cv2.resize(window, part.size, interpolation=cv2.INTER_CUBIC))
    rounded = boxes[seen].round(1).tolist()
    return Picture(name, part.size, tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in rounded))


def _boxes(sample: str) -> np.ndarray:
    """Return the boxes (N, 4) x1, y1, x2, y2 of a sample."""
    content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(i for i in content["images"] if i["file_name"] == sample)
    boxes = [a["bbox"] for a in content["annotations"] if a["image_id"] == image["id"]]
    return np.array([(x, y, x + w, y + h) for x, y, w, h in boxes])
