"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how many steps of it are done, and how many there are."""


def unheard(step: str, done: int, total: int) -> None:
    """Say nothing to anybody: the :data:`Progress` of callers who do not want to know."""
