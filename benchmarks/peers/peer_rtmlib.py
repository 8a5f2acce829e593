"""Time rtmlib (RTMPose behind YOLOX, in ONNX Runtime) on one picture.

usage: peer_rtmlib.py PICTURE --variant lightweight|balanced|performance [--repeats 15]

Takes the networks that rtmlib has downloaded before, and downloads none.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path, PurePosixPath

from measuring import Tool, measure, options, read_bgr, tell_missing
from rtmlib import Body
from rtmlib.tools.file import _get_rtmhub_dir


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    mode = arguments.variant
    stems = [PurePosixPath(Body.MODE[mode][k]).name.split(".")[0] for k in ("det", "pose")]
    tool = Tool(
        *("rtmlib", mode, version("rtmlib")),
        model=" + ".join(stem.split("_8xb")[0].split("_simcc")[0] for stem in stems),
        licence="code Apache-2.0, weights Apache-2.0",
    )
    missing = [
        stem
        for stem in stems
        if not (Path(_get_rtmhub_dir()) / "checkpoints" / f"{stem}.onnx").is_file()
    ]
    if missing:
        why = "models not present; in its environment run once: "
        why += f"python -c \"from rtmlib import Body; Body(mode='{mode}')\""
        tell_missing(arguments, tool, why)
        return
    body = Body(mode=mode, backend="onnxruntime", device="cpu")
    picture = read_bgr(arguments.picture)
    measure(arguments, tool, lambda: len(body(picture)[0]))


if __name__ == "__main__":
    main()
