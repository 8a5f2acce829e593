"""A clean set of annotations, into which tests put faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pedpose.skeleton import COCO_17

Content = dict[str, Any]

# x (0 right edge of the body as we see it, 1 left edge) and y of a person who faces us.
STANDING = {
    "nose": (0.50, 0.10),
    "left_eye": (0.60, 0.07),
    "right_eye": (0.40, 0.07),
    "left_ear": (0.70, 0.08),
    "right_ear": (0.30, 0.08),
    "left_shoulder": (0.85, 0.22),
    "right_shoulder": (0.15, 0.22),
    "left_elbow": (0.92, 0.38),
    "right_elbow": (0.08, 0.38),
    "left_wrist": (0.95, 0.52),
    "right_wrist": (0.05, 0.52),
    "left_hip": (0.72, 0.52),
    "right_hip": (0.28, 0.52),
    "left_knee": (0.74, 0.74),
    "right_knee": (0.26, 0.74),
    "left_ankle": (0.75, 0.95),
    "right_ankle": (0.25, 0.95),
}
WIDTH, HEIGHT = 120, 90
BODY = (36.0, 80.0)
PICTURES = 12


def picture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a picture of coarse coloured noise, unlike that of any other seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def person(number: int, image: int, left: float, top: float) -> Content:
    """Return a person who stands in a picture, a little unlike any other."""
    shift = np.random.default_rng(1000 + number).normal(0, 0.004, (17, 2))
    places = (np.array([STANDING[name] for name in COCO_17.names]) + shift) * BODY + [left, top]
    flat = np.column_stack([places.round(2), np.full(17, 2)])
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [left, top, *BODY],
        "area": 1500.0,
        "num_keypoints": 17,
        "keypoints": [int(v) if v == int(v) else v for v in flat.ravel().tolist()],
    }


def make_clean(folder: Path, first: int = 1) -> Content:
    """Write the pictures of a clean set into a folder; return its content."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(first, first + PICTURES):
        name = f"images/{number}.png"
        picture(number).save(folder / name)
        images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for place, (left, top) in enumerate([(10.0, 5.0), (70.0, 6.0)]):
            annotations.append(person(99 + 2 * number + place, number, left, top))
    category = COCO_17.to_coco_category()
    return {"images": images, "annotations": annotations, "categories": [category]}


def entry(content: Content, number: int) -> Content:
    """Return the annotation with an id."""
    found: Content = next(a for a in content["annotations"] if a["id"] == number)
    return found


def joint(content: Content, number: int, name: str) -> slice:
    """Return where x, y, v of a joint are in the keypoints of an annotation."""
    start = 3 * content["categories"][0]["keypoints"].index(name)
    return slice(start, start + 3)
