"""Tracks in the form of MOTChallenge."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from pedpose.files import atomic_text
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.seen import Seen


class MotWriter:
    """``mot/NAME.txt`` for each source that moves: one line a frame and person.

    A line is frame, id, left, top, width, height, score, -1, -1, -1. Frames, ids and pixels count
    from 1, as in the files of MOTChallenge (https://motchallenge.net/instructions): the picture's
    top-left corner is at 1, 1. Frames that were not looked at leave a gap in the numbers.
    """

    def __init__(self, out: Path, outputs: OpenOutputs[TextIO]) -> None:
        """Write below a folder."""
        self._out = out / "mot"
        self._outputs = outputs

    def start(self, source: Source, fps: float | None) -> None:
        """Open the file of a source, unless it is a picture.

        Raises:
            OSError: If it cannot be written.
        """
        if source.moving:
            self._outputs.open(source.name, atomic_text(self._out / f"{source.name}.txt"))

    def write(self, source: Source, seen: Seen) -> None:
        """Write the people of a frame who are tracked.

        Raises:
            OSError: If they cannot be written.
        """
        people = seen.people
        if people.track_ids is None or source.name not in self._outputs:
            return
        for number, box, score in zip(
            people.track_ids.tolist(), people.boxes.tolist(), people.scores.tolist(), strict=True
        ):
            x1, y1, x2, y2 = box
            places = ",".join(f"{v:.2f}" for v in (x1 + 1, y1 + 1, x2 - x1, y2 - y1))
            self._outputs[source.name].write(
                f"{seen.frame.index + 1},{number},{places},{score:.4f},-1,-1,-1\n"
            )

    def finish(self, source: Source, end: End) -> None:
        """Finish the file of a source, also of one that broke off.

        Raises:
            OSError: If it cannot be written to its end.
        """
        self._outputs.close(source.name)
