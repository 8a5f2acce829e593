"""Turn a PicoDet-S 320 (PP-LCNet) into initial weights of a person finder with backbone lcnet_pan.

usage: picodet_weights.py PICODET.xml OUT.safetensors

PicoDet (PaddleDetection, Apache-2.0) comes in OpenVINO's format. All but its last layers and its
coarsest level is taken over; the decoder, which writes centre maps in their place, must be trained:
`pedpose train --task person --backbone lcnet_pan --init OUT.safetensors`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from openvino_weights import copy_convolution, fill_normed, read_convolutions
from safetensors.torch import save
from torch import nn

from pedpose.files import write_bytes
from pedpose.model.lcnet_pan import LCNetPAN

# PaddleDetection numbers batch norms in the order in which it builds layers; these are the ones of
# the parts of the network that are kept.
TRUNK, REDUCE = range(27), range(27, 30)
DOWN, HALVE_UP = range(34, 42), ((42, 44), (48, 50))
TOWERS = range(54, 69, 5)


def converted(path: Path) -> LCNetPAN:
    """Return the backbone with the weights of the original.

    Raises:
        ValueError: If the file holds another network.
    """
    backbone = LCNetPAN()
    found = read_convolutions(path)
    normed = {c.number: c for c in found if c.number is not None}
    plain = [c for c in found if c.number is None and c.weight.shape[0] not in (1, 32)]
    neck = backbone.neck
    fill_normed([backbone.stem, backbone.trunk], [normed[n] for n in TRUNK])
    fill_normed([neck.reduce], [normed[n] for n in REDUCE])
    fill_normed([neck.down], [normed[n] for n in DOWN])
    for i, (halve, up) in enumerate(HALVE_UP):
        fill_normed([neck.halve[i]], [normed[n] for n in range(halve, halve + 2)])
        fill_normed([neck.up[i]], [normed[n] for n in range(up, up + 4)])
    for tower, start in zip(backbone.towers, TOWERS, strict=True):
        fill_normed([tower], [normed[n] for n in range(start, start + 5)])
    places = [m for m in backbone.modules() if isinstance(m, nn.Conv2d) and m.bias is not None]
    for place, source in zip(places, plain[: len(places)], strict=True):
        assert place.bias is not None
        copy_convolution(place.weight, place.bias, source)
    return backbone


def main() -> None:
    """Parse the command line and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picodet", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    state = converted(arguments.picodet).state_dict()
    write_bytes(arguments.out, save({f"backbone.{name}": value for name, value in state.items()}))
    print(f"{arguments.out}: {len(state)} tensors")


if __name__ == "__main__":
    main()
