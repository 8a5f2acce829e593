"""What a network consists of and costs, layer by layer.

Everything is found by passing a shape through a twin of the network that has no memory (PyTorch's
meta device): the network itself is only looked at, and no random numbers are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.text_table import aligned

# Training memory over what is kept for the backward pass, measured on a CPU in fp32 at 256 x 192
# as growth of the process from batch 8 to 32: 1.0 (EfficientNet-B0) to 1.25 (Lite-HRNet) times.
_OVERHEAD = 1.5
# Where most is frozen little is kept; then what comes and goes counts: some of the largest map at
# once, and the picture as bytes, as numbers and normalised.
_PASSING_MAPS, _PASSING_PICTURES = 4, 3


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of a summary.

    Attributes:
        name: Path of the module in the network.
        kind: What it is made of.
        outputs: (C, H, W) of each map that it returns for one picture.
        parameters: Number of its parameters.
        trainable: How many of them learn.
        gflops: Billions of multiplications and additions for one picture.
    """

    name: str
    kind: str
    outputs: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int
    gflops: float

    @property
    def state(self) -> str:
        """Return ``frozen``, ``partly frozen`` or nothing."""
        if self.trainable == self.parameters:
            return ""
        return "partly frozen" if self.trainable else "frozen"


@dataclass(frozen=True, slots=True)
class Summary:
    """A network in numbers.

    Attributes:
        layers: In the order in which they are run; together they are the whole network.
        input_size: Height and width of the picture in pixels.
        training_bytes: See :func:`training_bytes_per_sample`.
    """

    layers: tuple[Layer, ...]
    input_size: tuple[int, int]
    training_bytes: int

    @property
    def parameters(self) -> int:
        """Number of all parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def trainable(self) -> int:
        """How many of them learn."""
        return sum(layer.trainable for layer in self.layers)

    @property
    def gflops(self) -> float:
        """Billions of multiplications and additions for one picture."""
        return sum(layer.gflops for layer in self.layers)


def summarise(network: HeatmapCNN) -> Summary:
    """Describe a network for pictures of its size; it stays as it is, in training or not."""
    twin = twin_of(network)
    rows = dict(_rows(twin))
    seen = _run(twin, rows)
    layers = []
    for module, maps in seen.outputs.items():
        sizes = [(p.numel(), p.requires_grad) for p in module.parameters()]
        layers.append(
            Layer(
                name=rows[module],
                kind=_kind(module),
                outputs=maps,
                parameters=sum(size for size, _ in sizes),
                trainable=sum(size for size, learns in sizes if learns),
                gflops=seen.operations[module] / 1e9,
            )
        )
    return Summary(tuple(layers), network.architecture.input_size, seen.training_bytes)


def twin_of(network: HeatmapCNN) -> HeatmapCNN:
    """Return a network of the same shapes without memory."""
    with torch.device("meta"):
        twin = HeatmapCNN(network.architecture)
    for mine, its in zip(twin.parameters(), network.parameters(), strict=True):
        mine.requires_grad_(its.requires_grad)
    # Batch norm in training refuses one picture where a map is a single cell; it keeps the same.
    return twin.eval()


def training_bytes_per_sample(network: HeatmapCNN) -> int:
    """Estimate the memory that each picture of a batch costs in a training step in fp32.

    Maps that autograd keeps for the backward pass, and half as much again for gradients and work
    space. The weights, their gradients and the optimiser's state come on top, once.
    """
    return _run(twin_of(network), ()).training_bytes


def summary_lines(summary: Summary) -> list[str]:
    """Return a table and the totals, as aligned lines of text."""
    total = summary.gflops
    table = [("layer", "made of", "output", "parameters", "GFLOPs", "share", "")]
    for layer in summary.layers:
        table.append(
            (
                layer.name,
                layer.kind,
                " ".join("x".join(map(str, shape)) for shape in layer.outputs),
                f"{layer.parameters:,}",
                f"{layer.gflops:.3f}",
                f"{layer.gflops / total:.1%}",
                layer.state,
            )
        )
    table.append(("total", "", "", f"{summary.parameters:,}", f"{total:.3f}", "", ""))
    height, width = summary.input_size
    return [
        *aligned(table, right=(3, 4, 5)),
        "",
        f"input {width} x {height} pixels; {summary.trainable:,} of {summary.parameters:,} "
        f"parameters learn; training takes about {summary.training_bytes / 1e6:.0f} MB for each "
        "picture of a batch",
    ]


def _rows(network: HeatmapCNN) -> Iterator[tuple[nn.Module, str]]:
    """Return (module, name) of the backbone's and the decoder's parts that are run as one."""
    waiting: list[tuple[nn.Module, str]] = [(network, "")]
    while waiting:
        module, name = waiting.pop()
        # Lists and mere holders of modules have no forward pass of their own.
        if module in (network, network.backbone) or type(module).forward is nn.Module.forward:
            for key, child in module.named_children():
                waiting.append((child, f"{name}.{key}" if name else key))
        else:
            yield module, name


class _Seen:
    """What one picture does to a network without memory.

    Attributes:
        outputs: (C, H, W) of what each row returns, in the order of the forward pass.
        operations: Of each row.
        kept: Memory that autograd keeps. By identity: what two layers keep is there once. Held,
            so that no identity is used again.
        largest: Bytes of the largest map.
    """

    def __init__(self, picture: Tensor, weights: Iterable[Tensor]) -> None:
        self.outputs: dict[nn.Module, tuple[tuple[int, ...], ...]] = {}
        self.operations: Counter[nn.Module] = Counter()
        self.kept: dict[int, torch.UntypedStorage] = {}
        self.largest = 0
        self._picture = picture
        self._weights = {weight.untyped_storage()._cdata for weight in weights}
        self._total = 0

    @property
    def training_bytes(self) -> int:
        """See :func:`training_bytes_per_sample`."""
        kept = sum(storage.nbytes() for storage in self.kept.values())
        passing = _PASSING_MAPS * self.largest + _PASSING_PICTURES * self._picture.nbytes
        return max(round(_OVERHEAD * kept), kept + passing)

    def keep(self, value: Tensor) -> Tensor:
        """Note what autograd keeps."""
        storage = value.untyped_storage()
        if storage._cdata not in self._weights:
            self.kept[storage._cdata] = storage
        return value

    def leaf(self, module: nn.Module, _: object, output: Tensor) -> None:
        """Count a layer without parts."""
        self.largest = max(self.largest, output.nbytes)
        if isinstance(module, nn.Conv2d):
            self._total += 2 * output.numel() * module.weight[0].numel()

    def begin(self, module: nn.Module, _: object) -> None:
        """Begin a row."""
        self.operations[module] -= self._total

    def end(self, module: nn.Module, _: object, output: Tensor | list[Tensor]) -> None:
        """End a row."""
        self.operations[module] += self._total
        maps = [output] if isinstance(output, Tensor) else output
        self.outputs[module] = tuple(tuple(x.shape[1:]) for x in maps)


def _run(twin: HeatmapCNN, rows: Iterable[nn.Module]) -> _Seen:
    picture = torch.zeros(1, 3, *twin.architecture.input_size, device="meta")
    seen = _Seen(picture, twin.parameters())
    for module in twin.modules():
        if next(module.children(), None) is None:
            module.register_forward_hook(seen.leaf)
    for module in rows:
        module.register_forward_pre_hook(seen.begin)
        module.register_forward_hook(seen.end)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(seen.keep, lambda x: x):
        twin(picture)
    return seen


def _kind(module: nn.Module) -> str:
    """Return the classes that a layer is made of and how many there are of each."""
    counts: Counter[str] = Counter()
    waiting = [module]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, nn.Sequential):
            waiting = [*found, *waiting]
        else:
            counts[type(found).__name__.strip("_")] += 1
    return ", ".join(name if n == 1 else f"{n} {name}" for name, n in counts.items())
