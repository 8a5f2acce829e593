"""What a process is told to measure: plain data, sent as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

Samples = dict[str, list[float]]
"""Milliseconds of each stage: ``read``, ``finder``, ``batch``, and for each number N of people
``joints/N``, ``write/N`` and ``total/N``."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a detector is opened.

    Attributes:
        runtime: What runs the networks.
        precision: In which precision; ``auto`` for what the runtime takes itself.
        device: Where.
        weights: Joint network; the package's own where None.
        person_weights: Person finder; the package's own where None.
        batch: Most crops at once; None for what suits the device.
    """

    runtime: str
    precision: str
    device: str
    weights: str | None
    person_weights: str | None
    batch: int | None

    def __str__(self) -> str:
        """Return what was asked for, such as ``onnx fp32``."""
        return f"{self.runtime} {self.precision}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture to run.

    Attributes:
        path: A JPEG file.
        boxes: (N, 4) x1, y1, x2, y2 of its people in pixels.
    """

    path: str
    boxes: list[list[float]]


@dataclass(frozen=True, slots=True)
class Job:
    """What a process does.

    Attributes:
        opening: The detector.
        folder: Where it may write.
        search: A picture whose people are to be found; None where they are known.
        pictures: What is measured; nothing where it is only asked whether the detector opens.
        people: Numbers of people.
        repeats: How often everything is measured, after some turns to warm up.
    """

    opening: Opening
    folder: str
    search: str | None = None
    pictures: tuple[Prepared, ...] = ()
    people: tuple[int, ...] = ()
    repeats: int = 0

    def to_json(self) -> str:
        """Return what :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        data = json.loads(text)
        return cls(
            **{
                **data,
                "opening": Opening(**data["opening"]),
                "pictures": tuple(Prepared(**picture) for picture in data["pictures"]),
                "people": tuple(data["people"]),
            }
        )
