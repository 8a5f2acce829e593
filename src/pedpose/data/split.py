"""Split an annotation file into parts that share no picture, no video and no near-duplicate."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.data.coco import CocoData, Picture
from pedpose.data.crowding import CROWDING
from pedpose.data.join import read_joined
from pedpose.data.picture_groups import group_pictures, video_of
from pedpose.data.stratify import deal, strata
from pedpose.data.subset import refuse_existing, subset
from pedpose.errors import ConfigError, DataError
from pedpose.files import atomic_text, to_json

DEFAULT_PARTS = "train=0.8,val=0.1,test=0.1"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SUM_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How to split.

    Attributes:
        out: Folder of the new files.
        parts: Name and share of each part; the shares sum to 1.
        kinds: What pictures are grouped by; see :mod:`pedpose.data.picture_groups`.
        seed: Of the choice among groups that would do equally well.
        images: Folder that file names are relative to; None for that of the annotation file.
    """

    out: Path
    parts: tuple[tuple[str, float], ...]
    kinds: tuple[str, ...] = ("near", "video")
    seed: int = 0
    images: Path | None = None

    def __post_init__(self) -> None:
        """Refuse parts that cannot be made."""
        names = [name.lower() for name, _ in self.parts]
        for name, share in self.parts:
            if not _NAME.fullmatch(name):
                raise ConfigError(f"--parts: expected names of letters and digits, found {name!r}")
            if names.count(name.lower()) > 1:
                raise ConfigError(f"--parts: expected each name once, found {name!r} twice")
            if not 0 < share <= 1:
                raise ConfigError(
                    f"--parts: {name}: expected a share above 0 and up to 1, found {share:g}"
                )
        total = sum(share for _, share in self.parts)
        if abs(total - 1) > _SUM_SLACK:
            raise ConfigError(f"--parts: expected shares that add up to 1, found {total:g}")
        if self.seed < 0:
            raise ConfigError(f"--seed: expected 0 or more, found {self.seed}")

    def path(self, name: str) -> Path:
        """Return the file of a part."""
        return self.out / f"{name}.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split.

    Attributes:
        name: Of the part.
        path: Of its file.
        wanted: Share of the pictures that was asked for.
        share: Share of the pictures that it has.
        pictures: Number of pictures.
        people: Number of people annotated one by one.
        labelled: Of these with at least one labelled joint.
        groups: Number of groups.
        crowding: Number of pictures by their number of people.
    """

    name: str
    path: Path
    wanted: float
    share: float
    pictures: int
    people: int
    labelled: int
    groups: int
    crowding: dict[str, int]


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What was split.

    Attributes:
        parts: In the order asked for.
        kinds: What pictures were grouped by.
        groups: Number of groups.
        largest: Number of pictures in the largest.
        largest_name: What the largest is.
        in_two_parts: Number of groups of which two parts have pictures: 0, counted afterwards.
        unnamed: Number of pictures whose names tell of no video; 0 where videos were not asked for.
    """

    parts: tuple[Part, ...]
    kinds: tuple[str, ...]
    groups: int
    largest: int
    largest_name: str
    in_two_parts: int
    unnamed: int


def parse_parts(text: str) -> tuple[tuple[str, float], ...]:
    """Return names and shares of ``train=0.8,val=0.1,test=0.1``.

    Raises:
        ConfigError: If it is not of this form.
    """
    parts = []
    for part in text.split(","):
        name, equals, share = (piece.strip() for piece in part.partition("="))
        try:
            parts.append((name, float(share)))
        except ValueError:
            equals = ""
        if not equals:
            raise ConfigError(f"--parts: expected {DEFAULT_PARTS}, found {part!r}")
    return tuple(parts)


def split(
    paths: Sequence[Path], config: SplitConfig, advance: Callable[[int], None] = lambda total: None
) -> SplitResult:
    """Split annotation files, taken together, and write the parts.

    Neither the order of its entries nor their ids decide where a picture goes.

    Args:
        paths: The annotation files; they are only read.
        config: How.
        advance: Called with the number of pictures after each that was looked at.

    Raises:
        ConfigError: If a file of a part is there already.
        DataError: If the annotations or pictures are broken, or groups are too large for the
            parts.
        OSError: If a file cannot be written.
    """
    content, data = read_joined(paths, config.images)
    refuse_existing(*(config.path(name) for name, _ in config.parts))
    if len(data.pictures) < len(config.parts):
        raise DataError(
            f"{data.path}: expected at least {len(config.parts)} pictures, one for each part, "
            f"found {len(data.pictures)}"
        )
    listed = {entry["id"]: str(entry["file_name"]) for entry in content["images"]}
    pictures = sorted(data.pictures, key=lambda picture: (listed[picture.id], picture.id))
    names = [listed[picture.id] for picture in pictures]
    groups = group_pictures(pictures, names, config.kinds, lambda: advance(len(pictures)))
    _refuse_few(data, config, groups, names)
    counts = np.array([sum(strata(pictures[p]) for p in group) for group in groups])
    dealt = deal(counts, [share for _, share in config.parts], config.seed)
    places = [
        sorted(p for group, at in zip(groups, dealt, strict=True) if at == part for p in group)
        for part in range(len(config.parts))
    ]
    _refuse_far(data, config, groups, names, places)
    part_of = {place: number for number, inside in enumerate(places) for place in inside}
    in_two = sum(len({part_of[place] for place in group}) > 1 for group in groups)
    parts = tuple(
        _part(config, number, [pictures[p] for p in inside], len(pictures), groups_of)
        for number, (inside, groups_of) in enumerate(
            zip(places, np.bincount(dealt, minlength=len(places)).tolist(), strict=True)
        )
    )
    _write(content, data, config, [{pictures[p].id for p in inside} for inside in places])
    largest = max(groups, key=len)
    unnamed = sum(video_of(name) is None for name in names) if "video" in config.kinds else 0
    return SplitResult(
        parts=parts,
        kinds=config.kinds,
        groups=len(groups),
        largest=len(largest),
        largest_name=_describe(config, largest, names),
        in_two_parts=in_two,
        unnamed=unnamed,
    )


def _part(
    config: SplitConfig, number: int, pictures: Sequence[Picture], total: int, groups: int
) -> Part:
    name, wanted = config.parts[number]
    people = [person for picture in pictures for person in picture.people]
    by_crowding = np.sum([strata(picture) for picture in pictures], axis=0)[: len(CROWDING)]
    return Part(
        name=name,
        path=config.path(name),
        wanted=wanted,
        share=len(pictures) / total,
        pictures=len(pictures),
        people=len(people),
        labelled=sum(person.labelled > 0 for person in people),
        groups=groups,
        crowding=dict(zip(CROWDING, map(int, by_crowding), strict=True)),
    )


def _write(
    content: dict[str, Any], data: CocoData, config: SplitConfig, ids: Sequence[set[int]]
) -> None:
    """Write all parts, or none where one cannot be written."""
    with ExitStack() as files:
        for (name, _), inside in zip(config.parts, ids, strict=True):
            file = files.enter_context(atomic_text(config.path(name)))
            file.write(to_json(subset(content, data, inside, config.out)) + "\n")
            file.flush()  # a disk is full before the first part appears, not after it


def _refuse_few(
    data: CocoData, config: SplitConfig, groups: Sequence[Sequence[int]], names: Sequence[str]
) -> None:
    if len(groups) < len(config.parts):
        raise DataError(
            f"{data.path}: expected at least {len(config.parts)} groups of pictures, one for each "
            f"part, found {len(groups)}; {_blame(config, groups, names)}"
        )


def _refuse_far(
    data: CocoData,
    config: SplitConfig,
    groups: Sequence[Sequence[int]],
    names: Sequence[str],
    places: Sequence[Sequence[int]],
) -> None:
    """Refuse parts that are off by more than half of what was wanted, beyond one picture."""
    total = len(names)
    shares = [len(inside) / total for inside in places]
    if all(
        abs(share - wanted) <= 0.5 * wanted + 1 / total
        for share, (_, wanted) in zip(shares, config.parts, strict=True)
    ):
        return
    nearest = ", ".join(
        f"{name}={share:.3g}" for (name, _), share in zip(config.parts, shares, strict=True)
    )
    asked = ", ".join(f"{name}={share:g}" for name, share in config.parts)
    raise DataError(
        f"{data.path}: expected parts of about {asked}, found that whole groups give no better "
        f"than {nearest}; {_blame(config, groups, names)}"
    )


def _blame(config: SplitConfig, groups: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Name what makes the parts impossible, and what to do."""
    largest = max(groups, key=len)
    # Numbers at the end of names count frames in one data set and photographs in another.
    hint = ", such as --group near" if "video" in config.kinds else ""
    return (
        f"the largest group has {len(largest)} of {len(names)} pictures: "
        f"{_describe(config, largest, names)}. If they do not belong together, group by less than "
        f"--group {','.join(config.kinds) or 'none'}{hint}; otherwise ask for other --parts"
    )


def _describe(config: SplitConfig, group: Sequence[int], names: Sequence[str]) -> str:
    """Name a group by the video that all of it is of, or by its first picture."""
    videos = {video_of(names[place]) for place in group}
    (video,) = videos if len(videos) == 1 else (None,)
    if "video" in config.kinds and video is not None and len(group) > 1:
        return f"video {video}"
    others = len(group) - 1
    return names[group[0]] + (f" and {others} more like it" if others else "")
