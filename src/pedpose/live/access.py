"""Who may look at a page."""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import parse_qs

from pedpose.errors import ConfigError
from pedpose.live.address import Address, host_of, is_served_by

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}", re.ASCII)


class Access:
    """Knows the token: whoever has it may look, at every path, and nobody else at any."""

    def __init__(self, address: Address, token: str | None = None) -> None:
        """Answer for an address.

        Args:
            address: What is listened at, with the port that it has got.
            token: What must be known; a random one by default.

        Raises:
            ConfigError: If the token is short or cannot be part of the address of a page.
        """
        if token is not None and not _TOKEN.fullmatch(token):
            raise ConfigError("token: expected at least 16 of A-Z, a-z, 0-9, _ and -")
        self._address = address
        self._token = token or secrets.token_urlsafe(24)
        # Cookies know no ports: without it in the name, two runs would overwrite each other's.
        self._cookie = f"pedpose_{address.port}"

    @property
    def query(self) -> str:
        """What a path is followed by, to be let in."""
        return f"token={self._token}"

    @property
    def cookie(self) -> str:
        """The ``Set-Cookie`` header that lets in from then on."""
        return f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"

    def knows_host(self, header: str) -> bool:
        """Whether a request with this ``Host`` header was sent to a name of this server."""
        host = host_of(header)
        return host is not None and is_served_by(host, self._address)

    def in_query(self, query: str) -> bool:
        """Whether the query of a request has the token."""
        return self._matches(parse_qs(query).get("token", [""])[-1])

    def in_cookie(self, header: str) -> bool:
        """Whether the ``Cookie`` header of a request has the token."""
        pairs = [part.strip().partition("=") for part in header.split(";")]
        return any(name == self._cookie and self._matches(value) for name, _, value in pairs)

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(errors="replace"), self._token.encode())
