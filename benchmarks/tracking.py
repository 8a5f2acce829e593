"""How well people keep their numbers: pedpose's tracker, and another library's, on known clips.

usage: tracking.py [CLIP TRUTH.json]... [--cache FOLDER] [--strides 1,2,5] [--shake PIXELS]
                   [--json FILE]

Needs ``pip install trackers`` (roboflow, Apache-2.0), which is the other library, and the judge of
both: its HOTA, IDF1, identity switches and MOTA are those of TrackEval. All trackers are given the
same people, found by pedpose's own detector with a least score of 0.1. Without clips
samples/walk.mp4 is taken.

Truth boxes count which show at least a quarter of the person and are at least 20 pixels high; they
are the boxes of what is in the picture (``bbox``), since nobody can find what is outside of it. As
in MOTChallenge a track on another person, who does not count, is neither right nor wrong. With
--shake people are moved as by a camera that shakes, and for the judge back again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.files import write_json
from pedpose.geometry import iou
from pedpose.people import People
from pedpose.skeleton import COCO_17
from pedpose.tracking.tracker import Tracker, TrackerSettings

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
DOUBTFUL_SCORE = 0.1
LEAST_VISIBLE = 0.25
LEAST_HEIGHT = 20
SAME = 0.5

Frames = list[tuple[float, People]]
Tracks = list[tuple[np.ndarray, np.ndarray]]
Truth = list[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One tracker on one clip."""

    clip: str
    stride: int
    tracker: str
    hota: float
    idf1: float
    switches: int
    mota: float
    tracks: int
    people: int
    ms_per_frame: float


def found_people(clip: Path, cache: Path | None) -> Frames:
    """Return the time and the people of each frame, from the cache where they are there."""
    file = None if cache is None else cache / f"{clip.stem}.npz"
    if file is not None and file.is_file():
        kept = dict(np.load(file))
        ends = np.cumsum(kept["counts"])
        parts = zip(kept["times"].tolist(), ends - kept["counts"], ends, strict=True)
        return [
            (t, People(COCO_17, *(kept[k][i:j] for k in ("keypoints", "boxes", "scores"))))
            for t, i, j in parts
        ]
    frames = list(_detect(clip))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        people = [p for _, p in frames]
        arrays = {k: np.concatenate([getattr(p, k) for p in people]) for k in People.__slots__[1:4]}
        times = np.array([t for t, _ in frames])
        np.savez_compressed(file, times=times, counts=[len(p) for p in people], **arrays)
    return frames


def _detect(clip: Path) -> Iterator[tuple[float, People]]:
    # Imported here: cached people need no network.
    from pedpose.inference.detector import DetectorSettings, PoseDetector
    from pedpose.reading.video_reader import Video

    detector = PoseDetector(settings=DetectorSettings(min_score=DOUBTFUL_SCORE))
    with Video(clip) as video:
        for frame in video:
            yield frame.time_s or 0.0, detector(frame.image)


def read_truth(path: Path) -> Truth:
    """Return the annotations of each frame."""
    content = json.loads(path.read_text())
    frames: Truth = [[] for _ in content["images"]]
    for annotation in content["annotations"]:
        frames[annotation["frame"]].append(annotation)
    return frames


def truth_boxes(annotations: Sequence[dict[str, Any]]) -> np.ndarray:
    """Return the boxes (N, 4) x1, y1, x2, y2 of what is seen in the picture."""
    boxes = np.array([a["bbox"] for a in annotations], np.float32).reshape(-1, 4)
    return np.column_stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def ours(frames: Frames, min_score: float) -> Tracks:
    """Return boxes and numbers of each frame by pedpose."""
    tracker = Tracker(COCO_17, TrackerSettings(min_score=min_score))
    followed = [tracker(people, time_s) for time_s, people in frames]
    return [(people.boxes, people.track_ids) for people in followed]


def theirs(frames: Frames, tracker: Any) -> Tracks:
    """Return boxes and numbers of each frame by a tracker of the library."""
    import supervision

    tracks: Tracks = []
    for time_s, people in frames:
        boxes, scores = people.boxes.astype(np.float64), people.scores.astype(np.float64)
        given = supervision.Detections(xyxy=boxes, confidence=scores)
        result = tracker.update(given, timestamp=time_s)
        known = result.tracker_id >= 0 if len(result) else np.zeros(0, bool)
        tracks.append((result.xyxy[known].astype(np.float32), result.tracker_id[known]))
    return tracks


def shaken(frames: Frames, pixels: float) -> tuple[Frames, np.ndarray]:
    """Move all people of a frame by one normal random step; return the steps (F, 2), too."""
    steps = np.random.default_rng(0).normal(0, pixels, (len(frames), 2)).astype(np.float32)
    moved = []
    for (time_s, people), step in zip(frames, steps, strict=True):
        keypoints = people.keypoints + np.append(step, np.float32(0))
        moved.append(
            (time_s, replace(people, keypoints=keypoints, boxes=people.boxes + np.tile(step, 2)))
        )
    return moved, steps


def judge(truth: Truth, tracks: Tracks) -> dict[str, Any]:
    """Return HOTA, IDF1, identity switches and MOTA of tracks, in percent where they are shares."""
    from trackers.eval.clear import compute_clear_metrics
    from trackers.eval.hota import compute_hota_metrics
    from trackers.eval.identity import compute_identity_metrics

    true_ids, track_ids, alike = [], [], []
    for people, (boxes, numbers) in zip(truth, tracks, strict=True):
        counts = [a["visibility"] >= LEAST_VISIBLE and a["bbox"][3] >= LEAST_HEIGHT for a in people]
        counted = np.array(counts, bool)
        overlap = iou(truth_boxes(people), boxes)
        judged = np.ones(len(boxes), bool)
        if people:
            judged = (overlap.max(axis=0) < SAME) | counted[overlap.argmax(axis=0)]
        true_ids.append(np.array([a["track_id"] for a in people], int)[counted])
        track_ids.append(np.array(numbers, int)[judged])
        alike.append(overlap[counted][:, judged])
    given = (_from_zero(true_ids), _from_zero(track_ids), alike)
    clear = compute_clear_metrics(*given, threshold=SAME)
    identity = compute_identity_metrics(*given, threshold=SAME)
    return {
        "hota": 100 * float(compute_hota_metrics(*given)["HOTA"]),
        "idf1": 100 * float(identity["IDF1"]),
        "switches": int(clear["IDSW"]),
        "mota": 100 * float(clear["MOTA"]),
        "tracks": len(np.unique(np.concatenate(track_ids))),
        "people": len(np.unique(np.concatenate(true_ids))),
    }


def _from_zero(ids: list[np.ndarray]) -> list[np.ndarray]:
    known = np.unique(np.concatenate(ids))
    return [np.searchsorted(known, some) for some in ids]


def measure(
    clip: Path, truth_file: Path, cache: Path | None, strides: list[int], shake: float
) -> list[Row]:
    """Return the rows of one clip."""
    from trackers import ByteTrackTracker, OCSORTTracker, SORTTracker

    frames, truth = found_people(clip, cache), read_truth(truth_file)
    rows = []
    for stride in strides:
        (some, steps), true = shaken(frames[::stride], shake), truth[::stride]
        rate = {"frame_rate": (len(some) - 1) / (some[-1][0] - some[0][0])}
        start, high = {"track_activation_threshold": 0.3}, {"high_conf_det_threshold": 0.3}
        others = {
            "trackers ByteTrack, as it comes": ByteTrackTracker(**rate),
            "trackers ByteTrack, from 0.3": ByteTrackTracker(**rate, **start, **high),
            "trackers OC-SORT, as it comes": OCSORTTracker(**rate),
            "trackers OC-SORT, from 0.3": OCSORTTracker(**rate, **high),
            "trackers SORT, as it comes": SORTTracker(**rate),
        }
        ways = [(f"pedpose, from {least}", partial(ours, min_score=least)) for least in (0.3, 0.5)]
        ways += [(name, partial(theirs, tracker=other)) for name, other in others.items()]
        for name, way in ways:
            began = time.perf_counter()
            tracks = way(some)
            passed = 1000 * (time.perf_counter() - began) / len(some)
            tracks = [(b - np.tile(step, 2), n) for (b, n), step in zip(tracks, steps, strict=True)]
            rows.append(Row(clip.name, stride, name, **judge(true, tracks), ms_per_frame=passed))
    return rows


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path, help="CLIP TRUTH.json, in turns")
    parser.add_argument("--cache", type=Path, help="folder that keeps the found people")
    parser.add_argument("--strides", default="1,2,5")
    parser.add_argument("--shake", type=float, default=0.0, help="standard deviation in pixels")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = arguments.clips or [SAMPLES / "walk.mp4", SAMPLES / "walk_tracks.json"]
    strides = [int(s) for s in arguments.strides.split(",")]
    rows = [
        row
        for clip, truth in zip(clips[::2], clips[1::2], strict=True)
        for row in measure(clip, truth, arguments.cache, strides, arguments.shake)
    ]
    print("| clip | every | tracker | HOTA | IDF1 | switches | MOTA | tracks / people | ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    for r in rows:
        print(
            f"| {r.clip} | {r.stride} | {r.tracker} | {r.hota:.1f} | {r.idf1:.1f} | {r.switches} "
            f"| {r.mota:.1f} | {r.tracks} / {r.people} | {r.ms_per_frame:.2f} |"
        )
    if arguments.json is not None:
        write_json(arguments.json, [{k: getattr(r, k) for k in Row.__slots__} for r in rows])


if __name__ == "__main__":
    main()
