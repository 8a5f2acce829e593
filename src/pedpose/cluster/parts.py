"""The Parquet files of a cluster run: one a source, each complete or not there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pedpose.cluster.outcome import Outcome
from pedpose.errors import DataError
from pedpose.files import atomic_path

PARTS = "parts"
_KEY = b"pedpose.part"


@dataclass(frozen=True, slots=True)
class Part:
    """What a part tells of itself.

    Attributes:
        outcome: What came out of its file.
        stamp: Size and time of change of the file when it was looked at.
        settings: Hash of versions, weights and settings that it was made with.
    """

    outcome: Outcome
    stamp: str
    settings: str


def part_name(source: str) -> str:
    """Return the file name of the part of a source: readable, and its own by a hash."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", re.split(r"[/\\\\]", source)[-1])[:60]
    return f"{stem}-{hashlib.sha256(source.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def settings_hash(header: Mapping[str, Any]) -> str:
    """Return what tells results of other versions, weights or settings apart.

    The weights count by content, device and runtime do not.
    """
    facts = {name: value for name, value in header.items() if name not in ("device", "runtime")}
    facts["weights"] = sorted(header["weights"].values())
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def seal(written: Path, sealed: Path, part: Part) -> None:
    """Copy a table row group by row group and say in its metadata what it is the part of.

    Raises:
        OSError: If something cannot be read or written.
    """
    with pq.ParquetFile(written) as table:
        schema = table.schema_arrow
        facts = json.dumps(asdict(part)).encode()
        schema = schema.with_metadata({**(schema.metadata or {}), _KEY: facts})
        with (
            atomic_path(sealed) as temporary,
            pq.ParquetWriter(temporary, schema, compression="zstd") as joined,
        ):
            for group in range(table.num_row_groups):
                rows = table.read_row_group(group)
                joined.write_table(rows.replace_schema_metadata(schema.metadata))


def read_part(path: str, files: pa.fs.FileSystem | None) -> Part:
    """Read what a part tells of itself, from a folder or an object store.

    Raises:
        DataError: If it is not a part.
        OSError: If it cannot be read.
    """
    try:
        metadata = pq.read_schema(path, filesystem=files).metadata or {}
        facts = json.loads(metadata[_KEY])
        return Part(Outcome(**facts["outcome"]), facts["stamp"], facts["settings"])
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: expected a part of a cluster run, found: {error!r}") from error
