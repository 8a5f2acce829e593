"""A residual network of which every stage is the user's choice.

Blocks are those of He et al., "Deep Residual Learning for Image Recognition", CVPR 2016: two
convolutions with batch norm and a way around them, which halves maps by averages as in He et al.,
"Bag of Tricks for Image Classification with Convolutional Neural Networks", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pedpose.model.architecture import STRIDE, Stage, total_strides
from pedpose.model.backbone import Backbone, convolution, make_activation


class PlainCNN(Backbone):
    """Residual stages one after the other; the last map at each stride from 4 is handed on."""

    def __init__(self, stages: Sequence[Stage], activation: str) -> None:
        """Build it with random weights.

        Args:
            stages: From fine to coarse; the last total stride is 4, 8, 16 or 32.
            activation: After every convolution.
        """
        super().__init__()
        reached = total_strides(stages)
        # Of stages at one stride the last wins: its map has been worked on most.
        taps = {stride: i for i, stride in enumerate(reached) if stride >= STRIDE}
        self.strides = tuple(taps)
        self.channels = tuple(stages[i].width for i in taps.values())
        self._taps = tuple(taps.values())
        self.stages = nn.ModuleList()
        inward = 3
        for stage in stages:
            blocks = [_Block(inward, stage, stage.stride, activation)]
            blocks += [_Block(stage.width, stage, 1, activation) for _ in range(stage.depth - 1)]
            self.stages.append(nn.Sequential(*blocks))
            inward = stage.width
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                # He et al., "Delving Deep into Rectifiers", 2015: keeps the size of gradients.
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def parts(self) -> dict[int, tuple[nn.Module, ...]]:
        """Return the stages up to each stride."""
        stages = tuple(self.stages)
        return {
            stride: stages[: tap + 1] for stride, tap in zip(self.strides, self._taps, strict=True)
        }

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, C_s, H / s, W / s) for each stride s]."""
        features = []
        for position, stage in enumerate(self.stages):
            x = stage(x)
            if position in self._taps:
                features.append(x)
        return features


class _Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, inward: int, stage: Stage, stride: int, activation: str) -> None:
        super().__init__()
        wide, kernel = stage.width, stage.kernel
        self.first = convolution(
            inward, wide, kernel, stride, activation=make_activation(activation)
        )
        self.second = convolution(wide, wide, kernel)
        around: list[nn.Module] = []
        if stride > 1:
            # Not a strided 1 x 1 convolution: it skips cells, and its gradient for few channels
            # writes past its memory on CPUs (oneDNN 3, number 6035 of its list of faults).
            around.append(nn.AvgPool2d(stride))
        if inward != wide:
            around += convolution(inward, wide)
        self.around = nn.Sequential(*around)
        self.activation = make_activation(activation)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inward, H, W) to (N, width, H / stride, W / stride)."""
        y: Tensor = self.activation(self.second(self.first(x)) + self.around(x))
        return y
