"""Pages that show annotations: one HTML file each, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import jinja2

from pedpose import __version__
from pedpose.reporting import text
from pedpose.surveying.gallery import Card
from pedpose.surveying.plots import charts
from pedpose.surveying.statistics import BORDER, Survey


def stats_page(survey: Survey) -> str:
    """Return the page of a survey."""
    spreads = {
        "people in a picture": survey.people_a_picture,
        "labelled joints of a person": survey.joints_a_person,
        "height of the box in pixels": survey.heights,
        "aspect of the box (width / height)": survey.aspects,
    }
    return _render(
        "stats.html", survey=survey, charts=list(charts(survey)), spreads=spreads, border=BORDER
    )


def view_page(path: str, cards: Sequence[Card], note: str) -> str:
    """Return the page of some people or pictures.

    Args:
        path: Of the annotation file.
        cards: What is shown.
        note: How they were chosen.
    """
    return _render("view.html", path=path, cards=cards, note=note)


def _render(name: str, **values: object) -> str:
    own = jinja2.PackageLoader("pedpose.surveying")
    reports = jinja2.PackageLoader("pedpose.reporting")  # whose style sheet all pages share
    environment = jinja2.Environment(
        loader=own,
        autoescape=True,  # names of joints and files come from data that anybody may have written
        undefined=jinja2.StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = reports.get_source(environment, "style.css")[0]
    return environment.get_template(name).render(
        style=style, version=__version__, text=text, **values
    )


def _printable(value: object) -> object:
    """Replace what neither UTF-8 nor HTML can hold, in all that the template prints."""
    return text.printable(value) if type(value) is str else value
