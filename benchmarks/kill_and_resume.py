"""Kill a training run at random moments and see whether it ends as if nothing had happened.

    python benchmarks/kill_and_resume.py --kills 20 --seed 0

A small run (two dots in eight pictures, a plain network of two stages, ten steps for each kill, its
state saved after every second one) is trained once without a break. Then the same run is begun
again and its process killed by SIGKILL, what ``kill -9`` sends, a random time after a step, so that
many kills fall into the writing of a file; it is resumed and killed again, as often as asked for,
and resumed to its end. What half-written files a kill has left is said.

Both runs must have the same last and best weights, bit by bit, and the same history but for the
time that it took. Exits with 1 if they have not, or if fewer kills landed than asked for.

The processes are forked from one that has imported PyTorch before, so that a kill costs a second in
place of ten. For Linux and macOS.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

from pedpose.files import write_json

STEPS_PER_KILL = 10
STEPS_PER_EPOCH = 2

_SHARE = 0.6
"""Part of the run that all lives but the last take together, on average: late moments leave
something to kill as well."""

_CONTEXT = multiprocessing.get_context("forkserver")


def write_dots(folder: Path) -> Path:
    """Write eight pictures of a red and a blue dot and return their annotation file."""
    folder.mkdir()
    places = np.random.default_rng(0).integers(16, 48, (8, 2, 2)).tolist()
    images, annotations = [], []
    for number, dots in enumerate(places, start=1):
        picture = np.full((64, 64, 3), 128, np.uint8)
        for (x, y), colour in zip(dots, ((255, 0, 0), (0, 0, 255)), strict=True):
            picture[y - 3 : y + 4, x - 3 : x + 4] = colour
        name = f"{number}.png"
        Image.fromarray(picture).save(folder / name)
        images.append({"id": number, "file_name": name, "width": 64, "height": 64})
        person = {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0}
        person |= {"bbox": [8, 8, 48, 48], "area": 2304, "num_keypoints": 2}
        annotations.append(person | {"keypoints": [c for x, y in dots for c in (x, y, 2)]})
    names = {"id": 1, "name": "person", "keypoints": ["red", "blue"], "sigmas": [0.1, 0.1]}
    path = folder / "dots.json"
    write_json(path, {"images": images, "annotations": annotations, "categories": [names]})
    return path


class Steps:
    """Tells another process of each step."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def note(self, text: str) -> None:
        """Drop a fact."""

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Send the number of a step."""
        self._pipe.send(step)

    def validated(self, reading: Any, best: bool, network: Any) -> None:
        """Drop figures."""


def live(pipe: Connection, data: Path, out: Path, steps: int) -> None:
    """Begin a run, or go on with it; what a process does until it is killed."""
    import torch

    from pedpose.data.mixing import WeightedFile
    from pedpose.model.architecture import Stage
    from pedpose.training import trainer
    from pedpose.training.config import TrainConfig

    torch.set_num_threads(1)
    if (out / trainer.CONFIG_FILE).exists():
        trainer.resume(out, Steps(pipe))
        return
    config = TrainConfig(
        data=(WeightedFile(data),),
        out=out,
        val=data,
        backbone="plain",
        backbone_stride=4,
        stages=(Stage(8, 1), Stage(8, 1)),
        width=8,
        height_px=32,
        width_px=32,
        epochs=steps / STEPS_PER_EPOCH,
        val_epochs=steps / STEPS_PER_EPOCH / 5,
        batch_size=8 // STEPS_PER_EPOCH,
        workers=0,
        device="cpu",
        save_steps=2,
    )
    trainer.train(config, Steps(pipe))


class Life:
    """A process that trains, from its start to its end or its kill."""

    def __init__(self, data: Path, out: Path, steps: int) -> None:
        self._steps, its = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=live, args=(its, data, out, steps))
        self._process.start()
        its.close()

    def begin(self) -> bool:
        """Wait for the first step; return whether there is one."""
        try:
            self._steps.recv()
        except EOFError:
            return False
        return True

    def kill(self) -> bool:
        """Kill the process; return whether it was still at work."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode == -signal.SIGKILL

    def last_step(self) -> int:
        """Return the number of the last step that the process has told of, and wait for its end.

        Raises:
            RuntimeError: If it has failed.
        """
        step = 0
        while True:
            try:
                step = self._steps.recv()
            except EOFError:
                break
        self._process.join()
        if self._process.exitcode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"training: expected exit code 0, found {self._process.exitcode}")
        return step


def kill_and_resume(
    data: Path, out: Path, steps: int, kills: int, seconds: float, seed: int
) -> int:
    """Train with kills in between and return how many have landed.

    Args:
        data: Annotation file.
        out: Folder of the run.
        steps: Of the run.
        kills: How often to kill.
        seconds: That the run takes without a break.
        seed: Of the moments.
    """
    moments = random.Random(seed)  # noqa: S311 - no secret
    landed = 0
    for number in range(1, kills + 1):
        life = Life(data, out, steps)
        if not life.begin():
            break
        wait = moments.uniform(0, 2 * _SHARE * seconds / kills)
        time.sleep(wait)
        if not life.kill():
            break
        landed += 1
        halves = [p.name for p in out.iterdir() if p.name.startswith(".")]
        writing = f", left {', '.join(halves)}" if halves else ""
        print(f"kill {number}: {wait * 1000:.0f} ms after a step, at {life.last_step()}{writing}")
    Life(data, out, steps).last_step()
    return landed


def differences(one: Path, other: Path) -> list[str]:
    """Return in words what two runs have not in common."""
    found = []
    for name in ("last.safetensors", "best.safetensors"):
        a, b = load_file(one / name), load_file(other / name)
        odd = [n for n in a.keys() | b if n not in a or n not in b or not _equal(a[n], b[n])]
        found += [f"{name}: {len(odd)} of {len(a)} tensors, {sorted(odd)[0]}"] if odd else []
    if _history(one) != _history(other):
        found.append("history.csv")
    return found


def _equal(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20, help="how often to kill")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args(arguments)
    _CONTEXT.set_forkserver_preload(["pedpose.training.trainer", "torch._dynamo"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_dots(folder / "dots")
        steps = STEPS_PER_KILL * max(options.kills, 3)
        unbroken = Life(data, folder / "unbroken", steps)
        unbroken.begin()
        began = time.monotonic()
        unbroken.last_step()
        seconds = time.monotonic() - began
        print(f"unbroken: {steps} steps in {seconds:.1f} s")
        killed = folder / "killed"
        landed = kill_and_resume(data, killed, steps, options.kills, seconds, options.seed)
        odd = differences(folder / "unbroken", killed)
    print(f"{landed} of {options.kills} kills landed")
    print(f"different: {'; '.join(odd)}" if odd else "weights and history are equal bit by bit")
    return int(bool(odd) or landed < options.kills)


if __name__ == "__main__":
    sys.exit(main())
