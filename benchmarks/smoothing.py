"""Jitter, error and lag of joints before and after smoothing, on clips with exact truth.

usage: smoothing.py [CLIP TRUTH.json]... [--cache FOLDER] [--json FILE]

People are found by pedpose's detector, tracked by its tracker, and belong to the truth box that
they overlap most and by half. Joints that the truth calls visible count. Lengths are in body
heights: the height of the whole person in the truth, what is outside of the picture included.

Jitter is the mean size of a joint's acceleration between three frames in a row, in body heights a
second squared; that of the truth is what remains of it if nothing is wrong. Lag is the time by
which the truth has to be delayed to be nearest to the joints, in mean squared distance, by a
parabola through the three best delays of whole frames.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pedpose.files import write_json
from pedpose.geometry import iou
from pedpose.skeleton import COCO_17
from pedpose.tracking.smoothing import Smoother
from pedpose.tracking.tracker import Tracker
from tracking import SAME, SAMPLES, Frames, Truth, found_people, read_truth, truth_boxes

DELAYS = range(-2, 9)
VISIBLE = 2


@dataclass(frozen=True, slots=True)
class Walk:
    """One person followed without a gap: n frames.

    Attributes:
        truth: (n, K, 2) true joints.
        visible: (n, K).
        found: (n, K, 2) joints as found, or as smoothed.
        heights: (n,) of the body in pixels.
    """

    truth: np.ndarray
    visible: np.ndarray
    found: np.ndarray
    heights: np.ndarray


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one clip."""

    clip: str
    joints: str
    jitter: float
    true_jitter: float
    error: float
    pck_005: float
    pck_002: float
    lag_ms: float


def follow(frames: Frames, truth: Truth, smooth: bool) -> list[Walk]:
    """Return the walks of a clip, with joints as found or smoothed."""
    tracker, smoother = Tracker(COCO_17), Smoother(COCO_17)
    parts: dict[tuple[int, int], list[tuple[int, np.ndarray, np.ndarray, float]]]
    parts = defaultdict(list)
    for index, ((time_s, people), true_people) in enumerate(zip(frames, truth, strict=True)):
        followed = tracker(people, time_s)
        joints = (smoother(followed, time_s) if smooth else followed).keypoints[:, :, :2]
        # Matched by what was found: smoothing must not choose whom it is measured on.
        overlap = iou(followed.boxes, truth_boxes(true_people))
        for i, person in enumerate(overlap):
            best = int(person.argmax()) if person.size else 0
            if person.size and person[best] >= SAME and overlap[:, best].argmax() == i:
                true = true_people[best]
                labels = np.array(true["keypoints"], float).reshape(-1, 3)
                key = (int(followed.track_ids[i]), true["track_id"])
                parts[key].append((index, labels, joints[i], true["bbox_full"][3]))
    return [walk for part in parts.values() for walk in _unbroken(part)]


def _unbroken(part: list[tuple[int, np.ndarray, np.ndarray, float]]) -> Iterable[Walk]:
    """Cut a person's frames where some are missing."""
    index = np.array([p[0] for p in part])
    for some in np.split(np.arange(len(part)), np.flatnonzero(np.diff(index) > 1) + 1):
        labels = np.array([part[i][1] for i in some])
        yield Walk(
            labels[:, :, :2] + 0.5,  # from pixel indices
            labels[:, :, 2] == VISIBLE,
            np.array([part[i][2] for i in some], float),
            np.array([part[i][3] for i in some], float),
        )


def jitter(walks: list[Walk], which: str, step_s: float) -> float:
    """Return the mean acceleration of the joints called ``found`` or ``truth``."""
    sizes = []
    for walk in walks:
        places = getattr(walk, which)
        change = np.linalg.norm(np.diff(places, 2, axis=0), axis=2) / walk.heights[1:-1, None]
        sizes.append(change[walk.visible[2:] & walk.visible[1:-1] & walk.visible[:-2]])
    return float(np.concatenate(sizes).mean()) / step_s**2


def errors(walks: list[Walk]) -> np.ndarray:
    """Return how far each visible joint is from the truth."""
    apart = [np.linalg.norm(w.found - w.truth, axis=2) / w.heights[:, None] for w in walks]
    return np.concatenate([a[w.visible] for a, w in zip(apart, walks, strict=True)])


def lag(walks: list[Walk], step_s: float) -> float:
    """Return the delay of the truth, in seconds, that is nearest to the joints."""
    total, count = np.zeros(len(DELAYS)), np.zeros(len(DELAYS))
    margin = max(abs(DELAYS[0]), DELAYS[-1])
    for walk in walks:
        now = np.arange(margin, len(walk.truth) - margin)
        # The same joints for each delay, or else they would not be comparable.
        seen = np.all([walk.visible[now - d] for d in DELAYS], axis=0)
        for i, delay in enumerate(DELAYS):
            apart = walk.found[now] - walk.truth[now - delay]
            squared = np.square(apart).sum(axis=2) / np.square(walk.heights[now])[:, None]
            total[i] += squared[seen].sum()
            count[i] += seen.sum()
    mean = total / count
    best = int(mean[1:-1].argmin()) + 1
    before, least, after = mean[best - 1 : best + 2]
    return (DELAYS[best] + 0.5 * (before - after) / (before - 2 * least + after)) * step_s


def measure(clip: Path, truth_file: Path, cache: Path | None) -> list[Row]:
    """Return the rows of one clip."""
    frames, truth = found_people(clip, cache), read_truth(truth_file)
    step_s = float(np.median(np.diff([t for t, _ in frames])))
    rows = []
    for name, smooth in (("as found", False), ("smoothed", True)):
        walks = follow(frames, truth, smooth)
        apart = errors(walks)
        rows.append(
            Row(
                *(clip.name, name, jitter(walks, "found", step_s), jitter(walks, "truth", step_s)),
                *(float(apart.mean()), float((apart <= 0.05).mean())),
                *(float((apart <= 0.02).mean()), 1000 * lag(walks, step_s)),
            )
        )
    return rows


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path, help="CLIP TRUTH.json, in turns")
    parser.add_argument("--cache", type=Path, help="folder that keeps the found people")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = arguments.clips or [SAMPLES / "walk.mp4", SAMPLES / "walk_tracks.json"]
    rows = [
        row
        for clip, truth in zip(clips[::2], clips[1::2], strict=True)
        for row in measure(clip, truth, arguments.cache)
    ]
    print("| clip | joints | jitter | of the truth | error | PCK@0.05 | PCK@0.02 | lag (ms) |")
    print("|---|---|---|---|---|---|---|---|")
    for r in rows:
        print(
            f"| {r.clip} | {r.joints} | {r.jitter:.1f} | {r.true_jitter:.1f} | {r.error:.4f} "
            f"| {100 * r.pck_005:.1f} | {100 * r.pck_002:.1f} | {r.lag_ms:.0f} |"
        )
    if arguments.json is not None:
        write_json(arguments.json, [{k: getattr(r, k) for k in Row.__slots__} for r in rows])


if __name__ == "__main__":
    main()
