"""Put single points and boxes together to people.

CVAT (``group_id``), labelme (``group_id``) and Label Studio (``parentID``) mark each joint on its
own. Marks of one group are one person. Where a picture has no group at all, at most one box and
no joint twice, all its marks are one person.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pedpose.formats.labelled import LabelledPerson, Numbers
from pedpose.formats.people_maker import PeopleMaker

ONE_PERSON = "pictures without groups: all points of one belong to one person"
NO_JOINTS = "people with a box and no labelled joint"


@dataclass(frozen=True, slots=True)
class PointMark:
    """One labelled point, in continuous pixels; v is 0, 1 or 2, ``group`` None for no group."""

    where: str
    label: str
    x: float
    y: float
    v: int
    group: Hashable | None


@dataclass(frozen=True, slots=True)
class BoxMark:
    """One labelled box (4,) x1, y1, x2, y2 in continuous pixels.

    ``is_person`` tells whether its label alone makes it a person; in a group with points it is one
    in any case.
    """

    where: str
    box: Numbers
    group: Hashable | None
    is_person: bool = True


@dataclass(slots=True)
class _Person:
    """The marks of one group so far."""

    where: str
    points: dict[str, PointMark] = field(default_factory=dict)
    box: BoxMark | None = None


def people_of(
    points: Sequence[PointMark],
    boxes: Sequence[BoxMark],
    maker: PeopleMaker,
    picture: str,
    size: tuple[int, int],
) -> tuple[LabelledPerson, ...]:
    """Return the people of one picture; what does not fit together is noted as a fault.

    Args:
        points: Of the picture.
        boxes: Of the picture.
        maker: Checks the people, knows their joints and takes faults and notes.
        picture: The entry, for messages.
        size: Width and height of the picture.
    """
    groups: dict[Hashable, _Person] = {}
    alone = _is_one_person(points, boxes)
    if alone:
        maker.notes.count(ONE_PERSON)
    for point in points:
        if point.group is None and not alone:
            maker.faults.add(point.where, "a group that says whose joint it is", "none")
            continue
        person = groups.setdefault(None if alone else point.group, _Person(point.where))
        _add_point(person, point, maker)
    lonely = []
    for box in boxes:
        group = groups.get(None if alone and box.is_person else box.group)
        if group is None:
            lonely.append(box)
        elif group.box is not None:
            maker.faults.add(box.where, "one box in a group", f"a second one in {box.group!r}")
        else:
            group.box = box
    people = [_make(person, maker, size) for person in groups.values()]
    for box in lonely:
        if not box.is_person:
            maker.notes.count("boxes of other labels left out")
        elif _holds_joints(box, groups.values()):
            maker.faults.add(
                box.where, "the group of the joints inside it", "no group, and they have no box"
            )
        else:
            maker.notes.count(NO_JOINTS)
            nothing = np.zeros((len(maker.skeleton), 3))
            people.append(maker.make(box.where, size, nothing, box.box))
    return tuple(person for person in people if person is not None)


def _is_one_person(points: Sequence[PointMark], boxes: Sequence[BoxMark]) -> bool:
    labels = [point.label for point in points]
    ungrouped = bool(points) and all(point.group is None for point in points)
    return (
        ungrouped and len(set(labels)) == len(labels) and sum(box.is_person for box in boxes) <= 1
    )


def _add_point(person: _Person, point: PointMark, maker: PeopleMaker) -> None:
    if point.label not in maker.skeleton.names:
        maker.faults.add(point.where, f"a joint of {', '.join(maker.skeleton.names)}", point.label)
    elif point.label in person.points:
        maker.faults.add(
            point.where, f"{point.label} once in a group", f"a second one in {point.group!r}"
        )
    else:
        person.points[point.label] = point


def _make(person: _Person, maker: PeopleMaker, size: tuple[int, int]) -> LabelledPerson | None:
    keypoints = np.zeros((len(maker.skeleton), 3))
    for joint, name in enumerate(maker.skeleton.names):
        if name in person.points:
            point = person.points[name]
            keypoints[joint] = point.x, point.y, point.v
    box = None if person.box is None else person.box.box
    return maker.make(person.where, size, keypoints, box)


def _holds_joints(box: BoxMark, people: Iterable[_Person]) -> bool:
    """Tell whether a box surrounds a joint of somebody who has no box."""
    x1, y1, x2, y2 = box.box
    return any(
        x1 <= point.x <= x2 and y1 <= point.y <= y2
        for person in people
        if person.box is None
        for point in person.points.values()
        if point.v > 0
    )
