"""What can be fuzzed: one kind of input that strangers write, and what must hold for all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mutators import Mutate

from pedpose.errors import PedposeError

LONGEST_MESSAGE = 20_000
"""Characters: more would flood a terminal."""

Check = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of input.

    Attributes:
        name: For the command line and the corpus.
        seeds: Returns small valid inputs.
        mutate: Changes one.
        make: Prepares an empty folder and returns what reads one input; that raises only where the
            property does not hold: either the result is right, or the refusal is a
            :class:`PedposeError` that says what is wrong.
        seconds: That one input may take.
        memory_mb: That reading may take beyond what the process has after its start.
        native: Whether code that can crash a process reads it: then it is only run in a cage.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutate
    make: Callable[[Path], Check]
    seconds: float = 10.0
    memory_mb: int = 2048
    native: bool = False


@contextmanager
def refusals() -> Iterator[None]:
    """Let a refusal pass if its message is fit for people."""
    try:
        yield
    except PedposeError as error:
        message = str(error)
        assert message, f"{type(error).__name__} without a message"
        assert len(message) <= LONGEST_MESSAGE, f"a message of {len(message)} characters"
