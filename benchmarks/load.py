"""Whether memory, open files, threads and temporary files stay flat, however long pedpose runs.

    python benchmarks/load.py hours --fps 2             # a day of video through pedpose detect
    python benchmarks/load.py folder --pictures 50000   # one folder, some of its pictures broken
    python benchmarks/load.py together                  # eight processes at once
    python benchmarks/load.py library                   # pedpose.load() a thousand times

The real commands run in processes of their own, on small drawn people and with networks that see
these quickly (load_world.py), unless it is said otherwise. Each sample is a row of --csv. Needs
``pip install '.[video,parquet,openvino]'``; for Linux.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
import psutil
from load_together import one_folder, together
from load_world import CAMERA_FRAMES, PERIOD, camera, frame, write_clip, write_networks
from video import repeat

from pedpose.errors import SourceError

MIB = 1 << 20
DAY_S = 86400
TENTHS = 10
SAMPLES = 200
BROKEN_EVERY = 1000
DIFFERENT = 400  # hard links are cheap, and more pictures than one


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held once so much was done."""

    done: int
    seconds: float
    rss_mib: float
    handles: int
    threads: int


def sample(process: psutil.Process, done: int, began: float) -> Sample:
    """Look at a process."""
    return Sample(
        done,
        time.perf_counter() - began,
        process.memory_info().rss / MIB,
        process.num_fds(),
        process.num_threads(),
    )


def report(samples: Sequence[Sample], path: Path | None) -> None:
    """Print a table by tenths, and how much memory grew after the first of them."""
    if path is not None:
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(field.name for field in fields(Sample))
            rows.writerows(map(astuple, samples))
    print(f"{'done':>9} {'seconds':>8} {'a second':>8} {'MiB':>7} {'most':>7} {'files':>6} threads")
    began = Sample(0, 0, 0, 0, 0)
    for part in np.array_split(np.arange(len(samples)), TENTHS):
        some = [samples[i] for i in part.tolist()]
        if some:
            last = some[-1]
            rate = (last.done - began.done) / max(1e-9, last.seconds - began.seconds)
            memory = [each.rss_mib for each in some]
            print(
                f"{last.done:9} {last.seconds:8.1f} {rate:8.1f} {np.mean(memory):7.1f} "
                f"{max(memory):7.1f} {max(s.handles for s in some):6} "
                f"{max(s.threads for s in some):7}"
            )
            began = last
    late = samples[len(samples) // TENTHS :]
    if len(late) > 1:
        done, memory = [s.done for s in late], [s.rss_mib for s in late]
        slope = np.polyfit(done, memory, 1)[0]
        print(f"memory after the first tenth: {slope * 1e5:+.2f} MiB for 100,000 more")


def watch(command: Sequence[str], count: int, step: int) -> tuple[int, list[Sample], float, str]:
    """Run a command that tells on stderr, in a line for each step, how it goes.

    Args:
        command: Arguments of pedpose.
        count: How much there is to do.
        step: How much of that is done with each line.

    Returns:
        Its exit code, the samples, the seconds until its second line (the first result after the
        device), and what it printed on stdout.
    """
    every = max(1, count // step // SAMPLES)
    began = time.perf_counter()
    first_s = 0.0
    samples: list[Sample] = []
    with subprocess.Popen(
        [sys.executable, "-m", "pedpose", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        seen = psutil.Process(process.pid)
        for number, line in enumerate(process.stderr):
            if number == 0 and not line.startswith("device"):
                raise SystemExit(line + process.stderr.read())
            if number == 1:
                first_s = time.perf_counter() - began
            if number and number % every == 0 and number * step < count:
                samples.append(sample(seen, number * step, began))
        output = process.stdout.read()
    return process.returncode, samples, first_s, output


def hours(folder: Path, options: argparse.Namespace) -> None:
    """Detect in a day of video."""
    count = round(options.hours * 3600 * options.fps)
    networks = write_networks(folder)
    write_clip(folder / "period.mp4", PERIOD, options.fps)
    repeat(folder / "period.mp4", count, folder / "day.mp4")
    out = folder / "out"
    code, samples, _, output = watch(
        [
            *("detect", str(folder / "day.mp4"), "--out", str(out), "--smooth"),
            *("--weights", str(networks[0]), "--person-weights", str(networks[1])),
            *("--save", options.save),
        ],
        count,
        100,
    )
    print(f"{options.hours:g} h at {options.fps} frames/s: exit code {code}, {output.strip()}")
    report(samples, options.csv)
    check(code == 0, f"exit code 0, found {code}")
    entry = json.loads((out / "run.json").read_text())["sources"][0]
    check(entry["frames"] >= count, f"{count} frames, found {entry['frames']}")
    sizes = {p.name: p.stat().st_size for p in sorted(out.rglob("*")) if p.is_file()}
    print("files (MiB):", ", ".join(f"{n} {size / MIB:.1f}" for n, size in sizes.items()))
    check(not leftovers(out), f"no temporary file, found {leftovers(out)}")
    if "tracks" in options.save:
        with (out / "tracks.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        ids = {int(row["track_id"]) for row in rows}
        last = max(float(row["last_s"]) for row in rows)
        print(f"tracks: {len(rows)}, numbers up to {max(ids)}, the last one at {last:.1f} s")
        check(len(ids) == len(rows), "each number once in tracks.csv")
    if "json" in options.save.split(","):
        with (out / "json/day.jsonl").open() as lines:
            header = json.loads(next(lines))
            times = [json.loads(line)["time_s"] for line in lines]
        check("header" in header and times == sorted(times), "the frames in order in day.jsonl")
        print(f"day.jsonl: {len(times)} frames, the last one at {times[-1]:.1f} s")


def folder_of_pictures(folder: Path, options: argparse.Namespace) -> None:
    """Detect in a folder of very many pictures, of which some are broken."""
    networks = write_networks(folder)
    pictures, originals = folder / "pictures", folder / "originals"
    pictures.mkdir()
    originals.mkdir()
    for number in range(DIFFERENT):
        cv2.imwrite(str(originals / f"{number}.jpg"), frame(number)[:, :, ::-1])
    broken = 0
    for number in range(options.pictures):
        path = pictures / f"{number:06}.jpg"
        if number % BROKEN_EVERY == BROKEN_EVERY // 2:
            content = (originals / "0.jpg").read_bytes()
            path.write_bytes([b"", b"no picture", content[: len(content) // 2]][broken % 3])
            broken += 1
        else:
            path.hardlink_to(originals / f"{number % DIFFERENT}.jpg")
    out = folder / "out"
    code, samples, first_s, output = watch(
        [
            *("detect", str(pictures), "--out", str(out), "--save", options.save),
            *("--weights", str(networks[0]), "--person-weights", str(networks[1])),
        ],
        options.pictures,
        1,
    )
    print(f"{options.pictures} pictures, {broken} broken: exit code {code}, {output.strip()}")
    print(f"first result after {first_s:.1f} s")
    report(samples, options.csv)
    failed = json.loads((out / "failed.json").read_text())
    check(code == 4, f"exit code 4, found {code}")
    check(len(failed) == broken, f"{broken} pictures in failed.json, found {len(failed)}")
    for name in ("images.json", "coco_results.json", "people.csv", "run.json"):
        if (path := out / name).exists():
            entries = f", {len(json.loads(path.read_text()))} entries" if name[0] in "ic" else ""
            print(f"{name}: {path.stat().st_size / MIB:.1f} MiB{entries}")
    check(not leftovers(out), f"no temporary file, found {leftovers(out)}")


def library(folder: Path, options: argparse.Namespace) -> None:
    """Open detectors and streams again and again in this process, and drop them."""
    import pedpose

    joints, person = (None, None) if options.shipped else write_networks(folder)
    picture = frame(30)

    def load_and_look() -> None:
        people = pedpose.load(joints, person, runtime=options.runtime)(picture)
        check(options.shipped or len(people) > 0, "people, found nobody")

    if options.loads:
        print(f"pedpose.load() and a picture, {options.runtime}, {options.loads} times")
        report(list(_again(load_and_look, options.loads)), options.csv)
    if options.streams:
        print(f"streams, {options.streams} opened, read and lost")
        with camera() as address:
            kinds = cycle([False, True])
            report(list(_again(lambda: _lose(address, next(kinds)), options.streams)), None)


def _again(work: Callable[[], None], times: int) -> Iterator[Sample]:
    began, this = time.perf_counter(), psutil.Process()
    for done in range(1, times + 1):
        work()
        if done % max(1, times // 100) == 0:
            gc.collect()
            yield sample(this, done, began)


def _lose(address: str, back: bool) -> None:
    """Read a stream until it is lost, for good or until it is back."""
    from pedpose.reading.open import open_reader
    from pedpose.reading.reconnect import Reconnect
    from pedpose.reading.selection import Selection
    from pedpose.reading.sources import expand_sources

    patience = Reconnect(first_wait_s=0.01, tries=3 if back else 0, open_s=5.0, read_s=5.0)
    (source,) = expand_sources([address])
    most = CAMERA_FRAMES + 2 if back else None
    with open_reader(source, Selection(max_frames=most), patience) as reader:
        try:
            read = sum(1 for _ in reader)
            check(back and read == most and reader.gaps == 1, f"{most} frames, found {read}")
        except SourceError as error:
            check(not back and "lost" in str(error), f"a stream that was lost, found {error}")


def leftovers(folder: Path) -> list[str]:
    """Return the temporary files below a folder."""
    return [str(path) for path in folder.rglob(".*")]


def check(fine: bool, expected: str) -> None:
    """End with 1 where something is not as expected."""
    if not fine:
        raise SystemExit(f"expected {expected}")


def processes(folder: Path, options: argparse.Namespace) -> None:
    """Run eight processes at once, in folders of their own and then all in one."""
    together(folder / "own")
    one_folder(folder / "shared")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    kinds = "json,csv,coco,parquet,mot,tracks"
    one = commands.add_parser("hours", help="a day of video")
    one.add_argument("--hours", type=float, default=24.0)
    one.add_argument("--fps", type=int, default=5)
    one.add_argument("--save", default=kinds, help="with overlay for videos, too")
    one.set_defaults(run=hours)
    one = commands.add_parser("folder", help="very many pictures")
    one.add_argument("--pictures", type=int, default=50_000)
    one.add_argument("--save", default="csv,coco")
    one.set_defaults(run=folder_of_pictures)
    one = commands.add_parser("together", help="eight processes at once")
    one.set_defaults(run=processes)
    one = commands.add_parser("library", help="detectors and streams, opened again and again")
    one.add_argument("--loads", type=int, default=1000)
    one.add_argument("--runtime", default="onnx", help="onnx or openvino")
    one.add_argument("--shipped", action="store_true", help="the weights of the package")
    one.add_argument("--streams", type=int, default=200)
    one.set_defaults(run=library)
    for one in commands.choices.values():
        one.add_argument("--csv", type=Path, help="file for the samples")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.run(Path(folder), options)


if __name__ == "__main__":
    main()
