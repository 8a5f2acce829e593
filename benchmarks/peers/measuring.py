"""What the peer scripts share: their options, the timing and the line that they print.

Imports nothing but numpy, OpenCV and the standard library, since it runs in the environments of
other tools.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2

WARM_UP = 2
LEAST_REPEATS = 3


@dataclass(frozen=True)
class Tool:
    """What is measured.

    Attributes:
        tool: Its name.
        variant: Which of its ways to run.
        version: Its version.
        model: Its networks.
        licence: Licence of its code and of its weights.
        note: What a reader of the numbers must know.
        trained: Whether the people that it finds mean anything.
    """

    tool: str
    variant: str
    version: str
    model: str
    licence: str
    note: str = ""
    trained: bool = True


def options(description: str | None) -> argparse.Namespace:
    """Return the options that every peer script takes."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("--variant", default="default")
    parser.add_argument("--model", type=Path, help="weights that the tool does not bring itself")
    parser.add_argument("--people", type=int, default=3, help="how many the picture shows")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds for all repeats")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--began", type=float, default=time.time(), help="Unix time of the start")
    return parser.parse_args()


def read_bgr(path: Path) -> Any:
    """Return the picture (H, W, 3) of uint8 BGR."""
    picture = cv2.imread(str(path))
    if picture is None:
        sys.exit(f"{path}: expected a picture, found none that OpenCV reads")
    return picture


def read_rgb(path: Path) -> Any:
    """Return the picture (H, W, 3) of uint8 RGB."""
    return cv2.cvtColor(read_bgr(path), cv2.COLOR_BGR2RGB)


def measure(arguments: argparse.Namespace, tool: Tool, call: Callable[[], int]) -> None:
    """Time a call and print its line.

    Args:
        arguments: Of the script.
        tool: What is measured.
        call: Goes from the picture in memory to keypoints in memory; returns how many people.
    """
    people = call()
    cold = time.time() - arguments.began
    for _ in range(WARM_UP):
        call()
    times: list[float] = []
    for done in range(arguments.repeats):
        if done >= LEAST_REPEATS and sum(times) > 1000 * arguments.limit:
            break
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    tell(arguments, tool, times, people, cold, resource.RUSAGE_SELF)


def tell(
    arguments: argparse.Namespace,
    tool: Tool,
    times: list[float],
    people: int,
    cold: float,
    who: int,
) -> None:
    """Print the line of a measured tool.

    Args:
        arguments: Of the script.
        tool: What was measured.
        times: Milliseconds of each repeat.
        people: How many were found.
        cold: Seconds from the start of the process to the first result.
        who: Whose memory counts: ``resource.RUSAGE_SELF`` or ``RUSAGE_CHILDREN``.
    """
    peak = resource.getrusage(who).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    figures = {
        "people": people if tool.trained else None,
        "boxes": people,
        "ms_median": round(statistics.median(times), 2),
        "ms_min": round(min(times), 2),
        "times_ms": [round(t, 2) for t in times],
        "cold_start_s": round(cold, 2),
        "peak_mib": round(peak),
    }
    print(json.dumps({**asdict(tool), **_asked(arguments), **figures}))


def tell_missing(arguments: argparse.Namespace, tool: Tool, why: str) -> None:
    """Print the line of a tool that cannot be measured here."""
    line = {**asdict(tool), "note": why, **_asked(arguments), "ms_median": None}
    print(json.dumps(line))


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"threads": arguments.threads, "picture": arguments.picture.name}
