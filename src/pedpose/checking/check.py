"""Check annotation files: everything that is wrong with them, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pedpose.checking.alike import Split, check_alike
from pedpose.checking.annotations import read_annotations
from pedpose.checking.findings import FileSummary, Finding, Notes, Report, in_order
from pedpose.checking.images import (
    RawImage,
    Size,
    check_pictures,
    possible_sizes,
    read_images,
)
from pedpose.checking.outliers import Outlier, find_outliers
from pedpose.checking.picture_scan import Scan, scan_pictures
from pedpose.checking.places import check_places
from pedpose.checking.raw_file import RawFile, read_raw
from pedpose.checking.same_people import check_same_people
from pedpose.checking.settings import CheckSettings
from pedpose.checking.swaps import check_swaps
from pedpose.checking.table import PeopleTable, make_table
from pedpose.errors import ConfigError
from pedpose.progress import Progress, unheard

if TYPE_CHECKING:
    from pedpose.inference.detector import PoseDetector


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file and what was found in it.

    Attributes:
        raw: The file as it is.
        images: Its entries of pictures that have an id.
        sizes: For each image id the sizes that its picture may have.
        findings: In this file.
    """

    raw: RawFile
    images: tuple[RawImage, ...]
    sizes: Mapping[int, tuple[Size, ...]]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Checked:
    """All files, what was found on disk, and the report."""

    files: tuple[CheckedFile, ...]
    scans: Mapping[Path, Scan]
    report: Report


def check(
    files: Sequence[Path],
    settings: CheckSettings | None = None,
    progress: Progress = unheard,
) -> Report:
    """Find what is wrong with annotation files.

    Args:
        files: COCO keypoint files; each is a split of its own, so that pictures which are in two
            of them are leaks.
        settings: What to check.
        progress: Is told of each picture that is done, in each step that takes time.

    Raises:
        ConfigError: If a file is given twice, or settings contradict each other or the files.
        DataError: If a file is not JSON, or not the outline of a COCO keypoint file.
        CheckpointError: If the weights are not those of a joint network.
    """
    return inspect(files, settings or CheckSettings(), progress).report


def inspect(files: Sequence[Path], settings: CheckSettings, progress: Progress) -> Checked:
    """Find what is wrong, as :func:`check`; return all that a correction needs as well."""
    _refuse_twice(files)
    notes = [Notes(path) for path in files]
    raws = [read_raw(n.file, settings.images, n) for n in notes]
    detector = _network(settings)
    images = [tuple(read_images(raw, n)) for raw, n in zip(raws, notes, strict=True)]
    scans: dict[Path, Scan] = {}
    if settings.pictures:
        paths = [image.path for entries in images for image in entries if image.path]
        scans = scan_pictures(paths, progress)
    check_alike([Split(i, n) for i, n in zip(images, notes, strict=True)], scans)
    checked: list[CheckedFile] = []
    outliers: list[Outlier] = []
    remarks: list[str] = []
    for raw, entries, own in zip(raws, images, notes, strict=True):
        check_pictures(entries, scans, own)
        sizes = possible_sizes(entries, scans)
        table = make_table(read_annotations(raw, sizes, own), len(raw.skeleton), sizes)
        noted = check_places(table, raw.skeleton, own)
        check_same_people(table, raw.skeleton, own)
        outliers += find_outliers(table.without(noted), raw.skeleton, raw.path)
        if raw.pairs:
            check_swaps(table, raw.skeleton, raw.pairs, own)
            if detector is not None:
                _ask(detector, raw, table, _sound(entries, scans), own, progress)
        else:
            remarks.append(f"{raw.path}: no joints with sides: nothing to be exchanged")
        checked.append(CheckedFile(raw, entries, sizes, own.findings))
    worst = sorted(outliers, key=lambda outlier: -outlier.z)[: settings.outliers]
    findings = [finding for own in notes for finding in own.findings]
    report = Report(
        tuple(_summary(raw) for raw in raws),
        in_order([*findings, *(outlier.finding for outlier in worst)]),
        tuple(remarks),
    )
    return Checked(tuple(checked), scans, report)


def _refuse_twice(files: Sequence[Path]) -> None:
    if not files:
        raise ConfigError("expected one or more annotation files, found none")
    seen: set[Path] = set()
    for path in files:
        if path.resolve() in seen:
            raise ConfigError(f"{path}: expected each file once, found it twice")
        seen.add(path.resolve())


def _network(settings: CheckSettings) -> PoseDetector | None:
    if settings.weights is None:
        return None
    # Imported here: it takes its time, and most checks do not need it.
    from pedpose.checking.opinion import open_network

    return open_network(settings.weights, settings.device)


def _ask(
    detector: PoseDetector,
    raw: RawFile,
    table: PeopleTable,
    paths: Mapping[int, Path],
    notes: Notes,
    progress: Progress,
) -> None:
    from pedpose.checking.opinion import check_opinion

    check_opinion(table, raw.skeleton, raw.pairs, paths, detector, notes, progress)


def _sound(images: Sequence[RawImage], scans: Mapping[Path, Scan]) -> dict[int, Path]:
    """Return the pictures that can be read and have the size that the file says."""
    paths = {}
    for image in images:
        scan = None if image.path is None else scans.get(image.path)
        if scan is not None and scan.error is None and image.size == (scan.width, scan.height):
            paths[image.id] = scan.path
    return paths


def _summary(raw: RawFile) -> FileSummary:
    return FileSummary(raw.path, len(raw.content["images"]), len(raw.content["annotations"]))
