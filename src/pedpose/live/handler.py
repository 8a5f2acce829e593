"""Answers to the requests of browsers."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import cast
from urllib.parse import urlsplit

from pedpose.live import paths
from pedpose.live.feed import MOST_RATE, Feed
from pedpose.live.listener import Listener, Site
from pedpose.live.page import POLICY, render_page

_BOUNDARY = "frame"
_IDLE_S = 5.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection: GET and HEAD of a few paths, for those who may look."""

    protocol_version = "HTTP/1.1"
    timeout = 15.0
    """Seconds after which a client is given up that sends or takes nothing."""

    _cookie = False
    """Whether the answer lets in from then on."""

    def do_GET(self) -> None:
        """Answer."""
        if self._may_look():
            self._answer(urlsplit(self.path).path)

    def do_HEAD(self) -> None:
        """Answer without content."""
        self.do_GET()

    def do_POST(self) -> None:
        """Refuse: nothing can be changed from outside."""
        self.close_connection = True  # what else it sends is not read
        if self._may_look():
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = do_TRACE = do_POST

    @property
    def _site(self) -> Site:
        return cast(Listener, self.server).site

    def _may_look(self) -> bool:
        """Check host and token, and refuse where they are wrong."""
        access = self._site.access
        self._cookie = False  # a connection may bring several requests
        try:
            query = urlsplit(self.path).query
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return False
        if access.knows_host(self.headers.get("Host", "")):
            self._cookie = access.in_query(query)
            if self._cookie or access.in_cookie(self.headers.get("Cookie", "")):
                return True
        self._refuse(HTTPStatus.FORBIDDEN)
        return False

    def _answer(self, path: str) -> None:
        board = self._site.board
        pictured, streamed = paths.pictured(path), paths.streamed(path)
        if path == paths.PAGE:
            page, policy = render_page()
            headers = {"Content-Security-Policy": policy}
            self._send("text/html; charset=utf-8", page.encode(), headers)
        elif path == paths.STATUS:
            self._site.asked_at = time.monotonic()
            self._send("application/json", json.dumps(board.status()).encode())
        elif pictured is not None and (feed := board.feed(pictured)):
            self._send("image/jpeg", feed.newest().jpeg)
        elif streamed is not None and (feed := board.feed(streamed)):
            self._stream(feed)
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _stream(self, feed: Feed) -> None:
        """Send the newest picture again and again until the source or the client ends."""
        self.close_connection = True
        if not self._site.streams.acquire(blocking=False):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})
            return
        try:
            kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
            self._begin(HTTPStatus.OK, {"Content-Type": kind, "Connection": "close"})
            if self.command != "HEAD":
                self._send_pictures(feed)
        finally:
            self._site.streams.release()

    def _send_pictures(self, feed: Feed) -> None:
        # Browsers show a picture when they have seen the boundary after it: it is sent with it.
        self.wfile.write(f"--{_BOUNDARY}\r\n".encode())
        sent = 0
        while True:
            # Where nothing is new the last one is sent again: that finds out who has vanished.
            feed.wait(sent, _IDLE_S)
            ended = feed.ended
            picture = feed.newest()
            length = len(picture.jpeg)
            head = f"Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()
            last = "--" if ended else ""
            tail = f"\r\n--{_BOUNDARY}{last}\r\n".encode()
            self.wfile.write(head + picture.jpeg + tail)
            if ended:
                return
            sent = picture.number
            self._site.stopping.wait(1 / MOST_RATE)

    def _send(self, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        length = str(len(content))
        self._begin(
            HTTPStatus.OK, {"Content-Type": kind, "Content-Length": length, **(headers or {})}
        )
        if self.command != "HEAD":
            self.wfile.write(content)

    def _refuse(self, status: HTTPStatus, headers: dict[str, str] | None = None) -> None:
        content = f"{status.value} {status.phrase}\n".encode()
        kind = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(content))}
        closing = {"Connection": "close"} if self.close_connection else {}
        self._begin(status, {**kind, **closing, **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(content)

    def _begin(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
        if self._cookie:
            self.send_header("Set-Cookie", self._site.access.cookie)
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request that can be understood, without repeating it."""
        self.close_connection = True
        self._refuse(HTTPStatus(code))

    def version_string(self) -> str:
        """Return the name without versions, which are nobody's business."""
        return "pedpose"

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: the paths in it would hold the token."""
