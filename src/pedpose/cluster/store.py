"""Where a cluster run writes: a folder that all nodes see, or an object store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyarrow import fs

from pedpose.cluster.object_store import open_store
from pedpose.cluster.parts import PARTS, Part, read_part, seal
from pedpose.errors import ConfigError
from pedpose.files import remove_leftovers, to_json, write_json


class Store:
    """The results of a cluster run.

    A file of a folder appears by a rename, one of an object store by a single upload: neither is
    ever seen half.

    Attributes:
        folder: The folder, None for an object store.
    """

    def __init__(self, out: str) -> None:
        """Open a folder or an address.

        Raises:
            ConfigError: If it is neither.
        """
        self._out = out.rstrip("/")
        self.folder = None if "://" in out else Path(out).absolute()
        self._files: fs.FileSystem | None = None
        self._root = str(self.folder)
        if self.folder is None:
            self._files, self._root = open_store(self._out)
            if isinstance(self._files, fs.LocalFileSystem):
                self.folder, self._files = Path(self._root), None
        if self.folder is not None and self.folder.exists() and not self.folder.is_dir():
            raise ConfigError(f"--out {out}: expected a folder, found a file")

    def prepare(self) -> None:
        """Make the folder, and remove what killed workers have left in it.

        Raises:
            OSError: If it cannot be written.
        """
        if self.folder is not None:
            (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
            for folder in (self.folder, self.folder / PARTS):
                remove_leftovers(folder)
        elif self._files is not None:
            self._files.create_dir(f"{self._root}/{PARTS}")

    def names(self) -> set[str]:
        """Return the names of all parts.

        Raises:
            OSError: If they cannot be listed.
        """
        if self._files is None:
            return {path.stem for path in Path(self._root, PARTS).glob("[!.]*.parquet")}
        found = self._files.get_file_info(
            fs.FileSelector(f"{self._root}/{PARTS}", allow_not_found=True)
        )
        return {Path(info.base_name).stem for info in found if info.base_name.endswith(".parquet")}

    def read(self, name: str) -> Part:
        """Read what a part tells of itself.

        Raises:
            DataError: If it is not a part.
            OSError: If it cannot be read.
        """
        return read_part(self._part(name), self._files)

    def put(self, name: str, written: Path, part: Part) -> None:
        """Make a table that is complete the part of its file.

        Raises:
            OSError: If it cannot be written.
        """
        if self._files is None:
            seal(written, Path(self._part(name)), part)
            return
        sealed = written.with_name("sealed.parquet")
        seal(written, sealed, part)
        self._upload(sealed, self._part(name))

    def write_json(self, name: str, data: Any) -> None:
        """Write a file beside the parts.

        Raises:
            OSError: If it cannot be written.
        """
        if self.folder is not None:
            write_json(self.folder / name, data)
            return
        with scratch() as folder:
            path = folder / name
            path.write_text(to_json(data, indent=2) + "\n", encoding="utf-8")
            self._upload(path, f"{self._root}/{name}")

    def remove(self, name: str) -> None:
        """Remove a file beside the parts, if it is there.

        Raises:
            OSError: If it cannot be removed.
        """
        if self.folder is not None:
            (self.folder / name).unlink(missing_ok=True)
        elif self._files is not None:
            info = self._files.get_file_info(f"{self._root}/{name}")
            if info.type == fs.FileType.File:
                self._files.delete_file(info.path)

    def _part(self, name: str) -> str:
        return f"{self._root}/{PARTS}/{name}.parquet"

    def _upload(self, path: Path, key: str) -> None:
        if self._files is None:
            raise ValueError("a folder has no uploads")
        content = path.read_bytes()  # All at once: closing a stream after a part would show it.
        with self._files.open_output_stream(key) as remote:
            remote.write(content)


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder of this machine that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="pedpose-") as folder:
        yield Path(folder)
