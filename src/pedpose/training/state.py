"""The state of a run in one file, so that it can be continued exactly."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from pedpose.errors import CheckpointError
from pedpose.files import write_bytes

STATE_FILE = "state.pt"


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write the state of a run atomically: a kill leaves the old or the new file, whole."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_bytes(folder / STATE_FILE, buffer.getvalue())


def load_state(folder: Path) -> dict[str, Any]:
    """Read the state of a run; only tensors and plain data are accepted.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    path = folder / STATE_FILE
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: expected the state of a run, found no such file") from error
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{path}: expected the state of a run, found a damaged file"
        ) from error
    return state
