"""Write what was measured of annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pedpose.data.coco import CocoData
from pedpose.data.subset import subset
from pedpose.files import write_json, write_text
from pedpose.json_file import read_json
from pedpose.surveying.page import stats_page
from pedpose.surveying.statistics import Survey


def survey_files(out: Path) -> tuple[Path, Path]:
    """Return the files that :func:`write_survey` writes."""
    return out / "stats.json", out / "stats.html"


def write_survey(out: Path, survey: Survey) -> None:
    """Write ``stats.json`` and ``stats.html`` into a folder, which is made where it is missing.

    The same annotations give the same bytes: there is no time in them.

    Raises:
        OSError: If a file cannot be written.
    """
    plain, page = survey_files(out)
    write_json(plain, survey.to_dict())
    write_text(page, stats_page(survey))


def write_with_sigmas(data: CocoData, sigmas: Sequence[float], path: Path) -> None:
    """Write a copy of an annotation file with sigmas in its category.

    Raises:
        OSError: If the copy cannot be written.
    """
    content = read_json(data.path)
    copy = subset(content, data, {picture.id for picture in data.pictures}, path.parent)
    copy["categories"] = [
        {**category, "sigmas": list(sigmas)} if category["id"] == data.category_id else category
        for category in content["categories"]
    ]
    write_json(path, copy, indent=None)
