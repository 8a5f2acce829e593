"""Convert labels from one format to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.formats.coco import read_coco_files
from pedpose.formats.coco_writer import write_coco
from pedpose.formats.cvat import read_cvat
from pedpose.formats.detect import FORMATS, detect_format
from pedpose.formats.labelled import Conversion, ReadOptions
from pedpose.formats.labelme import read_labelme
from pedpose.formats.labelstudio import read_labelstudio
from pedpose.formats.lsp import read_lsp
from pedpose.formats.mpii import read_mpii
from pedpose.formats.mpii_json import read_mpii_json
from pedpose.formats.notes import Notes
from pedpose.formats.yolo import read_yolo
from pedpose.formats.yolo_writer import write_yolo

TARGETS = ("coco", "yolo")

_READERS: Mapping[str, Callable[[Path, ReadOptions], Conversion]] = {
    "yolo": read_yolo,
    "cvat": read_cvat,
    "labelstudio": read_labelstudio,
    "labelme": read_labelme,
    "lsp": read_lsp,
}


@dataclass(frozen=True, slots=True)
class ConvertSettings:
    """What to convert.

    Attributes:
        sources: One file or folder; several files for COCO.
        out: Where to write. Nothing there is overwritten.
        source_format: One of :data:`~pedpose.formats.detect.FORMATS`, or ``auto``.
        target: ``coco`` or ``yolo``.
        copy_pictures: Whether pictures are copied, too. They always are for ``yolo``.
        options: For the reader.
    """

    sources: tuple[Path, ...]
    out: Path
    source_format: str = "auto"
    target: str = "coco"
    copy_pictures: bool = False
    options: ReadOptions = ReadOptions()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.source_format not in ("auto", *FORMATS):
            raise ConfigError(
                f"--from: expected one of auto, {', '.join(FORMATS)}, found {self.source_format!r}"
            )
        if self.target not in TARGETS:
            raise ConfigError(f"--to: expected {' or '.join(TARGETS)}, found {self.target!r}")
        if self.options.images is not None and not self.options.images.is_dir():
            raise ConfigError(f"--images: expected a folder, found {self.options.images}")


@dataclass(frozen=True, slots=True)
class SplitCount:
    """How much of a split was converted."""

    name: str
    pictures: int
    people: int
    joints: int


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """What was converted.

    Attributes:
        source_format: As told or detected.
        target: ``coco`` or ``yolo``.
        joints: Names of the K joints.
        splits: What is in each.
        notes: A line for everything that was left out or assumed.
        files: What to give to other commands: JSON files or a ``data.yaml``.
    """

    source_format: str
    target: str
    joints: tuple[str, ...]
    splits: tuple[SplitCount, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]


def convert(settings: ConvertSettings) -> ConversionReport:
    """Convert labels.

    Raises:
        ConfigError: If something has to be chosen, or output is in the way.
        DataError: If labels are broken: file, entry, what was expected and what was found.
        OSError: If output cannot be written.
    """
    kind = settings.source_format
    if kind == "auto":
        kinds = {source: detect_format(source) for source in settings.sources}
        if len(set(kinds.values())) > 1:
            listed = ", ".join(f"{source} ({found})" for source, found in kinds.items())
            raise ConfigError(f"expected sources of one format, found {listed}")
        kind = next(iter(kinds.values()))
    if kind == settings.target:
        raise ConfigError(f"the source is {kind} already: choose another format by --to")
    if settings.options.ignore_flip_idx and kind != "yolo":
        raise ConfigError(f"--ignore-flip-idx is for YOLO-pose, found {kind}")
    conversion = _read(kind, settings)
    notes = Notes()
    if settings.target == "coco":
        files = write_coco(conversion, settings.out, settings.copy_pictures, notes)
    else:
        files = write_yolo(conversion, settings.out, notes)
    return ConversionReport(
        kind,
        settings.target,
        conversion.skeleton.names,
        tuple(SplitCount(s.name, len(s.pictures), s.people, s.joints) for s in conversion.splits),
        (*conversion.notes, *notes.lines()),
        files,
    )


def _read(kind: str, settings: ConvertSettings) -> Conversion:
    if kind == "coco":
        return read_coco_files(settings.sources, settings.options)
    if len(settings.sources) != 1:
        raise ConfigError(f"expected one source for {kind}, found {len(settings.sources)}")
    source = settings.sources[0]
    if not source.exists():
        raise ConfigError(f"{source}: expected a file or a folder, found neither")
    if kind == "mpii":
        reader = read_mpii_json if source.suffix.lower() == ".json" else read_mpii
        return reader(source, settings.options)
    return _READERS[kind](source, settings.options)
