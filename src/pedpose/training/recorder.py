"""What a run leaves behind beside its state: weights, history, diagnosis."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence

from pedpose.diagnosis.diagnosis import Diagnosis, RunFacts, Verdict, diagnose
from pedpose.diagnosis.history import HISTORY_FILE, Reading, append_reading, read_history
from pedpose.diagnosis.references import chance, human, sigmas_of
from pedpose.errors import DataError
from pedpose.files import to_json
from pedpose.geometry import Image
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.reporting.training_page import write_training_page
from pedpose.training.ema import ExponentialAverage
from pedpose.training.overlays import draw_samples
from pedpose.training.progress import Progress
from pedpose.training.scores import calibrate_file
from pedpose.training.setup import Prepared
from pedpose.training.tensorboard import TensorBoard

INITIAL_FILE = "initial.safetensors"
LAST_FILE = "last.safetensors"
BEST_FILE = "best.safetensors"
PAGE_FILE = "training.html"

_EVENTS_EVERY = 10  # steps


class Recorder:
    """Writes the files of one run; only the first of several processes has one."""

    def __init__(self, prepared: Prepared, progress: Progress, first_step: int) -> None:
        """Open the folder of a run that goes on at a step."""
        self._prepared = prepared
        self._progress = progress
        self._folder = prepared.config.out
        self._references = self._measure_references()
        self._verdict: Verdict | None = None
        self._events: TensorBoard | None = None
        if importlib.util.find_spec("tensorboard") is None:
            progress.note("tensorboard: not installed; pip install 'pedpose[tensorboard]'")
        else:
            self._events = TensorBoard(self._folder, first_step)

    def save_initial(self, average: ExponentialAverage) -> None:
        """Write the weights that the run begins with, at half the size: they are compared only."""
        self._save(INITIAL_FILE, average, 0, {}, 0.0, half=True)

    def step(self, done: int, loss: float, rate: float) -> None:
        """Note a step (1-based)."""
        if self._events is not None and done % _EVENTS_EVERY == 0:
            self._events.step(done, loss, rate)

    def measured(self, reading: Reading, average: ExponentialAverage, best: bool) -> None:
        """Note the figures of a network, and say it when the diagnosis has changed."""
        history = append_reading(self._folder / HISTORY_FILE, reading)
        if best:
            self._save(BEST_FILE, average, reading.step, reading.val, reading.seconds)
        if self._events is not None:
            samples = [] if not reading.val else self._samples(average)
            self._events.validated(reading, samples)
        diagnosis = self._diagnose(history)
        if diagnosis.verdict != self._verdict:
            self._progress.note(f"diagnosis: {diagnosis.headline}")
        self._verdict = diagnosis.verdict

    def save_last(
        self,
        average: ExponentialAverage,
        done: int,
        metrics: Mapping[str, float],
        seconds: float,
    ) -> None:
        """Write the weights as they are now."""
        self._save(LAST_FILE, average, done, metrics, seconds)

    def finish(self, average: ExponentialAverage) -> Diagnosis:
        """Write the page of the run and return the diagnosis."""
        self._calibrate()
        history = self._history()
        diagnosis = self._diagnose(history)
        facts = {
            name: value if isinstance(value, str) else to_json(value)
            for name, value in self._prepared.config.to_dict().items()
        }
        write_training_page(
            self._folder / PAGE_FILE,
            history,
            self._references,
            diagnosis,
            facts,
            self._samples(average),
        )
        return diagnosis

    def close(self) -> None:
        """Write the curves that are still in memory."""
        if self._events is not None:
            self._events.close()

    def _save(
        self,
        name: str,
        average: ExponentialAverage,
        done: int,
        metrics: Mapping[str, float],
        seconds: float,
        half: bool = False,
    ) -> None:
        training = {
            "config": self._prepared.config.to_dict(),
            "step": done,
            "total_steps": self._prepared.total_steps,
            "seconds": round(seconds),
        }
        skeleton = self._prepared.task.skeleton
        checkpoint = Checkpoint(average.network, skeleton, training, dict(metrics))
        save_checkpoint(self._folder / name, checkpoint, half)

    def _calibrate(self) -> None:
        """Write into the weights what their scores mean, where there are labels to measure it."""
        val, device = self._prepared.val, self._prepared.device
        if val is None or self._prepared.task.skeleton is None:
            return
        for name in (LAST_FILE, BEST_FILE):
            try:
                found = calibrate_file(self._folder / name, val, device)
            except DataError as error:
                self._progress.note(f"scores of {name}: not calibrated: {error}")
                continue
            self._progress.note(
                f"scores of {name}: calibrated on {found.joints} joints of {val.path}, "
                f"calibration error {found.before:.3f} before, {found.after:.3f} after"
            )

    def _samples(self, average: ExponentialAverage) -> list[tuple[str, Image]]:
        data = self._prepared.val or self._prepared.sets[0]
        return draw_samples(average.network, data, self._prepared.device)

    def _history(self) -> list[Reading]:
        path = self._folder / HISTORY_FILE
        return read_history(path) if path.exists() else []

    def _measure_references(self) -> dict[str, dict[str, float]]:
        val = self._prepared.val
        if val is None or self._prepared.task.skeleton is None:
            return {}
        train = self._prepared.sets[0]
        return {"chance": chance(train, val), "human": human(val, sigmas_of(val))}

    def _diagnose(self, history: Sequence[Reading]) -> Diagnosis:
        prepared, config = self._prepared, self._prepared.config
        val = prepared.val
        facts = RunFacts(
            people=sum(data.people for data in prepared.sets),
            parameters=sum(p.numel() for p in prepared.network.parameters() if p.requires_grad),
            epochs_done=history[-1].epoch if history else 0.0,
            epochs_planned=config.epochs,
            augmentation=config.augmentation.strength,
            frozen_stride=config.freeze_stride,
            task=config.task,
            sigma_source=prepared.sigma_source,
            val_people=None if val is None else val.people,
            from_nothing=config.init == "none",
        )
        return diagnose(history, self._references, facts)
