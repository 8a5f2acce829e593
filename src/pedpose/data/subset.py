"""Make a new annotation file of entries of an old one, leaving them as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pedpose.data.coco import CocoData
from pedpose.errors import ConfigError
from pedpose.files import relative_path


def subset(
    content: Mapping[str, Any], data: CocoData, images: Collection[int], folder: Path
) -> dict[str, Any]:
    """Return the content of an annotation file with some of the pictures.

    All fields are kept as they are, those that pedpose does not know included; only paths are
    rewritten, so that they lead from the new folder to the same files.

    Args:
        content: Of the old file.
        data: The same, read.
        images: Ids of the pictures that are kept, with all their annotations.
        folder: Of the new file.
    """
    paths = {picture.id: relative_path(picture.path, folder) for picture in data.pictures}
    new = dict(content)
    new["images"] = [
        {**entry, "file_name": paths[entry["id"]]}
        for entry in content["images"]
        if entry["id"] in images
    ]
    new["annotations"] = [e for e in content["annotations"] if e["image_id"] in images]
    if data.teacher_heatmaps is not None:
        new["teacher_heatmaps"] = relative_path(data.teacher_heatmaps, folder)
    return new


def refuse_existing(*paths: Path) -> None:
    """Refuse to write over a file.

    Raises:
        ConfigError: If one of them exists.
    """
    for path in paths:
        if path.exists():
            raise ConfigError(f"{path}: exists already, and is not overwritten")
