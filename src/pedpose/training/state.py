"""The state of a run in one file, so that it can be continued exactly."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from pedpose.errors import CheckpointError
from pedpose.files import write_bytes

STATE_FILE = "state.pt"
PREVIOUS_FILE = "state.previous.pt"

_DIGEST_BYTES = 32

# What PyTorch raises at bytes that are no state, by where they are wrong.
_DAMAGE = (
    *(AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError),
    pickle.UnpicklingError,
)


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write the state of a run atomically and keep the one before it.

    A kill at any moment leaves at least one of the two files whole; a full disk leaves both as
    they were. The file ends with the SHA-256 of what comes before it: PyTorch itself reads tensors
    with a flipped bit without a word.

    Raises:
        OSError: If the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    new = folder / f".new.{STATE_FILE}"
    try:
        content = buffer.getvalue()
        write_bytes(new, content + hashlib.sha256(content).digest())
        if (folder / STATE_FILE).exists():
            os.replace(folder / STATE_FILE, folder / PREVIOUS_FILE)
        os.replace(new, folder / STATE_FILE)
    finally:
        new.unlink(missing_ok=True)


def has_state(folder: Path) -> bool:
    """Tell whether a run has saved a state, whole or not."""
    return any((folder / name).exists() for name in (STATE_FILE, PREVIOUS_FILE))


def load_state(folder: Path) -> tuple[dict[str, Any], Path, str | None]:
    """Read the last state of a run that is whole; only tensors and plain data are accepted.

    Returns:
        The state, its file, and what was wrong with the one that came after it, if anything.

    Raises:
        CheckpointError: If there is no state, or none is whole.
    """
    damage = []
    for name in (STATE_FILE, PREVIOUS_FILE):
        path = folder / name
        try:
            state = _read(path)
        except FileNotFoundError:
            damage.append(f"{path}: expected the state of a run, found no such file")
        except OSError as error:
            damage.append(f"{path}: the state of the run cannot be read: {error.strerror}")
        except _DAMAGE:
            damage.append(f"{path}: expected the state of a run, found a damaged file")
        else:
            return state, path, damage[0] if damage else None
    raise CheckpointError("\n".join(damage))


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    content, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("the digest at the end is another")
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return state
