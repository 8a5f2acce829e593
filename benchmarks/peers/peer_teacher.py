"""Time PicoDet-S and PP-TinyPose in OpenVINO on one picture.

usage: peer_teacher.py PICTURE [--model FOLDER] [--repeats 15]

The folder holds teacher.py and its networks. It is a yardstick that lies beside the repository and
is not shipped.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from measuring import Tool, measure, options, read_bgr, tell_missing

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "teachers"
LEAST_SCORE = 0.5


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    folder = arguments.model or FOLDER
    tool = Tool(
        *("teacher", arguments.variant, f"openvino {version('openvino')}"),
        model="PicoDet-S 320 + PP-TinyPose 256x192",
        licence="code Apache-2.0, weights Apache-2.0",
    )
    if not (folder / "teacher.py").is_file():
        tell_missing(arguments, tool, f"not present: no teacher.py in {folder}")
        return
    sys.path.insert(0, str(folder))
    from teacher import Detector, TinyPose

    detector = Detector(folder, arguments.threads)
    pose = TinyPose(folder, arguments.threads)
    picture = read_bgr(arguments.picture)
    measure(arguments, tool, lambda: len(pose(picture, detector(picture, LEAST_SCORE)[0])))


if __name__ == "__main__":
    main()
