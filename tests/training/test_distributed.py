"""Two processes on CPUs (gloo) against one: what they learn, write and say."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from ranks import in_processes
from tiny_runs import Told, distance, flags, same_weights, tiny
from torch import Tensor

from dots_set import write_dots
from pedpose.diagnosis.history import read_history
from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training import automatic, trainer
from pedpose.training.automatic import with_choices
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes, process_group, processes_of_environment
from pedpose.training.learner import Learner
from pedpose.training.state import load_state

TOLERANCE = 1e-5
"""Relative difference of losses between one process and two with shared batch norms, in fp32, in
twelve steps; measured: 2e-7."""


def apart(one: TrainConfig, other: TrainConfig) -> float:
    """Return the largest difference of the last weights of two runs.

    The cross entropy of a heatmap does not depend on the bias of its layer: what the optimiser
    makes of it is made of rounding errors.
    """
    without = "head.bias" if one.task == "joints" else ""
    return distance(one.out / "last.safetensors", other.out / "last.safetensors", without)


@pytest.fixture(scope="module")
def dots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dots(tmp_path_factory.mktemp("dots"))


def train(config: TrainConfig) -> dict[str, Any]:
    """Train in this process, one of some; return what it told and the weights that it has."""
    learners: list[Learner] = []

    class Kept(Learner):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            learners.append(self)

    trainer.Learner = Kept  # type: ignore[misc]
    told = Told()
    trainer.train(config, told)
    weights = {n: p.detach().numpy() for n, p in learners[0].network.named_parameters()}
    return {"losses": told.losses, "notes": told.notes, "weights": weights}


@pytest.fixture(scope="module", params=["joints", "person"])
def both(
    request: pytest.FixtureRequest, dots: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainConfig, dict[str, Any], TrainConfig, list[dict[str, Any]]]:
    """The same run by one process, and by two that share batch norms."""
    folder = tmp_path_factory.mktemp("runs")
    one = tiny(dots, folder / "one", val=dots, task=request.param)
    two = replace(one, out=folder / "two", sync_norm=True)
    (alone,) = in_processes(1, train, one)
    return one, alone, two, in_processes(2, train, two)


Both = tuple[TrainConfig, dict[str, Any], TrainConfig, list[dict[str, Any]]]


def test_they_learn_what_one_process_learns(both: Both):
    one, alone, two, together = both
    np.testing.assert_allclose(together[0]["losses"], alone["losses"], rtol=TOLERANCE)
    assert apart(one, two) < 1e-3
    expected, found = (read_history(config.out / "history.csv") for config in (one, two))
    assert [reading.step for reading in found] == [6, 12]
    for a, b in zip(expected, found, strict=True):
        assert b.loss == pytest.approx(a.loss, rel=TOLERANCE)
        assert b.val == pytest.approx(a.val, abs=0.02)


def test_all_processes_have_the_same_weights(both: Both):
    first, second = (result["weights"] for result in both[3])
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_only_the_first_speaks_and_writes(both: Both):
    one, alone, two, (first, second) = both
    assert not second["notes"] and not second["losses"]
    silent = ("device: ", "last weights: ", "best weights: ", "report: ", "diagnosis: ", "scores ")
    assert [n for n in first["notes"] if not n.startswith(silent)] == [
        n for n in alone["notes"] if not n.startswith(silent)
    ]
    assert "device: cpu (1 threads), fp32, 2 processes" in first["notes"]
    assert {p.name for p in two.out.iterdir()} == {p.name for p in one.out.iterdir()}
    assert len(list((two.out / "tensorboard").iterdir())) == 1


def test_without_shared_norms_they_learn_something_else(both: Both, tmp_path: Path):
    one, alone, *_ = both
    first, second = in_processes(2, train, replace(one, out=tmp_path / "run"))
    assert np.isfinite(first["losses"]).all()
    # Each process has normalised its own samples: the test above can tell.
    assert np.abs(np.divide(first["losses"], alone["losses"]) - 1).max() > 10 * TOLERANCE
    for name, value in first["weights"].items():
        assert np.array_equal(value, second["weights"][name])


def refused(arguments: list[str]) -> tuple[int, str]:
    """Return exit code and output of the real command in this process, one of some."""
    from typer.testing import CliRunner

    from pedpose.cli.main import app

    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_a_batch_that_cannot_be_shared_is_refused(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", batch_size=5)
    for code, output in in_processes(2, refused, ["train", *flags(config)]):
        assert code == 2
        assert "batch_size: expected a multiple of the 2 processes, found 5" in output
    assert not config.out.exists()


def choose(config: TrainConfig) -> tuple[int, list[str]]:
    """Choose the batch size where the second process sees less free memory than the first."""
    processes = processes_of_environment()

    class Memory:
        available = 10**7 * (100 if processes.first else 1)

    automatic.psutil.virtual_memory = Memory
    with process_group(processes, torch.device("cpu")):
        network = HeatmapCNN(config.architecture(2))
        config, notes = with_choices(config, network, 1000, torch.device("cpu"), processes)
    return config.batch_size, notes


def test_processes_agree_on_a_batch_size(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", batch_size=0, height_px=128, width_px=128)
    (first, notes), (second, _) = in_processes(2, choose, config)
    (alone, _), *_ = in_processes(1, choose, config)
    assert first == second < alone
    assert notes[0].startswith(f"batch size: {first} (")


def interrupt_second(config: TrainConfig) -> bool:
    """Ctrl-C that reaches the second process only; return whether it ended as interrupted."""

    def step(learner: Learner, batch: Any, step: int, rate: float) -> float:
        if step == 6 and not learner.processes.first:
            signal.raise_signal(signal.SIGINT)
        return original(learner, batch, step, rate)

    original = Learner.step
    Learner.step = step  # type: ignore[method-assign]
    try:
        trainer.train(config, Told())
    except KeyboardInterrupt:
        return True
    return False


def test_a_wish_to_stop_is_heard_by_all_and_one_process_can_go_on(both: Both, tmp_path: Path):
    one, _, two, _ = both
    broken = replace(two, out=tmp_path / "run")
    assert in_processes(2, interrupt_second, broken) == [True, True]
    assert load_state(broken.out)[0]["position"]["step"] == 7
    told = Told()
    trainer.resume(broken.out, told)
    assert "resumed at step 7 of 12" in told.notes
    assert len(told.losses) == 5
    assert apart(one, broken) < 1e-3


def lose_memory(config: TrainConfig) -> str:
    def too_large(network: HeatmapCNN, pictures: Tensor) -> Tensor:
        if network.training:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(network, pictures)

    original = HeatmapCNN.forward
    HeatmapCNN.forward = too_large  # type: ignore[method-assign]
    with pytest.raises(ConfigError) as caught:
        trainer.train(config, Told())
    return str(caught.value)


def test_lack_of_memory_is_said_by_all(dots: Path, tmp_path: Path):
    for message in in_processes(2, lose_memory, tiny(dots, tmp_path / "run")):
        assert "expected room for 2 samples" in message


def test_a_restart_does_not_take_up_a_run_with_other_settings(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", epochs=1, batch_size=0, workers=-1)
    told = Told()
    trainer.train(config, told)
    before = {p: p.read_bytes() for p in config.out.rglob("*") if p.is_file()}
    for code, output in in_processes(
        1, refused, ["train", *flags(replace(config, epochs=2))], restarts=1
    ):
        assert (code, "holds a training run already" in output) == (2, True), output
    assert {p: p.read_bytes() for p in config.out.rglob("*") if p.is_file()} == before
    # The same settings, with what they leave open, are those of this run.
    ((code, output),) = in_processes(1, refused, ["train", *flags(config)], restarts=1)
    assert code == 0, output
    assert "resumed at step" in output


def torchrun(config: TrainConfig, *options: str) -> subprocess.Popen[str]:
    """Start the real command in two processes."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
            *("--standalone", *options, "-m", "pedpose", "train", *flags(config), "--sync-norm"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for_state(process: subprocess.Popen[str], folder: Path) -> None:
    while not (folder / "state.previous.pt").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_torchrun_starts_anew_after_a_kill_and_loses_nothing(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "killed", epochs=60, val_epochs=60, save_steps=3)
    unbroken = replace(config, out=tmp_path / "unbroken", sync_norm=True)
    in_processes(2, train, unbroken)
    # More than one restart: PyTorch itself was seen to abort in a new process, once in many runs.
    process = torchrun(config, "--max-restarts", "3")
    wait_for_state(process, config.out)
    victim = psutil.Process(process.pid).children()[-1]
    victim.send_signal(signal.SIGKILL)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert 1 <= output.count("resumed at step ") <= 3
    assert output.count("last weights: ") == output.count("report: ") >= 1
    assert "step 120" not in output.split("resumed at step ")[0]
    assert same_weights(unbroken.out / "last.safetensors", config.out / "last.safetensors")
    assert "Warning" not in errors, errors


def test_ctrl_c_of_torchrun_leaves_a_run_that_goes_on(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", epochs=200, val_epochs=200, save_steps=10)
    process = torchrun(config)
    wait_for_state(process, config.out)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert output.count("saved after step ") == 1, output + errors
    step = load_state(config.out)[0]["position"]["step"]
    assert f"saved after step {step}; go on by --resume {config.out}" in output
    assert step < 400
    shutil.copy(config.out / "config.json", tmp_path)
    told = Told(at=step + 2, do=lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        trainer.resume(config.out, told)
    assert f"resumed at step {step} of 400" in told.notes
    assert np.isfinite(told.losses).all() and len(told.losses) == 2


def test_variables_of_torchrun_are_checked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert processes_of_environment() == Processes()
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GROUP_WORLD_SIZE", "2")
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT", raising=False)
    with pytest.raises(ConfigError, match=r"expected whole numbers in RANK, .* found"):
        processes_of_environment()
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    assert processes_of_environment() == Processes(5, 8, 1, 2, 2)
