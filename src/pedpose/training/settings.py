"""From flags and a settings file to the configuration of a run.

Each layer overrides those before it: the defaults of :class:`TrainConfig`; what fits the task and
the initial weights; the YAML file; the flags. So a file holds what all runs of a project share,
and a flag changes one thing of one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from reprlib import repr as brief
from typing import Any

from pedpose.data.augment import Augmentation
from pedpose.data.mixing import WeightedFile
from pedpose.errors import CheckpointError, ConfigError
from pedpose.model.architecture import (
    TORCHVISION_BACKBONES,
    Architecture,
    read_stages,
    total_strides,
)
from pedpose.model.checkpoint import read_metadata
from pedpose.shipped import shipped_weights
from pedpose.training.config import TrainConfig
from pedpose.yaml_file import read_yaml

SHIPPED = "shipped"

_NETWORK = (
    *("backbone", "backbone_stride", "stages", "width", "kernel", "activation"),
    *("height_px", "width_px"),
)

_FINE_TUNING = {"learning_rate": 3e-4, "warmup_steps": 50, "ema_decay": 0.99}
"""Runs from trained weights are short, and large steps would forget what these know."""


def initial_file(init: str, task: Any) -> Path | None:
    """Return the file of initial weights; None where there is none to read.

    Args:
        init: As :attr:`TrainConfig.init`.
        task: As :attr:`TrainConfig.task`.

    Raises:
        CheckpointError: If the shipped weights are missing.
    """
    if init in ("none", "imagenet"):
        return None
    return shipped_weights(task) if init == SHIPPED else Path(init)


def read_settings(path: Path) -> dict[str, Any]:
    """Read a YAML (or JSON) file whose entries are named as those of :class:`TrainConfig`.

    The ``config.json`` of an earlier run is one, too.

    Raises:
        ConfigError: If it cannot be read, is no mapping, or has an unknown entry.
    """
    content = read_yaml(path, ConfigError)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected entries such as 'epochs: 20', found {brief(content)}")
    known = [field.name for field in fields(TrainConfig)]
    if unknown := [name for name in content if name not in known]:
        raise ConfigError(
            f"{path}: unknown entry {brief(unknown[0])}; expected some of {', '.join(known)}"
        )
    return content


def make_config(given: Mapping[str, Any]) -> TrainConfig:
    """Return the configuration of what a user has given, in settings file and flags together.

    Args:
        given: Entries of :class:`TrainConfig`; ``data`` as a text or list of ``FILE[:WEIGHT]``,
            ``augmentation`` as a mapping of those of its entries that differ, ``stages`` as a list
            of mappings, paths as text.

    Raises:
        ConfigError: If an entry is missing, unknown or out of range.
        CheckpointError: If the initial weights cannot be read.
    """
    if not given.get("data") or not given.get("out"):
        raise ConfigError(
            "expected --data and --out (or data and out in --config), or --resume; found "
            f"{', '.join(given) or 'none of them'}"
        )
    values = dict(given)
    task = values.get("task", "joints")
    if task not in ("joints", "person"):
        raise ConfigError(f"task: expected one of joints, person, found {task!r}")
    init = initial_file(str(values.get("init", "none")), task)
    values = {**_task_network(task, values), **_initial_values(init, values), **values}
    try:
        return TrainConfig(
            **values
            | {
                "data": _data_files(values["data"]),
                "out": Path(values["out"]),
                "val": None if values.get("val") is None else Path(values["val"]),
                "stages": read_stages(values.get("stages", ())),
                "augmentation": _augmentation(values.get("augmentation", {})),
                "sigmas": _sigmas(values.get("sigmas")),
            }
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(f"settings: {error}") from error


def _task_network(task: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the network that a task has by itself: that of the shipped weights."""
    shipped = Architecture.from_dict(read_metadata(shipped_weights(task))["architecture"])
    values = {name: getattr(shipped, name) for name in _NETWORK}
    backbone = given.get("backbone", "plain" if given.get("stages") else shipped.backbone)
    if backbone != shipped.backbone:
        values["backbone_stride"] = 32 if backbone in TORCHVISION_BACKBONES else 16
    if given.get("stages"):
        values["backbone_stride"] = total_strides(read_stages(given["stages"]))[-1]
    return values | {"backbone": backbone}


def _initial_values(init: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fits initial weights of ours: their network, and the loss they know."""
    if init is None:
        return {}
    metadata = read_metadata(init)
    if not metadata:
        return {}
    try:
        network = Architecture.from_dict(metadata["architecture"])
        trained = metadata["training"].get("config", {})
        learned = {name: trained[name] for name in ("loss", "sigma") if name in trained}
    except (KeyError, AttributeError, ConfigError) as error:
        raise CheckpointError(f"{init}: damaged metadata: {error!r}") from error
    if network.task != given.get("task", "joints"):
        raise ConfigError(
            f"init: expected weights of a network for {given.get('task', 'joints')}, found "
            f"{init} for {network.task}"
        )
    if given.get("backbone", network.backbone) != network.backbone or given.get("stages"):
        return {}
    values = {name: getattr(network, name) for name in _NETWORK}
    if network.task == "person":
        learned = {}
    return values | learned | _FINE_TUNING


def _data_files(given: Any) -> tuple[WeightedFile, ...]:
    files = []
    for entry in [given] if isinstance(given, str) else given:
        if isinstance(entry, str):
            files.append(WeightedFile.parse(entry))
        elif isinstance(entry, Mapping) and set(entry) <= {"path", "weight"} and "path" in entry:
            files.append(WeightedFile(Path(entry["path"]), float(entry.get("weight", 1.0))))
        else:
            raise ConfigError(
                f"data: expected FILE, FILE:WEIGHT or path and weight, found {entry!r}"
            )
    return tuple(files)


def changed_augmentation(
    given: Mapping[str, Any], strength: float | None, mirror: bool | None
) -> Augmentation:
    """Return the augmentation of a settings file with what flags change in it.

    Args:
        given: As for :func:`make_config`.
        strength: 0..1, of all that the file has; None for as it has it.
        mirror: Whether to mirror at all; None for as the file has it.

    Raises:
        ConfigError: If the strength or an entry is out of range.
    """
    augmentation = _augmentation(given.get("augmentation", {}))
    if strength is not None:
        augmentation = augmentation.scaled(strength)
    if mirror is not None:
        chance = (augmentation.mirror_chance or Augmentation().mirror_chance) if mirror else 0.0
        augmentation = replace(augmentation, mirror_chance=chance)
    return augmentation


def _augmentation(given: Any) -> Augmentation:
    if isinstance(given, Augmentation):
        return given
    known = asdict(Augmentation())
    if not isinstance(given, Mapping) or (set(given) - set(known)):
        raise ConfigError(f"augmentation: expected some of {', '.join(known)}, found {given!r}")
    values = known | dict(given)
    if isinstance(values["scale"], list):  # YAML and JSON know no tuples
        values["scale"] = tuple(values["scale"])
    return Augmentation(**values)


def _sigmas(given: Any) -> tuple[float, ...] | None:
    if given is None:
        return None
    parts = given.split(",") if isinstance(given, str) else given
    try:
        return tuple(float(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"sigmas: expected numbers, found {given!r}") from error
