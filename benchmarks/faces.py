"""How well heads are covered: visible face joints inside what --blur-faces covers, by head size.

usage: faces.py DATA.json ... [--clip clip.mp4 tracks.json] [--min-score 0.1] [--json FILE]

DATA are COCO keypoint files with pictures; the clip's tracks are as samples/walk_tracks.json.
Counted are heads of 8 pixels or more, chin to crown, of people whose nose, eye or ear is labelled
visible. A face joint stays in sight because nobody was found there, or a head was put beside it.
The price is told as well: covered regions a picture and the share of the picture that they cover.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pedpose import geometry
from pedpose.data.coco import read_coco
from pedpose.inference.body_scale import body_height, named_places
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.inference.head_memory import HeadMemory
from pedpose.inference.head_regions import head_regions
from pedpose.inference.heads import FACE, HEAD_HEIGHT
from pedpose.inference.privacy import BlurSettings
from pedpose.reading.video_reader import Video
from pedpose.skeleton import COCO_17

SIZES = (8, 16, 32, 64)
FACE_JOINTS = [COCO_17.names.index(name) for name in FACE if name in COCO_17.names]

Looked = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]


@dataclass
class Count:
    """What was counted of heads of one size."""

    heads: int = 0
    covered: int = 0
    joints: int = 0
    inside: int = 0
    not_found: int = 0
    beside: int = 0


@dataclass
class Table:
    """What was counted of a set: by smallest head size, and the price."""

    counts: dict[int, Count] = field(default_factory=lambda: defaultdict(Count))
    regions: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def add(self, looked: Looked) -> None:
        """Count the heads of one picture."""
        keypoints, boxes, regions, found, size = looked
        self.regions.append(len(regions))
        self.shares.append(share_covered(regions, size))
        overlap = geometry.iou(boxes, found)
        for person, similar in zip(keypoints, overlap, strict=True):
            height = body_height(named_places(COCO_17.names, person, 1))
            if height is None or HEAD_HEIGHT * height < SIZES[0]:
                continue
            face = person[FACE_JOINTS]
            places = face[face[:, 2] == 2, :2]
            if not len(places):
                continue
            away = np.hypot(*(places[:, None] - regions[None, :, :2]).transpose(2, 0, 1))
            inside = (away <= regions[None, :, 2]).any(axis=1)
            count = self.counts[max(s for s in SIZES if s <= HEAD_HEIGHT * height)]
            count.heads += 1
            count.covered += bool(inside.all())
            count.joints += len(inside)
            count.inside += int(inside.sum())
            if not inside.all():
                seen = similar.max(initial=0) >= 0.3
                count.beside += bool(seen)
                count.not_found += not seen


def share_covered(regions: np.ndarray, size: tuple[int, int], grid: int = 64) -> float:
    """Return the share of a picture that regions cover, on a grid of points."""
    y, x = (np.indices((grid, grid)) + 0.5).reshape(2, -1) / grid * np.array(size)[:, None]
    squared = (x[:, None] - regions[None, :, 0]) ** 2 + (y[:, None] - regions[None, :, 1]) ** 2
    return float((squared <= regions[None, :, 2] ** 2).any(axis=1).mean())


def look_at_pictures(path: Path, detector: PoseDetector) -> Iterator[Looked]:
    """Search the pictures of an annotation file."""
    for picture in read_coco(path).pictures:
        people = detector(picture.path)
        regions = head_regions(people, BlurSettings().min_score)
        boxes = np.array([p.box for p in picture.people], np.float32).reshape(-1, 4)
        truth = np.array([p.keypoints for p in picture.people], float).reshape(-1, 17, 3)
        yield truth, boxes, regions, people.boxes, (picture.height, picture.width)


def look_at_clip(
    video: Path, tracks: Path, detector: PoseDetector, keep_s: float
) -> Iterator[Looked]:
    """Search the frames of a clip; covered heads are kept as in a run."""
    labels: dict[int, list[dict]] = defaultdict(list)
    for annotation in json.loads(tracks.read_text())["annotations"]:
        labels[annotation["image_id"]].append(annotation)
    memory = HeadMemory(keep_s)
    with Video(video) as frames:
        for frame in frames:
            people = detector(frame.image)
            regions = head_regions(people, BlurSettings().min_score)
            regions = memory.with_missing(regions, frame.time_s or 0.0)
            truth = labels[frame.index + 1]
            corners = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in truth)]
            boxes = np.array(corners, np.float32).reshape(-1, 4)
            keypoints = np.array([a["keypoints"] for a in truth], float).reshape(-1, 17, 3)
            keypoints[:, :, :2] += 0.5
            yield keypoints, boxes, regions, people.boxes, frame.image.shape[:2]


def show(name: str, table: Table) -> dict[str, object]:
    """Print a Markdown table; return it as data."""
    print(f"\n{name}: {len(table.shares)} pictures\n")
    print("| head (px) | heads | wholly covered | face joints | covered | nobody found | beside |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for size in SIZES:
        c = table.counts[size]
        if not c.heads:
            continue
        print(
            f"| from {size} | {c.heads} | {c.covered / c.heads:.1%} | {c.joints} | "
            f"{c.inside / c.joints:.1%} | {c.not_found} | {c.beside} |"
        )
        rows.append({"head_from_px": size, **vars(c)})
    regions, share = float(np.mean(table.regions)), float(np.mean(table.shares))
    print(f"\nregions a picture: {regions:.1f}; covered of the picture: {share:.1%}", flush=True)
    return {"set": name, "sizes": rows, "regions": regions, "share_covered": share}


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--clip", nargs=2, type=Path, metavar=("VIDEO", "TRACKS"))
    parser.add_argument("--min-score", type=float, default=0.1, help="of people")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    detector = PoseDetector(settings=DetectorSettings(min_score=arguments.min_score))
    shown = []
    for path in arguments.data:
        table = Table()
        for looked in look_at_pictures(path, detector):
            table.add(looked)
        shown.append(show(str(path), table))
    if arguments.clip:
        keep_s = BlurSettings().keep_s
        table = Table()
        for looked in look_at_clip(*arguments.clip, detector, keep_s):
            table.add(looked)
        shown.append(show(f"{arguments.clip[0]}, kept for {keep_s:g} s", table))
    if arguments.json:
        arguments.json.write_text(json.dumps(shown, indent=1))


if __name__ == "__main__":
    main()
