"""How the work on one file of a cluster run ended, and what is known of it while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PARQUET = frozenset({"parquet"})
"""What a cluster writes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one file.

    Attributes:
        source: Its path or address.
        name: Its name in the account of the run, different for each file.
        frames: Pictures, or frames of video, that were looked at.
        people: Whom was found in them.
        error: Why it could not be read, or not to its end; None where it was.
    """

    source: str
    name: str
    frames: int = 0
    people: int = 0
    error: str | None = None

    @property
    def partial(self) -> bool:
        """Whether some frames were looked at, and not all."""
        return self.error is not None and self.frames > 0


class Ledger:
    """Hands out the weights, counts how often the work on a file was begun, keeps what came out.

    A worker that dies begins its files anew elsewhere: what is done is known here then, and a
    file that kills every worker is given up.
    """

    def __init__(self, weights: Mapping[str, bytes]) -> None:
        """Begin with nothing done; weights are the contents of files by name."""
        self._weights = dict(weights)
        self._begun: dict[str, int] = {}
        self._ended: dict[str, Outcome] = {}

    def weights(self) -> dict[str, bytes]:
        """Return the contents of the weights files by name: those of the package are not sent."""
        return self._weights

    def begin(self, source: str) -> tuple[int, Outcome | None]:
        """Return how often the file was begun, this time included, and what is known of it."""
        if source not in self._ended:
            self._begun[source] = self._begun.get(source, 0) + 1
        return self._begun.get(source, 0), self._ended.get(source)

    def end(self, outcome: Outcome) -> Outcome:
        """Keep the first outcome of a file, and return it."""
        return self._ended.setdefault(outcome.source, outcome)
