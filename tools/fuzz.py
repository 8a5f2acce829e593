#!/usr/bin/env python3
"""Fuzz what reads the files of strangers, for as long as wanted.

    python tools/fuzz.py coco --minutes 30 --seed 1
    python tools/fuzz.py all --minutes 30 --resume

Targets are those of ``tests/fuzz``; ``list`` prints them. Inputs of targets that are native code
run in a process of their own, with limits of memory and time. The others run in this one, guided
by coverage where atheris is installed (``pip install atheris``; https://github.com/google/atheris),
else by a seeded mutator alone. Of each place that fails one input is kept, with what it said, in
``OUT/TARGET``. With ``--resume`` a target that ``OUT/done.txt`` has with this seed is left out, so
that an interrupted run goes on where it was. Every input kept is worth a place in
``tests/fuzz/corpus``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "fuzz"), str(ROOT / "tests")]

from all_targets import TARGETS  # noqa: E402
from cage import Cage, go_inside, limit_memory  # noqa: E402
from target import Target  # noqa: E402

_POOL = 400
"""Inputs that changes begin with: the seeds, and what came of them and was accepted last."""


class Finds:
    """Keeps one input for each place that fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: set[str] = set()
        self.runs = 0

    def add(self, data: bytes, said: str) -> None:
        """Keep an input unless one of the same place was kept."""
        place = place_of(said)
        if place in self.places:
            return
        self.places.add(place)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(data).hexdigest()[:12]
        (self.folder / name).write_bytes(data)
        (self.folder / f"{name}.txt").write_text(said)
        print(f"  found: {place} -> {self.folder / name}", flush=True)


def place_of(said: str) -> str:
    """Return the kind of an error and the last line of the project in its traceback."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    kind = re.split(r"[:(]", lines[-1] if lines[0].startswith("Traceback") else lines[0])[0]
    frames = re.findall(r'File "[^"]*/((?:src|tests)/[^"]+)", line (\d+)', said)
    own = [f"{path}:{number}" for path, number in frames if path.startswith("src/")] or [
        f"{path}:{number}" for path, number in frames
    ]
    return f"{kind} at {own[-1] if own else 'no line of ours'}"


def in_cage(target: Target, end: float, seed: int, finds: Finds) -> None:
    """Run changed inputs in a process of its own until a time."""
    random = Random(seed)  # noqa: S311  (no secrets)
    pool = list(target.seeds())
    with Cage(target.name, target.seconds) as cage:
        while time.monotonic() < end:
            data = target.mutate(random, random.choice(pool))
            try:
                said = cage.run(data)
            except RuntimeError as error:
                # Somebody may be changing the code; a minute later it may start.
                print(f"  {error}", flush=True)
                time.sleep(60)
                continue
            finds.runs += 1
            if said:
                finds.add(data, said)
            elif random.random() < 0.05:
                remember(pool, data, random, len(target.seeds()))


def here(target: Target, end: float, seed: int, finds: Finds) -> None:
    """Run changed inputs in this process until a time, without guidance."""
    random = Random(seed)  # noqa: S311  (no secrets)
    pool = list(target.seeds())
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        go_inside(Path(folder))
        check = limited(target, target.make(Path(folder)), finds)
        while time.monotonic() < end:
            data = target.mutate(random, random.choice(pool))
            if check(data) and random.random() < 0.05:
                remember(pool, data, random, len(target.seeds()))


def remember(pool: list[bytes], data: bytes, random: Random, seeds: int) -> None:
    """Keep an input to begin with; seeds stay."""
    if len(data) > 200_000:
        return
    if len(pool) < _POOL:
        pool.append(data)
    else:
        pool[random.randrange(seeds, len(pool))] = data


def limited(
    target: Target, check: Callable[[bytes], None], finds: Finds
) -> Callable[[bytes], bool]:
    """Return what runs one input within the limits and tells whether all was right."""
    for seed in target.seeds():
        check(seed)
    limit_memory(target.memory_mb)

    def ring(number: int, frame: object) -> None:
        raise TimeoutError(f"no end after {target.seconds:g} s")

    signal.signal(signal.SIGALRM, ring)

    def run(data: bytes) -> bool:
        finds.runs += 1
        signal.setitimer(signal.ITIMER_REAL, target.seconds)
        try:
            check(data)
        except KeyboardInterrupt:
            raise
        except BaseException:
            signal.setitimer(signal.ITIMER_REAL, 0)
            finds.add(data, traceback.format_exc())
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return True

    return run


def guided(target: Target, minutes: float, seed: int, out: Path) -> None:
    """Run a target by atheris in a process of its own, which it ends by itself."""
    command = [sys.executable, __file__, target.name, "--guided", "--minutes", str(minutes)]
    command += ["--seed", str(seed), "--out", str(out)]
    subprocess.run(command, check=False)  # noqa: S603


def run_guided(name: str, minutes: float, seed: int, out: Path) -> None:
    """Let atheris choose the inputs; new parts of the code that they reach guide it."""
    import atheris

    with atheris.instrument_imports(include=["pedpose"]):
        target = TARGETS[name]
    finds = Finds(out / name)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "work").mkdir()
    go_inside(folder)
    (folder / "corpus").mkdir()
    for number, data in enumerate(target.seeds()):
        (folder / "corpus" / str(number)).write_bytes(data)
    check = limited(target, target.make(folder / "work"), finds)
    end = time.monotonic() + 60 * minutes
    began = time.monotonic()

    def one(data: bytes) -> None:
        check(data)
        if time.monotonic() > end:
            report(name, finds, (time.monotonic() - began) / 60, "atheris", out, seed)
            os._exit(0)

    def change(data: bytes, longest: int, number: int) -> bytes:
        random = Random(number)  # noqa: S311  (no secrets)
        return target.mutate(random, data)[:longest]

    arguments = [sys.argv[0], f"-seed={seed}", "-max_len=65536", "-rss_limit_mb=0", "-timeout=0"]
    atheris.Setup([*arguments, "-verbosity=0", str(folder / "corpus")], one, custom_mutator=change)
    atheris.Fuzz()


def report(name: str, finds: Finds, minutes: float, how: str, out: Path, seed: int) -> None:
    """Print one line, and note that this is done."""
    print(
        f"{name}: {finds.runs} executions in {minutes:.1f} minutes ({how}), "
        f"{len(finds.places)} faults",
        flush=True,
    )
    entry = {"target": name, "seed": seed, "executions": finds.runs, "how": how}
    entry |= {"minutes": round(minutes, 1), "faults": sorted(finds.places)}
    out.mkdir(parents=True, exist_ok=True)
    with (out / "done.txt").open("a") as file:
        file.write(json.dumps(entry) + "\n")


def done_before(out: Path, seed: int) -> set[str]:
    """Return the targets that are done with a seed."""
    path = out / "done.txt"
    entries = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {entry["target"] for entry in entries if entry["seed"] == seed}


def has_atheris() -> bool:
    """Tell whether atheris is installed."""
    from importlib.util import find_spec

    return find_spec("atheris") is not None


def main() -> int:
    """Run what the command line says; 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="+", help="names of targets, all, or list")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "fuzz")
    parser.add_argument("--resume", action="store_true", help="leave out what is done")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    parser.add_argument("--guided", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    wanted.out = wanted.out.resolve()
    if wanted.target == ["list"]:
        print("\n".join(TARGETS))
        return 0
    if wanted.guided:
        run_guided(wanted.target[0], wanted.minutes, wanted.seed, wanted.out)
        return 0
    names = list(TARGETS) if wanted.target == ["all"] else wanted.target
    skipped = done_before(wanted.out, wanted.seed) if wanted.resume else set()
    for name in names:
        if name in skipped:
            print(f"{name}: done before")
            continue
        target = TARGETS[name]
        began = time.monotonic()
        if not target.native and not wanted.plain and has_atheris():
            guided(target, wanted.minutes, wanted.seed, wanted.out)
            continue
        finds = Finds(wanted.out / name)
        way = in_cage if target.native else here
        way(target, began + 60 * wanted.minutes, wanted.seed, finds)
        minutes = (time.monotonic() - began) / 60
        how = "mutator, in a cage" if target.native else "mutator"
        report(name, finds, minutes, how, wanted.out, wanted.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
