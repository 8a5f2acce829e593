"""Where a page is served."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from pedpose.errors import ConfigError

LOOPBACK = "127.0.0.1"

_SIX = r"\[(?P<six>[0-9A-Fa-f:.]+)\]"
_HOST = r"(?P<host>[^\s:/\[\]@?#]+)"
_FORM = re.compile(rf"(?:(?:{_SIX}|{_HOST}):)?(?P<port>[0-9]{{1,5}})")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port to listen at.

    Attributes:
        host: IPv4 or IPv6 address or name of this machine, without brackets.
        port: 0 for any that is free.
    """

    host: str = LOOPBACK
    port: int = 0

    @property
    def text(self) -> str:
        """Host and port as they are written in the address of a page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def everywhere(self) -> bool:
        """Whether it stands for all addresses of the machine."""
        return _is_address(self.host) and ipaddress.ip_address(self.host).is_unspecified


def parse_address(text: str) -> Address:
    """Read ``PORT``, which is for this machine only, ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises:
        ConfigError: If it is none of these.
    """
    found = _FORM.fullmatch(text)
    port = int(found["port"]) if found else 0
    if found is None or port > 65535 or (found["six"] and not _is_address(found["six"])):
        raise ConfigError(
            f"serve: expected PORT (0..65535), HOST:PORT or [IPV6]:PORT, found {text!r}"
        )
    return Address(found["six"] or found["host"] or LOOPBACK, port)


def host_of(header: str) -> str | None:
    """Return the host that a ``Host`` header names, in small letters; None if it names none."""
    found = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([^\s:/\[\]@?#]+))(?::\d{1,5})?", header.lower())
    return (found[1] or found[2]) if found else None


def is_served_by(host: str, address: Address) -> bool:
    """Whether requests for a host may be answered.

    A page from elsewhere can make its own name lead to this machine (DNS rebinding) and then
    read what it gets; so no name is answered for but ``localhost`` and the one listened at.
    """
    if host in ("localhost", address.host.lower()):
        return True
    if not _is_address(host):
        return False
    return address.everywhere or ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
