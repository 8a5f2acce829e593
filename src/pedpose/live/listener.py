"""The socket that requests for a page come in by."""

from __future__ import annotations

import os
import socket
import socketserver
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from pedpose.errors import ConfigError
from pedpose.live.access import Access
from pedpose.live.address import Address
from pedpose.live.board import Board

MOST_CONNECTIONS = 64
MOST_STREAMS = 16


@dataclass(slots=True)
class Site:
    """What requests are answered from.

    Attributes:
        board: The sources.
        access: Who may look.
        streams: One for each stream that may still be opened.
        stopping: Set when the server stops.
        asked_at: When the status was asked for last, by ``time.monotonic``; None before.
    """

    board: Board
    access: Access
    streams: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MOST_STREAMS)
    )
    stopping: threading.Event = field(default_factory=threading.Event)
    asked_at: float | None = None


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Answers each connection in a thread of its own, up to a number of connections."""

    daemon_threads = True
    request_queue_size = 32
    # Elsewhere than on Windows this lets a port be used again at once, and not by two at a time.
    allow_reuse_address = os.name == "posix"

    site: Site

    def __init__(self, address: Address, handler: type[socketserver.BaseRequestHandler]) -> None:
        """Listen.

        Raises:
            ConfigError: If that is not possible at this address.
        """
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        try:
            family, _, _, _, place = socket.getaddrinfo(
                address.host, address.port, type=socket.SOCK_STREAM
            )[0]
            self.address_family = family
            super().__init__(place[:2], handler)  # type: ignore[arg-type]
        except (OSError, UnicodeError) as error:
            raise ConfigError(
                f"serve: expected an address to listen at that is free, found {address.text}: "
                f"{getattr(error, 'strerror', None) or error}; port 0 takes any that is free"
            ) from error

    @property
    def port(self) -> int:
        """The port it has got."""
        return int(self.socket.getsockname()[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse a connection where there are too many."""
        with self._lock:
            if len(self._connections) >= MOST_CONNECTIONS:
                return False
            self._connections.add(request)
            return True

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that vanish or do not take what they asked for."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """End all connections, so that no thread waits for a client any more."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                continue
