"""Time pedpose itself on one picture.

usage: peer_pedpose.py PICTURE [--variant default|RUNTIME-PRECISION] [--repeats 15]
"""

from __future__ import annotations

from dataclasses import replace

from measuring import Tool, measure, options, read_rgb, tell_missing

import pedpose


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    variant = arguments.variant
    runtime, precision = ("auto",) * 2 if variant == "default" else variant.split("-")
    tool = Tool(
        *("pedpose", variant, pedpose.__version__),
        model="shipped weights",
        licence="code Apache-2.0, weights Apache-2.0",
    )
    try:
        detector = pedpose.load(device="cpu", runtime=runtime, precision=precision)
    except pedpose.PedposeError as error:
        tell_missing(arguments, tool, str(error))
        return
    tool = replace(tool, model=f"{tool.model}, {detector.runtime}")
    picture = read_rgb(arguments.picture)
    measure(arguments, tool, lambda: len(detector(picture)))


if __name__ == "__main__":
    main()
