"""``pedpose detect`` as a function: sources in, results in a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pedpose import __version__
from pedpose.cluster.shard import fingerprint
from pedpose.errors import ConfigError
from pedpose.inference.boxes_file import KnownBoxes
from pedpose.inference.clothes import METHOD, check_clothes
from pedpose.inference.detector import DetectorSettings, PoseDetector
from pedpose.inference.finishing import Finishing
from pedpose.inference.follow import Follower, FollowSettings
from pedpose.inference.head_regions import check_heads
from pedpose.inference.look import BoxesOf, Looker
from pedpose.inference.privacy import FaceBlur
from pedpose.inference.run import Progress, Stages, Totals, run
from pedpose.inference.settings import DetectSettings
from pedpose.live.live_writer import LiveWriter
from pedpose.live.view import View
from pedpose.people import Floats
from pedpose.reading.frame import Frame
from pedpose.reading.open import Reader, open_reader
from pedpose.reading.picture_reader import PictureReader
from pedpose.reading.sources import Source, expand_sources
from pedpose.writing.drawing import Drawing
from pedpose.writing.writers import Writers, open_writers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a detection has done.

    Attributes:
        totals: Counts and times.
        failed: Sources that could not be read, or not to their end: source, error, partial.
        notes: What is worth knowing of the files, such as the codec of videos.
    """

    totals: Totals
    failed: list[dict[str, Any]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Detection:
    """A detection that is ready to run.

    Attributes:
        settings: What to do.
        sources: What to look at here.
        detector: Finds people.
        known: Boxes of each frame; None where people are searched for.
        sources_sha256: Fingerprint of all sources, where only a shard of them is done here.
    """

    settings: DetectSettings
    sources: Sequence[Source]
    detector: PoseDetector
    known: BoxesOf | None
    sources_sha256: str | None = None

    def __call__(self, progress: Progress, views: Sequence[View] = ()) -> Outcome:
        """Run it.

        Args:
            progress: Is told how it goes.
            views: Where frames are shown meanwhile.

        Raises:
            ConfigError: If the region lies beside a picture, or an extra is not installed.
            OSError: If results cannot be written.
        """
        settings = self.settings
        drawing = Drawing(settings.style)
        live = [LiveWriter(views, drawing)] if views else []
        with self._writers(drawing, live) as writers:
            stages = Stages(
                lambda source: _open(source, settings),
                Looker(
                    self.detector,
                    replace(settings.look, find_every=settings.find_every),
                    self.known,
                ),
                Follower(self.detector.skeleton, self._follow_settings()),
                Finishing(
                    settings.shapes,
                    settings.colours,
                    FaceBlur(self.detector.skeleton) if settings.blur_faces else None,
                    settings.look.region,
                    settings.conf if settings.draws_heat else None,
                ),
                writers,
                self.detector.watch,
            )
            totals = run(
                *(self.sources, stages, progress),
                *(settings.frames_at_once, settings.files_at_once),
            )
            if totals.interrupted:
                writers.interrupt()
        return Outcome(totals, writers.failed, writers.notes())

    def _writers(
        self, drawing: Drawing, live: Sequence[LiveWriter]
    ) -> AbstractContextManager[Writers]:
        """Open what is written and shown."""
        settings = self.settings
        if settings.out is None:
            return nullcontext(Writers(live))
        return open_writers(
            *(settings.saved, settings.out, self.sources, self.header()),
            drawing=drawing,
            more=live,
            colours=settings.colours,
        )

    def header(self) -> dict[str, Any]:
        """Return what result files tell of how they were made."""
        settings = self.settings
        look, part = settings.look, settings.selection
        return {
            "pedpose": __version__,
            "weights": self.detector.weights,
            "device": self.detector.device,
            "runtime": self.detector.runtime,
            "skeleton": self.detector.skeleton.to_dict(),
            "min_score": None if settings.known else settings.conf,
            "boxes": str(settings.known),
            "track": settings.follows,
            "smooth": settings.smooth,
            "shapes": settings.shapes,
            "colours": METHOD if settings.colours else None,
            "blur_faces": settings.blur_faces,
            "find_every": settings.find_every or "auto",
            "region": None if look.region is None else look.region.corners,
            "skip_still": look.skip_still,
            "selection": [part.start_s, str(part.end_s), part.stride, part.max_frames],
            "sequence_fps": settings.sequence_fps,
            "shard": None if settings.shard is None else str(settings.shard),
            "sources_sha256": self.sources_sha256,
        }

    def _follow_settings(self) -> FollowSettings:
        settings = self.settings
        return FollowSettings(
            0.0 if settings.known else settings.conf,
            settings.follows,
            settings.smooth,
            settings.known.whole_image,
        )


def prepare(arguments: Sequence[str], settings: DetectSettings) -> Detection:
    """Find the sources and load the networks.

    Args:
        arguments: Files, folders, patterns, cameras, streams and ``@`` lists.
        settings: What to do with them.

    Raises:
        SourceError: If an argument stands for nothing.
        ConfigError: If something is chosen that does not go together or does not exist here.
        DataError: If the file of known boxes is broken, or lists not all pictures.
        CheckpointError: If weights cannot be used.
    """
    found = expand_sources(arguments, settings.out, settings.sequence_fps)
    if settings.follows and not any(source.moving for source in found):
        raise ConfigError("--track, --smooth: expected a video among the sources, found none")
    boxes = None if settings.known.boxes is None else KnownBoxes(settings.known.boxes)
    if boxes is not None:
        check_boxes(boxes, found)
    detector = load_detector(settings, settings.weights, settings.person_weights)
    if settings.blur_faces:
        check_heads(detector.skeleton)
    if settings.colours:
        check_clothes(detector.skeleton)
    known: BoxesOf | None = None
    if settings.known.whole_image:
        known = whole_image
    elif boxes is not None:
        known = _boxes_of(boxes)
    shard = settings.shard
    sources = found if shard is None else shard.select(found)
    all_sources = None if shard is None else fingerprint(found)
    return Detection(settings, sources, detector, known, all_sources)


def load_detector(
    settings: DetectSettings, joints: Path | None, person: Path | None
) -> PoseDetector:
    """Load the networks for these settings, from these files or from those of the package.

    Raises:
        CheckpointError: If weights cannot be used.
        ConfigError: If device, runtime or precision cannot be had.
    """
    return PoseDetector(
        joints,
        person,
        DetectorSettings(
            settings.least_score,
            batch=settings.batch,
            wanted=settings.wanted,
            find_people=not settings.known,
            heat=settings.draws_heat,
        ),
    )


def check_boxes(boxes: KnownBoxes, sources: Sequence[Source]) -> None:
    """Make sure that boxes are known for each source before work begins.

    Raises:
        ConfigError: If a source is a video.
        DataError: If a picture is not listed.
    """
    for source in sources:
        if source.moving:
            raise ConfigError(f"{source.label}: --boxes holds boxes of pictures, not of video")
        boxes.of(source.path)


def _boxes_of(boxes: KnownBoxes) -> Callable[[Source, Frame], Floats]:
    return lambda source, frame: boxes.of(source.path)


def whole_image(source: Source, frame: Frame) -> Floats:
    """Return a box (1, 4) that holds all of a frame."""
    height, width = frame.image.shape[:2]
    return np.array([[0, 0, width, height]], np.float32)


def _open(source: Source, settings: DetectSettings) -> Reader:
    """Open a source of any kind."""
    if source.kind == "picture":
        return PictureReader(source.path)
    return open_reader(source, settings.selection, settings.reconnect)
