"""Pages that show annotations: one HTML file each, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from pedpose.reporting.render import render
from pedpose.surveying.gallery import Card
from pedpose.surveying.plots import charts
from pedpose.surveying.statistics import BORDER, Survey

_PACKAGE = "pedpose.surveying"


def stats_page(survey: Survey) -> str:
    """Return the page of a survey."""
    spreads = {
        "people in a picture": survey.people_a_picture,
        "labelled joints of a person": survey.joints_a_person,
        "height of the box in pixels": survey.heights,
        "aspect of the box (width / height)": survey.aspects,
    }
    return render(
        "stats.html",
        _PACKAGE,
        survey=survey,
        charts=list(charts(survey)),
        spreads=spreads,
        border=BORDER,
    )


def view_page(path: str, cards: Sequence[Card], note: str) -> str:
    """Return the page of some people or pictures.

    Args:
        path: Of the annotation file.
        cards: What is shown.
        note: How they were chosen.
    """
    return render("view.html", _PACKAGE, path=path, cards=cards, note=note)
