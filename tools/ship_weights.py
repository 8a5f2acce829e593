"""Store trained weights in fp16 under weights/, without the paths of the machine they come from.

usage: ship_weights.py RUN/best.safetensors weights/joints.safetensors [--side PIXELS]

A person finder is convolutional throughout: --side lets it search pictures of another longer side
than those that it learned from.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from pedpose.model.checkpoint import load_checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN


def main() -> None:
    """Parse the command line and store the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trained", type=Path)
    parser.add_argument("shipped", type=Path)
    parser.add_argument("--side", type=int, help="longer side of the pictures of a person finder")
    arguments = parser.parse_args()
    checkpoint = load_checkpoint(arguments.trained)
    if arguments.side is not None:
        metrics = {**checkpoint.metrics, "side_px": max(checkpoint.network.architecture.input_size)}
        network = at_side(checkpoint.network, arguments.side)
        checkpoint = replace(checkpoint, network=network, metrics=metrics)
    training = dict(checkpoint.training)
    training["config"] = portable(training["config"])
    save_checkpoint(arguments.shipped, replace(checkpoint, training=training), half=True)
    size = arguments.shipped.stat().st_size / 1e6
    print(f"{arguments.shipped}: {size:.1f} MB, {dict(checkpoint.metrics)}")


def at_side(network: HeatmapCNN, side: int) -> HeatmapCNN:
    """Return a person finder with the same weights for pictures of another size."""
    if network.architecture.task != "person":
        raise SystemExit("error: --side: a joint network takes crops of the size it was trained at")
    other = HeatmapCNN(replace(network.architecture, height_px=side, width_px=side))
    other.load_state_dict(network.state_dict())
    return other.eval()


def portable(config: dict[str, Any]) -> dict[str, Any]:
    """Return a training configuration with file names in place of paths."""
    data = [{**entry, "path": Path(entry["path"]).name} for entry in config["data"]]
    return {
        **config,
        "data": data,
        "out": Path(config["out"]).name,
        "val": config["val"] and "/".join(Path(config["val"]).parts[-2:]),
        "init": Path(config["init"]).name,
    }


if __name__ == "__main__":
    main()
