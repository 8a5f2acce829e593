"""A page on this machine that shows a run while it goes on."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from pedpose.geometry import Image
from pedpose.live.access import Access
from pedpose.live.address import LOOPBACK, Address
from pedpose.live.board import Board
from pedpose.live.handler import Handler
from pedpose.live.listener import Listener, Site
from pedpose.reading.sources import Source

_FAREWELL_S = 1.5
"""Longer than pages wait between two looks at the status."""
_POLL_S = 0.1


class Server:
    """Serves the page of a run to those who know its token.

    ``show`` and ``finish`` may be called by any thread and never wait for a client.

    A context manager: listens inside its block, and has let go of clients and port after it.
    """

    def __init__(self, address: Address, token: str | None = None) -> None:
        """Take the port.

        Args:
            address: Where to listen; other machines reach it only where that is not loopback.
            token: What one must know to look; a random one by default.

        Raises:
            ConfigError: If the port is in use, there is no such address, or the token is weak.
        """
        Access(address, token)  # refuses a bad token before the port is taken
        self._listener = Listener(address, Handler)
        self._address = replace(address, port=self._listener.port)
        self._site = Site(Board(), Access(self._address, token))
        self._listener.site = self._site
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(_POLL_S,), name="pedpose-page", daemon=True
        )

    @property
    def url(self) -> str:
        """The address to open, with the token: for the terminal, never for a file.

        Where all addresses of the machine are listened at it is the one for the machine itself.
        """
        here = self._address
        if here.everywhere:
            here = replace(here, host="::1" if ":" in here.host else LOOPBACK)
        return f"http://{here.text}/?{self._site.access.query}"

    @property
    def closed(self) -> bool:
        """Never: who closes a page does not end the run."""
        return False

    def show(self, source: Source, picture: Image, people: int, time_s: float | None) -> None:
        """Take the newest picture of a source."""
        self._site.board.show(source.name, picture, people, time_s)

    def finish(self, source: Source) -> None:
        """End a source."""
        self._site.board.finish(source.name)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all streams, tell open pages that it is over, and let the port go."""
        self._site.board.close()
        asked_at = self._site.asked_at
        try:
            if asked_at is not None and time.monotonic() - asked_at < 2 * _FAREWELL_S:
                time.sleep(_FAREWELL_S)
        finally:
            self._site.stopping.set()
            self._listener.shutdown()
            self._listener.server_close()
            self._listener.drop_connections()
