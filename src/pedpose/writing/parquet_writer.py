"""A table of joints as Parquet (extra ``parquet``)."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError
from pedpose.files import atomic_path, to_json
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.cells import unicode_text
from pedpose.writing.csv_writer import CsvWriter
from pedpose.writing.seen import Seen

METADATA_KEY = "pedpose"
ROWS_AT_ONCE = 50_000
_TEXTS = ("source", "joint", *CsvWriter.COLOUR_COLUMNS)
_TYPES = {
    **{"frame": np.int64, "time_s": np.float64},
    **{"person": np.int32, "track_id": np.int64},
    **dict.fromkeys(_TEXTS, np.int32),
}


class ParquetWriter:
    """``people.parquet``: one row a person and joint, with the columns of ``people.csv``.

    Rows are kept until there are enough for a row group, so that memory stays bounded.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], colours: bool = False) -> None:
        """Open a file; :func:`open_parquet` does it atomically.

        Raises:
            OSError: If it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._names = (*CsvWriter.COLUMNS, *(CsvWriter.COLOUR_COLUMNS if colours else ()))
        text = pa.dictionary(pa.int32(), pa.string())
        fields = [
            (name, text if name in _TEXTS else pa.from_numpy_dtype(_TYPES.get(name, np.float32)))
            for name in self._names
        ]
        self._schema = pa.schema(fields, metadata={METADATA_KEY: to_json(header)})
        self._path = path
        with _names_file(path):
            self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._columns = _columns(self._names, ROWS_AT_ONCE)
        self._rows = 0
        # Texts as numbers: each row of a frame has the same source, each frame the same joints.
        self._texts: dict[str, dict[str, int]] = {name: {} for name in _TEXTS}

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share one file."""

    def write(self, source: Source, seen: Seen) -> None:
        """Take the rows of a frame.

        Raises:
            OSError: If they cannot be written.
        """
        people, frame = seen.people, seen.frame
        count, joints = people.keypoints.shape[:2]
        rows = count * joints
        if self._rows + rows > len(self._columns["frame"]):
            self.flush()
        if rows > len(self._columns["frame"]):
            self._columns = _columns(self._names, rows)
        a_person = {
            "source": self._number("source", source.label),
            "frame": frame.index,
            "time_s": np.nan if frame.time_s is None else frame.time_s,
            "person": np.arange(count),
            "track_id": -1 if people.track_ids is None else people.track_ids,
            "person_score": people.scores,
            **dict(zip(("x1", "y1", "x2", "y2"), people.boxes.T, strict=True)),
        }
        if seen.clothes is not None:
            for side, name in enumerate(CsvWriter.COLOUR_COLUMNS):
                worn = [clothes.names[side] for clothes in seen.clothes]
                a_person[name] = [-1 if c is None else self._number(name, c) for c in worn]
        a_joint = {
            "joint": [self._number("joint", name) for name in people.skeleton.names],
            **dict(
                zip(("x", "y", "joint_score"), people.keypoints.transpose(2, 0, 1), strict=True)
            ),
        }
        places = slice(self._rows, self._rows + rows)
        for name, column in self._columns.items():
            place = column[places].reshape(count, joints)
            if name in a_joint:
                place[:] = a_joint[name]
            else:
                place.T[:] = a_person[name]
        self._rows += rows

    def finish(self, source: Source, end: End) -> None:
        """All sources share one file."""

    def flush(self) -> None:
        """Write what is kept as a row group.

        Raises:
            OSError: If it cannot be written.
        """
        if self._rows == 0:
            return
        import pyarrow as pa

        columns = []
        for field in self._schema:
            values = self._columns[field.name][: self._rows]
            if field.name in self._texts:
                texts = pa.array(list(map(unicode_text, self._texts[field.name])), pa.string())
                # A colour that is not seen is missing.
                numbers = pa.array(values, mask=values < 0)
                columns.append(pa.DictionaryArray.from_arrays(numbers, texts))
            else:
                # What is missing: no track is below 0, no time is not a number.
                missing = {"track_id": values < 0, "time_s": np.isnan(values)}
                columns.append(pa.array(values, field.type, mask=missing.get(field.name)))
        with _names_file(self._path):
            self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows = 0
        for texts in self._texts.values():
            texts.clear()

    def close(self) -> None:
        """Write the index at the end of the file.

        Raises:
            OSError: If it cannot be written.
        """
        with _names_file(self._path):
            self._file.close()

    def _number(self, column: str, text: str) -> int:
        known = self._texts[column]
        return known.setdefault(text, len(known))


def _columns(names: Iterable[str], rows: int) -> dict[str, NDArray[Any]]:
    """Return room for rows; texts are numbers there."""
    return {name: np.empty(rows, _TYPES.get(name, np.float32)) for name in names}


@contextmanager
def open_parquet(
    path: Path, header: Mapping[str, Any], colours: bool = False
) -> Iterator[ParquetWriter]:
    """Open a table that appears at ``path`` once the block has ended.

    Args:
        path: Where it appears.
        header: Kept as JSON in the metadata of the file, under ``pedpose``.
        colours: Whether there are columns for the colours of clothes.

    Raises:
        ConfigError: If pyarrow is not installed.
        OSError: If the file cannot be written.
    """
    with atomic_path(path) as temporary:
        try:
            writer = ParquetWriter(temporary, header, colours)
        except ModuleNotFoundError as error:
            raise ConfigError(
                "Parquet needs pyarrow, which is not installed: pip install 'pedpose[parquet]'"
            ) from error
        try:
            yield writer
            writer.flush()
        finally:
            writer.close()


@contextmanager
def _names_file(path: Path) -> Iterator[None]:
    """Tell the file to Arrow's errors, which do not know it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno or errno.EIO, str(error), str(path)) from error
