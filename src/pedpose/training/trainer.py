"""The training loop."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import torch
from torch.utils.data import DataLoader

from pedpose.data.coco import CocoData, read_coco, read_json
from pedpose.data.mixing import MixedBatches
from pedpose.errors import CheckpointError, ConfigError, PedposeError
from pedpose.files import write_json
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import Architecture, HeatmapCNN
from pedpose.model.initial import folded_batch_norms, load_initial, measure_batch_norm
from pedpose.runtime.device import autocast_type, describe_device, resolve_device
from pedpose.skeleton import DEFAULT_SIGMA
from pedpose.training.config import TrainConfig
from pedpose.training.ema import ExponentialAverage
from pedpose.training.interrupt import interrupt_held_back
from pedpose.training.schedule import learning_rate
from pedpose.training.state import STATE_FILE, load_state, save_state
from pedpose.training.tasks import LearningTask, make_task

CONFIG_FILE = "config.json"
LAST_FILE = "last.safetensors"
BEST_FILE = "best.safetensors"
_CALIBRATION_BATCHES = 8


class Progress(Protocol):
    """Is told how a run goes; implemented by the command line."""

    def note(self, text: str) -> None:
        """Take a fact about the run that its user should know."""

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Take the result of a step (1-based)."""

    def validated(self, step: int, metrics: dict[str, float], best: bool) -> None:
        """Take the figures of a validation."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run has left behind: figures are None without validation data."""

    last: Path
    best: Path | None
    metrics: dict[str, float] | None


def train(config: TrainConfig, progress: Progress) -> TrainResult:
    """Run a training from its start.

    Raises:
        ConfigError: If the output folder holds a run already, or options do not fit.
        DataError: If an annotation file or a picture is broken.
        CheckpointError: If the initial weights cannot be used.
    """
    if (config.out / CONFIG_FILE).exists():
        raise ConfigError(
            f"{config.out}: holds a training run already; continue it by --resume {config.out} "
            "or choose another folder"
        )
    run = _Run(config, progress, imagenet=config.init == "imagenet")
    run.initialise()
    config.out.mkdir(parents=True, exist_ok=True)
    write_json(config.out / CONFIG_FILE, config.to_dict())
    return run.go()


def resume(folder: Path, progress: Progress) -> TrainResult:
    """Continue a run where its last saved state stands; the result is as if never broken off.

    Raises:
        ConfigError: If the folder holds no run.
        CheckpointError: If its state is damaged.
    """
    if not (folder / CONFIG_FILE).is_file():
        raise ConfigError(f"{folder}: expected the folder of a run with {CONFIG_FILE}, found none")
    # The folder may have been moved or copied since: what is written goes where it is now.
    config = replace(TrainConfig.from_dict(read_json(folder / CONFIG_FILE)), out=folder)
    saved = (folder / STATE_FILE).exists()
    run = _Run(config, progress, imagenet=config.init == "imagenet" and not saved)
    if saved:
        run.restore(load_state(folder), folder / STATE_FILE)
    else:
        run.initialise()
    return run.go()


class _Run:
    """One run in memory: network, optimiser, data and the step they are at."""

    def __init__(self, config: TrainConfig, progress: Progress, imagenet: bool) -> None:
        self.config = config
        self.progress = progress
        self.device = resolve_device(config.device)
        self.autocast = autocast_type(config.precision)
        sets = [read_coco(entry.path) for entry in config.data]
        self.task: LearningTask = make_task(config, sets)
        self.val = None if config.val is None else self.task.adapted(read_coco(config.val))
        torch.manual_seed(_torch_seed(config.seed))
        self.architecture = Architecture(
            task=config.task,
            outputs=self.task.outputs,
            backbone=config.backbone,
            backbone_stride=config.backbone_stride,
            width=config.width,
            height_px=config.height_px,
            width_px=config.width_px,
        )
        network = HeatmapCNN(self.architecture, imagenet)
        if config.freeze_stride:
            network.backbone.freeze(config.freeze_stride)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = ExponentialAverage(self.network, config.ema_decay)
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(self.network, config.weight_decay), lr=config.learning_rate
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.autocast == torch.float16)
        self.first_step = 0
        self.best: float | None = None
        self.metrics: dict[str, float] | None = None
        self.trained_seconds = 0.0
        plan = self._batches(0, 0)
        self.steps_per_epoch = plan.steps_per_epoch
        self.total_steps = max(round(config.epochs * self.steps_per_epoch), 1)
        self._describe(sets)

    def _describe(self, sets: list[CocoData]) -> None:
        config, note = self.config, self.progress.note
        for data, entry, size in zip(sets, config.data, self.task.sizes, strict=True):
            note(f"data: {entry.path} ({size} samples, weight {entry.weight:g})")
            if data.estimated_areas:
                note(
                    f"data: {entry.path}: area of {data.estimated_areas} people missing, estimated"
                )
        skeleton = self.task.skeleton
        if skeleton is not None:
            mirrored = "pictures are not mirrored"
            if config.augmentation.mirror_chance:
                pairs = ", ".join(f"{a} <-> {b}" for a, b in skeleton.swap_pairs) or "none"
                mirrored = f"mirrored pairs: {pairs}"
            note(f"skeleton: {len(skeleton)} joints; {mirrored}")
            if self.val is not None and skeleton.sigmas is None:
                note(f"sigmas: none in {config.data[0].path}; validation takes {DEFAULT_SIGMA:g}")
        note(
            f"network: {config.backbone} to stride {config.backbone_stride}, "
            f"{self.network.parameter_count() / 1e6:.2f} M parameters, "
            f"input {config.height_px} x {config.width_px}"
            + (f", frozen to stride {config.freeze_stride}" if config.freeze_stride else "")
        )
        note(f"device: {describe_device(self.device)}, {config.precision}")

    def _batches(self, start: int, total: int) -> MixedBatches:
        weights = [entry.weight for entry in self.config.data]
        config = self.config
        return MixedBatches(self.task.sizes, weights, config.batch_size, config.seed, start, total)

    def _loader(self, start: int, total: int) -> Iterator[Any]:
        loader = DataLoader(
            self.task.dataset,
            batch_sampler=self._batches(start, total),
            collate_fn=self.task.collate,
            num_workers=self.config.workers,
            worker_init_fn=_start_worker,
            generator=torch.Generator().manual_seed(_torch_seed(self.config.seed)),
            pin_memory=self.device.type == "cuda",
        )
        try:
            yield from loader
        except PedposeError as error:
            # A loader process hands over its whole traceback as text: keep the message.
            kind = type(error)
            message = str(error).rstrip().rsplit(f"{kind.__module__}.{kind.__name__}: ", 1)[-1]
            raise kind(message) from error

    def _pictures(self, batch: Any) -> torch.Tensor:
        images: torch.Tensor = batch[0].to(self.device, non_blocking=True)
        return images.contiguous(memory_format=torch.channels_last).float()

    def initialise(self) -> None:
        """Load the initial weights."""
        if self.config.init in ("none", "imagenet"):
            self.progress.note(f"initial weights: {self.config.init}")
            return
        loaded, rest = load_initial(self.network, Path(self.config.init))
        self.progress.note(
            f"initial weights: {len(loaded)} tensors of {self.config.init}"
            + (f"; {len(rest)} found no place: {', '.join(rest[:4])} ..." if rest else "")
        )
        norms = folded_batch_norms(self.network, loaded)
        if norms:
            batches = (self._pictures(b) for b in self._loader(0, _CALIBRATION_BATCHES))
            measure_batch_norm(self.network, norms, batches)
            self.progress.note("initial weights: batch norm statistics measured on training data")
        self.average = ExponentialAverage(self.network, self.config.ema_decay)

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Take up the state that a file holds.

        Raises:
            CheckpointError: If it is of another network.
        """
        try:
            self.network.load_state_dict(state["network"])
            self.average.network.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.scaler.load_state_dict(state["scaler"])
            self.first_step = state["step"]
            self.best, self.metrics = state["best"], state["metrics"]
            self.trained_seconds = state["trained_seconds"]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path}: expected the state of the run that {CONFIG_FILE} describes, found "
                f"another: {error}"
            ) from error
        self.progress.note(f"resumed at step {self.first_step} of {self.total_steps}")

    def go(self) -> TrainResult:
        """Train to the end, or until the user interrupts: what is done by then is saved.

        Raises:
            KeyboardInterrupt: After the state has been saved.
        """
        with interrupt_held_back() as asked_to_stop:
            self._train(asked_to_stop)
        best = self.config.out / BEST_FILE
        last = self.config.out / LAST_FILE
        return TrainResult(last, best if best.exists() else None, self.metrics)

    def _train(self, asked_to_stop: Callable[[], bool]) -> None:
        config = self.config
        val_steps = max(round(config.val_epochs * self.steps_per_epoch), 1)
        began = time.monotonic() - self.trained_seconds
        for step, batch in enumerate(
            self._loader(self.first_step, self.total_steps), start=self.first_step
        ):
            rate = learning_rate(step, self.total_steps, config.warmup_steps, config.learning_rate)
            # All steps have one shape: it pays to measure which of cuDNN's convolutions is fastest.
            with torch.backends.cudnn.flags(enabled=True, benchmark=True):
                loss = self._step(batch, step, rate)
            done = step + 1
            self.progress.step(done, self.total_steps, loss, rate)
            finished = done == self.total_steps
            self.trained_seconds = time.monotonic() - began
            if self.val is not None and (done % val_steps == 0 or finished):
                self._validate(self.val, done)
            stop = asked_to_stop() and not finished
            if done % config.save_steps == 0 or finished or stop:
                self._save(done)
            if stop:
                self.progress.note(f"saved after step {done}; continue by --resume {config.out}")
                raise KeyboardInterrupt

    def _step(self, batch: Any, step: int, rate: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        # Networks that leave out layers at random do so by step: a resumed run is the same run.
        torch.manual_seed(_torch_seed(self.config.seed * 1_000_003 + step))
        self.network.train()
        with torch.autocast(
            self.device.type, self.autocast or torch.bfloat16, enabled=self.autocast is not None
        ):
            raw = self.network(self._pictures(batch))
        loss = self.task.loss(raw, batch)
        value = float(loss.detach())
        if not value < float("inf"):
            raise ConfigError(
                f"step {step + 1}: the loss became {value}; lower the learning rate "
                f"(now {rate:.2g}) and resume, the saved state is sound"
            )
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.network, step)
        return value

    def _validate(self, data: CocoData, done: int) -> None:
        self.metrics = self.task.validate(self.average.network, data, self.device)
        score = next(iter(self.metrics.values()))
        is_best = self.best is None or score > self.best
        if is_best:
            self.best = score
            save_checkpoint(self.config.out / BEST_FILE, self._checkpoint(done))
        self.progress.validated(done, self.metrics, is_best)

    def _checkpoint(self, done: int) -> Checkpoint:
        training = {
            "config": self.config.to_dict(),
            "step": done,
            "total_steps": self.total_steps,
            "seconds": round(self.trained_seconds),
        }
        network = self.average.network
        return Checkpoint(network, self.task.skeleton, training, self.metrics or {})

    def _save(self, done: int) -> None:
        save_checkpoint(self.config.out / LAST_FILE, self._checkpoint(done))
        save_state(
            self.config.out,
            {
                "network": self.network.state_dict(),
                "average": self.average.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "scaler": self.scaler.state_dict(),
                "step": done,
                "best": self.best,
                "metrics": self.metrics,
                "trained_seconds": self.trained_seconds,
            },
        )


def _parameter_groups(network: HeatmapCNN, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices only: biases and batch norm scales have no reason to be small."""
    learned = [p for p in network.parameters() if p.requires_grad]
    matrices = [p for p in learned if p.ndim > 1]
    vectors = [p for p in learned if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _torch_seed(number: int) -> int:
    """Return a number as PyTorch takes it: NumPy's seeds may be larger than 64 bits."""
    return number % 2**63


def _start_worker(_: int) -> None:
    # Ctrl-C reaches all processes of a terminal: the training process decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Each loader process is one of many already: threads inside it would only fight.
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
