"""Whether a window can be opened here."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import cv2

from pedpose.errors import ConfigError

_INSTEAD = "look at a page instead by --serve PORT"
_TRIAL = "import cv2; cv2.namedWindow('pedpose'); cv2.destroyAllWindows()"
_TRIAL_S = 60.0


def check_display() -> None:
    """Make sure that windows can be opened.

    Raises:
        ConfigError: If OpenCV was built without windows, or there is no display to be reached.
    """
    if re.search(r"GUI:\s+NONE", cv2.getBuildInformation()):
        raise ConfigError(
            "show: expected an OpenCV that opens windows, found one without; install "
            f"opencv-python in the place of opencv-python-headless, or {_INSTEAD}"
        )
    if sys.platform.startswith("linux"):
        _check_linux_display()


def _check_linux_display() -> None:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "show: expected a display, found neither DISPLAY nor WAYLAND_DISPLAY in the "
            f"environment; {_INSTEAD}"
        )
    # Qt aborts the process where it cannot reach the display: let it be another process.
    try:
        trial = subprocess.run(  # noqa: S603 -- nothing in it is from outside
            [sys.executable, "-c", _TRIAL],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TRIAL_S,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(
            f"show: expected a display that answers, found none within {_TRIAL_S:.0f} s; {_INSTEAD}"
        ) from error
    if trial.returncode != 0:
        said = next((line.strip() for line in trial.stderr.splitlines() if line.strip()), "")
        found = said or f"a trial that ended with {trial.returncode}"
        raise ConfigError(f"show: expected a display, found: {found}; {_INSTEAD}")
