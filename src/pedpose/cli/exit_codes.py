"""How errors become messages and exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from pedpose.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    ExportError,
    PedposeError,
    SourceError,
)

GATE_FAILED = 1
WRONG_USAGE = 2
INVALID_INPUT = 3
PARTLY_DONE = 4
CHECKPOINT_REFUSED = 5
INTERRUPTED = 130

_CODES: dict[type[PedposeError], int] = {
    ConfigError: WRONG_USAGE,
    DataError: INVALID_INPUT,
    SourceError: INVALID_INPUT,
    CheckpointError: CHECKPOINT_REFUSED,
    ExportError: GATE_FAILED,
}


@contextmanager
def errors_to_exit_codes() -> Iterator[None]:
    """Print an error of the block on stderr, without a traceback, and exit with its code."""
    try:
        yield
    except PedposeError as error:
        show_error(str(error))
        raise typer.Exit(_CODES[type(error)]) from error
    except OSError as error:
        show_error(str(error))
        raise typer.Exit(INVALID_INPUT) from error
    except KeyboardInterrupt as error:
        show_error("interrupted")
        raise typer.Exit(INTERRUPTED) from error


def show_error(message: str) -> None:
    """Print a message on stderr, as it is: paths may hold what rich takes for markup."""
    Console(stderr=True).print(f"error: {message}", style="red", markup=False, soft_wrap=True)
