"""One process at a time writes into a folder."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pedpose.errors import ConfigError
from pedpose.only_writer import LOCK_FILE, only_writer

HOLD = """
import pathlib, sys
from pedpose.only_writer import only_writer
with only_writer(pathlib.Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process write into a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path):
    folder = tmp_path / "run"
    with held(folder) as process:
        with pytest.raises(ConfigError, match="run: expected a folder that nobody else writes"):
            with only_writer(folder):
                pass
        process.communicate("")
    assert list(folder.iterdir()) == []
    with only_writer(folder):
        assert [p.name for p in folder.iterdir()] == [LOCK_FILE]
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_keeps_nobody_out(tmp_path: Path):
    with held(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert [p.name for p in tmp_path.iterdir()] == [LOCK_FILE]
    with only_writer(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="fcntl is not of Windows")
def test_a_share_without_locks_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import fcntl

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    with only_writer(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="fcntl is not of Windows")
def test_a_lock_that_was_removed_meanwhile_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import fcntl

    lock, tries = fcntl.lockf, []

    def late(descriptor: int, operation: int) -> None:
        if not tries:
            (tmp_path / LOCK_FILE).unlink()  # as by the process that has just ended
        tries.append(descriptor)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "lockf", late)
    with only_writer(tmp_path):
        assert (tmp_path / LOCK_FILE).exists()
    assert len(tries) == 2
