"""A function on a GPU, recorded for each shape of its input and replayed at once.

A small network is a hundred small kernels, and starting each of them takes Python and the driver
longer than the GPU takes to run it. A CUDA graph starts all of them by one call. It reads and
writes fixed memory, so inputs are copied in and results are copied out
(https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
Pool = Any  # what it is, only PyTorch knows

GRAPHS = 16
"""Most graphs that one function keeps: a person finder meets pictures of many shapes."""

_WARM_UPS = 3

# PyTorch can capture one graph at a time in a process.
_CAPTURING = threading.Lock()


@dataclass(frozen=True, slots=True)
class CapturedGraph:
    """A function that was recorded for one shape.

    Attributes:
        inputs: What it reads each time.
        outputs: What it writes each time.
        replay: Runs it.
        pool: The memory that it works in.
    """

    inputs: Tensor
    outputs: Tensor
    replay: Callable[[], None]
    pool: Pool | None = None


Capture = Callable[[Function, Tensor, Pool | None], CapturedGraph]
"""Records a function that reads this input, in memory that other graphs work in, too, or in new."""


class GraphedFunction:
    """A function of a batch, run by one graph for each shape."""

    def __init__(
        self,
        function: Function,
        batch: int,
        capture: Capture | None = None,
        limit: int = GRAPHS,
    ) -> None:
        """Wrap a function.

        Args:
            function: Maps (N, ...) to (N, ...) on a device, each of the N by itself, and never
                waits for the device.
            batch: Most items at once; more are run in several parts.
            capture: Records the function; None to do so by CUDA.
            limit: Most graphs that are kept; the one that was not used for longest is dropped.
        """
        self._function = function
        self._batch = batch
        self._capture = capture or CudaCapture()
        self._limit = limit
        self._graphs: OrderedDict[torch.Size, CapturedGraph] = OrderedDict()
        # Between copying in and copying out nobody else may use a graph's memory. On the GPU that
        # order is kept by the stream, which threads share unless they are told otherwise.
        self._lock = threading.Lock()

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return what the function returns, in memory of its own."""
        with self._lock, torch.inference_mode():
            parts = [self._run(part) for part in torch.split(inputs, self._batch)]
            return torch.cat(parts)

    def _run(self, inputs: Tensor) -> Tensor:
        count = len(inputs)
        size = padded_batch(count, self._batch)
        graph = self._graph(torch.Size((size, *inputs.shape[1:])), inputs)
        # The rest keeps what was there before, whose results nobody reads.
        graph.inputs[:count].copy_(inputs)
        graph.replay()
        return graph.outputs[:count].clone()

    def _graph(self, shape: torch.Size, like: Tensor) -> CapturedGraph:
        """Return the graph of a shape; capture it if there is none."""
        if shape not in self._graphs:
            order = torch.channels_last if len(shape) == 4 else torch.contiguous_format
            inputs = torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=order)
            # Graphs never run at the same time and leave nothing behind but outputs, which are
            # copied at once: they can work in the same memory.
            pool = next((graph.pool for graph in self._graphs.values()), None)
            self._graphs[shape] = self._capture(self._function, inputs.zero_(), pool)
            # Only now, so that there is always a graph left that keeps the memory.
            if len(self._graphs) > self._limit:
                self._graphs.popitem(last=False)
        self._graphs.move_to_end(shape)
        return self._graphs[shape]


class CudaCapture:
    """Records functions by CUDA."""

    def __init__(self) -> None:
        """Begin without a stream: it belongs to the device that the first input is on."""
        self._stream: torch.cuda.Stream | None = None

    def __call__(self, function: Function, inputs: Tensor, pool: Pool | None) -> CapturedGraph:
        """Record a function that reads a tensor on a CUDA device; all calls name one device."""
        with _CAPTURING, torch.cuda.device(inputs.device), torch.inference_mode():
            # Memory is shared between graphs that were recorded on the same stream.
            side = self._stream or torch.cuda.Stream(inputs.device)  # type: ignore[no-untyped-call]
            self._stream = side
            # Libraries choose algorithms and take memory in the first calls, which a graph must
            # not hold.
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(_WARM_UPS):
                    function(inputs)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            # Other threads go on, such as one that uploads the next picture.
            with torch.cuda.graph(graph, pool=pool, stream=side, capture_error_mode="thread_local"):
                outputs = function(inputs)
        return CapturedGraph(inputs, outputs, graph.replay, graph.pool())


def graphed(function: Function, device: torch.device, batch: int) -> Function:
    """Return a function that runs by graphs where the device is CUDA, else the function itself."""
    return GraphedFunction(function, batch) if device.type == "cuda" else function


def padded_batch(count: int, limit: int) -> int:
    """Return the size that a batch is padded to: the next of 1, 2, 4, 8, ... up to the limit."""
    return min(1 << max(count - 1, 0).bit_length(), limit)
