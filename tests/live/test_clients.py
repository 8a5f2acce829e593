"""Clients that watch, that stall and that stay."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from serving import PATIENCE_S, TOKEN, ask, connect, picture, port_of, size_of, source

from pedpose.live import listener
from pedpose.live.address import Address
from pedpose.live.server import Server


@pytest.fixture
def server(hurried: None) -> Iterator[Server]:
    with Server(Address(), TOKEN) as server:
        server.show(source("walk"), picture(64, 48), 3, 1.5)
        yield server


class Stream:
    """Reads an endless stream part by part."""

    def __init__(self, server: Server, path: str) -> None:
        self._socket = connect(server, path)
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers = self._head()

    def _head(self) -> dict[str, str]:
        lines = iter(lambda: self._file.readline().strip().decode(), "")
        return dict(line.split(": ", 1) for line in lines)

    def part(self) -> bytes | None:
        """Return the next picture, None at the end."""
        line = self._file.readline().strip()
        if line in (b"--frame--", b""):
            return None
        assert line == b"--frame"
        head = self._head()
        if not head:
            return None  # the server has gone
        assert head["Content-Type"] == "image/jpeg"
        jpeg = self._file.read(int(head["Content-Length"]))
        assert self._file.read(2) == b"\r\n"
        return jpeg

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def test_the_parts_of_a_stream_are_pictures_up_to_the_last(server: Server):
    stream = Stream(server, "/stream/walk.mjpg")
    assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
    sizes = [(64, 48), (80, 60), (100, 20)]
    for n, size in enumerate(sizes):
        server.show(source("walk"), picture(*size), 0, None)
        part = stream.part()
        while part is not None and size_of(part) != size:
            part = stream.part()  # the picture before may still be on its way
        assert part is not None, n
    server.show(source("walk"), picture(10, 10), 0, None)
    server.finish(source("walk"))
    parts = list(iter(stream.part, None))
    assert size_of(parts[-1]) == (10, 10)
    stream.close()


def test_clients_that_stall_or_vanish_hold_nothing_up(server: Server):
    stalled = connect(server, "/stream/walk.mjpg")
    silent = socket.create_connection(("127.0.0.1", port_of(server)))
    gone = connect(server, "/stream/walk.mjpg")
    gone.close()
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    for n in range(1000):
        server.show(source("walk"), noise, n, n / 25)
    assert ask(server, "/status.json").json["sources"][0]["people"] == 999
    stalled.close()
    silent.close()


def test_several_clients_see_the_same(server: Server):
    streams = [Stream(server, "/stream/walk.mjpg") for _ in range(5)]
    server.show(source("walk"), picture(90, 70), 0, None)
    server.finish(source("walk"))
    for stream in streams:
        assert [size_of(part) for part in iter(stream.part, None)][-1] == (90, 70)
        stream.close()


def test_too_many_streams_are_refused_until_one_ends(server: Server):
    streams = [Stream(server, "/stream/walk.mjpg") for _ in range(listener.MOST_STREAMS)]
    assert {stream.status for stream in streams} == {200}
    refused = ask(server, "/stream/walk.mjpg")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert ask(server, "/status.json").status == 200
    server.finish(source("walk"))
    for stream in streams:
        assert len(list(iter(stream.part, None))) >= 1
        stream.close()
    # Places are given back by other threads, some moments after the last byte.
    assert 200 in (ask(server, "/stream/walk.mjpg").status for _ in range(1000))


def test_too_many_connections_are_dropped(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 3)
    clients = [Stream(server, "/stream/walk.mjpg") for _ in range(3)]
    with pytest.raises(ConnectionError):
        ask(server, "/status.json")
    for client in clients:
        client.close()


def test_leaving_releases_clients_and_the_port(hurried: None):
    with Server(Address(), TOKEN) as server:
        server.show(source("walk"), picture(), 0, None)
        port = port_of(server)
        stream = Stream(server, "/stream/walk.mjpg")
        stalled = connect(server, "/stream/walk.mjpg")
        silent = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        assert stream.part() is not None
    while stream.part() is not None:
        pass
    with contextlib.suppress(ConnectionResetError):  # so where nobody had taken the call yet
        assert silent.recv(100) == b""
    for client in (stream, stalled, silent):
        client.close()
    with Server(Address(port=port), TOKEN) as again:
        assert ask(again, "/status.json").json["sources"] == []


def test_a_page_that_is_open_learns_that_the_run_is_over():
    ended: list[bool] = []
    with Server(Address(), TOKEN) as server:
        server.show(source("walk"), picture(), 0, None)
        assert not ask(server, "/status.json").json["over"]
        entered = threading.Event()

        def watch() -> None:
            while not ended:
                status = ask(server, "/status.json").json
                entered.set()
                if status["over"]:
                    ended.append(status["sources"][0]["ended"])

        thread = threading.Thread(target=watch)
        thread.start()
        assert entered.wait(PATIENCE_S)
    thread.join(PATIENCE_S)
    assert ended == [True]


def test_an_error_in_the_block_is_not_hidden():
    with pytest.raises(KeyError), Server(Address(), TOKEN) as server:
        server.show(source("walk"), picture(), 0, None)
        raise KeyError
