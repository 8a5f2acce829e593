"""How long to go on when a camera or stream is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pedpose.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Reconnect:
    """When to try again, and when to give up.

    Attributes:
        first_wait_s: Seconds before the first try; each further wait is twice as long.
        longest_wait_s: Longest wait in seconds.
        give_up_s: Seconds without a frame after which a lost stream is given up.
        tries: Most tries in a row; None for as many as there is time for.
        open_s: Most seconds until the other side has to answer.
        read_s: Most seconds between two frames before a stream counts as lost.
        begin_s: Seconds after which it is given up where it has given no frame yet.
        begin_tries: Most tries in a row where it has given no frame yet.
    """

    first_wait_s: float = 0.5
    longest_wait_s: float = 10.0
    give_up_s: float = 60.0
    tries: int | None = None
    open_s: float = 8.0
    read_s: float = 10.0
    begin_s: float = 10.0
    begin_tries: int = 3

    def __post_init__(self) -> None:
        """Refuse times that would wait for ever or not at all."""
        for name in ("first_wait_s", "longest_wait_s", "open_s", "read_s", "begin_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(f"reconnect {name}: expected seconds above 0, found {value}")
        if not self.give_up_s >= 0:
            raise ConfigError(f"reconnect give_up_s: expected 0 or more, found {self.give_up_s}")
        if self.begin_tries < 1 or (self.tries is not None and self.tries < 0):
            raise ConfigError(
                f"reconnect: expected 1 try or more to begin and 0 or more after, "
                f"found {self.begin_tries} and {self.tries}"
            )


@dataclass(slots=True)
class Outage:
    """A time without frames: since when, why, and what was tried.

    Attributes:
        settings: When to try again and when to give up.
        since_s: When it began, by the clock of the reader.
        begun: Whether there was a frame before.
        reason: What was found last.
        tries: How often a connection was tried.
    """

    settings: Reconnect
    since_s: float
    begun: bool
    reason: str = ""
    tries: int = 0
    _wait_s: float = field(default=0.0, init=False)

    def next_wait_s(self, now_s: float) -> float | None:
        """Return how many seconds to wait before the next try, None to give up."""
        limit_s = self.settings.give_up_s if self.begun else self.settings.begin_s
        most = self.settings.tries if self.begun else self.settings.begin_tries
        left_s = limit_s - (now_s - self.since_s)
        if left_s <= 0 or (most is not None and self.tries >= most):
            return None
        if self.tries or self.begun:
            doubled = 2 * self._wait_s or self.settings.first_wait_s
            self._wait_s = min(doubled, self.settings.longest_wait_s)
        return min(self._wait_s, left_s)

    def open_s(self, now_s: float) -> float:
        """Return how many seconds the other side has to answer a try that begins now."""
        limit_s = self.settings.give_up_s if self.begun else self.settings.begin_s
        left_s = limit_s - (now_s - self.since_s)
        # A try at the very end still gets a moment, or it could never succeed.
        return min(self.settings.open_s, max(left_s, 1.0))
