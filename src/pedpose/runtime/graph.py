"""What a graph that pedpose has exported looks like, and whether one does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pedpose.errors import CheckpointError
from pedpose.model.architecture import STRIDE
from pedpose.model.metadata import Exported, Metadata

INPUT = "pictures"
"""Name of the one input, (N, H, W, 3) RGB uint8."""

MAPS, JOINTS, PEOPLE = "maps", "joints", "people"
"""Names of the one output: (N, C, H / 4, W / 4) raw maps, (N, K, 3) joints, (N, M, 5) people."""

Entry = tuple[str, str, Sequence[int | str | None]]
"""Name, type and shape of an input or output; a side that is left open is no number."""

_BYTES = ("tensor(uint8)", "u8")
_FLOATS = ("tensor(float)", "f32")


def output_name(metadata: Metadata) -> str:
    """Return the name of the output of a network that was exported."""
    if metadata.exported is None or not metadata.exported.decoded:
        return MAPS
    return JOINTS if metadata.architecture.task == "joints" else PEOPLE


def check_graph(
    path: Path, metadata: Metadata, inputs: Sequence[Entry], outputs: Sequence[Entry]
) -> Exported:
    """Make sure that a graph is what its metadata say.

    Args:
        path: The file, for messages.
        metadata: What it says of itself.
        inputs: Of the graph.
        outputs: Of the graph.

    Returns:
        How it was exported.

    Raises:
        CheckpointError: If it takes or gives something else.
    """
    exported = metadata.exported
    if exported is None:
        raise CheckpointError(
            f"{path}: expected metadata that say how it was exported, found none of that"
        )
    architecture = metadata.architecture
    if architecture.task == "joints" and exported.size != architecture.input_size:
        raise CheckpointError(
            f"{path}: expected an input of {architecture.input_size}, as its architecture has it, "
            f"found {exported.size}"
        )
    height, width = (None, None) if exported.size is None else exported.size
    _check(path, "inputs", inputs, INPUT, _BYTES, (None, height, width, 3))
    name = output_name(metadata)
    last = {
        MAPS: (
            architecture.outputs,
            None if height is None else height // STRIDE,
            None if width is None else width // STRIDE,
        ),
        JOINTS: (architecture.outputs, 3),
        PEOPLE: (None, 5),
    }[name]
    _check(path, "outputs", outputs, name, _FLOATS, (None, *last))
    return exported


def _check(
    path: Path,
    what: str,
    entries: Sequence[Entry],
    name: str,
    types: Sequence[str],
    shape: Sequence[int | None],
) -> None:
    """Make sure that there is one entry, and that it is as expected; None stands for any side."""
    if len(entries) == 1:
        found_name, found_type, found = entries[0]
        fits = len(found) == len(shape) and all(
            side is None or other == side or not isinstance(other, int)
            for side, other in zip(shape, found, strict=True)
        )
        if found_name == name and found_type in types and fits:
            return
    described = ", ".join(f"{n} {t} {list(sides)}" for n, t, sides in entries)
    wanted = ["any" if side is None else side for side in shape]
    raise CheckpointError(
        f"{path}: {what}: expected {name} {types[0]} {wanted}, found {described or 'none'}"
    )
