"""Look at an installation from all sides."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

from pedpose.doctoring.children import Failed, ask
from pedpose.doctoring.devices import examine_devices
from pedpose.doctoring.findings import Diagnosis, Finding
from pedpose.doctoring.packages import examine_packages, failed_imports, modules_to_try
from pedpose.doctoring.runtimes import detects, examine_runtimes
from pedpose.doctoring.surroundings import (
    examine_display,
    examine_temporary,
    examine_terminal,
    examine_video,
)
from pedpose.doctoring.weights import examine_weights
from pedpose.runtime.choice import RUNTIMES, installed
from pedpose.shipped import weights_folder

_MOST_AT_ONCE = 4
_OTHERS = ("machine", "choice", "opencv", "display")


def examine(encoding: str | None) -> Diagnosis:
    """Look at packages, devices, runtimes, weights, video and surroundings.

    What could end a process runs in processes of its own, some at a time. Nothing is changed.

    Args:
        encoding: Of the terminal, such as ``utf-8``.
    """
    with ThreadPoolExecutor(max(2, min(_MOST_AT_ONCE, os.cpu_count() or 1))) as pool:
        # The longest first: PyTorch.
        runtimes = {name: pool.submit(ask, name) for name in RUNTIMES if installed(name)}
        imports = pool.submit(failed_imports, modules_to_try())
        asked = {name: pool.submit(ask, name) for name in _OTHERS}
        if find_spec("av") is not None:
            asked["pyav"] = pool.submit(ask, "pyav")
        shipped = tuple(examine_weights(weights_folder()))
    answers = {name: future.result() for name, future in runtimes.items()}
    chosen = asked["choice"].result()
    default = None if isinstance(chosen, Failed) else str(chosen["runtime"])
    findings: tuple[Finding, ...] = (
        *examine_packages(imports.result()),
        *examine_devices(
            asked["machine"].result(), answers.get("torch", Failed("PyTorch is not installed"))
        ),
        *shipped,
        *examine_runtimes(default, answers),
        *examine_video(
            asked["pyav"].result() if "pyav" in asked else None, asked["opencv"].result()
        ),
        examine_display(asked["display"].result()),
        examine_temporary(),
        examine_terminal(encoding),
    )
    return Diagnosis(
        findings,
        detects=default is not None and detects(answers.get(default)),
        weights_whole=all(finding.state == "ok" for finding in shipped),
    )
