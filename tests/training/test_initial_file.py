"""A run keeps the weights that it begins with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import Told, tiny

from pedpose.model.checkpoint import load_checkpoint
from pedpose.training import trainer
from pedpose.training.setup import prepare
from pedpose.training.trainer import resume, train


def interrupted() -> None:
    raise KeyboardInterrupt


def begun(data: Path, out: Path, at: int) -> Path:
    """Break a run off after a step; return the file of its initial weights."""
    with pytest.raises(KeyboardInterrupt):
        train(tiny(data, out), Told(at, interrupted))
    return out / "initial.safetensors"


def test_it_is_what_the_run_begins_with_in_half_precision(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run")
    processes = trainer.processes_of_environment()
    expected = prepare(config, processes, Told(), trained=False).network.state_dict()
    train(config, Told())
    path = config.out / "initial.safetensors"
    found = load_file(path)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert torch.equal(value, expected[name].to(value.dtype)), name
    assert found["head.weight"].dtype == torch.float16
    loaded = load_checkpoint(path)
    assert loaded.training["step"] == 0
    assert loaded.training["total_steps"] == 12
    assert loaded.skeleton is not None and loaded.skeleton.names == ("red", "blue")


def test_a_resumed_run_leaves_it_alone(dots: Path, tmp_path: Path):
    path = begun(dots, tmp_path / "run", 7)
    before = path.read_bytes()
    resume(tmp_path / "run", Told())
    assert path.read_bytes() == before
    # A run of an older version has none; what it began with is gone.
    path = begun(dots, tmp_path / "old", 7)
    path.unlink()
    resume(tmp_path / "old", Told())
    assert not path.exists()


def test_a_run_that_begins_again_writes_it_again(dots: Path, tmp_path: Path):
    path = begun(dots, tmp_path / "run", 2)  # before its first state
    before = path.read_bytes()
    path.unlink()
    resume(tmp_path / "run", Told())
    assert path.read_bytes() == before


def test_a_step_that_diverges_does_not_change_it(
    dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from pedpose.training.learner import Diverged, Learner

    path = begun(dots, tmp_path / "sound", 1)
    step, failed = Learner.step, []

    def breaking(self: Learner, batch: object, number: int, rate: float) -> float:
        if number == 3 and not failed:
            failed.append(number)
            raise Diverged("step 4: the loss became nan")
        return step(self, batch, number, rate)

    monkeypatch.setattr(Learner, "step", breaking)
    progress = Told()
    train(tiny(dots, tmp_path / "run"), progress)
    assert progress.said("went back to step 0")
    found, expected = load_file(tmp_path / "run/initial.safetensors"), load_file(path)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
