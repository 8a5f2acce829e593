"""Addresses of object stores."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import fs

from pedpose.errors import ConfigError
from pedpose.reading.addresses import without_password


def open_store(address: str) -> tuple[fs.FileSystem, str]:
    """Return the store that an address is in, and the path in it.

    What is known of is what pyarrow knows: ``s3://``, ``gs://``, ``abfs://``, ``hdfs://`` and
    ``file://``. Each finds its credentials as its own tools do.

    Raises:
        ConfigError: If it is no such address.
    """
    try:
        store, path = fs.FileSystem.from_uri(address)
    except (pa.ArrowInvalid, OSError) as error:
        label = without_password(address)
        why = str(error).replace(address, label)
        raise ConfigError(
            f"{label}: expected a path, or an address as s3://, gs:// or abfs://, found: {why}"
        ) from error
    return store, path
