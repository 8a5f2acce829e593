"""A small world for benchmarks/load.py: drawn people, and two networks that find them.

People are grey with a green head, a red heart and blue feet. The networks, a convolution each, look
for these colours, so that many hundred small frames a second go through all that ``pedpose detect``
does, and what they find is known.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from pedpose.model.architecture import Architecture, Stage
from pedpose.model.metadata import KEY, Exported, Metadata
from pedpose.skeleton import Skeleton

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 128, 96
PERIOD = 600
"""Frames after which the scene begins anew."""

CAMERA_FRAMES = 4
"""Frames that the camera sends before it breaks off."""

_CROP = (64, 48)
_STEP = 4  # pixels a frame that people walk
_EVERY = 12  # frames between two people who come
_NIGHT = range(500, PERIOD)  # frames in which nobody comes
_SIZE = (20, 40)
_SPOT = 4  # half a side
_COLOURS = {"head": (30, 220, 30), "heart": (230, 30, 30), "feet": (30, 30, 230)}
_PLACES = {"head": -14, "heart": 0, "feet": 14}  # below the middle, in pixels
# A colour less the other two, of (head, heart, feet).
_CONTRASTS = np.array([[-0.5, 1, -0.5], [1, -0.5, -0.5], [-0.5, -0.5, 1]], np.float32)


def people_at(number: int) -> list[tuple[int, int]]:
    """Return the middles x, y of the people in a frame; every other one walks to the left."""
    middles = []
    for come in range(0, PERIOD, _EVERY):
        way = (number % PERIOD - come) * _STEP
        if come not in _NIGHT and 0 <= way <= WIDTH:
            lane = come // _EVERY % 2
            middles.append((way if lane else WIDTH - way, 24 + 48 * lane))
    return middles


def frame(number: int) -> Image:
    """Return a frame (HEIGHT, WIDTH, 3)."""
    image = np.full((HEIGHT, WIDTH, 3), 40 + number % 7, np.uint8)
    for x, y in people_at(number):
        _paint(image, x, y, _SIZE[0] // 2, _SIZE[1] // 2, (110, 110, 110))
        for name, below in _PLACES.items():
            _paint(image, x, y + below, _SPOT, _SPOT, _COLOURS[name])
    return image


def write_clip(path: Path, count: int, fps: int) -> None:
    """Write the first frames as a video."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(count):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame(number), format="rgb24")))
        file.mux(stream.encode(None))


@contextmanager
def camera() -> Iterator[str]:
    """Give the address of a stream that breaks off after CAMERA_FRAMES frames, again and again.

    It is served by another process, whose open files do not count here.
    """
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(its,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        process.terminate()
        process.join()
        ours.close()


def write_networks(folder: Path) -> tuple[Path, Path]:
    """Write a joint network and a finder, and return their files."""
    skeleton = Skeleton(tuple(_PLACES), limbs=((0, 1), (1, 2)), sigmas=(0.03, 0.03, 0.03))
    joints, person = folder / "joints.onnx", folder / "person.onnx"
    _write(joints, skeleton, _CONTRASTS / np.float32(10), np.zeros(3, np.float32), 8)
    # One logit by the heart, in the middle of a box of one size (offsets and logarithms).
    weights = np.zeros((5, 3), np.float32)
    weights[0] = _CONTRASTS[1] / np.float32(5)
    sides = np.log(np.array(_SIZE, np.float32) / 4)
    _write(person, None, weights, np.array([-9, 0, 0, *sides], np.float32), 12)
    return joints, person


class _Camera(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send motion JPEG."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        for number in range(CAMERA_FRAMES + 1):  # a frame is whole where the next one begins
            jpeg = cv2.imencode(".jpg", frame(number))[1].tobytes()
            head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Let readers hang up."""


def _serve(pipe: Connection) -> None:
    server = _Server(("127.0.0.1", 0), _Camera)
    pipe.send(server.server_address[1])
    server.serve_forever()


def _write(
    path: Path,
    skeleton: Skeleton | None,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    side: int,
) -> None:
    """Write a network: means over squares of a side, then a mix (outputs, 3) of the colours."""
    outputs = len(weights)
    size = None if skeleton is None else _CROP
    rows, columns = size or ("rows", "columns")
    cells: list[Any] = ["rows/4", "columns/4"] if size is None else [s // 4 for s in size]
    nodes = [
        helper.make_node("Cast", ["pictures"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["colours"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool",
            ["colours"],
            ["means"],
            kernel_shape=[side, side],
            strides=[4, 4],
            pads=[(side - 4) // 2] * 4,
            count_include_pad=1,
        ),
        helper.make_node("Conv", ["means", "weights", "bias"], ["maps"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["batch", rows, columns, 3])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["batch", outputs, *cells])],
        [
            onnx.numpy_helper.from_array(weights[:, :, None, None], "weights"),
            onnx.numpy_helper.from_array(bias, "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    architecture = Architecture(
        *("person" if skeleton is None else "joints", outputs, "plain", 4, 4),
        *(size or (HEIGHT, WIDTH)),
        stages=(Stage(4, 1), Stage(4, 1)),
    )
    exported = Exported("0" * 64, "fp32", size)
    metadata = Metadata(architecture, skeleton, exported=exported)
    model.metadata_props.add(key=KEY, value=metadata.to_json())
    path.write_bytes(model.SerializeToString())


def _paint(
    image: Image, x: int, y: int, half_x: int, half_y: int, colour: tuple[int, int, int]
) -> None:
    image[max(0, y - half_y) : max(0, y + half_y), max(0, x - half_x) : max(0, x + half_x)] = colour
