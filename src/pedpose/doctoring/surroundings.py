"""What results need: video codecs, a window, a folder for temporary files, a terminal."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from pedpose.doctoring.children import Failed
from pedpose.doctoring.findings import Finding

_LEAST_FREE_GIB = 1.0
_NOT_ASCII = "\u00e9\u2501"


def examine_video(
    pyav: Mapping[str, Any] | Failed | None, opencv: Mapping[str, Any] | Failed
) -> Iterator[Finding]:
    """Tell whether videos can be written and read.

    Args:
        pyav: The answer of the trial of this name; None where PyAV is not installed.
        opencv: That of this trial.
    """
    if pyav is None:
        advice = "pip install 'pedpose[video]' for H.264, which browsers play"
        yield Finding("video", "PyAV", "absent", "not installed", advice)
    else:
        yield _codec("PyAV", pyav)
    yield _codec("OpenCV", opencv)


def examine_display(answer: Mapping[str, Any] | Failed) -> Finding:
    """Tell whether ``--show`` can open a window."""
    if isinstance(answer, Failed):
        found, _, advice = answer.reason.removeprefix("show: ").rpartition("; ")
        return Finding("surroundings", "--show", "absent", found or advice, advice if found else "")
    return Finding("surroundings", "--show", "ok", "a window can be opened")


def examine_temporary() -> Finding:
    """Tell whether temporary files can be written."""
    name = "temporary files"
    try:
        with tempfile.NamedTemporaryFile(prefix="pedpose-") as file:
            file.write(b"pedpose")
            file.flush()
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free / 2**30
    except OSError as error:
        full = error.errno == errno.ENOSPC
        advice = "free some of the disk" if full else "set TMPDIR to a folder that can be written"
        return Finding("surroundings", name, "warning", str(error), advice)
    if free < _LEAST_FREE_GIB:
        text = f"{folder}, but only {free:.1f} GiB are free"
        return Finding("surroundings", name, "warning", text, "free some of the disk")
    return Finding("surroundings", name, "ok", f"{folder}, {free:.0f} GiB free")


def examine_terminal(encoding: str | None) -> Finding:
    """Tell whether a terminal of this encoding shows all that is printed."""
    try:
        _NOT_ASCII.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = f"{encoding}: names with accents are printed as escapes, lines as plain characters"
        return Finding("surroundings", "terminal", "warning", text, "set PYTHONUTF8=1")
    return Finding("surroundings", "terminal", "ok", f"{encoding}")


def _codec(name: str, answer: Mapping[str, Any] | Failed) -> Finding:
    if isinstance(answer, Failed):
        return Finding("video", name, "warning", answer.reason)
    if answer["read"] != answer["written"]:
        text = f"{answer['codec']}: wrote {answer['written']} frames, could read {answer['read']}"
        return Finding("video", name, "warning", text)
    plays = "" if "H.264" in answer["codec"] else ", which browsers do not play"
    return Finding("video", name, "ok", f"writes and reads {answer['codec']}{plays}")
