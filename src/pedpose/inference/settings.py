"""Everything that can be chosen of a detection, checked in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pedpose.cluster.shard import Shard
from pedpose.errors import ConfigError
from pedpose.inference.look import LookSettings
from pedpose.reading.reconnect import Reconnect
from pedpose.reading.selection import Selection
from pedpose.runtime.choice import Wanted
from pedpose.tracking.tracker import DOUBTFUL_SCORE
from pedpose.writing.themes import Style

DEFAULT_KINDS = ("overlay", "json", "csv", "coco")
TRACK_KINDS = ("mot", "tracks")
MIN_SCORE = 0.3
FACE_SCORE = 0.02
"""Least score of people whose faces are covered: better too many than one too few."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose boxes are known, so that nobody is searched for.

    Attributes:
        boxes: COCO file with the boxes of the pictures.
        whole_image: Whether one person fills each frame.
    """

    boxes: Path | None = None
    whole_image: bool = False

    def __post_init__(self) -> None:
        """Refuse both."""
        if self.boxes is not None and self.whole_image:
            raise ConfigError("--boxes and --whole-image exclude each other")

    def __bool__(self) -> bool:
        """Whether boxes are known."""
        return self.boxes is not None or self.whole_image

    def __str__(self) -> str:
        """Return it as result files tell of it."""
        return "whole image" if self.whole_image else str(self.boxes or "found")


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """What ``pedpose detect`` does.

    Attributes:
        out: Folder for the results; None where nothing is written but only shown.
        kinds: What is written, of :data:`pedpose.writing.writers.KINDS`; None for the usual.
        weights: Joint network; the package's own where None.
        person_weights: Person finder; the package's own where None.
        wanted: By what, where and in which precision the networks are run.
        min_score: Least score of a person; None for 0.3.
        known: Whose boxes are known.
        look: Where people are looked for.
        selection: Which frames of videos are looked at.
        reconnect: How long to go on where a stream is lost.
        sequence_fps: Frames a second of folders of pictures that are videos; None where they are
            pictures.
        track: Whether people get identities in videos.
        smooth: Whether joints are smoothed; implies tracks.
        shapes: Whether bodies are outlined.
        colours: Whether the colours of clothes are told.
        blur_faces: Whether faces are covered.
        heatmaps: Whether heatmaps are drawn.
        style: How people are drawn.
        batch: Most crops that are run at once; None for what suits the device.
        frames_at_once: Most frames that are run at once.
        files_at_once: How many files are read at the same time.
        shard: Which part of the sources is done here; None for all.
    """

    out: Path | None
    kinds: frozenset[str] | None = None
    weights: Path | None = None
    person_weights: Path | None = None
    wanted: Wanted = field(default_factory=Wanted)
    min_score: float | None = None
    known: Known = field(default_factory=Known)
    look: LookSettings = field(default_factory=LookSettings)
    selection: Selection = field(default_factory=Selection)
    reconnect: Reconnect = field(default_factory=Reconnect)
    sequence_fps: float | None = None
    track: bool = False
    smooth: bool = False
    shapes: bool = False
    colours: bool = False
    blur_faces: bool = False
    heatmaps: bool = False
    style: Style = field(default_factory=Style)
    batch: int | None = None
    frames_at_once: int = 8
    files_at_once: int = 1
    shard: Shard | None = None

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        for name in ("frames_at_once", "files_at_once"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected 1 or more, found {getattr(self, name)}")
        if self.out is None and (self.kinds or self.heatmaps):
            raise ConfigError("--save, --heatmaps: expected --out with them")
        if self.known:
            if self.min_score is not None:
                raise ConfigError("--conf: nobody is left out of known boxes or of whole pictures")
            if self.look != LookSettings(find_every=self.look.find_every):
                raise ConfigError(
                    "--region, --skip-still: nobody is searched for in known boxes or in whole "
                    "pictures"
                )
        if self.blur_faces and self.look.skip_still:
            raise ConfigError(
                "--blur-faces: expected each frame to be looked at, found --skip-still, with "
                "which somebody far away may be missed"
            )
        if self.blur_faces and (self.look.find_every or 1) > 1:
            raise ConfigError(
                "--blur-faces: expected people to be searched for in each frame, found "
                f"--find-every {self.look.find_every}"
            )
        if self.blur_faces and self.known:
            raise ConfigError(
                "--blur-faces: expected all people to be searched for, found --boxes or "
                "--whole-image, beside which others may be"
            )
        tracks = sorted((self.kinds or frozenset()) & set(TRACK_KINDS))
        if tracks and not self.follows:
            raise ConfigError(f"--save {','.join(tracks)}: expected --track with it")

    @property
    def follows(self) -> bool:
        """Whether people are tracked."""
        return self.track or self.smooth

    @property
    def saved(self) -> frozenset[str]:
        """What is written."""
        kinds = frozenset[str]() if self.out is None else self.kinds
        if kinds is None:
            kinds = frozenset((*DEFAULT_KINDS, *(TRACK_KINDS if self.follows else ())))
        return kinds | {"heatmaps"} if self.heatmaps else kinds

    @property
    def draws_heat(self) -> bool:
        """Whether heatmaps are drawn, however that was asked for."""
        return "heatmaps" in self.saved

    @property
    def conf(self) -> float:
        """Least score of a person who is reported."""
        return MIN_SCORE if self.min_score is None else self.min_score

    @property
    def find_every(self) -> int | None:
        """Each how manieth frame people are searched for in; None for automatic."""
        return 1 if self.blur_faces else self.look.find_every

    @property
    def least_score(self) -> float:
        """Least score of people whom the detector has to find."""
        if self.blur_faces:
            return min(self.conf, FACE_SCORE)
        return min(self.conf, DOUBTFUL_SCORE) if self.follows else self.conf
