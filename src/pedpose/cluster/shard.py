"""The share of one machine, or of one job, in a run over many sources."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pedpose.errors import ConfigError
from pedpose.reading.sources import Source

_FORM = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a list of sources.

    Attributes:
        number: Which part, counted from 1.
        count: How many parts there are.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        """Refuse parts that do not exist."""
        if not 1 <= self.number <= self.count:
            raise ConfigError(f"--shard: expected N/M with 1 <= N <= M, found {self}")

    def __str__(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.number}/{self.count}"

    def select(self, sources: Sequence[Source]) -> list[Source]:
        """Return the sources of this part, in their order; none where there are too few.

        They are dealt out in turns, so that parts differ by one source at most, and long videos
        that lie side by side come to different machines.

        Args:
            sources: All sources of the run, named already: names are unique over all parts then.
        """
        return list(sources[self.number - 1 :: self.count])


def parse_shard(text: str) -> Shard:
    """Read ``2/5``: the second of five parts.

    Raises:
        ConfigError: If it is written otherwise, or there is no such part.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"--shard: expected N/M, as 2/5, found {text!r}")
    return Shard(int(match[1]), int(match[2]))


def fingerprint(sources: Sequence[Source]) -> str:
    """Return what tells lists of sources apart: parts of different lists are never joined.

    Made of the names, not of the folders: these may be mounted elsewhere on each machine.
    """
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()
