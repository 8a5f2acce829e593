"""Where the time of a network goes."""

from __future__ import annotations

import time
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from pedpose.explaining.explanation import LayerTime
from pedpose.model.summary import Summary

_WARM_UP = 3
_RUNS = 15


def layer_times(ready: nn.Module, picture: Tensor, summary: Summary) -> tuple[LayerTime, ...]:
    """Take the time of each layer, as it is run to detect with PyTorch.

    Args:
        ready: What :func:`pedpose.model.deploy.for_inference` made of the network.
        picture: (1, 3, H, W) in 0..255, on the network's device.
        summary: Of the network as it was trained.
    """
    network = ready.get_submodule("network")
    clock = _Clock(picture.device)
    runs = []
    with ExitStack() as hooks, torch.inference_mode():
        for layer in summary.layers:
            module = network.get_submodule(layer.name)
            hooks.enter_context(module.register_forward_pre_hook(clock.begin))
            hooks.enter_context(module.register_forward_hook(clock.end))
        for _ in range(_WARM_UP + _RUNS):
            clock.seconds = []
            ready(picture)
            runs.append(clock.seconds)
    milliseconds = 1000 * np.median(runs[_WARM_UP:], axis=0)
    total = milliseconds.sum()
    return tuple(
        LayerTime(layer.name, float(ms), float(ms / total))
        for layer, ms in zip(summary.layers, milliseconds, strict=True)
    )


class _Clock:
    """Forward hooks that note how long layers take, which are run one after the other.

    Attributes:
        seconds: Of each layer, in the order in which they end.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._began = 0.0
        self.seconds: list[float] = []

    def begin(self, *_: object) -> None:
        """Begin a layer."""
        self._wait()
        self._began = time.perf_counter()

    def end(self, *_: object) -> None:
        """End it."""
        self._wait()
        self.seconds.append(time.perf_counter() - self._began)

    def _wait(self) -> None:
        """Wait until the device has done all that it was told."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        elif self._device.type == "mps":
            torch.mps.synchronize()
