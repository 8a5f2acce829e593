"""Write corrected copies of annotation files.

Only what is certain is corrected. What cannot be repaired is left out and listed: no label is
guessed, and the files given are never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pedpose.checking.changes import Change, ChangeList, Fixed
from pedpose.checking.check import CheckedFile, check, inspect
from pedpose.checking.findings import Place
from pedpose.checking.fix_annotations import fix_annotations
from pedpose.checking.fix_images import fix_images
from pedpose.checking.picture_scan import Scan
from pedpose.checking.raw_file import endless, is_limb
from pedpose.checking.settings import CheckSettings
from pedpose.data.coco import SECTIONS
from pedpose.errors import ConfigError, DataError
from pedpose.files import relative_path, write_json
from pedpose.progress import Progress, unheard


def fix(
    files: Sequence[Path],
    settings: CheckSettings,
    out: Path,
    leaks: bool = False,
    progress: Progress = unheard,
) -> Fixed:
    """Check files, write a corrected copy of each, and check the copies.

    Args:
        files: COCO keypoint files, as for :func:`pedpose.checking.check.check`.
        settings: What to check.
        out: Folder for the copies, which get the names of the files.
        leaks: Whether pictures that an earlier split has, or has nearly, are left out of the
            later one.
        progress: Is told of each picture that is done.

    Raises:
        ConfigError: If a copy would replace a file, or two would have one name.
        DataError: If a file is not JSON, or not the outline of a COCO keypoint file.
        OSError: If a copy cannot be written.
    """
    targets = _targets(files, out)
    checked = inspect(files, settings, progress)
    changes: list[Change] = []
    contents = []
    for file, target in zip(checked.files, targets, strict=True):
        own = ChangeList(file.raw.path)
        contents.append(_corrected(file, checked.scans, target, leaks, own))
        changes += own.changes
    for target, content, path in zip(targets, contents, files, strict=True):
        try:
            write_json(target, content, indent=None)
        except ValueError as error:
            raise DataError(
                f"{path}: 'categories': expected finite numbers, found NaN or infinity: no copy "
                "can be written"
            ) from error
    after = check(targets, replace(settings, images=None), progress)
    return Fixed(checked.report, after, tuple(targets), tuple(changes))


def _targets(files: Sequence[Path], out: Path) -> list[Path]:
    """Return where the copies go, making sure that nothing is there."""
    targets = [out / path.name for path in files]
    names = [path.name for path in files]
    for path, target in zip(files, targets, strict=True):
        if names.count(path.name) > 1:
            raise ConfigError(f"--fix: expected files of different names, found {path.name} twice")
        if target.exists() or target.is_symlink():
            raise ConfigError(
                f"--fix: {target} exists: expected a folder in which no file is replaced"
            )
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--fix: expected a folder, found a file at {out}")
    return targets


def _corrected(
    file: CheckedFile, scans: Mapping[Path, Scan], target: Path, leaks: bool, changes: ChangeList
) -> dict[str, Any]:
    """Return the content of a copy; what is not changed is shared with the file's content."""
    images = fix_images(file, scans, target.parent, leaks, changes)
    annotations = fix_annotations(file, images, changes)
    content = {
        **_finite(file.raw.content, changes),
        "images": images.entries,
        "annotations": annotations,
        "categories": [_category(file, entry, changes) for entry in file.raw.content["categories"]],
    }
    teacher = content.get("teacher_heatmaps")
    if teacher is not None:
        path = file.raw.path.parent / str(teacher)
        if path.is_file():
            content["teacher_heatmaps"] = relative_path(path, target.parent)
        else:
            del content["teacher_heatmaps"]
            changes.add(Place(), "teacher_heatmaps", teacher, None, "missing-teacher-heatmaps")
    return content


def _finite(content: Mapping[str, Any], changes: ChangeList) -> dict[str, Any]:
    """Return a file's content without those entries beside its lists that JSON cannot hold."""
    odd = [k for k, value in content.items() if k not in SECTIONS and endless(value) is not None]
    for key in odd:
        changes.add(Place(), key, content[key], None, "not-a-number")
    return {key: value for key, value in content.items() if key not in odd}


def _category(file: CheckedFile, category: dict[str, Any], changes: ChangeList) -> dict[str, Any]:
    """Return a category without limbs that point to no joint."""
    limbs = category.get("skeleton")
    if category["id"] != file.raw.category_id or not isinstance(limbs, list):
        return category
    kept = [limb for limb in limbs if is_limb(limb, len(category["keypoints"]))]
    if len(kept) == len(limbs):
        return category
    for limb in limbs:
        if limb not in kept:
            changes.add(Place(), "skeleton", limb, None, "limb-outside")
    return {**category, "skeleton": kept}
