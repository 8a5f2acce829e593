"""Cameras and addresses of streams: what is one, what to call it, and no passwords."""

from __future__ import annotations

import re

SCHEMES = ("http", "https", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://.+")
_CAMERA = re.compile(r"(?:/dev/video)?(\d{1,4})")
_SECRET = re.compile(
    r"(?P<name>[?&;][^=&;#]*(?:auth|credential|key|login|pass|psw|pwd|secret|sig|token|user|usr)"
    r"[^=&;#]*=)[^&;]*",
    re.IGNORECASE,
)
_HIDDEN = "***"
_LONGEST_NAME = 80


def scheme_of(argument: str) -> str | None:
    """Return the scheme of an address in lower case, None where it is no address."""
    match = _ADDRESS.fullmatch(argument)
    return match[1].lower() if match else None


def camera_number(argument: str) -> int | None:
    """Return the number of a camera, given as number or as ``/dev/videoN``, or None."""
    match = _CAMERA.fullmatch(argument)
    return int(match[1]) if match else None


def without_password(url: str) -> str:
    """Return the address of a stream without user and password.

    What stands for them in a query (``?user=a&pwd=b``) is hidden as well.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = _after_user(rest)
    return _SECRET.sub(rf"\g<name>{_HIDDEN}", f"{scheme}{separator}{host}{slash}{path}")


def stream_name(url: str) -> str:
    """Return a name for the outputs of a camera or stream, without folders in it."""
    number = camera_number(url)
    if number is not None:
        return f"camera_{number}"
    shown = without_password(url).partition("://")[2].replace(_HIDDEN, "")
    return re.sub(r"[^\w.-]+", "_", shown).strip("._-")[:_LONGEST_NAME] or "stream"


def _after_user(rest: str) -> tuple[str, str, str]:
    """Return host, ``/`` and path of an address after its scheme."""
    host, slash, path = rest.partition("/")
    if "@" not in host and "@" in path and not re.fullmatch(r"[^:]*(:\d+)?|\[.*\](:\d+)?", host):
        # What looks like a port is none: the password holds a "/".
        return rest.rpartition("@")[2].partition("/")
    return host.rpartition("@")[2], slash, path
