"""Begin a training run, or continue one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from pedpose.diagnosis.diagnosis import Diagnosis
from pedpose.errors import ConfigError
from pedpose.files import remove_leftovers, write_json
from pedpose.json_file import read_json
from pedpose.machine_failure import library_errors, machine_failure
from pedpose.only_writer import only_writer
from pedpose.runtime.device import resolve_device
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import (
    Processes,
    own_device,
    process_group,
    processes_of_environment,
    sum_over_processes,
)
from pedpose.training.interrupt import interrupt_held_back
from pedpose.training.learner import Learner
from pedpose.training.loop import Loop
from pedpose.training.progress import Progress, Unheard
from pedpose.training.recorder import BEST_FILE, LAST_FILE, PAGE_FILE
from pedpose.training.setup import prepare
from pedpose.training.state import has_state, load_state

CONFIG_FILE = "config.json"


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run has left behind.

    Figures are None without validation data, the diagnosis in all processes but the first.
    """

    last: Path
    best: Path | None
    page: Path
    metrics: dict[str, float] | None
    diagnosis: Diagnosis | None


def train(config: TrainConfig, progress: Progress) -> TrainResult:
    """Run a training from its start, in this process and all that ``torchrun`` has started.

    Where ``torchrun`` starts its processes anew after a failure, the run goes on from its last
    saved state; one that was in the folder before, with other settings, does not.

    Raises:
        ConfigError: If the output folder holds a run already or another process trains there,
            options do not fit, or the machine fails.
        DataError: If an annotation file or a picture is broken.
        CheckpointError: If the initial weights cannot be used.
        OSError: If the output folder cannot be written.
    """
    processes = processes_of_environment()
    file = config.out / CONFIG_FILE
    with process_group(processes, own_device(resolve_device(config.device), processes)):
        exists = file.exists()
        restarted = _any_restarted(config, processes)
        if exists and restarted and _is_of(config):
            return _go_on(config.out, progress, processes)
        if exists:
            raise ConfigError(
                f"{config.out}: holds a training run already; continue it by --resume {config.out} "
                "or choose another folder"
            )
        prepared = prepare(config, processes, _heard(progress, processes), trained=False)
        with _alone(config.out, processes):
            if processes.first:
                if file.exists():
                    raise ConfigError(f"{config.out}: another process has just begun a run there")
                write_json(file, prepared.config.to_dict())
            learner = Learner(
                prepared.network, prepared.task, prepared.config, prepared.device, processes
            )
            return _run(Loop(prepared, learner, _heard(progress, processes)))


def resume(folder: Path, progress: Progress) -> TrainResult:
    """Continue a run where its last saved state stands; the result is as if never broken off.

    Raises:
        ConfigError: If the folder holds no run, another process continues it, or the machine
            fails.
        CheckpointError: If it holds no state that is whole.
    """
    check_run_folder(folder)
    processes = processes_of_environment()
    device = read_config(folder).device
    with process_group(processes, own_device(resolve_device(device), processes)):
        return _go_on(folder, progress, processes)


def check_run_folder(folder: Path) -> None:
    """Make sure that a folder is that of a run.

    Raises:
        ConfigError: If it is none.
    """
    if not (folder / CONFIG_FILE).is_file():
        raise ConfigError(f"{folder}: expected the folder of a run with {CONFIG_FILE}, found none")


def read_config(folder: Path) -> TrainConfig:
    """Return the configuration of a run.

    Raises:
        ConfigError: If it is damaged.
    """
    # The folder may have been moved or copied since: what is written goes where it is now.
    return replace(TrainConfig.from_dict(read_json(folder / CONFIG_FILE)), out=folder)


def _is_of(config: TrainConfig) -> bool:
    """Tell whether the run in a folder is of a configuration, what this leaves open aside."""
    found = read_config(config.out)
    batch_size = found.batch_size if config.batch_size else 0
    workers = found.workers if config.workers >= 0 else -1
    return config == replace(found, batch_size=batch_size, workers=workers)


def _go_on(folder: Path, progress: Progress, processes: Processes) -> TrainResult:
    heard = _heard(progress, processes)
    with _alone(folder, processes):
        if processes.first:
            remove_leftovers(folder)
        saved = load_state(folder) if has_state(folder) else None
        prepared = prepare(read_config(folder), processes, heard, trained=saved is not None)
        learner = Learner(
            prepared.network, prepared.task, prepared.config, prepared.device, processes
        )
        loop = Loop(prepared, learner, heard)
        if saved is not None:
            state, path, damage = saved
            if damage is not None:
                heard.note(f"{damage}; going on from the state before it, {path}")
            loop.restore(state, path)
        return _run(loop)


def _alone(folder: Path, processes: Processes) -> AbstractContextManager[None]:
    """Keep other trainings out of a folder: of several processes the first does it for all."""
    return only_writer(folder) if processes.first else nullcontext()


def _run(loop: Loop) -> TrainResult:
    config = loop.prepared.config
    with interrupt_held_back() as asked_to_stop:
        try:
            loop.go(asked_to_stop)
        except library_errors() as error:
            # A step that has no room is computed in parts: lack of memory was something else.
            failure = machine_failure(error)
            if failure is None:
                raise
            raise ConfigError(
                f"{failure}; stopped after step {loop.at.step}; the states saved before are "
                f"whole: go on by --resume {config.out}"
            ) from error
    last, best, page = (config.out / name for name in (LAST_FILE, BEST_FILE, PAGE_FILE))
    for kind, path in (("last weights", last), ("best weights", best), ("report", page)):
        if path.exists():
            loop.progress.note(f"{kind}: {path}")
    return TrainResult(last, best if best.exists() else None, page, loop.at.metrics, loop.diagnosis)


def _heard(progress: Progress, processes: Processes) -> Progress:
    """Return what is told of the run in this process."""
    return progress if processes.first else Unheard()


def _any_restarted(config: TrainConfig, processes: Processes) -> bool:
    """Tell whether any machine has started its processes anew, the same to all of them.

    It also waits for all, so that none writes a file before all have looked for it.
    """
    device = own_device(resolve_device(config.device), processes)
    restarts = torch.tensor([float(processes.restarts)], device=device)
    return bool(sum_over_processes(restarts).item())
