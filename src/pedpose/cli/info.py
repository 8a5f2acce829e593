"""``pedpose info``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes


def info(
    weights: Annotated[Path, typer.Argument(help="A weights file (.safetensors).")],
) -> None:
    """Print what a weights file says of itself, as JSON."""
    with errors_to_exit_codes():
        from pedpose.model.checkpoint import load_checkpoint

        checkpoint = load_checkpoint(weights)
        skeleton = checkpoint.skeleton
        facts = {
            "file": str(weights),
            "sha256": checkpoint.sha256,
            "parameters": checkpoint.network.parameter_count(),
            "gflops": round(checkpoint.network.gflops(), 3),
            "architecture": checkpoint.network.architecture.to_dict(),
            "skeleton": None if skeleton is None else skeleton.to_dict(),
            "calibration": {name: c.to_dict() for name, c in checkpoint.calibration.items()},
            "metrics": checkpoint.metrics,
            "training": checkpoint.training,
        }
        typer.echo(json.dumps(facts, indent=2))
