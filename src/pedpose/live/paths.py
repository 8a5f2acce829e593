"""The paths of a page: names of sources are encoded in them and never lead to files."""

from __future__ import annotations

from urllib.parse import quote, unquote

PAGE = "/"
STATUS = "/status.json"
_PICTURE = "/picture/", ".jpg"
_STREAM = "/stream/", ".mjpg"


def picture_path(name: str) -> str:
    """Return the path of the newest picture of a source."""
    return _encode(name).join(_PICTURE)


def stream_path(name: str) -> str:
    """Return the path of the pictures of a source as an endless stream."""
    return _encode(name).join(_STREAM)


def pictured(path: str) -> str | None:
    """Return the name of the source whose newest picture a path stands for, None if of none."""
    return _decode(path, *_PICTURE)


def streamed(path: str) -> str | None:
    """Return the name of the source whose stream a path stands for, None if of none."""
    return _decode(path, *_STREAM)


def _encode(name: str) -> str:
    # Names of files may hold bytes that are no text; Python has them as lone surrogates.
    return quote(name, safe="", errors="surrogatepass")


def _decode(path: str, start: str, end: str) -> str | None:
    encoded = path.removeprefix(start).removesuffix(end)
    if encoded.join((start, end)) != path:
        return None
    try:
        return unquote(encoded, errors="surrogatepass")
    except UnicodeDecodeError:
        return None
