"""Whether the weights of the package are those that were shipped.

``weights/SHA256SUMS`` has a line for each file, as ``sha256sum`` writes and checks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pedpose.doctoring.findings import Finding
from pedpose.errors import DataError
from pedpose.files import sha256_of

SUMS = "SHA256SUMS"
_AREA = "weights"
_LINE = re.compile(r"([0-9a-f]{64})  (\w[\w.-]*)")
_ADVICE = "pip install --force-reinstall --no-deps pedpose"


def examine_weights(folder: Path) -> Iterator[Finding]:
    """Compare the files of a folder with the sums beside them."""
    try:
        sums = read_sums(folder / SUMS)
    except (OSError, DataError) as error:
        yield Finding(_AREA, SUMS, "failed", str(error), _ADVICE)
        return
    for name, expected in sums.items():
        yield _examine(folder / name, expected)


def read_sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a list names.

    Raises:
        DataError: If it is no such list.
        OSError: If it cannot be read.
    """
    sums = {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise DataError(
                f"{path}: line {number}: expected a SHA-256 and a file name, found {line[:80]!r}"
            )
        sums[found[2]] = found[1]
    if not sums:
        raise DataError(f"{path}: expected SHA-256 sums, found an empty file")
    return sums


def _examine(path: Path, expected: str) -> Finding:
    try:
        found = sha256_of(path)
    except OSError as error:
        text = f"cannot be read: {error.strerror} ({path})"
        return Finding(_AREA, path.name, "failed", text, _ADVICE)
    if found != expected:
        text = f"damaged or exchanged: expected SHA-256 {expected[:12]}..., found {found[:12]}..."
        return Finding(_AREA, path.name, "failed", f"{text} ({path})", _ADVICE)
    return Finding(_AREA, path.name, "ok", f"SHA-256 {found[:12]}... as shipped")
