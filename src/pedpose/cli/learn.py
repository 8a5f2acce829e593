"""``pedpose learn``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes, show_error
from pedpose.cli.learn_view import LearnView


def learn(
    out: Annotated[Path, typer.Option(help="Folder of the run, a new one.")],
    pictures: Annotated[
        int | None, typer.Option(help="To learn from: 800; with 10 it learns them by heart.")
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Rounds through the pictures: as many as 250 steps make.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of pictures and training.")] = 0,
    plain: Annotated[
        bool, typer.Option("--plain", help="A line at each validation, on a terminal, too.")
    ] = False,
) -> None:
    """Watch a very small network learn to find the joints of drawn figures, in under a minute."""
    with errors_to_exit_codes():
        # Imported here: PyTorch takes seconds, and --help must not wait for it.
        from pedpose.learning.learn import learn as run
        from pedpose.learning.plan import PICTURES, LearnSettings
        from pedpose.training.state import has_state

        settings = LearnSettings(out, PICTURES if pictures is None else pictures, epochs, seed)
        view = LearnView(plain=plain)
        try:
            with view:
                result = run(settings, view)
        except KeyboardInterrupt:
            resumable = has_state(out)
            show_error(
                f"go on by: pedpose train --resume {out}"
                if resumable
                else f"nothing is learned yet: remove {out}, or choose another folder"
            )
            raise
        view.note(
            f"{result.seconds:.0f} s, {result.pictures} pictures, {result.parameters:,} "
            f"parameters, {result.steps} steps"
        )
        view.note(
            f"pck@0.2: {result.train_pck:.3f} on training pictures, {result.val_pck:.3f} on "
            f"{result.held_out} held-out ones"
        )
        view.note(f"diagnosis: {result.diagnosis.headline}")
        view.note(f"weights: {result.weights}")
        view.note(f"page: {result.page}")
