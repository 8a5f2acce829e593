"""Rewrite the batch norms of weights for another epsilon; what the network computes stays.

usage: adapt_epsilon.py WEIGHTS.safetensors OUT.safetensors [--old 1e-3] [--new 1e-5]

EfficientNets that were trained outside torchvision mostly have an epsilon of 1e-3 in their batch
norms, torchvision's has 1e-5. Channels that vary little, of which there are many, would come out
several times too strong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from pedpose.files import write_bytes


def adapt(tensors: dict[str, np.ndarray], old: float, new: float) -> int:
    """Scale the weights of all batch norms in place and return their number."""
    places = [name for name in tensors if name.endswith(".running_var")]
    for place in places:
        weight = place.replace("running_var", "weight")
        variance = tensors[place].astype(np.float64)
        slope = tensors[weight] * np.sqrt((variance + new) / (variance + old))
        tensors[weight] = slope.astype(np.float32)
    return len(places)


def main() -> None:
    """Parse the command line and write the copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--old", type=float, default=1e-3)
    parser.add_argument("--new", type=float, default=1e-5)
    arguments = parser.parse_args()
    tensors = load_file(arguments.weights)
    count = adapt(tensors, arguments.old, arguments.new)
    write_bytes(arguments.out, save(tensors))
    print(f"{arguments.out}: {count} batch norms")


if __name__ == "__main__":
    main()
