"""How a file refers to another one."""

from __future__ import annotations

import os
from pathlib import Path


def relative(path: Path, folder: Path) -> str:
    """Return the name by which a file in ``folder`` refers to the file at ``path``.

    Links in the folders are followed, since ``..`` does not lead back through them.
    """
    real = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(real, folder.resolve())).as_posix()
    except ValueError:
        return real.as_posix()  # on another drive
