"""Clients of a page, for tests."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np

from pedpose.geometry import Image
from pedpose.live.server import Server
from pedpose.reading.sources import Source

TOKEN = "a-token-that-is-long"
PATIENCE_S = 60.0
"""Nothing takes so long; tests end by it where something hangs."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def port_of(server: Server) -> int:
    port = urlsplit(server.url).port
    assert port is not None
    return port


def ask(
    server: Server,
    path: str,
    method: str = "GET",
    token: str | None = TOKEN,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=PATIENCE_S)
    try:
        query = "" if token is None else f"?token={token}"
        connection.request(method, f"{path}{query}", headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def connect(server: Server, path: str) -> socket.socket:
    """Ask for a path and leave the answer unread."""
    client = socket.create_connection(("127.0.0.1", port_of(server)), timeout=PATIENCE_S)
    client.sendall(f"GET {path}?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def source(name: str) -> Source:
    return Source(Path(name), "video", name)


def picture(width: int = 64, height: int = 48, value: int = 0) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Decode a JPEG and return width and height."""
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found.shape[1], found.shape[0]
