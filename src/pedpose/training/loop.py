"""The training loop: steps, validations, saved states, and what to do when something goes wrong."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from pedpose.diagnosis.diagnosis import Diagnosis
from pedpose.diagnosis.history import Reading
from pedpose.errors import CheckpointError, ConfigError
from pedpose.training.distributed import sum_over_processes
from pedpose.training.learner import Diverged, Learner
from pedpose.training.progress import Progress
from pedpose.training.recorder import Recorder
from pedpose.training.schedule import learning_rate
from pedpose.training.setup import Prepared
from pedpose.training.state import save_state

MOST_RECOVERIES = 3
"""How often a run goes back to its last state with half the learning rate before it gives up."""


@dataclass(slots=True)
class Position:
    """Where a run stands; part of its saved state.

    Attributes:
        step: Steps done.
        best: First figure of the best validation so far, None before the first.
        best_step: Of that validation.
        metrics: Figures of the last validation.
        seconds: Trained so far.
        loss_sum: Sum of the losses since the last reading.
        loss_steps: Number of these losses.
        rate_share: Learning rate as part of the schedule's: halved at each recovery.
    """

    step: int = 0
    best: float | None = None
    best_step: int = 0
    metrics: dict[str, float] | None = None
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_steps: int = 0
    rate_share: float = 1.0


class Loop:
    """One run, in one of its processes."""

    def __init__(self, prepared: Prepared, learner: Learner, progress: Progress) -> None:
        """Stand before the first step."""
        self.prepared = prepared
        self.learner = learner
        self.progress = progress
        self.at = Position()
        self.recorder: Recorder | None = None
        self.diagnosis: Diagnosis | None = None
        self._sound: dict[str, Any] = {}
        self._began = 0.0

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Take up the state that a file holds.

        Raises:
            CheckpointError: If it is of another network.
        """
        try:
            self.learner.restore(state)
            self.at = Position(**{f.name: state["position"][f.name] for f in fields(Position)})
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path}: expected the state of the run that its config.json describes, found "
                f"another: {error}"
            ) from error
        self.progress.note(f"resumed at step {self.at.step} of {self.prepared.total_steps}")

    def go(self, asked_to_stop: Callable[[], bool]) -> None:
        """Train to the end, or until the user interrupts: what is done by then is saved.

        Raises:
            KeyboardInterrupt: After the state has been saved.
            ConfigError: If the loss diverges again and again, or memory is too small.
            OSError: If a file cannot be written; the states saved before stay.
        """
        if self.prepared.processes.first:
            with self._writing():
                self.recorder = Recorder(self.prepared, self.progress, self.at.step)
        self._sound = self._state()
        self._began = time.monotonic() - self.at.seconds
        try:
            self._begin()
            over = self._was_over()
            while not over:
                over = self._pass(asked_to_stop)
            self._finish()
        finally:
            if self.recorder is not None:
                self.recorder.close()
        self._agreed(False)  # no process leaves before the first has written all

    def _begin(self) -> None:
        """Keep what the run begins with; one that goes on has done so, or cannot any more."""
        if self.recorder is None or self.at.step:
            return
        with self._writing():
            self.recorder.save_initial(self.learner.average)

    def _was_over(self) -> bool:
        """Tell whether a resumed run had come to its end, or lost its patience, before."""
        finished = self.at.step == self.prepared.total_steps
        return finished or (self._is_due(finished) and self._is_tired())

    def _finish(self) -> None:
        if self.recorder is None:
            return
        with self._writing():
            self.diagnosis = diagnosis = self.recorder.finish(self.learner.average)
        for text in (diagnosis.headline, *diagnosis.reasons, *diagnosis.advice):
            self.progress.note(f"diagnosis: {text}")

    def _pass(self, asked_to_stop: Callable[[], bool]) -> bool:
        """Train from where the run stands; return False where it went back and must begin anew."""
        prepared, config, at = self.prepared, self.prepared.config, self.at
        total = prepared.total_steps
        for batch in prepared.load(prepared.batches(at.step, total)):
            rate = at.rate_share * learning_rate(
                at.step, total, config.warmup_steps, config.learning_rate
            )
            parts = self.learner.parts
            try:
                # All steps have one shape: it pays to measure which convolution is fastest.
                with torch.backends.cudnn.flags(enabled=True, benchmark=True):
                    loss = self.learner.step(batch, at.step, rate)
            except Diverged as error:
                self._go_back(error)
                return False
            if self.learner.parts > parts:
                self.progress.note(
                    f"memory: too little for a whole batch; from step {at.step + 1} on it is "
                    f"computed in {self.learner.parts} parts"
                )
            self._stepped(loss, rate)
            finished = at.step == total
            # All processes know when a validation is due: only then they have to agree on its end.
            tired = self._is_due(finished) and self._agreed(self._measure(rate))
            stop = self._agreed(asked_to_stop()) and not finished
            ended = finished or tired
            if at.step % config.save_steps == 0 or ended or stop:
                self._save()
            if stop and not ended:
                self.progress.note(f"saved after step {at.step}; go on by --resume {config.out}")
                raise KeyboardInterrupt
            if ended:
                break
        return True

    def _stepped(self, loss: float, rate: float) -> None:
        at = self.at
        at.step += 1
        at.loss_sum += loss
        at.loss_steps += 1
        at.seconds = time.monotonic() - self._began
        self.progress.step(at.step, self.prepared.total_steps, loss, rate)
        if self.recorder is not None:
            with self._writing():
                self.recorder.step(at.step, loss, rate)

    def _is_due(self, finished: bool) -> bool:
        every = max(round(self.prepared.config.val_epochs * self.prepared.steps_per_epoch), 1)
        return self.at.step % every == 0 or finished

    def _measure(self, rate: float) -> bool:
        """Validate; return whether the run has gone on for too long without getting better."""
        at, prepared = self.at, self.prepared
        loss = at.loss_sum / max(at.loss_steps, 1)
        at.loss_sum, at.loss_steps = 0.0, 0
        if self.recorder is None:
            return False
        network, task = self.learner.average.network, prepared.task
        figures = [
            {} if data is None else task.validate(network, data, prepared.device)
            for data in (prepared.sample, prepared.val)
        ]
        epoch = at.step / prepared.steps_per_epoch
        reading = Reading(at.step, epoch, at.seconds, rate, loss, *figures)
        best = False
        if reading.val:
            at.metrics = reading.val
            score = next(iter(reading.val.values()))
            best = at.best is None or score > at.best
            if best:
                at.best, at.best_step = score, at.step
        self.progress.validated(reading, best, network)
        with self._writing():
            self.recorder.measured(reading, self.learner.average, best)
        tired = self._is_tired()
        if tired:
            self.progress.note(
                f"stopped after step {at.step}: nothing better since step {at.best_step} "
                f"({prepared.config.patience:g} epochs of patience)"
            )
        return tired

    def _is_tired(self) -> bool:
        patience = self.prepared.config.patience * self.prepared.steps_per_epoch
        return bool(patience) and self.at.step - self.at.best_step >= patience

    def _agreed(self, wish: bool) -> bool:
        """Tell whether any of the processes has a wish: all must do the same."""
        if self.prepared.processes.count == 1:
            return wish
        wishes = torch.tensor([float(wish)], device=self.prepared.device)
        return bool(sum_over_processes(wishes).item())

    def _go_back(self, error: Diverged) -> None:
        """Return to the last sound state with half the learning rate.

        Raises:
            ConfigError: If that has been done several times already.
        """
        share = self.at.rate_share / 2
        config = self.prepared.config
        if share < 0.5**MOST_RECOVERIES:
            raise ConfigError(
                f"{error}, and did so again after {MOST_RECOVERIES} times half the learning rate; "
                f"the labels or the learning rate ({config.learning_rate:g}) are wrong: check the "
                f"data by 'pedpose data check', or begin anew with --lr "
                f"{config.learning_rate / 10:g}"
            )
        # Optimisers take tensors as they are and change them: the state is needed again.
        self.learner.restore(_copy_to_cpu(self._sound))
        self.at = Position(**self._sound["position"])
        self.at.rate_share = share
        self.progress.note(
            f"{error}; went back to step {self.at.step}, the learning rate is "
            f"{share:g} of what it was from there on"
        )

    def _state(self) -> dict[str, Any]:
        """Return a copy of everything that the run is, on the CPU."""
        state: dict[str, Any] = _copy_to_cpu(self.learner.state())
        return state | {"position": asdict(self.at)}

    def _save(self) -> None:
        """Save the state, and the weights for use."""
        self._sound = self._state()
        if self.recorder is None:
            return
        at = self.at
        with self._writing():
            self.recorder.save_last(self.learner.average, at.step, at.metrics or {}, at.seconds)
            save_state(self.prepared.config.out, self._sound)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Say beside what could not be written that nothing is lost."""
        try:
            yield
        except OSError as error:
            out = self.prepared.config.out
            raise OSError(
                f"{error}; stopped after step {self.at.step}; the states saved before are whole: "
                f"make room, then go on by --resume {out}"
            ) from error


def _copy_to_cpu(state: Any) -> Any:
    """Return a copy that later steps do not change."""
    if isinstance(state, torch.Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, dict):
        return {key: _copy_to_cpu(value) for key, value in state.items()}
    if isinstance(state, list):
        return [_copy_to_cpu(value) for value in state]
    return copy.copy(state)
