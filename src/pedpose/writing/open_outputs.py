"""The files that belong to sources which are being looked at."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Generic, Self, TypeVar

Output = TypeVar("Output")


class OpenOutputs(Generic[Output]):
    """For each source that is being looked at its open file, by the source's name.

    A context manager: what is open when its block ends is finished; where the block raises,
    nothing unfinished stays.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._open: dict[str, tuple[ExitStack, Output]] = {}

    def __contains__(self, name: str) -> bool:
        """Whether a source has an open file."""
        return name in self._open

    def __getitem__(self, name: str) -> Output:
        """Return the open file of a source."""
        return self._open[name][1]

    def open(self, name: str, output: AbstractContextManager[Output]) -> Output:
        """Open the file of a source.

        Raises:
            OSError: If it cannot be written.
        """
        with ExitStack() as stack:
            opened = stack.enter_context(output)
            self._open[name] = stack.pop_all(), opened
        return opened

    def close(self, name: str) -> None:
        """Finish the file of a source, if it has one.

        Raises:
            OSError: If it cannot be written to its end.
        """
        if name in self._open:
            self._open.pop(name)[0].close()

    def __enter__(self) -> Self:
        """Return the files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        with ExitStack() as stack:
            for opened, _ in self._open.values():
                stack.push(opened)
            self._open.clear()
            if error is not None:
                raise error  # so that each file is told that it is not finished
