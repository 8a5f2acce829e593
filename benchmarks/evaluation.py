"""Time and peak memory of measuring synthetic predictions: all metrics, intervals and errors.

usage: evaluation.py [--pictures 5000] [--people 5] [--resamples 1000]

For one core set OMP_NUM_THREADS=1. Files are read and written as ``pedpose eval`` does it.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from pedpose.data.coco import read_coco
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
from pedpose.evaluation.report import write_report
from pedpose.evaluation.results_file import read_predictions
from pedpose.evaluation.sigmas import choose_sigmas
from pedpose.files import sha256_of, write_json
from pedpose.skeleton import COCO_17

SIZE = (1280, 960)
MORE_METRICS = ("ap-medium", "ap-large", "pck-torso@0.2")


def make_files(folder: Path, pictures: int, people: int, seed: int = 0) -> tuple[Path, Path]:
    """Write annotations, and results with errors of every kind; return both paths.

    One person in ten is missed, one in five is found twice, one in twenty has left and right
    confused; noise is small, middling or large.
    """
    random = np.random.default_rng(seed)
    count = pictures * people
    width = random.uniform(20, 200, count)
    sides = np.column_stack([width, width * random.uniform(1.5, 3, count)])
    corners = random.random((count, 2)) * (np.array(SIZE) - sides)
    joints = corners[:, None] + random.random((count, 17, 2)) * sides[:, None]
    visibility = random.choice(3, (count, 17), p=[0.2, 0.2, 0.6])
    area = 0.5 * sides.prod(axis=1)
    scale = np.sqrt(area) * random.choice([0.01, 0.05, 0.15], count)
    found = joints + random.normal(size=joints.shape) * scale[:, None, None]
    inverted = random.random(count) < 0.05
    found[inverted] = found[inverted][:, list(COCO_17.flip_indices)]
    times = np.where(random.random(count) < 0.1, 0, 1 + (random.random(count) < 0.2))
    images = [
        {"id": i + 1, "file_name": f"{i + 1}.jpg", "width": SIZE[0], "height": SIZE[1]}
        for i in range(pictures)
    ]
    annotations, results = [], []
    for i in range(count):
        labels = np.column_stack([joints[i].round(1), visibility[i]])
        labels[visibility[i] == 0] = 0
        common = {"image_id": i // people + 1, "category_id": 1}
        annotations.append(
            {
                "id": i + 1,
                **common,
                "iscrowd": 0,
                "bbox": [*corners[i].tolist(), *sides[i].tolist()],
                "area": float(area[i]),
                "num_keypoints": int((visibility[i] > 0).sum()),
                "keypoints": labels.ravel().tolist(),
            }
        )
        for copy in range(times[i]):
            points = found[i] + copy * random.normal(size=(17, 2)) * 20
            flat = np.column_stack([points.round(2), random.random(17).round(3)]).ravel()
            score = round(float(random.random()), 6)
            results.append({**common, "keypoints": flat.tolist(), "score": score})
    truth = {
        "images": images,
        "annotations": annotations,
        "categories": [COCO_17.to_coco_category()],
    }
    paths = (folder / "truth.json", folder / "results.json")
    write_json(paths[0], truth, indent=None)
    write_json(paths[1], results, indent=None)
    return paths


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth, results = make_files(folder, arguments.pictures, arguments.people)
        made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.perf_counter(), time.process_time()
        data = read_coco(truth, need_pictures=False)
        people = read_predictions(results, data)
        read = time.perf_counter() - wall
        config = MeasureConfig(
            parse_metrics([*DEFAULT_METRICS, *MORE_METRICS]),
            *choose_sigmas(data),
            Resampling(arguments.resamples),
        )
        files = {str(results): sha256_of(results)}
        report = measure(data, Predicted(people, files, "of the predictions", "none"), config)
        write_report(folder / "report.json", report)
        size = (folder / "report.json").stat().st_size / 2**20
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{arguments.pictures} pictures, {data.people} people, {len(people)} predictions,")
    print(f"{len(report.metrics)} metrics, {arguments.resamples} resamples\n")
    print("| all (s) | processor (s) | reading (s) | peak memory (MiB) | report (MiB) |")
    print("|---|---|---|---|---|")
    print(f"| {wall:.1f} | {cpu:.1f} | {read:.1f} | {peak:.0f} | {size:.1f} |")
    print(f"\n(making the files alone: {made:.0f} MiB)")


if __name__ == "__main__":
    main()
