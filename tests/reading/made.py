"""Videos and servers that tests of reading make."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WALK = SAMPLES / "walk.mp4"


def gray_picture(i: int) -> npt.NDArray[np.uint8]:
    """A picture whose number can be read from its brightness."""
    return np.full((48, 64, 3), 8 * (i % 30) + 4, np.uint8)


def number_of(image: npt.NDArray[np.uint8]) -> int:
    """The number of a grey picture, modulo 30."""
    return round((float(image.mean()) - 4) / 8)


def write_clip(path: Path, frames: int, codec: str = "mp4v", fps: float = 10) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (64, 48))
    for i in range(frames):
        writer.write(gray_picture(i))
    writer.release()
    return path


def write_timed(
    path: Path, times_ms: Sequence[int], key_every: int = 12, b: int = 2, unit_ms: int = 1
) -> Path:
    """Write grey pictures to be shown at given milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(unit_ms, 1000)
        stream.codec_context.gop_size = key_every
        stream.codec_context.options = {
            "bf": str(b),
            "preset": "ultrafast",
            "sc_threshold": "0",
        }
        stream.codec_context.options["x264-params"] = f"bframes={b}:b-adapt=0"
        for i, time_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(gray_picture(i), format="rgb24")
            frame.pts, frame.time_base = time_ms // unit_ms, Fraction(unit_ms, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def rotate(path: Path, turned: Path, quarters: int) -> Path:
    """Copy an MP4 with a display matrix that turns it clockwise by quarters."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: the matrix lies 40 bytes into the content
    a, b, c, d = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)][quarters]
    one = 1 << 16
    values = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]
    data[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in values)
    turned.write_bytes(data)
    return turned


def write_sound(path: Path) -> Path:
    """Write a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        for _ in range(8):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class Camera:
    """A server that sends motion JPEG until it is killed; every frame has a number."""

    def __init__(self, port: int = 0, frames: int | None = None, answers: bool = True) -> None:
        camera = self
        self.sent = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not answers:
                    camera.killed.wait(20)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                while not camera.killed.is_set() and (frames is None or camera.sent < frames):
                    _, jpeg = cv2.imencode(".jpg", gray_picture(camera.sent))
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                    self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg.tobytes() + b"\r\n")
                    camera.sent += 1
                    camera.killed.wait(0.01)

            def log_message(self, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # the reader hangs up when it has enough

        self.killed = threading.Event()
        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        self.killed.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def camera(**options: object) -> Iterator[Camera]:
    running = Camera(**options)  # type: ignore[arg-type]
    try:
        yield running
    finally:
        if not running.killed.is_set():
            running.kill()


@contextmanager
def web_server(files: dict[str, bytes], ranges: bool = True, announced: int = 0) -> Iterator[int]:
    """Serve files; of announced bytes more than there are, if any."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            begin = 0
            asked = self.headers.get("Range")
            if asked and ranges:
                begin = int(asked.removeprefix("bytes=").split("-")[0])
            total = max(len(content), announced)
            self.send_response(206 if asked and ranges else 200)
            if ranges:
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Range", f"bytes {begin}-{total - 1}/{total}")
            self.send_header("Content-Length", str(total - begin))
            self.end_headers()
            self.wfile.write(content[begin:])

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def until(condition: object, seconds: float = 5) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False
