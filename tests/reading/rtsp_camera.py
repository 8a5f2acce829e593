"""A small RTSP server, which sends H.264 over the connection itself as cameras do."""

from __future__ import annotations

import base64
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av
from made import gray_picture

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
    "a=control:track\r\n"
)


def _units(frames: int) -> list[list[bytes]]:
    """Compress grey pictures; return the NAL units of each."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.time_base = encoder.framerate = 25  # type: ignore[assignment]
    encoder.time_base = 1 / encoder.framerate
    encoder.gop_size = 5
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    pictures = [av.VideoFrame.from_ndarray(gray_picture(i), format="rgb24") for i in range(frames)]
    packets = [packet for picture in [*pictures, None] for packet in encoder.encode(picture)]
    return [
        [
            unit.lstrip(b"\x01")
            for unit in bytes(packet).replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
            if unit
        ]
        for packet in packets
    ]


class RtspCamera:
    """Sends frames to whoever asks with the right password, then hangs up or falls silent."""

    def __init__(self, frames: int, password: str = "", then_silent: bool = False) -> None:
        self._frames = _units(frames)
        self._wanted = base64.b64encode(f"user:{password}".encode()).decode() if password else ""
        self._then_silent = then_silent
        self.ended = threading.Event()
        self.refused = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self._server.close()

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, client.makefile("rwb") as file:
                while self._answer(file):
                    pass
        except OSError:
            pass  # the reader hangs up when it has enough

    def _answer(self, file) -> bool:  # type: ignore[no-untyped-def]
        method = file.readline().decode().split(" ")[0]
        if not method.strip():
            return False
        headers = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        status, extra, body = "200 OK", "", ""
        if self._wanted and self._wanted not in headers.get("authorization", ""):
            self.refused += 1
            status, extra = "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"\r\n'
        elif method == "DESCRIBE":
            extra, body = "Content-Type: application/sdp\r\n", _SDP
        elif method == "SETUP":
            extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
        elif method in {"PLAY", "OPTIONS"}:
            extra = "Session: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n"
        head = f"RTSP/1.0 {status}\r\nCSeq: {headers.get('cseq', '0')}\r\n{extra}"
        file.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        file.flush()
        if method != "PLAY":
            return True
        number = 0
        for i, units in enumerate(self._frames):
            for unit in units:
                last = 0x80 if unit is units[-1] else 0
                rtp = struct.pack(">BBHII", 0x80, last | 96, number, i * 3600, 7) + unit
                file.write(struct.pack(">cBH", b"$", 0, len(rtp)) + rtp)
                number += 1
            file.flush()
            self.ended.wait(0.01)
        if self._then_silent:
            self.ended.wait(20)
        return False


@contextmanager
def rtsp_camera(frames: int, password: str = "", then_silent: bool = False) -> Iterator[RtspCamera]:
    running = RtspCamera(frames, password, then_silent)
    try:
        yield running
    finally:
        running.close()
