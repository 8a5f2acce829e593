"""Tell the format of labels by their content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.formats.labelme import is_labelme
from pedpose.formats.labelstudio import is_labelstudio
from pedpose.formats.mat_file import variable_names
from pedpose.formats.mpii_json import is_mpii_json
from pedpose.formats.safe_xml import read_xml
from pedpose.formats.yolo_folders import read_yaml
from pedpose.json_file import read_json

FORMATS = ("yolo", "cvat", "labelstudio", "lsp", "mpii", "labelme", "coco")


def detect_format(source: Path) -> str:
    """Return the one format that a file or folder has.

    Raises:
        ConfigError: If it is not there, has no known format or more than one.
        DataError: If a file that decides it cannot be read.
    """
    if not source.exists():
        raise ConfigError(f"{source}: expected a file or a folder, found neither")
    found = sorted(set(_of_folder(source) if source.is_dir() else _of_file(source)))
    if len(found) == 1:
        return found[0]
    raise ConfigError(
        f"{source}: expected labels of one of the formats {', '.join(FORMATS)}, found "
        f"{' and '.join(found) or 'none of them'}: choose by --from"
    )


def _of_folder(folder: Path) -> Iterator[str]:
    for path in (*folder.glob("*.yaml"), *folder.glob("*.yml")):
        yield from _of_file(path)
    for name in ("annotations.xml", "joints.mat"):
        if (folder / name).is_file():
            yield from _of_file(folder / name)
    # One file of each is enough: the reader looks at all of them.
    for path in sorted(folder.glob("*.json"))[:1]:
        kinds = list(_of_file(path))
        if kinds and kinds != ["labelme"]:
            raise ConfigError(f"{folder}: expected a file, found a folder: give {path}")
        yield from kinds


def _of_file(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        if "kpt_shape" in read_yaml(path):
            yield "yolo"
    elif suffix == ".xml":
        if read_xml(path).tag == "annotations":
            yield "cvat"
    elif suffix == ".mat":
        variables = variable_names(path)
        yield from (
            kind for name, kind in (("joints", "lsp"), ("RELEASE", "mpii")) if name in variables
        )
    elif suffix == ".json":
        yield from _of_json(read_json(path))


def _of_json(content: object) -> Iterator[str]:
    if is_labelme(content):
        yield "labelme"
    if is_labelstudio(content):
        yield "labelstudio"
    if is_mpii_json(content):
        yield "mpii"
    if isinstance(content, dict) and {"images", "annotations", "categories"} <= set(content):
        yield "coco"
