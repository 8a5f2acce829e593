"""Make ready what a run needs: data, network, initial weights."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import torch
from torch.utils.data import DataLoader

from pedpose.data.coco import CocoData, read_coco
from pedpose.data.declared import with_declared
from pedpose.data.mixing import MixedBatches
from pedpose.data.sample import sample_of
from pedpose.errors import PedposeError
from pedpose.evaluation.sigmas import source_of
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.initial import folded_batch_norms, load_initial, measure_batch_norm
from pedpose.model.summary import summarise, summary_lines
from pedpose.runtime.device import describe_device, resolve_device
from pedpose.skeleton import COCO_17, DEFAULT_SIGMA, Skeleton
from pedpose.skeleton_file import read_skeleton
from pedpose.training.automatic import with_choices
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes, own_device
from pedpose.training.learner import pictures_of, torch_seed
from pedpose.training.progress import Progress
from pedpose.training.settings import initial_file
from pedpose.training.tasks import LearningTask, make_task

SAMPLE_PEOPLE = 100
"""Training people that the training error is measured on."""

_CALIBRATION_BATCHES = 8

_SIGNAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that can begin.

    Attributes:
        config: With nothing left open.
        processes: That train together.
        device: Of this process.
        sets: The training data.
        task: That is learned.
        network: To be trained, on the device.
        val: Validation data, None without any.
        sample: Training data that the training error is measured on, None without validation.
        sigma_source: Where the sigmas come from that joints are validated by, in words.
    """

    config: TrainConfig
    processes: Processes
    device: torch.device
    sets: tuple[CocoData, ...]
    task: LearningTask
    network: HeatmapCNN
    val: CocoData | None
    sample: CocoData | None
    sigma_source: str

    def batches(self, start: int, total: int) -> MixedBatches:
        """Return the plan of all batches of this process from one step to another."""
        config = self.config
        return MixedBatches(
            self.task.sizes,
            self.task.shares,
            config.batch_size,
            config.seed,
            start,
            total,
            self.processes.rank,
            self.processes.count,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch."""
        return self.batches(0, 0).steps_per_epoch

    @property
    def total_steps(self) -> int:
        """Steps of the run."""
        return max(round(self.config.epochs * self.steps_per_epoch), 1)

    def load(self, plan: MixedBatches) -> Iterator[Any]:
        """Yield the batches of a plan.

        Raises:
            DataError: If a picture is broken.
            RuntimeError: If the system has ended a loader process.
        """
        loader = DataLoader(
            self.task.dataset,
            batch_sampler=plan,
            collate_fn=self.task.collate,
            num_workers=self.config.workers,
            worker_init_fn=_start_worker,
            generator=torch.Generator().manual_seed(torch_seed(self.config.seed)),
            pin_memory=self.device.type == "cuda",
        )
        try:
            yield from loader
        except PedposeError as error:
            # A loader process hands over its whole traceback as text: keep the message.
            kind = type(error)
            message = str(error).rstrip().rsplit(f"{kind.__module__}.{kind.__name__}: ", 1)[-1]
            # The frames hold the loader processes, which take five seconds to end where the
            # garbage collector has to do it.
            error.__traceback__ = None
            raise kind(message) from error
        except (ConnectionError, EOFError) as error:
            # The system has ended a loader process in the middle of a batch. PyTorch raises that
            # by itself, but when the signal comes: here, and not wherever this process then is.
            time.sleep(_SIGNAL_S)
            raise RuntimeError(f"DataLoader worker was ended: {error}") from error


def prepare(
    config: TrainConfig, processes: Processes, progress: Progress, trained: bool
) -> Prepared:
    """Read the data and build the network.

    Args:
        config: As the user gave it.
        processes: That train together.
        progress: Is told what the run is made of.
        trained: Whether weights will be restored from a saved state: initial ones are not loaded.

    Raises:
        ConfigError: If options do not fit.
        DataError: If an annotation file or a picture is broken.
        CheckpointError: If the initial weights cannot be used.
    """
    device = own_device(resolve_device(config.device), processes)
    skeleton = None if config.skeleton is None else read_skeleton(config.skeleton)
    first, *others = (read_coco(entry.path) for entry in config.data)
    sets = (with_declared(first, skeleton, config.sigmas), *others)
    task = make_task(config, sets)
    val = None if config.val is None else task.adapted(read_coco(config.val))
    sample = sample_of(sets[0], SAMPLE_PEOPLE, config.seed) if val is not None else None
    torch.manual_seed(torch_seed(config.seed))
    network = HeatmapCNN(
        config.architecture(task.outputs), config.init == "imagenet" and not trained
    )
    if config.freeze_stride:
        network.backbone.freeze(config.freeze_stride)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    drawn = sum(MixedBatches(task.sizes, task.shares, 1, 0, 0, 0).counts)
    config, chosen = with_choices(config, network, drawn, device, processes)
    source = _sigma_source(config, skeleton, (val or sets[0]).skeleton)
    prepared = Prepared(config, processes, device, sets, task, network, val, sample, source)
    _describe(prepared, chosen, progress)
    if not trained:
        _initialise(prepared, progress)
    return prepared


def _describe(prepared: Prepared, chosen: list[str], progress: Progress) -> None:
    """Say what the run is made of."""
    config, task, note = prepared.config, prepared.task, progress.note
    for data, entry, size in zip(prepared.sets, config.data, task.sizes, strict=True):
        note(f"data: {entry.path} ({size} samples, weight {entry.weight:g})")
        if data.estimated_areas:
            note(f"data: {entry.path}: area of {data.estimated_areas} people missing, estimated")
    if shared := _shared_pictures(prepared):
        note(
            f"leak: {shared} pictures of {config.val} are in the training data as well: its "
            "figures will be too good; see 'pedpose data split'"
        )
    skeleton = task.skeleton
    if skeleton is not None:
        mirrored = "pictures are not mirrored"
        if config.augmentation.mirror_chance:
            pairs = ", ".join(f"{a} <-> {b}" for a, b in skeleton.swap_pairs) or "none"
            mirrored = f"mirrored pairs: {pairs}"
        note(f"skeleton: {len(skeleton)} joints; {mirrored}")
        note(f"sigmas: {prepared.sigma_source}")
    for line in summary_lines(summarise(prepared.network)):
        note(line)
    for line in chosen:
        note(line)
    together = f", {prepared.processes.count} processes" if prepared.processes.count > 1 else ""
    note(f"device: {describe_device(prepared.device)}, {config.precision}{together}")


def _sigma_source(config: TrainConfig, declared: Skeleton | None, used: Skeleton) -> str:
    """Return in words where the sigmas of a skeleton come from.

    Args:
        config: Of the run.
        declared: What the user has named as skeleton, if anything.
        used: What came of it.
    """
    if used.sigmas is None:
        return f"none in {config.data[0].path}; validation takes {DEFAULT_SIGMA:g}"
    if config.sigmas is not None:
        return "given by --sigmas"
    if declared is not None and declared.sigmas is not None and declared != COCO_17:
        return f"skeleton file {config.skeleton}"
    return source_of(used)


def _shared_pictures(prepared: Prepared) -> int:
    """Return the number of validation pictures that are training pictures, too."""
    if prepared.val is None:
        return 0
    learned = {picture.path.resolve() for data in prepared.sets for picture in data.pictures}
    return sum(picture.path.resolve() in learned for picture in prepared.val.pictures)


def _initialise(prepared: Prepared, progress: Progress) -> None:
    """Load the initial weights."""
    config, network, task = prepared.config, prepared.network, prepared.task
    file = initial_file(config.init, config.task)
    if file is None:
        progress.note(f"initial weights: {config.init}")
        return
    loaded = load_initial(network, file, task.skeleton)
    rest = f"; {len(loaded.rest)} found no place: {', '.join(loaded.rest[:4])}"
    progress.note(
        f"initial weights: {len(loaded.tensors)} tensors of {file}" + (rest if loaded.rest else "")
    )
    if task.skeleton is not None:
        new = [name for name in task.skeleton.names if name not in loaded.joints]
        progress.note(
            f"joints known to the initial weights: {', '.join(loaded.joints) or 'none'}; "
            f"learned from nothing: {', '.join(new) or 'none'}"
        )
    norms = folded_batch_norms(network, loaded.tensors)
    if norms:
        plan = MixedBatches(
            task.sizes, task.shares, config.batch_size, config.seed, 0, _CALIBRATION_BATCHES
        )
        batches = (pictures_of(batch, prepared.device) for batch in prepared.load(plan))
        measure_batch_norm(network, norms, batches)
        progress.note("initial weights: batch norm statistics measured on training data")


def _start_worker(_: int) -> None:
    # Ctrl-C reaches all processes of a terminal, and SIGTERM all of a service: the training process
    # decides when to stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Each loader process is one of many already: threads inside it would only fight.
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
