"""``python -m pedpose.formats.mat_child FILE``: what :mod:`pedpose.formats.mat_file` starts."""

from __future__ import annotations

import pickle
import sys
import warnings

from scipy import io

_MOST_BYTES = 4 * 2**30
"""Memory for reading; that of MPII, the largest that is known, takes a quarter."""


def main(path: str, only: str = "") -> None:
    """Write the variables of a Matlab file, or a list of their names, to stdout as a pickle.

    Args:
        path: The file.
        only: ``names`` for these alone.
    """
    _limit_memory()
    # SciPy only warns where it makes up numbers (of machines that it does not know), and where
    # one variable takes the place of another.
    warnings.simplefilter("error", UserWarning)
    content: object
    if only == "names":
        content = [name for name, _, _ in io.whosmat(path)]
    else:
        content = dict(io.loadmat(path, squeeze_me=True, struct_as_record=False))
    pickle.dump(content, sys.stdout.buffer)


def _limit_memory() -> None:
    """Let a file whose content grows without end stop this process, not the machine."""
    if sys.platform != "win32":
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        least = _MOST_BYTES if most == resource.RLIM_INFINITY else min(_MOST_BYTES, most)
        resource.setrlimit(resource.RLIMIT_AS, (least, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
