"""Check the entries of pictures, and the pictures themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pedpose.checking.findings import Notes, Place
from pedpose.checking.picture_scan import Scan
from pedpose.checking.raw_file import RawFile, endless
from pedpose.data.faults import is_id

Size = tuple[int, int]

_CHECKED = {"id", "file_name", "width", "height"}


@dataclass(frozen=True, slots=True)
class RawImage:
    """An entry of a picture that has an id.

    Attributes:
        position: In the list of the file.
        id: In the file; perhaps not the only one.
        path: Of the picture, None where there is no file name.
        size: Width and height as the file states them, None where it does not.
    """

    position: int
    id: int
    path: Path | None
    size: Size | None

    @property
    def place(self) -> Place:
        """Where it is in its file."""
        return Place("images", self.position, self.id)


def read_images(raw: RawFile, notes: Notes) -> list[RawImage]:
    """Check the entries of pictures without opening any; return those with an id."""
    images: list[RawImage] = []
    ids: dict[int, int] = {}
    paths: dict[Path, RawImage] = {}
    folders: dict[Path, Path] = {}
    for position, entry in enumerate(raw.content["images"]):
        if not isinstance(entry, dict) or not is_id(entry.get("id")):
            place = Place("images", position)
            notes.add("bad-image", place, entry, "an object with an integer id")
            continue
        image = _image(raw, position, entry, folders, notes)
        images.append(image)
        if image.id in ids:
            expected = f"an id that images[{ids[image.id]}] does not have"
            notes.add("duplicate-image-id", image.place, image.id, expected)
        ids.setdefault(image.id, position)
        if image.path is not None:
            first = paths.setdefault(image.path, image)
            if first is not image and first.id != image.id:
                expected = f"a picture that image {first.id} does not have"
                notes.add("duplicate-file-name", image.place, entry["file_name"], expected)
    return images


def _image(
    raw: RawFile,
    position: int,
    entry: Mapping[str, object],
    folders: dict[Path, Path],
    notes: Notes,
) -> RawImage:
    number = entry["id"]
    assert isinstance(number, int)  # the caller made sure; this tells mypy
    place = Place("images", position, number)
    name = entry.get("file_name")
    path = None
    if isinstance(name, str) and name and "\0" not in name:
        path = _real(raw.folder / name, folders)
    else:
        notes.add("bad-image", place, name, "a file_name")
    sides = entry.get("width"), entry.get("height")
    size = None
    if is_id(sides[0]) and is_id(sides[1]) and min(sides[0], sides[1]) >= 1:
        size = (sides[0], sides[1])
    else:
        notes.add("bad-image", place, list(sides), "width and height as whole numbers above 0")
    for key, value in entry.items():
        if key not in _CHECKED and (odd := endless(value)) is not None:
            notes.add("not-a-number", place, odd, f"finite numbers in {key}")
    return RawImage(position, number, path, size)


def _real(path: Path, folders: dict[Path, Path]) -> Path:
    """Return a path in one form, whatever folders and links it leads through.

    Args:
        path: Of a picture.
        folders: Real folders that are known by now; asking the disk for each picture takes long.
    """
    if path.parent not in folders:
        folders[path.parent] = path.parent.resolve()
    return folders[path.parent] / path.name


def check_pictures(images: Iterable[RawImage], scans: Mapping[Path, Scan], notes: Notes) -> None:
    """Compare entries with what was found on disk."""
    for image in images:
        scan = None if image.path is None else scans.get(image.path)
        if scan is None:
            continue
        if scan.missing:
            notes.add("missing-picture", image.place, str(scan.path), "the picture on disk")
        elif scan.error is not None:
            notes.add(
                "unreadable-picture", image.place, f"{scan.path}: {scan.error}", "a whole picture"
            )
        elif image.size is not None and image.size != (scan.width, scan.height):
            notes.add("wrong-size", image.place, list(image.size), _expected_size(image, scan))


def _expected_size(image: RawImage, scan: Scan) -> str:
    size = f"{scan.width} x {scan.height} pixels"
    if image.size != (scan.height, scan.width):
        return size
    if scan.turned:
        return f"{size}, upright: the picture is turned by its EXIF orientation"
    return f"{size}: width and height have changed places"


def possible_sizes(
    images: Iterable[RawImage], scans: Mapping[Path, Scan]
) -> dict[int, tuple[Size, ...]]:
    """Return for each image id the sizes that annotations may have been made for.

    Where a picture has another size than its entry says, an annotation is not blamed for it: it
    has to be inside one of the two.
    """
    sizes: dict[int, list[Size]] = defaultdict(list)
    for image in images:
        known = sizes[image.id]
        if image.size is not None:
            known.append(image.size)
        scan = None if image.path is None else scans.get(image.path)
        if scan is not None and scan.error is None:
            known.append((scan.width, scan.height))
    return {number: tuple(dict.fromkeys(known)) for number, known in sizes.items()}
