"""``pedpose info``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import DataError

if TYPE_CHECKING:
    from pedpose.skeleton import Skeleton


def info(
    weights: Annotated[Path, typer.Argument(help="A weights file (.safetensors).")],
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the network layer by layer instead.")
    ] = False,
) -> None:
    """Print what a weights file says of itself, as JSON."""
    with errors_to_exit_codes():
        from pedpose.model.checkpoint import load_checkpoint

        checkpoint = load_checkpoint(weights)
        if summary:
            from pedpose.model.summary import summarise, summary_lines

            typer.echo("\n".join(summary_lines(summarise(checkpoint.network))))
            return
        skeleton = checkpoint.skeleton
        facts = {
            "file": str(weights),
            "sha256": checkpoint.sha256,
            "parameters": checkpoint.network.parameter_count(),
            "gflops": round(checkpoint.network.gflops(), 3),
            "architecture": checkpoint.network.architecture.to_dict(),
            "skeleton": None if skeleton is None else _describe(skeleton),
            "calibration": {name: c.to_dict() for name, c in checkpoint.calibration.items()},
            "metrics": checkpoint.metrics,
            "training": checkpoint.training,
        }
        typer.echo(json.dumps(facts, indent=2))


def _describe(skeleton: Skeleton) -> dict[str, Any]:
    """Return the skeleton, and which joints change places in mirrored pictures."""
    try:
        pairs: dict[str, Any] = {"swap_pairs": skeleton.swap_pairs}
    except DataError as error:
        pairs = {"swap_pairs": None, "why_no_swap_pairs": str(error)}
    return {**skeleton.to_dict(), **pairs}
