"""Find pictures that are listed more than once: within a file, and in two splits (a leak)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.checking.findings import Notes
from pedpose.checking.images import RawImage
from pedpose.checking.picture_scan import Scan
from pedpose.data.likeness import Likeness, find_alike

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Split:
    """The pictures of one file."""

    images: Sequence[RawImage]
    notes: Notes


# Pictures are the same if their bytes are, or, where they were not opened, if they are one file.
_Key = str
_Entry = tuple[int, RawImage]


def check_alike(splits: Sequence[Split], scans: Mapping[Path, Scan]) -> None:
    """Note pictures that are the same, or nearly, within splits and across them.

    Args:
        splits: In the order given: the later of two is where a leak is noted.
        scans: What was found on disk; empty where no picture was opened.
    """
    entries: dict[_Key, list[_Entry]] = defaultdict(list)
    looks: dict[_Key, Likeness] = {}
    for number, split in enumerate(splits):
        seen: set[Path] = set()
        for image in split.images:
            if image.path is None or image.path in seen:
                continue  # listed twice in one file: noted as such
            seen.add(image.path)
            scan = scans.get(image.path)
            readable = scan is not None and scan.error is None
            key = scan.sha256 if scan is not None and readable else str(image.path)
            entries[key].append((number, image))
            if scan is not None and scan.likeness is not None:
                looks[key] = scan.likeness
    for same in entries.values():
        _note_same(splits, same)
    _note_near(splits, entries, looks)


def _note_same(splits: Sequence[Split], same: Sequence[_Entry]) -> None:
    first: dict[int, RawImage] = {}
    for number, image in same:
        notes = splits[number].notes
        earlier = [other for other in first if other < number]
        if earlier:
            found = f"the picture {_named(splits, earlier[0], first[earlier[0]])}"
            notes.add("leak", image.place, found, "a picture that no other split has")
        elif number in first:
            found = f"the picture {_named(splits, number, first[number])}"
            notes.add("duplicate-picture", image.place, found, "each picture once")
        first.setdefault(number, image)


def _note_near(
    splits: Sequence[Split],
    entries: Mapping[_Key, Sequence[_Entry]],
    looks: Mapping[_Key, Likeness],
) -> None:
    keys = list(looks)
    # The first entry of each picture in each split that has it.
    places = [dict(reversed(entries[key])) for key in keys]
    first = np.array([min(own) for own in places], np.int64)
    groups = [_Groups(np.array([n in own for own in places])) for n in range(len(splits))]
    for mine, others in find_alike(list(looks.values())):
        for group in groups:
            group.join(mine, others)
        # A picture that is itself in an earlier split is a leak already.
        number, earlier = int(first[mine]), others[first[others] < first[mine]]
        if len(earlier):
            other = int(earlier[first[earlier].argmin()])
            where = int(first[other])
            image = places[mine][number]
            found = f"{image.path}, like {_named(splits, where, places[other][where])}"
            expected = "a picture unlike those of other splits"
            splits[number].notes.add("near-leak", image.place, found, expected)
    for number, split in enumerate(splits):
        for members in groups[number].all():
            images = sorted((places[m][number] for m in members), key=lambda image: image.position)
            names = ", ".join(str(image.path) for image in images[:_NAMED])
            more = f" and {len(images) - _NAMED} more" if len(images) > _NAMED else ""
            found = f"{len(images)} pictures that look the same: {names}{more}"
            split.notes.add(
                "near-duplicate-picture", images[0].place, found, "pictures that differ"
            )


class _Groups:
    """Groups of pictures of one split: who looks like a member is one."""

    def __init__(self, own: NDArray[np.bool_]) -> None:
        self._own = own
        self._label = np.arange(len(own))

    def join(self, mine: int, others: NDArray[np.intp]) -> None:
        if self._own[mine]:
            labels = self._label[others[self._own[others]]]
            if (labels != self._label[mine]).any():
                joined = np.unique(np.append(labels, self._label[mine]))
                self._label[np.isin(self._label, joined)] = joined[0]

    def all(self) -> list[list[int]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for member in np.flatnonzero(self._own).tolist():
            groups[int(self._label[member])].append(member)
        return [members for members in groups.values() if len(members) > 1]


def _named(splits: Sequence[Split], number: int, image: RawImage) -> str:
    return f"{image.path} of image {image.id} in {splits[number].notes.file}"
