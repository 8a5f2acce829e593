"""A table of joints."""

from __future__ import annotations

import csv
from typing import TextIO

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.cells import table_cell
from pedpose.writing.records import frame_record
from pedpose.writing.seen import Seen


class CsvWriter:
    """``people.csv``: one row a person and joint.

    Names that a spreadsheet would take for a formula stand behind a ``'``. Colours of clothes are
    the names of the largest ones, empty where not seen.
    """

    COLUMNS = (
        *("source", "frame", "time_s", "person", "track_id", "person_score"),
        *("x1", "y1", "x2", "y2", "joint", "x", "y", "joint_score"),
    )

    COLOUR_COLUMNS = ("upper_colour", "lower_colour")

    def __init__(self, file: TextIO, colours: bool = False) -> None:
        """Write into an open text file, with columns for colours of clothes or without."""
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow((*self.COLUMNS, *(self.COLOUR_COLUMNS if colours else ())))

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share one file."""

    def write(self, source: Source, seen: Seen) -> None:
        """Write the rows of a frame."""
        record = frame_record(source, seen)
        for number, person in enumerate(record["people"]):
            colours = () if seen.clothes is None else seen.clothes[number].names
            for joint in person["keypoints"]:
                self._rows.writerow(
                    (
                        *(table_cell(record["source"]), record["frame"], record["time_s"], number),
                        *(person["track_id"], person["score"], *person["box"]),
                        *(table_cell(joint["name"]), joint["x"], joint["y"], joint["score"]),
                        *colours,
                    )
                )

    def finish(self, source: Source, end: End) -> None:
        """All sources share one file."""
