"""Time of one picture with 1, 3 and 10 people, and peak memory.

usage: speed.py [--size 640x480] [--device cpu] [--repeats 20]

The person finder takes the same time however many people there are; the joint network takes one
crop a person. So the picture is searched once and then N of its annotated boxes are run.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.pictures import read_picture

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PICTURE = "plaza.jpg"
PEOPLE = (1, 3, 10)


def median_ms(repeats: int, call: Callable[[], object]) -> float:
    """Return the median time of a call in milliseconds, after three calls to warm up."""
    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def annotated_boxes(width: int, height: int) -> np.ndarray:
    """Return the boxes (N, 4) of the picture, scaled to a width and height."""
    content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(i for i in content["images"] if i["file_name"] == PICTURE)
    boxes = [a["bbox"] for a in content["annotations"] if a["image_id"] == image["id"]]
    corners = [(x, y, x + w, y + h) for x, y, w, h in boxes]
    scale = np.tile([width / image["width"], height / image["height"]], 2)
    return (np.array(corners) * scale).astype(np.float32)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="640x480", help="WIDTHxHEIGHT of the picture")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    picture = np.asarray(cv2.resize(read_picture(SAMPLES / PICTURE), (width, height)), np.uint8)
    boxes = np.resize(annotated_boxes(width, height), (max(PEOPLE), 4))
    # Nobody scores above 1: this detector searches the picture and then has no joints to find.
    searcher = PoseDetector(settings=DetectorSettings(min_score=1.0, device=arguments.device))
    settings = DetectorSettings(device=arguments.device, find_people=False)
    estimator = PoseDetector(settings=settings)
    search = median_ms(arguments.repeats, lambda: searcher(picture))
    print(f"{arguments.size}, device: {estimator.device}, median of {arguments.repeats}\n")
    print("| people | finder (ms) | joints (ms) | picture (ms) |")
    print("|---|---|---|---|")
    for count in PEOPLE:
        some = boxes[:count]
        joints = median_ms(arguments.repeats, lambda some=some: estimator.in_boxes(picture, some))
        print(f"| {count} | {search:.1f} | {joints:.1f} | {search + joints:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
