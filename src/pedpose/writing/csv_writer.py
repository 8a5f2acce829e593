"""A table of joints."""

from __future__ import annotations

import csv
from typing import TextIO

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.records import frame_record
from pedpose.writing.seen import Seen


class CsvWriter:
    """``people.csv``: one row a person and joint."""

    COLUMNS = (
        *("source", "frame", "time_s", "person", "track_id", "person_score"),
        *("x1", "y1", "x2", "y2", "joint", "x", "y", "joint_score"),
    )

    def __init__(self, file: TextIO) -> None:
        """Write into an open text file."""
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(self.COLUMNS)

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share one file."""

    def write(self, source: Source, seen: Seen) -> None:
        """Write the rows of a frame."""
        record = frame_record(source, seen)
        for number, person in enumerate(record["people"]):
            for joint in person["keypoints"]:
                self._rows.writerow(
                    (
                        *(record["source"], record["frame"], record["time_s"], number),
                        *(person["track_id"], person["score"], *person["box"]),
                        *joint.values(),
                    )
                )

    def finish(self, source: Source, end: End) -> None:
        """All sources share one file."""
