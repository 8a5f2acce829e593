"""``pedpose info``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError


def info(
    weights: Annotated[
        Path, typer.Argument(help="A weights file (.safetensors) or an export (.onnx, .xml).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the network layer by layer instead.")
    ] = False,
    layers: Annotated[
        bool,
        typer.Option(
            "--layers",
            help="Print each convolution instead: kernel, stride, padding, depth, and how much "
            "of the picture it sees.",
        ),
    ] = False,
    skeleton: Annotated[
        Path | None,
        typer.Option("--skeleton", help="Draw the skeleton into this .png file, too."),
    ] = None,
) -> None:
    """Print what a weights file is: its network, skeleton, training and what its scores mean."""
    with errors_to_exit_codes():
        modes = {"--json": as_json, "--summary": summary, "--layers": layers}
        if len(chosen := [name for name, wanted in modes.items() if wanted]) > 1:
            raise ConfigError(f"expected one of {', '.join(modes)}, found {' and '.join(chosen)}")
        # Imported here: --help need not wait for it.
        from pedpose.describing.facts import read_facts

        if skeleton is not None:
            from pedpose.describing.skeleton_picture import check_name, write_skeleton_picture

            check_name(skeleton)
        facts = read_facts(weights)
        if skeleton is not None:
            write_skeleton_picture(skeleton, facts.known_skeleton("--skeleton"))
            typer.echo(f"skeleton: {skeleton}", err=True)
        if as_json:
            typer.echo(json.dumps(facts.to_dict(), indent=2))
        elif summary:
            network = facts.known_network("--summary")
            from pedpose.model.summary import summarise, summary_lines

            typer.echo("\n".join(summary_lines(summarise(network))))
        elif layers:
            network = facts.known_network("--layers")
            from pedpose.model.convolutions import convolution_lines, convolutions

            typer.echo("\n".join(convolution_lines(convolutions(network))))
        else:
            from pedpose.describing.characters import Paper, shows_dots
            from pedpose.describing.page import page_lines

            paper = Paper(ascii=not shows_dots(sys.stdout.encoding))
            typer.echo("\n".join(page_lines(facts, paper)))
