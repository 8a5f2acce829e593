"""How fast a GPU runs both networks, how near to its limits, and whole pictures end to end.

usage: gpu.py [--device cuda] [--size 1280x720] [--batches 1,8,64] [--repeats 50]

Limits are measured, not those of a data sheet: large matrix products in the same precision, and
copies inside the device's memory. A network of small kernels stays below the first by far; the
second says how much of that is waiting for memory, by the bytes that its operations read and
write one by one. fp32 is what PyTorch makes of it: TF32 where the GPU has it, for convolutions and
here for matrix products, too.

``--device cpu`` runs everything on a CPU, to test this script; its figures mean little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pedpose.errors import PedposeError
from pedpose.inference.device_crops import DevicePicture
from pedpose.inference.device_finder import DeviceFinder
from pedpose.inference.device_joints import DeviceJoints
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.model.architecture import Task
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.pictures import read_picture
from pedpose.runtime.cuda_graphs import graphed
from pedpose.runtime.device import autocast_type, bf16_supported, describe_device, resolve_device
from pedpose.runtime.torch_network import TorchNetwork
from pedpose.shipped import shipped_weights

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PICTURE = "plaza.jpg"
PEOPLE = (1, 3, 10, 30)
BATCH = 64
TASKS: tuple[Task, ...] = ("joints", "person")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device reached in one precision.

    Attributes:
        flops: Operations a second of a large matrix product.
        bytes: A second, read and written, of a large copy.
    """

    flops: float
    bytes: float


class Traffic(TorchDispatchMode):
    """Counts the bytes of tensors that operations read and write, views aside."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation and count it."""
        output = func(*args, **(kwargs or {}))
        if not func.is_view:
            for leaf in tree_leaves((args, kwargs, output)):
                if isinstance(leaf, Tensor):
                    self.bytes += leaf.numel() * leaf.element_size()
        return output


def wait(device: torch.device) -> None:
    """Wait until a device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def median_ms(device: torch.device, repeats: int, call: Callable[[], object]) -> float:
    """Return the median time of a call in milliseconds, after five calls to warm up."""
    for _ in range(5):
        call()
    times = []
    for _ in range(repeats):
        wait(device)
        began = time.perf_counter()
        call()
        wait(device)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure_limits(device: torch.device, precision: str, repeats: int) -> Limits:
    """Measure what a device can do."""
    side, count = (8192, 2**28) if device.type == "cuda" else (512, 2**22)
    kind = autocast_type(precision) or torch.float32
    left = torch.randn(side, side, device=device, dtype=kind)
    source = torch.zeros(count, device=device)
    target = torch.empty_like(source)
    product = median_ms(device, repeats, lambda: left @ left)
    copy = median_ms(device, repeats, lambda: target.copy_(source))
    return Limits(2e3 * side**3 / product, 2e3 * 4 * count / copy)


def traffic(network: TorchNetwork, pictures: Tensor) -> int:
    """Return the bytes that the operations of a network read and write."""
    with Traffic() as counter:
        network(pictures)
    return counter.bytes


def network_rows(
    device: torch.device,
    networks: dict[Task, HeatmapCNN],
    limits: dict[str, Limits],
    batches: list[int],
    repeats: int,
) -> Iterator[str]:
    """Yield a row for each network, precision, batch, without and with CUDA graphs."""
    for task, source in networks.items():
        operations = 1e9 * source.gflops()
        for precision, limit in limits.items():
            network = TorchNetwork(source, device, precision)
            for batch in batches:
                size = (batch, 3, *source.architecture.input_size)
                pictures = (255 * torch.rand(size, device=device)).contiguous(
                    memory_format=torch.channels_last
                )
                moved = traffic(network, pictures)
                ways = {"no": network, "yes": graphed(network, device, batch)}
                for graphs, run in ways.items():
                    if graphs == "yes" and device.type != "cuda":
                        continue
                    ms = median_ms(device, repeats, lambda run=run, of=pictures: run(of))
                    seconds = ms / 1000
                    yield (
                        f"| {task} | {precision} | {batch} | {graphs} | {ms:.2f} "
                        f"| {batch / seconds:.0f} "
                        f"| {100 * batch * operations / seconds / limit.flops:.1f} "
                        f"| {100 * moved / seconds / limit.bytes:.0f} |"
                    )


def on_host(network: TorchNetwork) -> Callable[[np.ndarray], np.ndarray]:
    """Return a network whose pictures are cut and whose maps are decoded on the host."""

    def run(pictures: np.ndarray) -> np.ndarray:
        batch = torch.from_numpy(pictures)
        if network.device.type == "cuda":
            batch = batch.pin_memory()
        there = batch.to(network.device, non_blocking=True).permute(0, 3, 1, 2).float()
        return network(there).cpu().numpy()

    return run


def picture_rows(
    device: torch.device,
    networks: dict[Task, HeatmapCNN],
    precisions: list[str],
    size: tuple[int, int],
    repeats: int,
) -> Iterator[str]:
    """Yield a row for each number of people: ms of a picture on the host path and on the device."""
    width, height = size
    picture = np.asarray(cv2.resize(read_picture(SAMPLES / PICTURE), size), np.uint8)
    boxes = np.resize(annotated_boxes(width, height), (max(PEOPLE), 4))
    settings = FinderSettings()
    joints, person = networks["joints"].architecture, networks["person"].architecture
    for precision in precisions:
        ready = {task: TorchNetwork(net, device, precision) for task, net in networks.items()}
        host = (
            PersonFinder(on_host(ready["person"]), person, settings),
            JointEstimator(on_host(ready["joints"]), joints, BATCH),
        )
        ways = {
            graphs: (
                DeviceFinder(ready["person"], person, settings, graphs=graphs),
                DeviceJoints(ready["joints"], joints, BATCH, graphs=graphs),
            )
            for graphs in (False, True)
        }
        for count in PEOPLE:
            some = boxes[:count]

            def by_host(some: np.ndarray = some, host: Any = host) -> None:
                host[0](picture)
                host[1](picture, some)

            def by_device(graphs: bool, some: np.ndarray = some, ways: Any = ways) -> None:
                there = DevicePicture(picture, device)
                ways[graphs][0](there)
                ways[graphs][1](there, some)

            times = [
                median_ms(device, repeats, by_host),
                median_ms(device, repeats, lambda run=by_device: run(False)),
                median_ms(device, repeats, lambda run=by_device: run(True)),
            ]
            yield f"| {count} | {precision} | " + " | ".join(f"{ms:.2f}" for ms in times) + " |"


def annotated_boxes(width: int, height: int) -> np.ndarray:
    """Return the boxes (N, 4) of the picture, scaled to a width and height."""
    content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(i for i in content["images"] if i["file_name"] == PICTURE)
    boxes = [a["bbox"] for a in content["annotations"] if a["image_id"] == image["id"]]
    corners = [(x, y, x + w, y + h) for x, y, w, h in boxes]
    scale = np.tile([width / image["width"], height / image["height"]], 2)
    return (np.array(corners) * scale).astype(np.float32)


def main(words: list[str] | None = None) -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", default="1280x720", help="WIDTHxHEIGHT of the picture")
    parser.add_argument("--batches", default="1,8,64", help="crops at once, comma-separated")
    parser.add_argument("--repeats", type=int, default=50)
    arguments = parser.parse_args(words)
    if arguments.device != "cpu" and not (
        torch.cuda.is_available() or torch.backends.mps.is_available()
    ):
        parser.error(
            "expected a GPU, found none that PyTorch can use here (--device cpu tests this)"
        )
    try:
        device = resolve_device(arguments.device)
    except PedposeError as error:
        parser.error(str(error))
    # As for convolutions; else the limit of fp32 would be below what the networks reach.
    torch.set_float32_matmul_precision("high")
    width, height = map(int, arguments.size.split("x"))
    batches = [int(batch) for batch in arguments.batches.split(",")]
    networks = {task: load_checkpoint(shipped_weights(task)).network for task in TASKS}
    precisions = ["fp32", "bf16"] if bf16_supported(device) else ["fp32"]
    limits = {name: measure_limits(device, name, 5) for name in precisions}
    print(f"device: {describe_device(device)}, PyTorch {torch.__version__}\n")
    for name, limit in limits.items():
        print(f"{name}: {limit.flops / 1e12:.1f} TFLOP/s, {limit.bytes / 1e9:.0f} GB/s")
    for task, network in networks.items():
        print(f"{task}: {network.gflops():.2f} GFLOP a picture")
    print("\n| network | precision | batch | graphs | ms | a second | % of TFLOP/s | % of GB/s |")
    print("|---|---|---|---|---|---|---|---|")
    for row in network_rows(device, networks, limits, batches, arguments.repeats):
        print(row, flush=True)
    print(f"\n{arguments.size}, ms from a picture in memory to its people in memory\n")
    print("| people | precision | host path | device | device, graphs |")
    print("|---|---|---|---|---|")
    for row in picture_rows(device, networks, precisions, (width, height), arguments.repeats):
        print(row, flush=True)


if __name__ == "__main__":
    main()
