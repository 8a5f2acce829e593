"""What a training run has changed: its weights now against those that it began with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pedpose.errors import CheckpointError
from pedpose.explaining.explanation import Changes, FilterSheet, JointChange, LayerChange
from pedpose.explaining.joint_heat import JointHeat
from pedpose.model.checkpoint import Checkpoint, load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import Summary
from pedpose.training.recorder import BEST_FILE, INITIAL_FILE, LAST_FILE
from pedpose.training.trainer import check_run_folder


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """The network of a training run, before and after.

    Attributes:
        folder: Of the run.
        initial: What it began with.
        path: Of the weights that it is used by.
        trained: These weights.
    """

    folder: Path
    initial: Checkpoint
    path: Path
    trained: Checkpoint


def read_run(folder: Path) -> TrainingRun:
    """Read the weights of a training run: the best, or the last where there are no best.

    Raises:
        ConfigError: If the folder holds no run.
        CheckpointError: If the run has not got as far as weights, did not keep its initial ones, or
            weights cannot be read or are of different networks.
    """
    check_run_folder(folder)
    first = folder / INITIAL_FILE
    if not first.is_file():
        raise CheckpointError(
            f"{folder}: expected {INITIAL_FILE}, the weights that the run began with, found none: "
            "it was made by an older version or has not begun; explain its weights by --weights"
        )
    path = next((p for name in (BEST_FILE, LAST_FILE) if (p := folder / name).is_file()), None)
    if path is None:
        raise CheckpointError(
            f"{folder}: expected {BEST_FILE} or {LAST_FILE}, found neither: the run has not saved "
            "any weights yet"
        )
    initial, trained = load_checkpoint(first), load_checkpoint(path)
    for name in ("architecture", "skeleton"):
        if getattr(initial.metadata, name) != getattr(trained.metadata, name):
            raise CheckpointError(
                f"{first}: expected the {name} of {path.name}, found another: the files are not "
                "of one run"
            )
    return TrainingRun(folder, initial, path, trained)


def find_changes(
    run: TrainingRun, summary: Summary, filters: FilterSheet, before: JointHeat, after: JointHeat
) -> Changes:
    """Compare a network before and after training.

    Args:
        run: Of a joint network.
        summary: Of the network.
        filters: Of the first layer before.
        before: What the network saw in a crop before.
        after: What it sees now.
    """
    moved = np.linalg.norm(after.peaks - before.peaks, axis=1)
    joints = tuple(
        JointChange(
            name,
            before.heatmaps[k],
            float(before.scores[k]),
            float(after.scores[k]),
            float(moved[k]),
        )
        for k, name in enumerate(run.trained.joint_skeleton.names)
    )
    return Changes(
        run=run.folder,
        steps=int(run.trained.training["step"]),
        filters=filters,
        layers=layer_changes(run.initial.network, run.trained.network, summary),
        joints=joints,
    )


def layer_changes(
    initial: HeatmapCNN, trained: HeatmapCNN, summary: Summary
) -> tuple[LayerChange, ...]:
    """Return how far the learned weights of each layer have moved; layers without any are left out.

    Initial weights are kept in fp16, so the trained ones are rounded in the same way: what was not
    changed has moved by exactly nothing. Steps of less than about a two thousandth of a weight are
    below that rounding.
    """
    changes = []
    for layer in summary.layers:
        if not layer.parameters:
            continue
        old, new = (_flat(network, layer.name) for network in (initial, trained))
        size = float(old.norm())
        changes.append(LayerChange(layer.name, float((new - old).norm()) / size if size else None))
    return tuple(changes)


def _flat(network: HeatmapCNN, layer: str) -> Tensor:
    """Return all learned weights of a layer, rounded to fp16."""
    weights = [p.detach().cpu().flatten() for p in network.get_submodule(layer).parameters()]
    return torch.cat(weights).half().double()
