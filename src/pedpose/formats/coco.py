"""Read COCO keypoint files, to write them in another format.

Format and conventions: :mod:`pedpose.data.coco`. Each file is a split, called as the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pedpose.data.coco import CocoData, Picture, read_coco
from pedpose.data.faults import Faults
from pedpose.errors import ConfigError, DataError
from pedpose.formats.labelled import Conversion, LabelledPicture, ReadOptions, Split
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker

_SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test"}


def read_coco_files(sources: Sequence[Path], options: ReadOptions | None = None) -> Conversion:
    """Read one or more files with the same joints.

    Raises:
        ConfigError: If two files have the same name, or something is chosen that the files say.
        DataError: If a file is broken, has other joints than the first, or joints outside their
            picture.
    """
    options = options or ReadOptions()
    if options.skeleton is not None or options.categories:
        raise ConfigError(
            "COCO files say what their joints and people are: no --skeleton, no --category"
        )
    notes = Notes()
    skeleton = None
    splits: dict[str, Split] = {}
    for source in sources:
        data = read_coco(source, folder=options.images)
        if skeleton is None:
            skeleton = data.skeleton
        elif data.skeleton != skeleton:
            raise DataError(
                f"{source}: expected the joints of {sources[0]} ({', '.join(skeleton.names)}, with "
                f"the same limbs, sigmas and swaps), found {', '.join(data.skeleton.names)}"
            )
        name = _SPLITS.get(source.stem, source.stem)
        if name in splits:
            raise ConfigError(f"{source}: expected a split of another name, found {name} twice")
        faults = Faults(source)
        maker = PeopleMaker(skeleton, faults, notes, options.drop_outside)
        splits[name] = Split(name, tuple(_picture(picture, maker) for picture in data.pictures))
        faults.stop()
        _note_losses(data, notes)
    if skeleton is None:
        raise ConfigError("expected a COCO file, found none")
    return Conversion(skeleton, "person", tuple(splits.values()), notes.lines())


def _picture(picture: Picture, maker: PeopleMaker) -> LabelledPicture:
    size = picture.width, picture.height
    made = [
        maker.make(
            f"annotation {person.id}",
            size,
            person.keypoints.astype(np.float64),
            person.box.astype(np.float64),
            None if person.head_box is None else person.head_box.astype(np.float64),
        )
        for person in picture.people
    ]
    people = tuple(person for person in made if person is not None)
    return LabelledPicture(picture.path, *size, people)


def _note_losses(data: CocoData, notes: Notes) -> None:
    people = [person for picture in data.pictures for person in picture.people]
    notes.count(
        "crowd regions left out: the people in them look like background",
        sum(len(picture.crowds) for picture in data.pictures),
    )
    scored = sum(((p.weights < 1) & (p.keypoints[:, 2] > 0)).any() for p in people)
    notes.count("people lose the scores of their joints", int(scored))
    if data.teacher_heatmaps is not None:
        notes.say(f"teacher heatmaps left out: {data.teacher_heatmaps.name}")
    notes.say("area is not kept: box area times 0.53 where it is needed again")
