"""``pedpose info``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pedpose.model.metadata import Metadata
    from pedpose.skeleton import Skeleton


def info(
    weights: Annotated[
        Path, typer.Argument(help="A weights file (.safetensors) or an export (.onnx, .xml).")
    ],
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the network layer by layer instead.")
    ] = False,
) -> None:
    """Print what a weights file says of itself, as JSON."""
    with errors_to_exit_codes():
        from pedpose.runtime.choice import readers_of

        runtime = readers_of(weights)[0]
        if runtime != "torch":
            if summary:
                raise ConfigError(
                    f"{weights}: --summary: expected a .safetensors file, whose layers are those "
                    "of the network, found an export"
                )
            typer.echo(json.dumps(_exported_facts(weights, runtime), indent=2))
            return
        from pedpose.model.checkpoint import load_checkpoint

        checkpoint = load_checkpoint(weights)
        if summary:
            from pedpose.model.summary import summarise, summary_lines

            typer.echo("\n".join(summary_lines(summarise(checkpoint.network))))
            return
        facts = {
            "file": str(weights),
            "sha256": checkpoint.sha256,
            "parameters": checkpoint.network.parameter_count(),
            "gflops": round(checkpoint.network.gflops(), 3),
            **_facts(checkpoint.metadata),
        }
        typer.echo(json.dumps(facts, indent=2))


def _exported_facts(path: Path, runtime: str) -> dict[str, Any]:
    """Return what an export says of itself: PyTorch is not needed for that."""
    from pedpose.exporting.opening import open_exported
    from pedpose.runtime.choice import Wanted, choose_runtime

    wanted = Wanted(runtime, "cpu")
    choose_runtime(wanted, [path])
    found = open_exported(path, wanted).info
    exported = found.metadata.exported
    return {
        "file": str(path),
        "sha256": found.sha256,
        "exported": None if exported is None else asdict(exported),
        **_facts(found.metadata),
    }


def _facts(metadata: Metadata) -> dict[str, Any]:
    skeleton = metadata.skeleton
    return {
        "architecture": metadata.architecture.to_dict(),
        "skeleton": None if skeleton is None else _describe(skeleton),
        "calibration": {name: c.to_dict() for name, c in metadata.calibration.items()},
        "metrics": metadata.metrics,
        "training": metadata.training,
    }


def _describe(skeleton: Skeleton) -> dict[str, Any]:
    """Return the skeleton, and which joints change places in mirrored pictures."""
    try:
        pairs: dict[str, Any] = {"swap_pairs": skeleton.swap_pairs}
    except DataError as error:
        pairs = {"swap_pairs": None, "why_no_swap_pairs": str(error)}
    return {**skeleton.to_dict(), **pairs}
