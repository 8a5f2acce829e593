"""Which pictures of a data set belong together, so that splitting must not part them.

Frames of one video, copies of one picture and pictures that are nearly the same teach the same
thing. Where some of them are learned from and others are measured on, every figure is too good.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import PurePosixPath

from pedpose.data.coco import Picture
from pedpose.data.likeness import find_alike, likeness_of
from pedpose.data.reading import read_annotated
from pedpose.errors import ConfigError

KINDS = ("near", "video", "folder")
"""What pictures are grouped by: how they look, the video that their names tell, their folder."""

# Roboflow writes "street_12.jpg" as "street_12_jpg.rf.<hash>.jpg", once for each augmented copy.
_COPY = re.compile(r"(.+)[_-](?:jpe?g|png|bmp|webp|tiff?)\.rf\.[0-9a-z_-]+", re.IGNORECASE)
_PARTS_OF_SPLITS = frozenset(
    ("train", "training", "val", "valid", "validation", "test", "testing", "images")
)
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")
# Pictures of COCO 2014 have names of this form, and no two of them belong together.
_NUMBERED_ALIKE = re.compile(r"COCO_(?:train|val|test)\d{4}_\d{12}")


def parse_kinds(text: str) -> tuple[str, ...]:
    """Return what ``near,video``, ``all`` or ``none`` ask for.

    Raises:
        ConfigError: If it asks for anything else.
    """
    wanted = [part.strip() for part in text.split(",")]
    if wanted == ["none"]:
        return ()
    if wanted == ["all"]:
        return KINDS
    odd = [part for part in wanted if part not in KINDS]
    if odd:
        raise ConfigError(
            f"--group: expected none, all, or some of {','.join(KINDS)}, found {odd[0]!r}"
        )
    return tuple(kind for kind in KINDS if kind in wanted)


def group_pictures(
    pictures: Sequence[Picture],
    names: Sequence[str],
    kinds: Iterable[str],
    advance: Callable[[], None] = lambda: None,
) -> list[list[int]]:
    """Return the places of the pictures in groups that must stay whole.

    Two entries of one file are always one group. All kinds hold together: a picture that looks
    like one of a first video and like one of a second makes one group of both.

    Args:
        pictures: N pictures.
        names: Their N file names as the annotation file has them.
        kinds: Some of :data:`KINDS`.
        advance: Called after each picture that was looked at; only ``near`` looks at pictures.

    Returns:
        Groups of places 0..N-1; each in rising order, sorted by their first place.

    Raises:
        DataError: If a picture that has to be looked at cannot be read.
    """
    sets = _DisjointSets(len(pictures))
    sets.join_equal([PurePosixPath(name) for name in names])
    if "folder" in kinds:
        sets.join_equal([PurePosixPath(name).parent for name in names])
    if "video" in kinds:
        sets.join_equal([video_of(name) for name in names])
    if "near" in kinds or "video" in kinds:
        sets.join_equal([original_of(name) for name in names])
    if "near" in kinds:
        likenesses = []
        for picture in pictures:
            likenesses.append(likeness_of(read_annotated(picture)))
            advance()
        for first, others in find_alike(likenesses):
            for second in others:
                sets.join(first, int(second))
    return sets.groups()


def original_of(name: str) -> str:
    """Return folder and stem of the picture that a file was made from.

    ``a/street_12_jpg.rf.0f1e.jpg`` was made from ``a/street_12``; other files from themselves.
    Folders that only say which part of an earlier split a picture was in do not count.
    """
    path = PurePosixPath(name)
    found = _COPY.fullmatch(path.stem)
    folders = [part for part in path.parent.parts if part.lower() not in _PARTS_OF_SPLITS]
    return str(PurePosixPath(*folders) / (found[1] if found else path.stem))


def video_of(name: str) -> str | None:
    """Return what a file name has in common with those of the other frames of its video.

    That is all but the last number in it: ``a/clip_000123.jpg`` is of ``a/clip_#``. A name that is
    nothing but a number, as in COCO, tells of no video: None.
    """
    path = PurePosixPath(original_of(name))
    stem = path.name
    rest = _LAST_NUMBER.sub("", stem)
    if rest == stem or not any(map(str.isalnum, rest)) or _NUMBERED_ALIKE.fullmatch(stem):
        return None
    return str(path.parent / _LAST_NUMBER.sub("#", stem))


class _DisjointSets:
    """Places 0..N-1 in sets that grow together (union-find)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, first: int, second: int) -> None:
        """Make one set of the sets of two places."""
        first, second = self._root(first), self._root(second)
        self._parent[max(first, second)] = min(first, second)

    def join_equal(self, keys: Sequence[Hashable | None]) -> None:
        """Join all places with the same key; None is no key."""
        first: dict[Hashable, int] = {}
        for place, key in enumerate(keys):
            if key is not None:
                self.join(first.setdefault(key, place), place)

    def groups(self) -> list[list[int]]:
        """Return all sets."""
        members: dict[int, list[int]] = {}
        for place in range(len(self._parent)):
            members.setdefault(self._root(place), []).append(place)
        return list(members.values())

    def _root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place
