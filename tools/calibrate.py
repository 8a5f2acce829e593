"""Write into the weights of a joint network what its scores mean.

usage: calibrate.py WEIGHTS.safetensors joints|people REPORT.json

The reports are those of `pedpose eval` with these very weights: in true boxes for the joints, and
then, with the joints calibrated, in found boxes for people.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from pedpose.errors import DataError, PedposeError
from pedpose.evaluation.baseline import read_baseline
from pedpose.evaluation.calibrate import fit_calibration
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def calibrated(checkpoint: Checkpoint, name: str, report: Path) -> Checkpoint:
    """Return a checkpoint with the calibration ``joints`` or ``people`` from a report.

    Raises:
        DataError: If the report is of other weights, or they have that calibration already.
    """
    measured = read_baseline(report)
    if checkpoint.sha256 not in measured.files.values():
        raise DataError(f"{report}: expected a report on these weights, found one on others")
    if name in checkpoint.calibration:
        raise DataError(f"{report}: the scores of {name} are calibrated already")
    scores = measured.curves.joints if name == "joints" else measured.curves.people
    if scores is None:
        raise DataError(f"{report}: expected predictions with scores in 0..1, found none")
    found = fit_calibration(scores)
    print(f"{name}: {found}, calibration error before {scores.error:.3f}")
    return replace(checkpoint, calibration={**checkpoint.calibration, name: found})


def main() -> None:
    """Parse the command line and rewrite the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("name", choices=["joints", "people"])
    parser.add_argument("report", type=Path)
    arguments = parser.parse_args()
    try:
        checkpoint = load_checkpoint(arguments.weights)
        checkpoint = calibrated(checkpoint, arguments.name, arguments.report)
    except PedposeError as error:
        raise SystemExit(f"error: {error}") from error
    save_checkpoint(arguments.weights, checkpoint, half=True)


if __name__ == "__main__":
    main()
