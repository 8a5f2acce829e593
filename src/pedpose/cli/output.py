"""The end of a command, whose last words may find no room."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from pedpose.cli.exit_codes import INVALID_INPUT, show_error


def exit_after(app: Callable[[], object]) -> NoReturn:
    """Run the command line and end the process by its exit code.

    Where standard output goes to a file on a disk that is full, that is said, and the exit code
    is that of other files that cannot be written; whoever closes a pipe has seen enough.
    """
    code: str | int | None = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code
    except OSError as error:
        show_error(str(error))
        code = INVALID_INPUT
    try:
        sys.stdout.flush()
    except OSError as error:
        # Else Python would try again, and print what it thinks of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not code and error.errno != errno.EPIPE:
            show_error(f"standard output: {error.strerror}")
            code = INVALID_INPUT
    sys.exit(code)
