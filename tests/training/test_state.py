"""States that are damaged, and disks that are full: what is saved stays, what is lost is said."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ranks import in_processes
from tiny_runs import Told, flags, same_weights, tiny
from typer.testing import CliRunner

from dots_set import write_dots
from pedpose.cli.main import app
from pedpose.errors import CheckpointError
from pedpose.training import trainer
from pedpose.training.config import TrainConfig
from pedpose.training.state import load_state, save_state

STATES = ("state.pt", "state.previous.pt")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    folder = tmp_path_factory.mktemp("unbroken")
    config = tiny(write_dots(folder), folder / "run")
    trainer.train(config, Told())
    return config


@pytest.fixture(scope="module")
def broken(unbroken: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended at step 11 without a word: its states are of steps 10 and 5."""
    folder = tmp_path_factory.mktemp("broken") / "run"
    with pytest.raises(KeyboardInterrupt):
        trainer.train(replace(unbroken, out=folder), Told(11, interrupt))
    steps = [load_state(folder)[0]["position"]["step"]]
    (folder / "state.pt").rename(folder / "aside")
    steps.append(load_state(folder)[0]["position"]["step"])
    (folder / "aside").rename(folder / "state.pt")
    assert steps == [10, 5]
    return folder


@pytest.fixture
def run(broken: Path, tmp_path: Path) -> Path:
    return shutil.copytree(broken, tmp_path / "run")


def interrupt() -> None:
    raise KeyboardInterrupt


class Bomb:
    """Unpickled by Python's own unpickler it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self._path,)


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "a byte short": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "garbage": lambda content: b"\x00\xff pedpose \n" * 100,
    "one flipped bit": flip,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_state_is_replaced_by_the_one_before(kind: str, run: Path, unbroken: TrainConfig):
    file = run / "state.pt"
    file.write_bytes(DAMAGE[kind](file.read_bytes()))
    told = Told()
    trainer.resume(run, told)
    assert (
        f"{file}: expected the state of a run, found a damaged file; going on from the state "
        f"before it, {run / 'state.previous.pt'}" in told.notes
    )
    assert "resumed at step 5 of 12" in told.notes
    assert same_weights(run / "last.safetensors", unbroken.out / "last.safetensors")


def test_a_kill_between_two_renames_is_survived(run: Path, unbroken: TrainConfig):
    (run / "state.pt").rename(run / ".new.state.pt")
    (run / ".0123456789abcdef.tmp.pt").write_bytes(b"half")
    (run / ".0123456789abcdef.tmp.safetensors").write_bytes(b"half")
    (run / ".mine.tmp").write_bytes(b"somebody's own")
    told = Told()
    trainer.resume(run, told)
    assert told.said("state.pt: expected the state of a run, found no such file; going on from")
    assert same_weights(run / "last.safetensors", unbroken.out / "last.safetensors")
    assert [p.name for p in run.iterdir() if p.name.startswith(".")] == [".mine.tmp"]


def test_a_pickle_with_code_is_not_run(run: Path, tmp_path: Path, unbroken: TrainConfig):
    made = tmp_path / "made"
    torch.save({"position": Bomb(made)}, run / "state.pt")
    trainer.resume(run, Told())
    # With the right digest at its end as well, as somebody who knows the format would write it.
    save_state(run, {"position": Bomb(made)})
    with pytest.raises(CheckpointError):
        (run / "state.previous.pt").write_bytes(pickle.dumps(Bomb(made)))
        trainer.resume(run, Told())
    assert not made.exists()


def test_two_damaged_states_are_refused_by_name(run: Path):
    for name in STATES:
        (run / name).write_bytes(b"nothing")
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    result = CliRunner().invoke(app, ["train", "--resume", str(run)])
    assert result.exit_code == 5
    for name in STATES:
        assert f"{run / name}: expected the state of a run, found a damaged file" in result.output
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_a_state_that_cannot_be_read_says_why(run: Path):
    (run / "state.pt").unlink()
    (run / "state.pt").mkdir()
    _, path, damage = load_state(run)
    assert path.name == "state.previous.pt"
    assert damage is not None and "state.pt: the state of the run cannot be read: Is a " in damage


@given(st.data())
def test_no_change_of_a_state_goes_unseen(broken: Path, data: st.DataObject):
    content = (broken / "state.pt").read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= data.draw(st.integers(1, 255))
    folder = broken.parent / "changed"
    folder.mkdir(exist_ok=True)
    (folder / "state.pt").write_bytes(changed)
    with pytest.raises(CheckpointError, match="damaged file"):
        load_state(folder)


def test_a_failed_save_leaves_both_states(run: Path, monkeypatch: pytest.MonkeyPatch):
    before = {name: (run / name).read_bytes() for name in STATES}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*state\.pt'"):
        save_state(run, {"position": {}})
    assert {name: (run / name).read_bytes() for name in STATES} == before
    assert not [p for p in run.iterdir() if p.name.startswith(".")]


def train_until(step: int, what: Callable[[], object], arguments: list[str]) -> tuple[int, str]:
    """Run the real command, do something after one of its steps; return exit code and output."""
    from pedpose.cli.train_report import TrainReport

    def after(report: TrainReport, done: int, total: int, loss: float, rate: float) -> None:
        original(report, done, total, loss, rate)
        if done == step:
            what()

    original = TrainReport.step
    TrainReport.step = after  # type: ignore[method-assign]
    try:
        result = CliRunner().invoke(app, arguments)
    finally:
        TrainReport.step = original  # type: ignore[method-assign]
    return result.exit_code, result.output


def forbid_large_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))


def check_stopped(
    code: int, output: str, step: int, config: TrainConfig, unbroken: TrainConfig
) -> None:
    assert code == 3, output
    error = output[output.index("error: ") :]
    assert f"{config.out}/" in error
    assert f"stopped after step {step}; the states saved before are whole: make room" in error
    assert f"--resume {config.out}" in error
    assert "Traceback" not in output
    assert load_state(config.out)[0]["position"]["step"] == 5
    assert not [p for p in config.out.iterdir() if p.name.startswith(".")]
    told = Told()
    trainer.resume(config.out, told)
    assert "resumed at step 5 of 12" in told.notes
    assert same_weights(config.out / "last.safetensors", unbroken.out / "last.safetensors")


def test_a_file_that_may_not_grow_loses_no_state(unbroken: TrainConfig, tmp_path: Path):
    config = replace(unbroken, out=tmp_path / "run")
    arguments = ["train", *flags(config)]
    ((code, output),) = in_processes(1, train_until, 6, forbid_large_files, arguments)
    assert "File too large" in output
    check_stopped(code, output, 10, config, unbroken)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True
        ).returncode
    ):
        pytest.skip("needs to be allowed to mount")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC


def test_a_full_disk_loses_no_state(unbroken: TrainConfig, small_disk: Path):
    config = replace(unbroken, out=small_disk / "run")
    code, output = train_until(6, lambda: fill(small_disk), ["train", *flags(config)])
    assert "No space left on device" in output
    (small_disk / "ballast").unlink()
    # The line of the history after step 6 finds no room.
    check_stopped(code, output, 6, config, unbroken)


def test_a_disk_that_is_full_from_the_start(unbroken: TrainConfig, small_disk: Path):
    config = replace(unbroken, out=small_disk / "run")
    fill(small_disk)
    result = CliRunner().invoke(app, ["train", *flags(config)])
    assert result.exit_code == 3
    assert f"No space left on device: '{config.out}" in result.output
    assert "step 1/" not in result.output


def test_folders_that_cannot_be_made_are_refused_before_training(
    unbroken: TrainConfig, tmp_path: Path
):
    (tmp_path / "file").write_text("a user's own")
    for out in (Path("/proc/nothing"), tmp_path / "file", tmp_path / "file/run"):
        result = CliRunner().invoke(app, ["train", *flags(replace(unbroken, out=out))])
        assert result.exit_code == 3, result.output
        assert str(out) in result.output[result.output.index("error: ") :]
        assert "step 1/" not in result.output and "Traceback" not in result.output
    assert (tmp_path / "file").read_text() == "a user's own"
