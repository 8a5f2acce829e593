"""``python -m pedpose.formats.mat_child FILE``: what :mod:`pedpose.formats.mat_file` starts."""

from __future__ import annotations

import pickle
import sys
import warnings

from scipy import io


def main(path: str, only: str = "") -> None:
    """Write the variables of a Matlab file, or a list of their names, to stdout as a pickle.

    Args:
        path: The file.
        only: ``names`` for these alone.
    """
    # SciPy only warns where it makes up numbers (of machines that it does not know), and where
    # one variable takes the place of another.
    warnings.simplefilter("error", UserWarning)
    content: object
    if only == "names":
        content = [name for name, _, _ in io.whosmat(path)]
    else:
        content = dict(io.loadmat(path, squeeze_me=True, struct_as_record=False))
    pickle.dump(content, sys.stdout.buffer)


if __name__ == "__main__":
    main(*sys.argv[1:])
