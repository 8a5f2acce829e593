"""Where the weights lie that come with the package."""

from __future__ import annotations

from pathlib import Path

from pedpose.errors import CheckpointError
from pedpose.model.architecture import Task

_PACKAGE = Path(__file__).resolve().parent
# In the wheel they lie inside the package, in a checkout beside src/.
_FOLDERS = (_PACKAGE / "weights", _PACKAGE.parents[1] / "weights")


def shipped_weights(task: Task, suffix: str = ".safetensors") -> Path:
    """Return the file of the weights for a task, in the format of a suffix.

    Raises:
        CheckpointError: If the installation has lost it.
    """
    for folder in _FOLDERS:
        path = folder / f"{task}{suffix}"
        if path.is_file():
            return path
    raise CheckpointError(f"{_FOLDERS[0]}: expected {task}{suffix}, found no such file")


def weights_folder() -> Path:
    """Return the folder of the weights, whether they are there or not."""
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])
