"""The smallest data that something can be learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pedpose.files import write_json


def write_dots(folder: Path) -> Path:
    """Write eight pictures with one "person" each: a red and a blue dot on grey."""
    random = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(8):
        picture = np.full((64, 64, 3), 128, np.uint8)
        (x1, y1), (x2, y2) = random.integers(16, 48, (2, 2)).tolist()
        picture[y1 - 3 : y1 + 4, x1 - 3 : x1 + 4] = (255, 0, 0)
        picture[y2 - 3 : y2 + 4, x2 - 3 : x2 + 4] = (0, 0, 255)
        Image.fromarray(picture).save(folder / f"{i}.png")
        images.append({"id": i + 1, "file_name": f"{i}.png", "width": 64, "height": 64})
        annotations.append(
            {
                "id": i + 1,
                "image_id": i + 1,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": [8, 8, 48, 48],
                "area": 2304,
                "num_keypoints": 2,
                "keypoints": [x1, y1, 2, x2, y2, 2],
            }
        )
    category = {"id": 1, "name": "person", "keypoints": ["red", "blue"], "sigmas": [0.1, 0.1]}
    path = folder / "data.json"
    content = {"images": images, "annotations": annotations, "categories": [category]}
    write_json(path, content)
    return path
