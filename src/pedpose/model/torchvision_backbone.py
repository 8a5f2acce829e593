"""Classification networks of torchvision, cut open as feature pyramids.

Parameters keep torchvision's names, so that weights files of torchvision load unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torchvision
from torch import Tensor, nn

from pedpose.errors import ConfigError
from pedpose.model.backbone import Backbone

STRIDES = (4, 8, 16, 32)


class TorchvisionBackbone(Backbone):
    """A classification network without its head, up to a stride of 16 or 32."""

    def __init__(self, name: str, stride: int, imagenet: bool = False) -> None:
        """Build a backbone.

        Args:
            name: One of ``TORCHVISION_BACKBONES``.
            stride: Of the coarsest map, 16 or 32.
            imagenet: Whether to load torchvision's ImageNet weights, downloading them if needed.

        Raises:
            ConfigError: If there is no way to the weights.
        """
        super().__init__()
        try:
            whole = torchvision.models.get_model(name, weights="DEFAULT" if imagenet else None)
        except OSError as error:
            raise ConfigError(
                f"--init imagenet: the weights of {name} cannot be downloaded ({error}); "
                "give a file by --init FILE or start from nothing by --init none"
            ) from error
        blocks = _blocks(whole)
        reached = _strides([block for _, block in blocks])
        self.strides = tuple(s for s in STRIDES if s <= stride)
        last = {s: max(i for i, r in enumerate(reached) if r[0] == s) for s in self.strides}
        self.channels = tuple(reached[last[s]][1] for s in self.strides)
        self._taps = tuple(last.values())
        self._names = tuple(path for path, _ in blocks[: max(last.values()) + 1])
        for path, block in blocks[: max(last.values()) + 1]:
            parent, _, child = path.rpartition(".")
            if parent and not hasattr(self, parent):
                self.add_module(parent, nn.Module())
            (self.get_submodule(parent) if parent else self).add_module(child, block)

    def parts(self) -> dict[int, tuple[nn.Module, ...]]:
        """Return the layers up to each stride."""
        layers = [self.get_submodule(path) for path in self._names]
        return {
            stride: tuple(layers[: tap + 1])
            for stride, tap in zip(self.strides, self._taps, strict=True)
        }

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, C_s, H / s, W / s) for each stride s]."""
        features = []
        for position, path in enumerate(self._names):
            x = self.get_submodule(path)(x)
            if position in self._taps:
                features.append(x)
        return features


def _blocks(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the blocks of a torchvision classifier in the order of the forward pass."""
    if isinstance(network, torchvision.models.ResNet):
        names = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
        return [(name, network.get_submodule(name)) for name in names]
    features = network.get_submodule("features")
    return [(f"features.{name}", block) for name, block in features.named_children()]


def _strides(blocks: Sequence[nn.Module]) -> list[tuple[int, int]]:
    """Return (stride, channels) after each block, found by passing shapes through them."""
    side = 256
    reached = []
    with torch.no_grad():
        x = torch.zeros(1, 3, side, side, device="meta")
        for block in blocks:
            x = block.to("meta")(x) if not list(block.parameters()) else _shape(block, x)
            reached.append((side // x.shape[-1], x.shape[1]))
    return reached


def _shape(block: nn.Module, x: Tensor) -> Tensor:
    """Pass a shape through a block without moving its parameters off their device."""
    state = {name: value.to("meta") for name, value in block.state_dict().items()}
    was_training = block.training
    block.eval()
    out: Tensor = torch.func.functional_call(block, state, (x,))
    block.train(was_training)
    return out
