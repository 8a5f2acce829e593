"""Several annotation files as one, as where somebody else's split is to be made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pedpose.data.coco import CocoData, Picture, read_coco
from pedpose.errors import DataError
from pedpose.files import relative_path
from pedpose.json_file import read_json


def read_joined(paths: Sequence[Path], folder: Path | None) -> tuple[dict[str, Any], CocoData]:
    """Return the content of annotation files, and the same read.

    The files are validated one by one. Of several, images and annotations are numbered anew and
    file names lead on from the folder of the first; a single file stays as it is.

    Args:
        paths: One file or more, with the same category.
        folder: That file names are relative to; None for the folder of each file.

    Raises:
        DataError: If a file is broken, or the files do not fit together.
    """
    sets = [read_coco(path, folder=folder) for path in paths]
    contents: list[dict[str, Any]] = [read_json(path) for path in paths]
    if len(paths) == 1:
        return contents[0], sets[0]
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    pictures: list[Picture] = []
    seen: dict[Path, Path] = {}
    for data, content in zip(sets, contents, strict=True):
        _refuse_misfit(sets[0], data, contents[0], content)
        numbers = {}
        for entry, picture in zip(content["images"], data.pictures, strict=True):
            number = numbers[picture.id] = len(images) + 1
            if (place := picture.path.resolve()) in seen:
                raise DataError(
                    f"{data.path}: image {picture.id}: expected a picture of its own, found "
                    f"{picture.path}, which {seen[place]} has as well"
                )
            seen[place] = data.path
            name = relative_path(picture.path, folder or paths[0].parent)
            images.append({**entry, "id": number, "file_name": name})
            pictures.append(replace(picture, id=number))
        for entry in content["annotations"]:
            number = len(annotations) + 1
            annotations.append({**entry, "id": number, "image_id": numbers[entry["image_id"]]})
    joined = {**contents[0], "images": images, "annotations": annotations}
    return joined, replace(sets[0], pictures=tuple(pictures))


def _refuse_misfit(
    first: CocoData, data: CocoData, first_content: dict[str, Any], content: dict[str, Any]
) -> None:
    """Refuse a file whose entries would mean something else among those of the first."""
    if content["categories"] != first_content["categories"]:
        raise DataError(
            f"{data.path}: 'categories': expected those of {first.path} "
            f"({', '.join(first.skeleton.names)}), found others "
            f"({', '.join(data.skeleton.names)})"
        )
    if data.teacher_heatmaps is not None or first.teacher_heatmaps is not None:
        raise DataError(
            f"{data.path}: 'teacher_heatmaps': expected none where files are joined, since they "
            "name annotations by the numbers that change"
        )
