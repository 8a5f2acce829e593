"""``learn.html``: what supervised learning is, told by one run's own pictures and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pedpose.data.coco import CocoData, read_coco
from pedpose.data.reading import read_annotated
from pedpose.diagnosis.diagnosis import Diagnosis
from pedpose.files import write_text
from pedpose.learning.figure import SKELETON
from pedpose.learning.figure_set import FigureFiles
from pedpose.learning.moments import Moment
from pedpose.learning.pictures import filter_scale, filter_sheet, heat_picture, joint_picture
from pedpose.learning.plan import HELD_OUT, LearnSettings
from pedpose.learning.record import Record
from pedpose.learning.story import FIGURE
from pedpose.reporting.embed import jpeg_uri, png_uri
from pedpose.reporting.render import render
from pedpose.reporting.training_charts import figure_chart, loss_chart
from pedpose.training.config import TrainConfig

SHOWN_JOINT = "left_wrist"
"""Whose heatmap is shown: at the end of the body, and with a twin that it may be taken for."""

_EXAMPLES = 6
_STRIP = 6  # moments that are shown
_ZOOM = 3
_FILTER_COLUMNS = 4
_TONES = {"good fit": "", "over-fits": "failed", "not learning": "failed", "diverging": "failed"}


@dataclass(frozen=True, slots=True)
class Story:
    """All that the page tells of.

    Attributes:
        settings: Of the user.
        config: Of the training.
        files: The data.
        record: Of the run.
        diagnosis: Of the run.
        parameters: Numbers that were learned.
        seconds: From the first picture drawn to the end of the training.
    """

    settings: LearnSettings
    config: TrainConfig
    files: FigureFiles
    record: Record
    diagnosis: Diagnosis
    parameters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A moment on the page.

    Attributes:
        title: Which one.
        filters: First-layer weights as a data URI.
        heat: Heatmap of one joint over the held-out picture as a data URI.
        joints: All joints on that picture as a data URI.
        probability: Largest of the heatmap.
    """

    title: str
    filters: str
    heat: str
    joints: str
    probability: float


def write_learn_page(path: Path, story: Story) -> None:
    """Write the page; the same run gives the same bytes but for its time.

    Raises:
        OSError: If the page cannot be written.
    """
    record, diagnosis = story.record, story.diagnosis
    history = record.readings
    references = {"chance": record.chance}
    page = render(
        "learn.html",
        "pedpose.learning",
        story=story,
        diagnosis=diagnosis,
        tone=_TONES.get(diagnosis.verdict, "open"),
        last=history[-1],
        figure=FIGURE,
        few=story.settings.pictures < HELD_OUT,
        held_out=HELD_OUT,
        steps_per_epoch=max(story.settings.pictures // story.config.batch_size, 1),
        losses=(record.losses[0], float(np.mean(record.losses[-10:]))),
        chance=record.chance,
        full_peak=1 / (2 * math.pi * story.config.sigma**2),
        examples=_examples(read_coco(story.files.train)),
        truth=_truth(record),
        moments=[_shown(moment, record) for moment in chosen(record.moments)],
        joint=SHOWN_JOINT.replace("_", " "),
        charts=[
            loss_chart(history),
            figure_chart(FIGURE, history, references),
            figure_chart("error", history, references),
        ],
    )
    write_text(path, page)


def chosen(moments: Sequence[Moment]) -> list[Moment]:
    """Return some moments from the first to the last, close together where most happens: early."""
    shares = (np.arange(_STRIP) / (_STRIP - 1)) ** 2
    places = np.round(shares * (len(moments) - 1)).astype(int)
    # With few moments several shares fall on one; the first steps are one apart at least.
    places = np.maximum(places, np.arange(_STRIP)).clip(max=len(moments) - 1)
    return [moments[place] for place in dict.fromkeys(places.tolist())]


def _examples(data: CocoData) -> list[str]:
    """Return pictures with their labels as data URIs."""
    return [
        jpeg_uri(joint_picture(read_annotated(picture), SKELETON, picture.people[0].keypoints, 2))
        for picture in data.pictures[:_EXAMPLES]
    ]


def _truth(record: Record) -> str:
    """Return the held-out picture with its labels as a data URI."""
    labels = record.held_out.labels
    joints = np.column_stack([labels, np.ones(len(labels))]).astype(np.float32)
    return jpeg_uri(joint_picture(record.held_out.crop, SKELETON, joints, _ZOOM))


def _shown(moment: Moment, record: Record) -> Shown:
    person, joint = record.held_out, record.names.index(SHOWN_JOINT)
    heatmap = moment.heatmaps[joint]
    title = f"Epoch {round(moment.epoch, 1):g}" if moment.step else "Before"
    return Shown(
        title=title,
        filters=png_uri(filter_sheet(moment.filters, _FILTER_COLUMNS, filter_scale([moment]))),
        heat=jpeg_uri(heat_picture(person, heatmap, _ZOOM * person.crop.shape[1])),
        joints=jpeg_uri(joint_picture(person.crop, SKELETON, moment.joints, _ZOOM)),
        probability=float(heatmap.max()),
    )
