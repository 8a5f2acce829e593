"""Run a target in a process of its own, with limits: what crashes, hangs or grows is found.

The process is kept for many inputs; after a crash the next input gets a new one.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
_START_S = 120.0


class Cage:
    """A process that runs one target; a context manager."""

    def __init__(self, name: str, seconds: float) -> None:
        """Prepare a cage; the process starts with the first input.

        Args:
            name: Of the target.
            seconds: That one input may take.
        """
        self._name = name
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def run(self, data: bytes) -> str | None:
        """Return what was wrong with one input: a traceback, a signal, a hang; None for nothing."""
        if self._child is None:
            self._start()
        child = self._child
        assert child is not None and child.stdin is not None
        try:
            child.stdin.write(struct.pack("<I", len(data)) + data)
            child.stdin.flush()
        except BrokenPipeError:
            return self._death()
        if not select.select([self._answers], [], [], self._seconds)[0]:
            self._end()
            return f"Hang: no end after {self._seconds:g} s"
        answer = self._answer()
        return self._death() if answer is None else answer or None

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="fuzz-")
        read, write = os.pipe()
        self._answers = read
        self._log = Path(self._folder, "log")
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, __file__, self._name, str(write), self._folder],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(write,),
                env=os.environ | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
            )
        os.close(write)
        ready = select.select([read], [], [], _START_S)[0] and self._answer() == "ready"
        if not ready:
            said = self._log.read_text(errors="replace")[-3000:]
            self._end()
            raise RuntimeError(f"{self._name}: the process did not start:\n{said}")

    def _answer(self) -> str | None:
        """Return an answer; None where the process has ended."""
        head = _read(self._answers, 4)
        if len(head) < 4:
            return None
        return _read(self._answers, struct.unpack("<I", head)[0]).decode(errors="replace")

    def _death(self) -> str:
        assert self._child is not None
        code = self._child.wait()
        said = self._log.read_text(errors="replace")[-2000:]
        self._end()
        return f"Crash: the process ended with {code}\n{said}"

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin,):
            with contextlib.suppress(BrokenPipeError):
                pipe.close() if pipe else None
        os.close(self._answers)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._child = None


def go_inside(folder: Path) -> None:
    """Go so deep into a folder that a relative path of an input does not lead out of it."""
    inside = folder / "some" / "where" / "inside"
    inside.mkdir(parents=True)
    os.chdir(inside)


def limit_memory(more_mb: int) -> None:
    """Limit the address space of this process to what it has now and some more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _read(pipe: int, count: int) -> bytes:
    parts = b""
    while len(parts) < count and (part := os.read(pipe, count - len(parts))):
        parts += part
    return parts


def _say(pipe: int, text: str) -> None:
    content = text.encode(errors="replace")
    os.write(pipe, struct.pack("<I", len(content)))
    while content:
        content = content[os.write(pipe, content) :]


def _main(name: str, pipe: int, folder: str) -> None:
    more = os.environ.get("FUZZ_TARGETS", "")
    sys.path[:0] = [*filter(None, [more]), str(HERE), str(HERE.parent)]
    from all_targets import TARGETS

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    target = TARGETS[name]
    work = Path(folder, "work")
    work.mkdir()
    go_inside(Path(folder))
    check = target.make(work)
    # What is loaded at the first use counts as the process, not as the input.
    for seed in target.seeds()[:1]:
        check(seed)
    limit_memory(target.memory_mb)
    _say(pipe, "ready")
    while len(head := sys.stdin.buffer.read(4)) == 4:
        data = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
        said = ""
        try:
            check(data)
        except BaseException:
            said = traceback.format_exc()[-6000:]
        _say(pipe, said)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
