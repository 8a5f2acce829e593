"""Other tools beside pedpose: the same pictures, the same threads, one run.

usage: run.py --env NAME=FOLDER... [--model NAME=FILE]... [--only NAME,NAME] [--repeats 15]
              [--rounds 2] [--threads N] [--limit 30] [--out peers.json]

Each tool runs in an environment of its own (README.md beside this file tells how to make them),
pedpose in the one that runs this script. A tool without an environment is left out. The tools run
one after the other, in turns: all of them once, then all of them again.

Exit codes: 0 done, 2 wrong usage, 4 a tool ended with an error.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from made_pictures import Picture, make_pictures
from summary import Line, markdown, pool

HERE = Path(__file__).resolve().parent
LONGEST_S = 600
PARTLY_DONE = 4

VARIANTS = {
    "pedpose": ("default", "torch-fp32", "onnx-fp32", "openvino-fp32", "openvino-bf16"),
    "torchvision": ("default",),
    "rtmlib": ("lightweight", "balanced"),
    "mediapipe": ("default",),
    "ultralytics": ("default",),
    "teacher": ("default",),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How everything is run.

    Attributes:
        pythons: The Python of each tool.
        models: Weights of tools that do not bring them.
        repeats: Measured calls a process.
        limit: Seconds after which a process repeats no more.
        threads: Processor cores that each tool may use.
    """

    pythons: dict[str, Path]
    models: dict[str, Path]
    repeats: int
    limit: float
    threads: int


def python_of(folder: Path) -> Path:
    """Return the Python of a virtual environment.

    Raises:
        ValueError: If the folder holds none.
    """
    python = folder / "bin" / "python"
    if not python.is_file():
        raise ValueError(f"{folder}: expected a virtual environment with bin/python, found none")
    return python.absolute()


def named_paths(texts: list[str]) -> dict[str, Path]:
    """Return the paths of ``NAME=PATH`` by tool.

    Raises:
        ValueError: If a text is not of that kind, or names an unknown tool.
    """
    paths = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if name not in VARIANTS or not equals or not path:
            raise ValueError(f"expected NAME=PATH, NAME of {', '.join(VARIANTS)}, found {text!r}")
        paths[name] = Path(path).expanduser()
    return paths


def one(tool: str, variant: str, picture: Path, people: int, settings: Settings) -> Line:
    """Run one tool on one picture in a process of its own; return its line."""
    command = [str(settings.pythons[tool]), str(HERE / f"peer_{tool}.py"), str(picture)]
    command += ["--variant", variant, "--people", str(people), "--repeats", str(settings.repeats)]
    command += ["--threads", str(settings.threads), "--limit", str(settings.limit)]
    if tool in settings.models:
        command += ["--model", str(settings.models[tool])]
    limited = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(settings.threads))
    command += ["--began", repr(time.time())]
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
            env={**os.environ, **limited},
        )
    except subprocess.TimeoutExpired:
        return _failed(tool, variant, picture, f"no result after {LONGEST_S} s")
    if result.returncode != 0:
        last = (result.stderr.strip() or "no message").splitlines()[-1]
        return _failed(tool, variant, picture, f"exit code {result.returncode}: {last}")
    line: Line = json.loads(result.stdout.splitlines()[-1])
    return line


def _failed(tool: str, variant: str, picture: Path, why: str) -> Line:
    told = {"tool": tool, "variant": variant, "picture": picture.name, "note": f"failed: {why}"}
    return {**told, "failed": True, "ms_median": None}


def compare(pictures: list[Picture], folder: Path, rounds: int, settings: Settings) -> list[Line]:
    """Return the lines of all tools, in the order in which they ran."""
    lines = []
    for number in range(1, rounds + 1):
        for picture in pictures:
            for tool in settings.pythons:
                for variant in VARIANTS[tool]:
                    path, people = folder / picture.name, len(picture.boxes)
                    line = one(tool, variant, path, people, settings)
                    lines.append({"round": number, **line})
                    told = line["note"] if line["ms_median"] is None else f"{line['ms_median']} ms"
                    print(f"{number} {picture.name} {tool} {variant}: {told}", file=sys.stderr)
    return lines


def hold_to(threads: int) -> None:
    """Keep this process, and those that it starts, on so many processor cores, where that goes."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    processor = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.is_file():
        names = [t for t in told.read_text().splitlines() if t.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.platform()}


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings that the options ask for, and say what is left out.

    Raises:
        ValueError: If an option is wrong.
    """
    folders, models = named_paths(arguments.env), named_paths(arguments.model)
    wanted = arguments.only.split(",") if arguments.only else list(VARIANTS)
    unknown = [name for name in wanted if name not in VARIANTS]
    if unknown:
        raise ValueError(f"--only: expected names of {', '.join(VARIANTS)}, found {unknown[0]!r}")
    if min(arguments.repeats, arguments.rounds, arguments.threads) < 1:
        raise ValueError("--repeats, --rounds and --threads: expected 1 or more")
    pythons = {}
    for name in wanted:
        if name in folders:
            pythons[name] = python_of(folders[name])
        elif name == "pedpose":
            pythons[name] = Path(sys.executable)
        else:
            print(f"{name}: left out, no --env {name}=FOLDER was given", file=sys.stderr)
    return Settings(pythons, models, arguments.repeats, arguments.limit, arguments.threads)


def main() -> int:
    """Run all tools and print a Markdown table for each picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--only", default="", metavar="NAME,NAME")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds of repeats a process")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    try:
        settings = read_settings(arguments)
    except ValueError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    hold_to(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        pictures = make_pictures(Path(folder))
        lines = compare(pictures, Path(folder), arguments.rounds, settings)
    rows = pool(lines)
    about = {**machine(), "threads": arguments.threads}
    if arguments.out is not None:
        shown = [asdict(picture) for picture in pictures]
        content = {"machine": about, "pictures": shown, "rows": rows, "runs": lines}
        arguments.out.write_text(json.dumps(content, indent=1) + "\n")
    print(f"{about['processor']}, {about['threads']} threads\n")
    print("\n\n".join(markdown(rows, p.name, len(p.boxes)) for p in pictures))
    return PARTLY_DONE if any("failed" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
