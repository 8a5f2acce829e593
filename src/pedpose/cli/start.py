"""What ``pedpose`` alone prints: what to type first."""

from __future__ import annotations

from pedpose import __version__

_FIRST = (
    ("pedpose doctor", "does everything work here?"),
    ("pedpose detect street.jpg --out out", "people and joints of a picture or video"),
    ("pedpose detect 0 --show", "of a camera, in a window"),
    ("pedpose explain street.jpg", "what the network sees in it"),
    ("pedpose data convert labels --out data", "your own labels, from other tools"),
    (
        "pedpose train --data data/train.json --val data/val.json --init shipped --out runs/mine",
        "learn them",
    ),
)


def start_text() -> str:
    """Return the text."""
    width = max(len(line) for line, _ in _FIRST[:-1])
    lines = [f"  {line.ljust(width)}  # {what}" for line, what in _FIRST[:-1]]
    last, what = _FIRST[-1]
    return "\n".join(
        [
            f"pedpose {__version__}: find pedestrians and their body joints.",
            "",
            "What to type first:",
            *lines,
            f"  {last}  # {what}",
            "",
            "All commands: pedpose --help; one of them: pedpose detect --help",
        ]
    )
