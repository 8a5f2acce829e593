"""The person by whom a network is explained: found and cut out as ``pedpose detect`` does it."""

from __future__ import annotations

from pathlib import Path

from pedpose import geometry
from pedpose.errors import ConfigError, SourceError
from pedpose.explaining.explanation import Subject
from pedpose.explaining.settings import ExplainSettings
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.pictures import read_picture
from pedpose.runtime.choice import Wanted


def find_subject(settings: ExplainSettings, weights: Path, input_size: tuple[int, int]) -> Subject:
    """Find the people of the picture and cut out the one that is asked for.

    Args:
        settings: What is asked for.
        weights: Of the joint network.
        input_size: Height and width of the joint network's input.

    Raises:
        SourceError: If the picture cannot be read, or nobody is found in it.
        ConfigError: If fewer people are found than asked for, or the device cannot be had.
        CheckpointError: If the weights of the person finder cannot be used.
    """
    image = read_picture(settings.picture)
    detector = PoseDetector(
        weights,
        settings.person_weights,
        DetectorSettings(
            wanted=Wanted("torch", settings.device, "fp32"),
            find_people=not settings.whole_image,
        ),
    )
    people = detector.whole(image) if settings.whole_image else detector(image)
    if not len(people):
        raise SourceError(
            f"{settings.picture}: expected a person, found nobody; where one person fills the "
            "picture give --whole-image"
        )
    if settings.person > len(people):
        raise ConfigError(
            f"{settings.picture}: person: expected 1 to {len(people)}, the number of people that "
            f"are found, found {settings.person}"
        )
    chosen = settings.person - 1
    matrix = geometry.crop_matrices(people.boxes[chosen : chosen + 1], input_size)[0]
    return Subject(
        path=settings.picture,
        image=image,
        boxes=people.boxes,
        scores=people.scores,
        number=settings.person,
        crop=geometry.warp(image, matrix, input_size),
        keypoints=people.keypoints[chosen],
    )
