"""What a shell completes where an option has a fixed set of values.

The values are written down here, since completion must not wait for the modules that own them;
a test compares.
"""

from __future__ import annotations

from collections.abc import Callable

Complete = Callable[[str], list[str]]

DEVICES = ("auto", "cpu", "cuda", "mps")
RUNTIMES = ("auto", "torch", "onnx", "openvino")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
OUTPUTS = ("overlay", "json", "csv", "coco", "parquet", "mot", "tracks", "heatmaps")
THEMES = ("sides", "tracks", "plain", "paper")
TRAINED_IN = ("fp32", "bf16", "fp16")
LABEL_FORMATS = ("auto", "yolo", "cvat", "labelstudio", "lsp", "mpii", "labelme", "coco")
TASKS = ("joints", "person")


def one_of(*values: str) -> Complete:
    """Return what completes one of some values."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def some_of(*values: str) -> Complete:
    """Return what completes the last of several values with commas between them."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        left = [value for value in values if value.startswith(last) and value not in given]
        return [f"{before}{comma}{value}" for value in left]

    return complete
