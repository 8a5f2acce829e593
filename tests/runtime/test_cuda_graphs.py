"""Padding, keeping and copying around graphs; on a CPU a "graph" runs its function again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from pedpose.model.architecture import Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.cuda_graphs import CapturedGraph, GraphedFunction, graphed, padded_batch
from pedpose.runtime.torch_network import TorchNetwork

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")


def double(inputs: Tensor) -> Tensor:
    return inputs * 2 + 1


class Recorder:
    """Captures as CUDA does: what is replayed sees only the memory that was recorded."""

    def __init__(self) -> None:
        self.captured: list[tuple[int, ...]] = []
        self.pools: list[object] = []
        self.replayed: list[tuple[int, ...]] = []

    def __call__(
        self, function: Callable[[Tensor], Tensor], inputs: Tensor, pool: tuple[int, int] | None
    ) -> CapturedGraph:
        shape = tuple(inputs.shape)
        self.captured.append(shape)
        self.pools.append(pool)
        outputs = function(inputs)

        def replay() -> None:
            self.replayed.append(shape)
            outputs.copy_(function(inputs))

        return CapturedGraph(inputs, outputs, replay, pool or (0, len(self.captured)))


@pytest.mark.parametrize(
    ("count", "limit", "size"),
    [(1, 64, 1), (2, 64, 2), (3, 64, 4), (5, 64, 8), (33, 64, 64), (9, 12, 12), (1, 1, 1)],
)
def test_batches_are_padded_to_few_sizes(count: int, limit: int, size: int):
    assert padded_batch(count, limit) == size


def test_results_are_those_of_the_function():
    recorder = Recorder()
    run = GraphedFunction(double, 8, recorder)
    for count in (1, 2, 3, 4, 5, 8, 11, 20):
        batch = torch.rand(count, 3, 4, 6)
        assert torch.equal(run(batch), double(batch))
    assert set(recorder.captured) == {(n, 3, 4, 6) for n in (1, 2, 4, 8)}
    assert len(recorder.captured) == 4, "each shape is recorded once"
    # 20 pictures are two batches of eight and one of four.
    assert recorder.replayed[-3:] == [(8, 3, 4, 6), (8, 3, 4, 6), (4, 3, 4, 6)]


def test_results_outlive_the_next_replay():
    run = GraphedFunction(double, 4, Recorder())
    first = run(torch.full((2, 3, 4, 4), 1.0))
    run(torch.full((2, 3, 4, 4), 5.0))
    assert (first == 3).all()


def test_what_is_left_in_a_padded_batch_does_no_harm():
    run = GraphedFunction(double, 4, Recorder())
    run(torch.full((4, 1), torch.nan))
    assert run(torch.ones(3, 1)).tolist() == [[3.0], [3.0], [3.0]]


def test_the_graph_not_used_for_longest_is_dropped():
    recorder = Recorder()
    run = GraphedFunction(double, 1, recorder, limit=2)
    for width in (1, 2, 1, 3, 1, 2):
        run(torch.zeros(1, width))
    # 3 took the place of 2, as 1 had been used since; then 2 came again.
    assert recorder.captured == [(1, 1), (1, 2), (1, 3), (1, 2)]


def test_all_graphs_work_in_the_memory_of_the_first():
    recorder = Recorder()
    run = GraphedFunction(double, 1, recorder, limit=1)
    for width in (1, 2, 3):
        run(torch.zeros(1, width))
    assert recorder.pools == [None, (0, 1), (0, 1)]


def test_a_capture_that_fails_leaves_the_others_as_they_are():
    recorder = Recorder()

    def some_fail(
        function: Callable[[Tensor], Tensor], inputs: Tensor, pool: tuple[int, int] | None
    ) -> CapturedGraph:
        if inputs.shape[1] == 2:
            raise torch.OutOfMemoryError("no memory left")
        return recorder(function, inputs, pool)

    run = GraphedFunction(double, 1, some_fail, limit=1)
    run(torch.zeros(1, 1))
    with pytest.raises(torch.OutOfMemoryError):
        run(torch.zeros(1, 2))
    run(torch.zeros(1, 1))
    assert recorder.captured == [(1, 1)]


def test_threads_do_not_mix_their_pictures():
    run = GraphedFunction(double, 4, Recorder())
    wrong: list[float] = []

    def work(value: float) -> None:
        for _ in range(200):
            if not (run(torch.full((3, 16), value)) == 2 * value + 1).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(value,)) for value in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_elsewhere_the_function_is_run_as_it_is():
    assert graphed(double, torch.device("cpu"), 4) is double
    assert isinstance(graphed(double, torch.device("cuda", 0), 4), GraphedFunction)


@needs_cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_graphs_equal_what_they_recorded(precision: str):
    torch.manual_seed(0)
    architecture = Architecture("joints", 5, width=16, height_px=64, width_px=48)
    device = torch.device("cuda")
    network = TorchNetwork(HeatmapCNN(architecture), device, precision)
    run = GraphedFunction(network, 8, limit=3)
    for count in (1, 3, 8, 5, 20, 2, 3, 1, 8):
        for height, width in ((64, 48), (96, 96)):
            pictures = 255 * torch.rand(count, 3, height, width, device=device)
            # The padded batch may be computed by another algorithm than the batch itself.
            expected = network(pictures)
            torch.testing.assert_close(run(pictures), expected, atol=0.02, rtol=0.02)


@needs_cuda
def test_graphs_of_many_sizes_stay_within_memory():
    device = torch.device("cuda")
    weight = torch.rand(8, 3, 3, 3, device=device)
    run = GraphedFunction(lambda x: torch.nn.functional.conv2d(x, weight), 4, limit=2)
    sizes = []
    for side in (64, 96, 128) * 4:
        pictures = torch.rand(4, 3, side, side, device=device)
        torch.testing.assert_close(
            run(pictures), torch.nn.functional.conv2d(pictures, weight), atol=0.01, rtol=0.01
        )
        sizes.append(torch.cuda.memory_reserved())
    assert max(sizes[6:]) <= max(sizes[:6]), "memory does not grow with the graphs dropped"
