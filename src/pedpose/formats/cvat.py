"""Read the XML of "CVAT for images 1.1".

Format: https://docs.cvat.ai/docs/manual/advanced/xml_format/. An ``image`` element holds the
labels of a picture. People are marked in one of two ways:

- a ``skeleton`` element holds one ``points`` element for each joint;
- single ``points`` elements, one joint each, belong to one person by their ``group_id``.

A ``box`` element of the same ``group_id`` is the person's box; one that has no joints is a person
without labelled joints. Boxes may have another label than skeletons.

Coordinates are continuous pixels, (0, 0) is the outer top-left corner. ``outside="1"`` means that
a joint is not labelled (v = 0), ``occluded="1"`` that it is hidden (1); others are visible (2).

Joint names and their order come from the ``meta`` section, where the joints of a skeleton have
its name as ``parent``; ``--skeleton`` overrides it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pedpose.data.faults import Faults
from pedpose.errors import DataError
from pedpose.formats.grouping import BoxMark, PointMark, people_of
from pedpose.formats.joint_names import choose_labels, named_skeleton, skeleton_of_labels
from pedpose.formats.labelled import Conversion, LabelledPicture, ReadOptions, Split
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import checked_size, find_picture
from pedpose.formats.safe_xml import Element, read_xml
from pedpose.skeleton import COCO_17, Skeleton

_CORNERS = ("xtl", "ytl", "xbr", "ybr")


def read_cvat(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read an XML file, or the ``annotations.xml`` in a folder.

    Raises:
        ConfigError: If joint names or the label of the people have to be chosen.
        DataError: If the labels are broken, with file, entry, what was expected and what was found.
    """
    options = options or ReadOptions()
    path = source / "annotations.xml" if source.is_dir() else source
    root = read_xml(path)
    if root.tag != "annotations" or root.find("track") is not None:
        found = "tracks (CVAT for video)" if root.tag == "annotations" else f"<{root.tag}>"
        raise DataError(f"{path}: expected an export as 'CVAT for images 1.1', found {found}")
    images = root.findall("image")
    candidates = [
        element.get("label", "")
        for image in images
        for element in image
        if element.tag in ("skeleton", "box")
    ]
    people = choose_labels(path, candidates, options.categories)
    faults, notes = Faults(path), Notes()
    skeleton = _skeleton(path, root, people, options.skeleton)
    reader = _ImageReader(
        PeopleMaker(skeleton, faults, notes, options.drop_outside),
        people,
        [options.images] if options.images else [path.parent, path.parent / "images"],
    )
    pictures = [reader.picture(image) for image in images]
    if not pictures:
        faults.add("<annotations>", "image elements", "none")
    faults.stop()
    kept = tuple(picture for picture in pictures if picture is not None)
    return Conversion(
        skeleton, ", ".join(people) or "person", (Split(path.stem, kept),), notes.lines()
    )


def _skeleton(
    path: Path, root: Element, people: Sequence[str], chosen: Skeleton | None
) -> Skeleton:
    """Return the joints in the order of the ``meta`` section."""
    single = {e.get("label", "") for image in root.iter("image") for e in image.findall("points")}
    inside = [
        point.get("label", "")
        for skeleton in root.iter("skeleton")
        if skeleton.get("label", "") in people
        for point in skeleton.findall("points")
    ]
    names = [] if chosen else list(_joints_of_meta(root, people, single))
    if not names:
        return skeleton_of_labels(path, [*inside, *sorted(single)], chosen, "these CVAT")
    if set(names) == set(COCO_17.names):
        return COCO_17
    try:
        return named_skeleton(names)
    except DataError as error:
        raise DataError(f"{path}: <labels>: {error}") from error


def _joints_of_meta(root: Element, people: Sequence[str], single: set[str]) -> Iterator[str]:
    seen = set()
    for label in root.iterfind("./meta//labels/label"):
        name, parent = label.findtext("name", ""), label.findtext("parent", "")
        is_joint = parent in people if parent else name in single
        if is_joint and name not in seen:
            seen.add(name)
            yield name


@dataclass(frozen=True, slots=True)
class _ImageReader:
    maker: PeopleMaker
    people: Sequence[str]
    folders: Sequence[Path]

    def picture(self, image: Element) -> LabelledPicture | None:
        name = image.get("name", "")
        where = f"image {name}"
        subset = image.get("subset", "")
        path = find_picture([name, f"{subset}/{name}"], self.folders)
        stated = tuple(self._number(image, key, where) for key in ("width", "height"))
        size = checked_size(path, name, stated, where, self.maker.faults)
        if path is None or size is None:
            return None
        points, boxes = self._marks(image, where)
        people = people_of(points, boxes, self.maker, where, size)
        if not people:
            self.maker.notes.count("pictures without people")
        return LabelledPicture(path, *size, people)

    def _marks(self, image: Element, where: str) -> tuple[list[PointMark], list[BoxMark]]:
        points: list[PointMark] = []
        boxes: list[BoxMark] = []
        for number, element in enumerate(image, 1):
            entry = f"{where}, element {number} <{element.tag}>"
            label = element.get("label", "")
            group = _group(element)
            if element.tag == "skeleton" and label in self.people:
                own = ("skeleton", number) if group is None else group
                for point in element.findall("points"):
                    points.extend(self._point(point, entry, own))
            elif element.tag == "points":
                points.extend(self._point(element, entry, group))
            elif element.tag == "box":
                corners = [self._number(element, key, entry) for key in _CORNERS]
                if element.get("rotation", "0") not in ("0", "0.0", "0.00"):
                    self.maker.faults.add(entry, "no rotation", element.get("rotation"))
                boxes.append(BoxMark(entry, np.array(corners), group, label in self.people))
            elif element.tag == "skeleton":
                self.maker.notes.count("skeletons of other labels left out")
            else:
                self.maker.notes.count(f"<{element.tag}> elements left out")
        return points, boxes

    def _point(self, element: Element, where: str, group: Hashable | None) -> Iterator[PointMark]:
        text = element.get("points", "")
        label = element.get("label", "")
        try:
            ((x, y),) = [tuple(map(float, pair.split(","))) for pair in text.split(";")]
        except ValueError:
            self.maker.faults.add(f"{where}, {label}", "one point as x,y", text)
            return
        flags = {key: element.get(key, "0") for key in ("outside", "occluded")}
        v = 0 if _is_set(flags, "outside") else 1 if _is_set(flags, "occluded") else 2
        yield PointMark(f"{where}, {label}", label, x, y, v, group)

    def _number(self, element: Element, key: str, where: str) -> float:
        """Return an attribute; what is no number is noted as a fault."""
        text = element.get(key)
        try:
            value = float(text or "")
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.maker.faults.add(where, f"{key} as a number", text)
            return 0.0
        return value


def _group(element: Element) -> Hashable | None:
    """Return the group; CVAT writes none or 0 where there is none."""
    group = element.get("group_id", "0")
    return None if group == "0" else group


def _is_set(flags: Mapping[str, str], key: str) -> bool:
    return flags[key] in ("1", "true", "True")
