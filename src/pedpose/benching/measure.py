"""``python -m pedpose.benching.measure``: do one job, in a process of its own.

The job comes on stdin; the answer is the last line on stdout, one JSON object. So threads, memory
and everything that a library keeps are those of one runtime.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.benching.job import Job, Opening, Prepared, Samples
from pedpose.benching.memory import gpu_peak_mib, peak_mib
from pedpose.benching.settings import PEOPLE_AT_ONCE, PICTURES_AT_ONCE, WARM_UP
from pedpose.errors import PedposeError
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.people import Floats
from pedpose.pictures import read_picture
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.runtime.choice import Wanted
from pedpose.timing import Stopwatch
from pedpose.writing.seen import Seen
from pedpose.writing.writers import Writers, open_writers


def work(job: Job) -> dict[str, Any]:
    """Do a job.

    Returns:
        ``device``, ``runtime`` and ``weights`` as they are really used, ``boxes`` where people
        were searched for, ``samples`` for each picture, ``peak_memory_mib`` and, where PyTorch
        runs on a GPU, ``gpu_memory_mib``.

    Raises:
        CheckpointError: If the runtime cannot read the weights.
        ConfigError: If runtime, device or precision cannot be had.
    """
    detector = _open(job.opening)
    boxes = None if job.search is None else detector(Path(job.search)).boxes.tolist()
    samples = [_measure(detector, picture, job) for picture in job.pictures]
    return {
        **{"device": detector.device, "runtime": detector.runtime, "weights": detector.weights},
        **{"boxes": boxes, "samples": samples, "peak_memory_mib": peak_mib()},
        "gpu_memory_mib": gpu_peak_mib(detector.device),
    }


def _open(opening: Opening) -> PoseDetector:
    wanted = Wanted(opening.runtime, opening.device, opening.precision)
    return PoseDetector(
        None if opening.weights is None else Path(opening.weights),
        None if opening.person_weights is None else Path(opening.person_weights),
        DetectorSettings(batch=opening.batch, wanted=wanted),
    )


def _measure(detector: PoseDetector, picture: Prepared, job: Job) -> Samples:
    """Take the time of each stage."""
    path = Path(picture.path)
    source = Source(path, "picture", path.stem)
    out = Path(job.folder)
    header = {"opening": asdict(job.opening), "skeleton": detector.skeleton.to_dict()}
    samples: Samples = {}
    with open_writers(("overlay", "json"), out, [source], header) as writers:
        for number in range(-WARM_UP, job.repeats):
            turn = _turn(detector, source, picture.boxes, job.people, writers)
            for stage, seconds in turn.items():
                if number >= 0:
                    samples.setdefault(stage, []).append(1000 * seconds)
    return samples


def _turn(
    detector: PoseDetector,
    source: Source,
    boxes: list[list[float]],
    people: tuple[int, ...],
    writers: Writers,
) -> dict[str, float]:
    """Do everything once; return the seconds of each stage."""
    watch = Stopwatch()
    with watch("read"):
        image = read_picture(source.path)
    with watch("finder"):
        detector.find([image])
    for count in people:
        some, sure = _people(boxes, count)
        with watch(f"joints/{count}"):
            (estimate,) = detector.estimate([image], [some], [sure])
            # It leaves out people who are there twice, which is timed; all are written.
            detector.choose(estimate)
        with watch(f"write/{count}"):
            writers.start(source, None)
            writers.write(source, Seen(Frame(image, 0, None), estimate.people))
            writers.finish(source, End(1))
    some, sure = _people(boxes, PEOPLE_AT_ONCE)
    several = [image] * PICTURES_AT_ONCE
    with watch("batch"):
        detector.find(several)
        detector.estimate(several, [some] * PICTURES_AT_ONCE, [sure] * PICTURES_AT_ONCE)
    seconds = watch.seconds
    for count in people:
        stages = ("read", "finder", f"joints/{count}", f"write/{count}")
        seconds[f"total/{count}"] = sum(seconds[stage] for stage in stages)
    return seconds


def _people(boxes: list[list[float]], count: int) -> tuple[Floats, Floats]:
    """Return exactly so many boxes (N, 4), repeated where there are fewer, and their scores."""
    return np.resize(np.array(boxes, np.float32), (count, 4)), np.ones(count, np.float32)


def main() -> None:
    """Answer one job."""
    try:
        answer = work(Job.from_json(sys.stdin.read()))
    except PedposeError as error:
        answer = {"refused": type(error).__name__, "message": str(error)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
