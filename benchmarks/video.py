"""Frames a second, where the time goes, and memory of ``pedpose detect`` on video.

    python benchmarks/video.py street.mp4 --options "--track --smooth" [--frames 100000] [--json F]

The real command runs in a process of its own, whose memory is read once a second. With
``--frames`` the clip is first repeated, without encoding it anew, until it has so many frames
(needs ``pip install '.[video]'``).
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

MIB = 1 << 20


def repeat(clip: Path, frames: int, target: Path) -> None:
    """Write the packets of a clip again and again."""
    import av

    with av.open(str(target), "w") as out:
        written, offset = 0, 0
        stream = None
        while written < frames:
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                last = 0
                for packet in source.demux(video):
                    if packet.dts is None:
                        continue
                    if packet.pts is None:
                        packet.pts = packet.dts
                    step = packet.duration or 1
                    last = max(last, packet.pts + step, packet.dts + step)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    out.mux(packet)
                    written += 1
                offset += last


def watch(command: list[str]) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    """Run a command; return its JSON and its memory (seconds, MiB) each second."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        memory = []
        handle = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                memory.append((time.perf_counter() - begin, handle.memory_info().rss / MIB))
            except psutil.NoSuchProcess:
                break
            time.sleep(1)
        output = process.communicate()[0]
        if process.returncode not in (0, 4):
            log.seek(0)
            raise SystemExit(f"{shlex.join(command)}: exit code {process.returncode}\n{log.read()}")
    return json.loads(output.splitlines()[-1]), memory


def memory_at(frames: int, report: dict[str, Any], memory: list[tuple[float, float]]) -> float:
    """Return the largest memory until so many frames were done, if all took the same time."""
    start = memory[-1][0] - report["seconds"]
    until = start + report["seconds"] * frames / max(1, report["frames"])
    return max(rss for at, rss in memory if at <= max(until, memory[0][0]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--options", default="", help="of pedpose detect, in one string")
    parser.add_argument("--frames", type=int, help="repeat the clip until it has so many")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = arguments.clip
        if arguments.frames:
            clip = Path(folder, f"repeated{clip.suffix}")
            repeat(arguments.clip, arguments.frames, clip)
        command = [
            *(sys.executable, "-m", "pedpose", "detect", str(clip), "--out", f"{folder}/out"),
            *("--json", *shlex.split(arguments.options)),
        ]
        report, memory = watch(command)
    frames, seconds = report["frames"], report["seconds"]
    print(
        f"{arguments.clip.name} {arguments.options}: {report['people'] / frames:.1f} people a frame"
    )
    print(f"{frames} frames in {seconds:.1f} s: {frames / seconds:.1f} frames/s")
    for stage, busy in report["busy"].items():
        print(
            f"  {stage:7} {busy / seconds:6.1%} of the time, {1000 * busy / frames:6.2f} ms a frame"
        )
    tenths = [memory_at(frames * i // 10, report, memory) for i in range(1, 11)]
    print(
        f"memory (MiB): {memory_at(1000, report, memory):.0f} at 1,000 frames, "
        f"{tenths[-1]:.0f} at most"
    )
    print("memory by tenths of the run (MiB):", *(f"{rss:.0f}" for rss in tenths))
    if arguments.json:
        arguments.json.write_text(json.dumps({**report, "memory_mib": memory}))


if __name__ == "__main__":
    main()
