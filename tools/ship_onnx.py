"""Make the .onnx files in weights/ of the .safetensors beside them, as pedpose export makes them.

usage: ship_onnx.py [--data COCO.json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hash_weights import hash_weights

from pedpose.exporting.export import export
from pedpose.exporting.settings import ExportSettings

ROOT = Path(__file__).resolve().parents[1]
TASKS = ("joints", "person")


def main() -> None:
    """Parse the command line and make both files; a wrong one is refused and changes nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "samples" / "samples.json")
    data = parser.parse_args().data
    for task in TASKS:
        weights = ROOT / "weights" / f"{task}.safetensors"
        settings = ExportSettings(weights, weights.with_suffix(".onnx"), data=data)
        print(json.dumps(export(settings).to_dict(), indent=2))
    hash_weights()


if __name__ == "__main__":
    main()
