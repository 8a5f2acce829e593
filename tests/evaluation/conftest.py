"""Annotations and predictions for tests of evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.oks import Prediction

Content = dict[str, Any]
Entries = list[dict[str, Any]]

FIVE = ("head", "left_hand", "right_hand", "left_foot", "right_foot")
FIVE_SIGMAS = (0.03, 0.06, 0.06, 0.09, 0.08)


@pytest.fixture
def data(coco_content: Content, write_coco: Callable[..., Path]) -> CocoData:
    """People 11 (box 20 x 40) and 12 (24 x 36, two joints) in one picture, 21 in another."""
    return read_coco(write_coco(coco_content))


@pytest.fixture
def make_case(write_coco: Callable[..., Path]) -> Callable[..., tuple[Path, Entries]]:
    """Write random annotations of five joints; return their path and random results."""

    def make(seed: int, pictures: int = 12) -> tuple[Path, Entries]:
        content, entries = five_joint_case(seed, pictures)
        return write_coco(content, f"truth{seed}.json"), entries

    return make


def five_joint_case(seed: int, pictures: int) -> tuple[Content, Entries]:
    """Draw people from small to large, a crowd, unlabelled people, and results poor to good."""
    random = np.random.default_rng(seed)
    annotations: Entries = []
    entries: Entries = []
    for image in range(1, pictures + 1):
        for _ in range(random.integers(0, 5)):
            x, y, width, height = random.integers([0, 0, 20, 20], [250, 200, 150, 150]).tolist()
            place = random.integers([x, y], [x + width, y + height], (5, 2))
            crowd = int(random.random() < 0.1)
            seen = random.integers(0, 3, 5) * (random.random() > 0.15) * (1 - crowd)
            flat = np.column_stack([place, seen])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "iscrowd": crowd,
                    "bbox": [x, y, width, height],
                    "area": 0.6 * width * height,
                    "num_keypoints": int((seen > 0).sum()),
                    "keypoints": flat.ravel().tolist(),
                }
            )
            for _ in range(random.integers(0, 3)):
                noise = random.normal(0, random.choice([1, 4, 20]), (5, 2))
                if random.random() < 0.2:
                    place = place[[0, 2, 1, 4, 3]]
                found = np.column_stack([place + noise, random.random(5)]).round(2)
                entries.append(
                    {
                        "image_id": image,
                        "category_id": 1,
                        "keypoints": found.ravel().tolist(),
                        "score": round(float(random.random()), 2),  # rounded, so that some tie
                    }
                )
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 400, "height": 350}
        for i in range(1, pictures + 1)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(FIVE), "sigmas": list(FIVE_SIGMAS)}
    return {"images": images, "annotations": annotations, "categories": [category]}, entries


@pytest.fixture
def predict_truth() -> Callable[..., list[Prediction]]:
    """Return each annotated person as its own prediction."""

    def predict(data: CocoData, named: bool = False) -> list[Prediction]:
        return [
            Prediction(
                picture.id,
                person.keypoints.astype(np.float64),
                person.box,
                0.9,
                person.id if named else None,
            )
            for picture in data.pictures
            for person in picture.people
        ]

    return predict
