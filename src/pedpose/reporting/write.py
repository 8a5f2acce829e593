"""Write all reports of an evaluation into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pedpose.data.coco import CocoData
from pedpose.evaluation.baseline import Baseline
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.picture_cases import picture_cases, select_pictures
from pedpose.evaluation.report import EvaluationReport, write_report
from pedpose.files import write_text
from pedpose.reporting.junit import junit_xml
from pedpose.reporting.markdown import markdown
from pedpose.reporting.page import Gallery, html_page
from pedpose.reporting.picture_cards import make_card

WORST = 24
RANDOM = 12


def write_reports(
    out: Path,
    report: EvaluationReport,
    data: CocoData,
    predictions: Sequence[Prediction],
    baseline: Baseline | None,
    folder: Path | None = None,
) -> tuple[Path, ...]:
    """Write ``report.json``, ``report.md``, ``junit.xml`` and ``report.html``.

    The same evaluation gives the same bytes: there is no time in them.

    Args:
        out: Folder; it is made where it is missing.
        report: What was measured.
        data: The annotations, whose pictures are drawn where they can be read.
        predictions: What was measured.
        baseline: What the report was compared with.
        folder: Of the pictures; None for that of the annotations.

    Returns:
        The paths of the files.

    Raises:
        OSError: If a file cannot be written.
    """
    page = html_page(
        report, baseline, _gallery(report, data, predictions, folder or data.path.parent)
    )
    write_report(out / "report.json", report)
    texts = {
        "report.md": markdown(report, baseline),
        "junit.xml": junit_xml(report.gate),
        "report.html": page,
    }
    for name, text in texts.items():
        write_text(out / name, text)
    return tuple(out / name for name in ("report.json", *texts))


def _gallery(
    report: EvaluationReport, data: CocoData, predictions: Sequence[Prediction], folder: Path
) -> Gallery:
    # Where true boxes were given each prediction is of a person: nothing is to be cut by score.
    given = bool(predictions) and all(p.person_id is not None for p in predictions)
    best = report.curves.best
    least_score = None if given or best is None else best.score
    cases = picture_cases(data, predictions, report.sigmas, least_score)
    chosen = select_pictures(cases, WORST, RANDOM, report.resampling.seed)
    worst, random = (
        tuple(make_card(case, data.skeleton, folder) for case in group)
        for group in (chosen.worst, chosen.random)
    )
    return Gallery(worst, random, chosen.others, least_score)
