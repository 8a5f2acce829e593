"""Time the command ``yolo pose predict`` on one picture.

usage: peer_ultralytics.py PICTURE --model yolo11n-pose.pt [--repeats 15]

Ultralytics is under the AGPL-3.0: this script imports none of it. It starts the command that lies
in the environment of the Python that runs it, as a user does, and reads what it prints. A .yaml
in place of weights gives a network with random weights, for the time only.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from measuring import WARM_UP, Tool, options, tell, tell_missing
from ultralytics_lines import PictureLine, read_around_ms, read_picture_line

# Its own choice on a CPU, whatever OMP_NUM_THREADS says: one fewer than os.cpu_count(), at most 8.
MOST_THREADS = 8
# From this version on Python takes os.cpu_count() from the environment.
COUNTS_AS_TOLD = (3, 13)
NOTE = (
    "timed by the lines it prints: the network of each repeat, and the mean of what is before and "
    "after; its threads are its own choice"
)
RANDOM = "random weights, for the time only; "


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    threads = arguments.threads
    if sys.version_info < COUNTS_AS_TOLD:
        threads = max(1, (os.cpu_count() or 1) - 1)
    threads = arguments.threads = min(threads, MOST_THREADS)
    trained = arguments.model is None or arguments.model.suffix != ".yaml"
    tool = Tool(
        *("ultralytics", arguments.variant, version("ultralytics")),
        model="" if arguments.model is None else arguments.model.name,
        licence="code AGPL-3.0, weights AGPL-3.0",
        note=NOTE if trained else RANDOM + NOTE,
        trained=trained,
    )
    if arguments.model is None or (trained and not arguments.model.is_file()):
        why = "model not present: give one by --model ultralytics=yolo11n-pose.pt"
        tell_missing(arguments, tool, why)
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pictures"
        source.mkdir()
        for number in range(1 + WARM_UP + arguments.repeats):
            shutil.copy(arguments.picture, source / f"{number:04}.png")
        lines, first = predict(arguments.model, source, Path(folder), threads)
    pictures = [p for p in map(read_picture_line, lines) if p is not None]
    times = [p.inference_ms for p in pictures[1 + WARM_UP :]]
    around = read_around_ms(lines)
    people = pictures[0].people
    cold = first - arguments.began
    tell(arguments, tool, [t + around for t in times], people, cold, resource.RUSAGE_CHILDREN)


def predict(model: Path, source: Path, folder: Path, threads: int) -> tuple[list[str], float]:
    """Run the command; return its lines, and the Unix time at which it told the first picture."""
    yolo = Path(sys.executable).with_name("yolo")
    command = [yolo, "pose", "predict", f"model={model}", f"source={source}"]
    command += ["device=cpu", "imgsz=640", "save=False", f"project={folder}"]
    own = {"YOLO_CONFIG_DIR": str(folder), "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
    counted = {"PYTHON_CPU_COUNT": str(threads + 1)}
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, **own, **counted},
    )
    assert process.stdout is not None
    lines: list[str] = []
    first: PictureLine | None = None
    first_at = 0.0
    for line in process.stdout:
        lines.append(line)
        if first is None:
            first = read_picture_line(line)
            first_at = time.time()
    if process.wait() != 0 or first is None:
        sys.exit("yolo: " + "".join(lines[-5:]))
    return lines, first_at


if __name__ == "__main__":
    main()
