"""A part of the annotations, the same at each call, to measure by."""

from __future__ import annotations

from dataclasses import replace

from numpy.random import default_rng

from pedpose.data.coco import CocoData


def sample_of(data: CocoData, people: int, seed: int) -> CocoData:
    """Return whole pictures at random, with at least so many people where there are as many.

    Args:
        data: Annotations; pictures without people are left out.
        people: To stop at.
        seed: Of the choice.
    """
    peopled = [picture for picture in data.pictures if picture.people]
    chosen: list[int] = []
    found = 0
    for place in default_rng(seed).permutation(len(peopled)):
        if found >= people:
            break
        chosen.append(int(place))
        found += len(peopled[place].people)
    return replace(data, pictures=tuple(peopled[place] for place in sorted(chosen)))
