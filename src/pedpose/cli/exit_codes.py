"""How errors and signals become messages and exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from pedpose.cli.termination import sigterm_as_ctrl_c
from pedpose.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    ExportError,
    PedposeError,
    SourceError,
)
from pedpose.machine_failure import library_errors, machine_failure

GATE_FAILED = 1
WRONG_USAGE = 2
INVALID_INPUT = 3
PARTLY_DONE = 4
CHECKPOINT_REFUSED = 5
INTERRUPTED = 130

# Of an address that was taken for a path, one of two slashes may be gone.
_USER = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*:/{1,2})[^\s/@:]*:[^\s/@]*@", re.IGNORECASE)

_CODES: dict[type[PedposeError], int] = {
    ConfigError: WRONG_USAGE,
    DataError: INVALID_INPUT,
    SourceError: INVALID_INPUT,
    CheckpointError: CHECKPOINT_REFUSED,
    ExportError: GATE_FAILED,
}


@contextmanager
def errors_to_exit_codes() -> Iterator[None]:
    """Print an error of the block on stderr, without a traceback, and exit with its code.

    A block that is ended by SIGTERM is one that is ended by Ctrl-C.
    """
    try:
        with sigterm_as_ctrl_c():
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
    except library_errors() as error:
        failure = machine_failure(error)
        if failure is None:
            raise
        show_error(failure)
        raise typer.Exit(WRONG_USAGE) from error


def show_error(message: str) -> None:
    """Print a message on stderr; names in it may hold what rich takes for markup.

    Characters that would move the cursor, or change how a terminal shows all that follows, are
    written as escapes. User and password of an address are left out, wherever it was given.
    """
    shown = _USER.sub(r"\g<scheme>", message)
    text = "".join(c if c == "\n" or c.isprintable() else _escaped(c) for c in shown)
    Console(stderr=True).print(f"error: {text}", style="red", markup=False, soft_wrap=True)


def _escaped(character: str) -> str:
    r"""Return a character as Python writes it, such as ``\x1b``."""
    return character.encode("unicode_escape").decode("ascii")
