"""How statistics of annotations look in a terminal and in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pedpose.cli.tables import figure, show_lines

if TYPE_CHECKING:
    from pedpose.surveying.annotators import Agreement
    from pedpose.surveying.statistics import Survey


def show_survey(console: Console, survey: Survey) -> None:
    """Print what an annotation file holds."""
    people = survey.people
    lines = [
        f"data: {survey.path}",
        f"pictures: {survey.pictures}, people: {people}, crowds: {survey.crowds}",
        "pictures by people: " + _listed(survey.crowding, survey.pictures),
        "people by area: " + _listed(survey.sizes, people),
        f"people without labelled joints: {_share(survey.without_joints, people)}",
        f"people at the border of the picture: {_share(survey.at_border, people)}; truncated, "
        f"with a joint without a label: {_share(survey.truncated, people)}",
    ]
    if survey.estimated_areas:
        lines.append(f"note: {survey.estimated_areas} areas are missing: 0.53 of the box is taken")
    show_lines(console, lines)
    table = Table("spread", "least", "5 %", "25 %", "median", "75 %", "95 %", "greatest")
    table.columns[0].no_wrap = True
    for name, spread in (
        ("people/picture", survey.people_a_picture),
        ("joints/person", survey.joints_a_person),
        ("height, px", survey.heights),
        ("width/height", survey.aspects),
    ):
        if spread.quantiles is not None:
            table.add_row(name, *(f"{value:.3g}" for value in spread.quantiles))
    if table.rows:
        console.print(table)
    # Two tables: one would be too wide for a terminal of 80 letters.
    labels = Table("joint", "visible", "hidden", "no label", "labelled", title="Labels")
    places = Table("joint", "mean x", "sd", "mean y", "sd", title="Places, as shares of the box")
    for joint, pose in zip(survey.joints, survey.poses, strict=True):
        counts = (joint.visible, joint.hidden, joint.unlabelled)
        share = joint.share(joint.labelled)
        labels.add_row(
            escape(joint.name), *map(str, counts), "-" if share is None else f"{share:.1%}"
        )
        if pose is not None:
            (x, y), (xx, _, yy) = pose.mean, pose.covariance
            cells = [f"{value:.2f}" for value in (x, xx**0.5, y, yy**0.5)]
            places.add_row(escape(joint.name), *cells)
    console.print(labels)
    if places.rows:
        console.print(places)


def show_agreement(console: Console, agreement: Agreement) -> None:
    """Print sigmas, and what they are worth."""
    others = zip(
        *(agreement.files[1:], agreement.matched, agreement.unmatched, agreement.missed),
        strict=True,
    )
    lines = [f"annotator 1: {agreement.files[0]}"]
    for number, (path, matched, unmatched, missed) in enumerate(others, 2):
        lines.append(
            f"annotator {number}: {path}: {matched} people matched; not matched: {unmatched} of "
            f"its own, {missed} of annotator 1"
        )
    lines.append(f"pictures in common: {agreement.pictures}")
    if agreement.estimated_areas:
        lines.append(f"note: {agreement.estimated_areas} areas are missing: 0.53 of the box")
    show_lines(console, lines)
    resampling = agreement.resampling
    drawn = f"{resampling.resamples} resamples of people, seed {resampling.seed}"
    table = Table(
        *("joint", "pairs", "sigma", "low", "high", "median", "far", "alone"),
        title=f"Sigmas ({drawn})",
    )
    table.columns[0].no_wrap = True
    for joint in agreement.joints:
        sigma = figure(joint.sigma, 4)
        if joint.problem is not None:
            sigma = "too few" if joint.too_few else "copied"
        table.add_row(
            escape(joint.name),
            str(joint.pairs),
            sigma,
            *(figure(value, 4) for value in (joint.low, joint.high, joint.robust)),
            str(joint.outliers),
            str(joint.alone),
        )
    console.print(table)
    show_lines(
        console,
        [
            "sigma: sqrt(E[d^2 / area] / 2) of two labels of a joint, COCO's definition; low, "
            "high: 95 % interval; median: the same by the median, which gross errors do not move; "
            "far: pairs beyond 3 of it; alone: people in whom only some labelled the joint",
        ],
    )
    if agreement.problems:
        show_lines(console, ["no sigmas to use: " + "; ".join(agreement.problems)])
    else:
        show_lines(console, ["--sigmas " + ",".join(f"{sigma:g}" for sigma in agreement.sigmas)])


def _listed(counts: dict[str, int], of: int) -> str:
    return ", ".join(f"{name}: {_share(count, of)}" for name, count in counts.items())


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.1%})" if of else str(count)
