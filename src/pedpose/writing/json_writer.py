"""JSON results: an object a frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from pedpose.files import atomic_text, to_json, write_json
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.records import frame_record
from pedpose.writing.seen import Seen


class JsonWriter:
    """``json/NAME.json`` for a picture, ``json/NAME.jsonl`` (header line first) for a video."""

    def __init__(self, out: Path, header: Mapping[str, Any], outputs: OpenOutputs[TextIO]) -> None:
        """Write below a folder; the header goes into every file."""
        self._out = out / "json"
        self._header = header
        self._outputs = outputs

    def start(self, source: Source, fps: float | None) -> None:
        """Open the file of a video."""
        if source.moving:
            file = atomic_text(self._out / f"{source.name}.jsonl")
            lines = self._outputs.open(source.name, file)
            lines.write(to_json({"header": {**self._header, "fps": fps}}) + "\n")

    def write(self, source: Source, seen: Seen) -> None:
        """Write a picture's file or a video's line."""
        record = frame_record(source, seen)
        if source.moving:
            self._outputs[source.name].write(to_json(record) + "\n")
        else:
            write_json(self._out / f"{source.name}.json", {"header": self._header, **record})

    def finish(self, source: Source, end: End) -> None:
        """Close a video's file; where the video broke off its last line says why."""
        if source.name in self._outputs and end.error is not None:
            last = {"error": end.error, "partial": end.partial}
            self._outputs[source.name].write(to_json(last) + "\n")
        self._outputs.close(source.name)
