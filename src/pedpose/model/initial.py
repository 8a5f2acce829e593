"""Initial weights: from a file, whatever of it fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pedpose.errors import CheckpointError, DataError
from pedpose.model.checkpoint import read_metadata, read_tensors
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.skeleton import Skeleton

_HEAD = ("head.weight", "head.bias")
"""The last layer: its first dimension is the joints."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What of a file found a place in a network.

    Attributes:
        tensors: Names of the tensors that were copied, as the network calls them.
        rest: Names in the file that found no place.
        joints: Joints of the network whose heatmap layer was copied, by their names.
    """

    tensors: tuple[str, ...]
    rest: tuple[str, ...]
    joints: tuple[str, ...] = ()


def load_initial(network: HeatmapCNN, path: Path, skeleton: Skeleton | None = None) -> Loaded:
    """Copy the tensors of a file into a network where name and shape fit.

    Names are those of pedpose or, for the backbone, of torchvision. The layer that makes the
    heatmaps is copied joint by joint: joints of the same name keep what the file knows of them,
    in whatever order the two skeletons have them.

    Args:
        network: To copy into.
        path: A safetensors file.
        skeleton: Joints of the network; None for a person finder.

    Raises:
        CheckpointError: If the file is unreadable or nothing in it fits.
    """
    state = network.state_dict()
    fitting, rest = {}, []
    tensors = read_tensors(path)
    known = _joint_names(path)
    joints: tuple[str, ...] = ()
    if skeleton is not None and known:
        joints = tuple(name for name in skeleton.names if name in known)
        here = [skeleton.names.index(name) for name in joints]
        there = [known.index(name) for name in joints]
        for name in _HEAD:
            found = tensors.pop(name, None)
            if found is None or len(found) != len(known):
                raise CheckpointError(
                    f"{path}: expected {name} of {len(known)} joints as its metadata say, found "
                    f"{'none' if found is None else len(found)}"
                )
            if joints and found.shape[1:] == state[name].shape[1:]:
                fitting[name] = state[name].clone()
                fitting[name][here] = found[there].to(state[name].device)
            else:
                joints = ()
                rest.append(name)
    for name, value in tensors.items():
        place = name if name in state else f"backbone.{name}"
        if place in state and state[place].shape == value.shape:
            fitting[place] = value
        else:
            rest.append(name)
    if not fitting:
        raise CheckpointError(
            f"{path}: expected tensors of {network.architecture.backbone}, found none that fit "
            f"(first in the file: {rest[0] if rest else 'nothing'})"
        )
    network.load_state_dict(fitting, strict=False)
    return Loaded(tuple(fitting), tuple(rest), joints)


def _joint_names(path: Path) -> tuple[str, ...]:
    """Return the joints of a weights file; none of a person finder or another program's file."""
    skeleton = read_metadata(path).get("skeleton")
    try:
        return () if skeleton is None else Skeleton.from_dict(skeleton).names
    except (AttributeError, DataError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged metadata: {error!r}") from error


def folded_batch_norms(network: nn.Module, loaded: Iterable[str]) -> list[nn.BatchNorm2d]:
    """Return the batch norms that were loaded without statistics (mean 0, variance 1)."""
    modules = dict(network.named_modules())
    norms = (modules[name.rpartition(".")[0]] for name in loaded if name.endswith(".running_var"))
    return [
        m
        for m in norms
        if isinstance(m, nn.BatchNorm2d)
        and m.running_mean is not None
        and m.running_var is not None
        and bool((m.running_mean == 0).all() and (m.running_var == 1).all())
    ]


def measure_batch_norm(
    network: nn.Module, norms: Sequence[nn.BatchNorm2d], batches: Iterable[Tensor]
) -> None:
    """Give batch norms their true statistics without changing what the network computes.

    Weights whose batch norm was folded into the convolutions say mean 0 and variance 1, which is
    not what the layers produce: the first training step would rescale every channel. Each batch
    norm computes a x + b; here a and b are kept and expressed by the mean m and deviation s that
    are measured: weight = a s, bias = b + a m.

    Args:
        network: Is run in eval mode.
        norms: Those of its batch norms that are rewritten.
        batches: Pictures (N, 3, H, W) as the network takes them.
    """
    sums = {m: [torch.zeros(m.num_features, dtype=torch.float64) for _ in range(2)] for m in norms}
    counts = dict.fromkeys(norms, 0)

    def measure(module: nn.Module, inputs: tuple[Tensor]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        x = inputs[0].cpu().double().transpose(0, 1).flatten(1)
        sums[module][0] += x.sum(dim=1)
        sums[module][1] += x.square().sum(dim=1)
        counts[module] += x.shape[1]

    hooks = [m.register_forward_pre_hook(measure) for m in norms]
    was_training = network.training
    network.eval()
    with torch.no_grad():
        for batch in batches:
            network(batch)
        for hook in hooks:
            hook.remove()
        for m in norms:
            assert m.running_mean is not None and m.running_var is not None
            mean = (sums[m][0] / counts[m]).to(m.running_mean)
            variance = (sums[m][1] / counts[m]).to(m.running_mean) - mean.square()
            variance = variance.clamp_min(0)
            slope = m.weight / (m.running_var + m.eps).sqrt()
            shift = m.bias - slope * m.running_mean
            m.weight.copy_(slope * (variance + m.eps).sqrt())
            m.bias.copy_(shift + slope * mean)
            m.running_mean.copy_(mean)
            m.running_var.copy_(variance)
    network.train(was_training)
