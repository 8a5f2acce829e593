"""What is tried in a process of its own: ``python -m pedpose.doctoring.trials NAME``.

Each trial prints one JSON object as its last line. An error that pedpose raises on purpose is an
answer, too: ``{"failed": ...}``. Anything else ends the process, and whoever asked reads stderr.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pedpose.errors import PedposeError

_FRAMES = 8
_SIDE = 64
_LEAST_IOU = 0.5


def machine() -> dict[str, Any]:
    """Return what the processor is."""
    from pedpose.benching.machine import machine_facts

    facts = machine_facts()
    return {name: facts[name] for name in ("processor", "cores", "threads", "memory_gib")}


def choice() -> dict[str, Any]:
    """Return what runs the networks if nobody says."""
    from pedpose.runtime.choice import Wanted, choose_runtime

    return {"runtime": choose_runtime(Wanted(), [None])}


def onnx() -> dict[str, Any]:
    """Detect by ONNX Runtime."""
    return _detect("onnx")


def openvino() -> dict[str, Any]:
    """Detect by OpenVINO."""
    return _detect("openvino")


def torch() -> dict[str, Any]:
    """Detect by PyTorch, and tell which devices it has: both have to wait for it."""
    from pedpose.doctoring.torch_devices import torch_devices

    devices = torch_devices()
    try:
        return {"devices": devices, **_detect("torch")}
    except PedposeError as error:
        return {"devices": devices, "refused": str(error)}


def pyav() -> dict[str, Any]:
    """Write a video by PyAV and read it."""
    from pedpose.reading.av_reader import open_av_video
    from pedpose.writing.av_encoder import AvEncoder

    return _write_and_read(AvEncoder, open_av_video)


def opencv() -> dict[str, Any]:
    """Write a video by OpenCV and read it."""
    from pedpose.reading.video_reader import Video
    from pedpose.writing.opencv_encoder import OpenCvEncoder

    return _write_and_read(OpenCvEncoder, Video)


def display() -> dict[str, Any]:
    """Make sure that a window can be opened."""
    from pedpose.live.display import check_display

    check_display()
    return {}


_TRIALS: Mapping[str, Callable[[], dict[str, Any]]] = {
    trial.__name__: trial
    for trial in (machine, choice, onnx, openvino, torch, pyav, opencv, display)
}


def _detect(runtime: str) -> dict[str, Any]:
    """Find the people of a rendered picture of the package."""
    import numpy as np

    from pedpose import load
    from pedpose.benching.scene import open_scene
    from pedpose.geometry import iou

    scene = open_scene(None)
    boxes = np.zeros((0, 4), np.float32) if scene.boxes is None else scene.boxes
    detector = load(runtime=runtime)
    begin = time.perf_counter()
    people = detector(scene.image)
    seconds = time.perf_counter() - begin
    right = iou(people.boxes, boxes) >= _LEAST_IOU
    return {
        "device": detector.device,
        "runtime": detector.runtime,
        "found": int(right.any(axis=0).sum()),
        "people": len(boxes),
        "seconds": round(seconds, 3),
    }


def _write_and_read(encoder: Callable[..., Any], reader: Callable[..., Any]) -> dict[str, Any]:
    """Write some frames into the folder for temporary files, and count those read."""
    import numpy as np

    from pedpose.reading.selection import Selection

    with tempfile.TemporaryDirectory(prefix="pedpose-") as folder:
        path = Path(folder) / "trial.mp4"
        video = encoder(path, 25.0, (_SIDE, _SIDE))
        for number in range(_FRAMES):
            grey = np.full((_SIDE, _SIDE, 3), number * 255 // _FRAMES, np.uint8)
            video.write(grey, number / 25.0)
        video.close()
        with reader(path, Selection()) as frames:
            read = sum(1 for _ in frames)
    return {"codec": video.codec, "written": _FRAMES, "read": read}


def main() -> None:
    """Run the trial that the command line names."""
    try:
        answer = _TRIALS[sys.argv[1]]()
    except (PedposeError, OSError) as error:
        answer = {"failed": str(error)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
