"""What a run does when a loss is no number, and when memory is too small."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import Told, flags, same_weights, tiny
from torch import Tensor
from typer.testing import CliRunner

from dots_set import write_dots
from pedpose.cli.main import app
from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training import trainer
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes
from pedpose.training.learner import Learner
from pedpose.training.losses import LossSum
from pedpose.training.progress import Unheard
from pedpose.training.schedule import learning_rate
from pedpose.training.setup import prepare
from pedpose.training.state import load_state, save_state
from pedpose.training.tasks import JointTask

Spoil = Callable[[int, float], bool]
"""Whether to spoil a step (from 0) that has some part of the learning rate of the schedule."""


@pytest.fixture(scope="module")
def dots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dots(tmp_path_factory.mktemp("dots"))


@pytest.fixture
def config(dots: Path, tmp_path: Path) -> TrainConfig:
    return tiny(dots, tmp_path / "run")


def no_number(loss: LossSum, raw: Tensor) -> LossSum:
    return LossSum(loss.total * math.nan, loss.count)


def no_gradient(loss: LossSum, raw: Tensor) -> LossSum:
    """Leave the loss as it is; its gradient becomes NaN, as at the root of nothing."""
    return LossSum(loss.total + (raw * 0).sum().sqrt(), loss.count)


def spoil(
    monkeypatch: pytest.MonkeyPatch,
    when: Spoil,
    how: Callable[[LossSum, Tensor], LossSum] = no_number,
) -> list[int]:
    """Let the loss of some steps be wrong; return the list of these, which grows."""
    spoilt: list[int] = []
    whole, step_of = JointTask.loss, Learner.step
    now = [False]

    def step(learner: Learner, batch: Any, step: int, rate: float) -> float:
        config = learner.config
        full = learning_rate(step, 12, config.warmup_steps, config.learning_rate)
        now[0] = when(step, rate / full)
        if now[0]:
            spoilt.append(step)
        return step_of(learner, batch, step, rate)

    def loss(task: JointTask, raw: Tensor, batch: Any) -> LossSum:
        found = whole(task, raw, batch)
        return how(found, raw) if now[0] else found

    monkeypatch.setattr(Learner, "step", step)
    monkeypatch.setattr(JointTask, "loss", loss)
    return spoilt


def stop() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [no_number, no_gradient])
def test_a_step_that_breaks_once_costs_half_the_rate(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, how: Callable[..., LossSum]
):
    # The last step before a state is saved: what it makes of the weights must not get there.
    left = [1]
    spoilt = spoil(monkeypatch, lambda step, _: step == 9 and bool(left) and bool(left.pop()), how)
    told = Told()
    result = trainer.train(config, told)
    assert spoilt == [9]
    what = "the loss became nan" if how is no_number else "weights became infinite or NaN"
    assert told.said("step 10: ") == [
        f"step 10: {what}; went back to step 5, the learning rate is 0.5 of what it was from "
        "there on"
    ]
    # 9 steps, then 7 from the sixth on.
    assert len(told.losses) == 9 + 7
    assert np.isfinite(told.losses).all()
    assert load_state(config.out)[0]["position"]["rate_share"] == 0.5
    assert all(value.isfinite().all() for value in load_file(result.last).values())


def test_going_back_twice_to_one_state_is_going_back_to_it(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(KeyboardInterrupt):
        trainer.train(config, Told(5 + 1, stop))
    state = load_state(config.out)[0]
    assert state["position"]["step"] == 5
    state["position"]["rate_share"] = 0.25
    save_state(config.out, state)
    expected = trainer.resume(config.out, Told())

    spoil(monkeypatch, lambda step, share: step == 8 and share > 0.3)
    told = Told()
    found = trainer.train(replace(config, out=tmp_path / "twice"), told)
    assert len(told.said("went back to step 5")) == 2
    assert same_weights(expected.last, found.last)


@pytest.mark.parametrize("killed_at", [9 + 2, 9 + 6])
def test_killed_after_a_recovery_equals_unbroken(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
):
    spoil(monkeypatch, lambda step, share: step == 9 and share > 0.6)
    unbroken = trainer.train(config, Told())
    broken = replace(config, out=tmp_path / "broken")

    class Counting(Told):
        def step(self, step: int, total: int, loss: float, rate: float) -> None:
            super().step(step, total, loss, rate)
            if len(self.losses) == killed_at:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(broken, Counting())
    told = Told()
    resumed = trainer.resume(broken.out, told)
    # Before the next state was saved, the same thing happens again.
    assert len(told.said("went back to step 5")) == (1 if killed_at < 9 + 5 else 0)
    assert same_weights(unbroken.last, resumed.last)


def test_a_run_that_breaks_again_and_again_gives_up(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
):
    spoilt = spoil(monkeypatch, lambda step, _: step == 7)
    told = Told()
    with pytest.raises(ConfigError) as caught:
        trainer.train(config, told)
    assert str(caught.value) == (
        "step 8: the loss became nan, and did so again after 3 times half the learning rate; the "
        "labels or the learning rate (0.01) are wrong: check the data by 'pedpose data check', or "
        "begin anew with --lr 0.001"
    )
    assert spoilt == [7] * 4
    assert [note.partition("rate is ")[2][:5] for note in told.said("went back to step 5")] == [
        "0.5 o",
        "0.25 ",
        "0.125",
    ]
    # The state is that of step 5, sound and with all of its rate.
    assert load_state(config.out)[0]["position"]["rate_share"] == 1.0


def test_a_rate_that_no_network_survives_is_said_in_words(config: TrainConfig):
    config = replace(config, learning_rate=1e6, epochs=20, save_steps=2, val=config.data[0].path)
    result = CliRunner().invoke(app, ["train", *flags(config)])
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == 2, result.output
    assert "went back to step" in result.output
    assert "the learning rate (1e+06) are wrong" in result.output
    assert "begin anew with --lr 100000" in result.output


def limit_memory(
    monkeypatch: pytest.MonkeyPatch, samples: int, error: Callable[[], BaseException]
) -> list[int]:
    """Let training fail for larger batches; return the list of all batch sizes, which grows."""
    sizes: list[int] = []
    forward = HeatmapCNN.forward

    def limited(network: HeatmapCNN, pictures: Tensor) -> Tensor:
        if network.training:
            sizes.append(len(pictures))
            if len(pictures) > samples:
                raise error()
        return forward(network, pictures)

    monkeypatch.setattr(HeatmapCNN, "forward", limited)
    return sizes


def cuda_error() -> BaseException:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")


def cpu_error() -> BaseException:
    """The error of an allocation that no machine has room for."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**14)
    return caught.value


@pytest.mark.parametrize("error", [cuda_error, cpu_error])
def test_a_batch_too_large_for_memory_is_learned_in_parts(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]
):
    sizes = limit_memory(monkeypatch, 3, error)
    told = Told()
    config = replace(config, batch_size=8)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(config, Told(5 + 1, stop))
    assert sizes[:8] == [8, 4, 2, 2, 2, 2, 2, 2]
    del sizes[:]
    trainer.resume(config.out, told)
    assert set(sizes) == {2}, "the state knows the number of parts"
    assert not told.said("memory: ")


def test_parts_are_said(config: TrainConfig, monkeypatch: pytest.MonkeyPatch):
    limit_memory(monkeypatch, 2, cuda_error)
    told = Told()
    trainer.train(config, told)
    assert told.said("memory: ") == [
        "memory: too little for a whole batch; from step 1 on it is computed in 2 parts"
    ]
    assert len(told.losses) == 12


def test_memory_for_not_even_one_sample(config: TrainConfig, monkeypatch: pytest.MonkeyPatch):
    sizes = limit_memory(monkeypatch, 0, cuda_error)
    result = CliRunner().invoke(app, ["train", *flags(config)])
    assert result.exit_code == 2, result.output
    assert (
        "memory of cpu: expected room for 4 samples in 4 parts, found too little; choose a smaller "
        "batch, input or network" in result.output
    )
    assert sizes == [4, 2, 1]


def test_other_errors_are_not_taken_for_lack_of_memory(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
):
    sizes = limit_memory(monkeypatch, 0, lambda: RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        trainer.train(config, Told())
    assert sizes == [4]


@pytest.mark.parametrize("task", ["joints", "person"])
def test_parts_have_the_gradient_of_the_whole(config: TrainConfig, task: str):
    config = replace(config, task=task, batch_size=8)
    prepared = prepare(config, Processes(), Unheard(), trained=False)
    network = prepared.network.eval()  # batch norm in training would see the parts
    learner = Learner(network, prepared.task, config, prepared.device, Processes())
    batch = next(iter(prepared.load(prepared.batches(0, 1))))
    found = []
    for parts in (1, 2, 3, 8):
        learner.parts = parts
        sums = learner._gradients(batch)
        gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
        found.append([sums, *gradients])
    assert len(found[0]) > 10
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
