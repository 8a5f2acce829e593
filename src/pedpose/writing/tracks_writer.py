"""A table of tracks."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.tracking.summary import TrackSummaries, TrackSummary
from pedpose.tracking.tracker import MAX_LOST_S
from pedpose.writing.cells import table_cell
from pedpose.writing.csv_writer import CsvWriter
from pedpose.writing.seen import Seen


class TracksWriter:
    """``tracks.csv``: one row a person who was followed, written once the person has gone.

    Times are in seconds, the path in body heights, the speed in body heights a second. Colours of
    clothes are those that were the largest ones most often.
    """

    COLUMNS = (
        *("source", "track_id", "first_s", "last_s", "frames", "mean_score"),
        *("path", "speed", "facing", "facing_share"),
    )
    COLOUR_COLUMNS = CsvWriter.COLOUR_COLUMNS

    def __init__(self, file: TextIO, max_lost_s: float = MAX_LOST_S, colours: bool = False) -> None:
        """Write into an open text file.

        Args:
            file: For all sources.
            max_lost_s: For how many seconds the tracker keeps a person who is not seen.
            colours: Whether there are columns for the colours of clothes.
        """
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow((*self.COLUMNS, *(self.COLOUR_COLUMNS if colours else ())))
        self._colours = colours
        self._max_lost_s = max_lost_s
        self._open: dict[str, TrackSummaries] = {}

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share one file."""

    def write(self, source: Source, seen: Seen) -> None:
        """Take the people of a frame; write the rows of those who have gone."""
        if seen.frame.time_s is None or seen.people.track_ids is None:
            return
        if source.name not in self._open:
            summaries = TrackSummaries(seen.people.skeleton, self._max_lost_s)
            self._open[source.name] = summaries
        tracks = self._open[source.name].see(seen.people, seen.frame.time_s, seen.clothes)
        self._write(source, tracks)

    def finish(self, source: Source, end: End) -> None:
        """Write the rows of those who were there until the end."""
        if source.name in self._open:
            self._write(source, self._open.pop(source.name).finish())

    def _write(self, source: Source, tracks: Iterable[TrackSummary]) -> None:
        for track in tracks:
            self._rows.writerow(
                (
                    *(table_cell(source.label), track.track_id, round(track.first_s, 4)),
                    *(round(track.last_s, 4), track.frames, round(track.mean_score, 4)),
                    *(round(track.path, 3), round(track.speed, 3), track.facing),
                    round(track.facing_share, 3),
                    *(track.colours if self._colours else ()),
                )
            )
