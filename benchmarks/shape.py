"""How well the area of the body outlines agrees with that of rendered people, and its time.

usage: shape.py DATA.json ... [--predicted] [--json FILE]

DATA are COCO keypoint files of rendered people whose ``area`` is the visible one, such as
samples/samples.json or samples/walk_tracks.json. Compared are people wholly in the picture whom
nothing hides: all joints within the box of what is visible, no nearer person's box over theirs and,
where the file tells, visibility 1, else 11 or more joints in sight. ``--predicted`` also measures
outlines of the joints that the shipped network finds in the annotated boxes (pictures only).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.inference.shape import body_shapes
from pedpose.people import People
from pedpose.skeleton import COCO_17

HEIGHTS = (24, 48, 96, 192)


def unhidden(content: dict) -> Iterator[tuple[dict, list[dict]]]:
    """Give each picture with the people in it whose whole outline is visible."""
    people: dict[int, list[dict]] = defaultdict(list)
    for annotation in content["annotations"]:
        people[annotation["image_id"]].append(annotation)
    for image in content["images"]:
        others = people[image["id"]]
        yield image, [person for person in others if _is_unhidden(person, others, image)]


def _is_unhidden(person: dict, others: list[dict], image: dict) -> bool:
    low, high = _corners(person)
    keypoints = np.array(person["keypoints"]).reshape(-1, 3)
    within = (keypoints[:, :2] > low - 1.5).all() and (keypoints[:, :2] < high + 0.5).all()
    in_picture = (low > 1).all() and (high < (image["width"] - 1, image["height"] - 1)).all()
    if not (within and in_picture and (keypoints[:, 2] > 0).all()):
        return False
    if person.get("visibility", 1) < 0.995 or high[1] - low[1] < HEIGHTS[0]:
        return False
    if "visibility" not in person and (keypoints[:, 2] == 2).sum() < 11:
        return False
    for other in others:
        if other is not person and other.get("distance", 0) < person.get("distance", 0) + 0.5:
            other_low, other_high = _corners(other)
            if (np.minimum(high, other_high) > np.maximum(low, other_low)).all():
                return False
    return True


def _corners(person: dict) -> tuple[np.ndarray, np.ndarray]:
    x, y, width, height = person["bbox"]
    return np.array([x, y]), np.array([x + width, y + height])


def true_people(persons: list[dict]) -> People:
    """Return annotated people with score 1 for each joint."""
    keypoints = np.array([p["keypoints"] for p in persons], np.float32).reshape(-1, 17, 3)
    keypoints += np.array([0.5, 0.5, 0], np.float32)
    keypoints[:, :, 2] = 1
    boxes = np.array([np.concatenate(_corners(p)) for p in persons], np.float32).reshape(-1, 4)
    return People(COCO_17, keypoints, boxes, np.ones(len(persons), np.float32))


def show(name: str, found: list[tuple[float, float]]) -> dict[str, object]:
    """Print a Markdown table of (height, relative error); return it as data."""
    print(f"\n{name}\n")
    print("| height (px) | people | mean | mean absolute | median | 90 % below |")
    print("|---|---|---|---|---|---|")
    rows = []
    for low, high in (*zip(HEIGHTS, (*HEIGHTS[1:], np.inf), strict=True), (0, np.inf)):
        errors = np.array([error for height, error in found if low <= height < high])
        if not len(errors):
            continue
        row = {
            "mean": errors.mean(),
            "mean_absolute": np.abs(errors).mean(),
            "median": np.median(errors),
            "absolute_90": np.quantile(np.abs(errors), 0.9),
        }
        span = "all" if not low else f"{low} and more" if high == np.inf else f"{low} to {high}"
        print(
            f"| {span} | {len(errors)} | {row['mean']:+.1%} | {row['mean_absolute']:.1%} | "
            f"{row['median']:+.1%} | {row['absolute_90']:.1%} |"
        )
        rows.append({"height": span, "people": len(errors)} | {k: float(v) for k, v in row.items()})
    return {"name": name, "rows": rows}


def measure(path: Path, detector: PoseDetector | None) -> list[tuple[float, float]]:
    """Return (height, relative error of the area) of the people of a file."""
    found = []
    for image, persons in unhidden(json.loads(path.read_text())):
        if not persons:
            continue
        people = true_people(persons)
        if detector is not None:
            people = detector.in_boxes(path.parent / image["file_name"], people.boxes)
        shapes = body_shapes(people, (image["height"], image["width"]))
        for person, shape in zip(persons, shapes, strict=True):
            area = cv2.contourArea(shape) if len(shape) else 0.0
            found.append((person["bbox"][3], area / person["area"] - 1))
    return found


def ms_a_person(path: Path, repeats: int = 5) -> float:
    """Return the median time of an outline."""
    content = json.loads(path.read_text())
    groups = [
        (true_people(persons), (image["height"], image["width"]))
        for image, persons in unhidden(content)
        if persons
    ]
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        for people, size in groups:
            body_shapes(people, size)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times) / sum(len(people) for people, _ in groups)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--predicted", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    detector = None
    if arguments.predicted:
        detector = PoseDetector(settings=DetectorSettings(find_people=False))
    shown = []
    for path in arguments.data:
        shown.append(show(f"{path}, true joints", measure(path, None)))
        if detector is not None and "file_name" in json.loads(path.read_text())["images"][0]:
            shown.append(show(f"{path}, predicted joints", measure(path, detector)))
    time_ms = ms_a_person(arguments.data[0])
    print(f"\n{time_ms:.2f} ms a person")
    if arguments.json:
        arguments.json.write_text(json.dumps({"tables": shown, "ms_a_person": time_ms}, indent=1))


if __name__ == "__main__":
    main()
