"""Join Parquet tables; imported where there are some, since pyarrow is an option."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pedpose.cluster.run_account import RunAccount
from pedpose.errors import DataError
from pedpose.files import atomic_path, to_json
from pedpose.writing.parquet_writer import METADATA_KEY

PEOPLE = "people.parquet"


def join_parquet(runs: Sequence[RunAccount], out: Path) -> None:
    """Join tables row group by row group: one of them is in memory at a time.

    The metadata of the first one is kept, all were written with the same settings, except for its
    shard: there is none any more.

    Raises:
        DataError: If a table is damaged, or columns differ.
        OSError: If something cannot be read or written.
    """
    paths = [run.folder / PEOPLE for run in runs]
    schema = _schema(paths[0])
    header = to_json({**runs[0].header, "shard": None})
    schema = schema.with_metadata({**(schema.metadata or {}), METADATA_KEY.encode(): header})
    with (
        atomic_path(out / PEOPLE) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as joined,
    ):
        for path in paths:
            _check_columns(path, schema, paths[0])
            _append(path, schema, joined)


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: expected a Parquet table, found: {error}") from error


def _check_columns(path: Path, schema: pa.Schema, first: Path) -> None:
    found = _schema(path)
    if not found.equals(schema, check_metadata=False):
        raise DataError(
            f"{path}: expected the columns of {first} ({_names(schema)}), found {_names(found)}"
        )


def _append(path: Path, schema: pa.Schema, joined: pq.ParquetWriter) -> None:
    with ExitStack() as stack:
        table = stack.enter_context(pq.ParquetFile(path))
        for group in range(table.num_row_groups):
            try:
                rows = table.read_row_group(group)
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{path}: row group {group}: cannot be read: {error}") from error
            joined.write_table(rows.replace_schema_metadata(schema.metadata))


def _names(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
