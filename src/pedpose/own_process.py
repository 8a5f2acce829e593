"""Run Python in a process of its own, for what may end a process or must not share this one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

# Without -P a file of the current folder could take the place of a library.
_PYTHON = (sys.executable, "-P")


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended.

    Attributes:
        output: What it printed.
        failed: Whether it was ended, or ended itself by an exit code other than 0.
        how: How it ended, such as ``ended by signal 9``.
        said: The last line that it wrote on stderr; empty where it took too long.
    """

    output: str
    failed: bool
    how: str
    said: str


def run_python(arguments: Sequence[str], text: str = "", longest_s: float | None = None) -> Ended:
    """Run Python; nothing of it goes on where this is interrupted.

    Args:
        arguments: Of Python, such as ``-m`` and the name of a module.
        text: Its input.
        longest_s: Seconds after which it is ended; None for as long as it takes.
    """
    with subprocess.Popen(  # noqa: S603 -- our own modules, and no shell
        [*_PYTHON, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output, errors = process.communicate(text, timeout=longest_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return Ended(process.communicate()[0], True, f"no answer within {longest_s:.0f} s", "")
        finally:
            # subprocess.run would not wait for it, and it would write where all is removed.
            process.kill()
            process.wait()
    code = process.returncode
    how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return Ended(output, code != 0, how, errors.strip().rpartition("\n")[2])
