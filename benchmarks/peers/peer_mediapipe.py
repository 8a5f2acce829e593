"""Time MediaPipe's pose landmarks on one picture.

usage: peer_mediapipe.py PICTURE [--model pose_landmarker_lite.task] [--repeats 15]

With --model the Pose Landmarker of today is run, which needs that file. Without it the older
"Pose" solution is run, whose wheels (up to 0.10.21) hold a network: it finds one person at most.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

import mediapipe
from measuring import Tool, measure, options, read_rgb, tell_missing

MOST_PEOPLE = 10
LICENCE = "code Apache-2.0, weights Apache-2.0"
ONE = (
    "finds one person at most, in every picture anew (static_image_mode), 33 landmarks; where it "
    "finds nobody its time is that of the search alone"
)
MANY = f"finds {MOST_PEOPLE} people at most (its own default is 1), 33 landmarks"
MISSING = (
    "model not present: this wheel holds none; give a pose_landmarker .task file by "
    "--model mediapipe=FILE, or install mediapipe==0.10.21, which holds one"
)


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    if arguments.model is not None:
        run_landmarker(arguments)
    elif hasattr(mediapipe, "solutions"):
        run_solution(arguments)
    else:
        tool = Tool("mediapipe", arguments.variant, version("mediapipe"), "", LICENCE)
        tell_missing(arguments, tool, MISSING)


def run_landmarker(arguments: argparse.Namespace) -> None:
    """Time the Pose Landmarker."""
    from mediapipe.tasks.python import BaseOptions, vision

    file: Path = arguments.model
    tool = Tool(
        *("mediapipe", arguments.variant, version("mediapipe"), file.name), LICENCE, note=MANY
    )
    settings = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(file)), num_poses=MOST_PEOPLE
    )
    picture = read_rgb(arguments.picture)
    with vision.PoseLandmarker.create_from_options(settings) as landmarker:

        def count() -> int:
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
            return len(landmarker.detect(image).pose_landmarks)

        measure(arguments, tool, count)


def run_solution(arguments: argparse.Namespace) -> None:
    """Time the older solution."""
    tool = Tool(
        *("mediapipe", arguments.variant, version("mediapipe"), "pose_landmark_full"),
        LICENCE,
        note=ONE,
    )
    picture = read_rgb(arguments.picture)
    with mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as pose:
        measure(arguments, tool, lambda: int(pose.process(picture).pose_landmarks is not None))


if __name__ == "__main__":
    main()
