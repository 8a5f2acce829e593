"""Measure all variants in turns: what ``pedpose bench`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from pedpose.benching.children import Failure, cold_start, run_job, version_start
from pedpose.benching.job import Job, Opening, Prepared
from pedpose.benching.machine import machine_facts
from pedpose.benching.scene import Scene, nobody, open_scene
from pedpose.benching.settings import BenchSettings
from pedpose.benching.variants import Missing, Variant, find_variants


class Progress(Protocol):
    """Is told how it goes; implemented by the command line."""

    def __call__(self, text: str, done: int, total: int | None) -> None:
        """Take what is done next, how many steps are done, and of how many."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What was measured.

    Attributes:
        settings: What was wanted.
        machine: Where.
        scene: The picture.
        boxes: (N, 4) x1, y1, x2, y2 of its people in its own pixels.
        boxes_from: Where they are from.
        variants: What was measured to the end.
        failed: What broke off.
        missing: What is not there.
        version_s: Seconds that ``pedpose --version`` took.
    """

    settings: BenchSettings
    machine: dict[str, Any]
    scene: Scene
    boxes: list[list[float]]
    boxes_from: str
    variants: list[Variant]
    failed: list[tuple[str, str]]
    missing: list[Missing]
    version_s: list[float]


def bench(settings: BenchSettings, progress: Progress) -> BenchResult:
    """Measure.

    Each variant is measured in processes of its own, one in each round, so that a machine that
    gets slower or faster meanwhile does so for all of them.

    Args:
        settings: What to measure.
        progress: Is told how it goes.

    Raises:
        SourceError: If the picture cannot be read, or nobody is in it.
        CheckpointError: If weights are missing, or nothing can read them.
        ConfigError: If nothing at all can be measured, or nothing of a runtime that was named.
    """
    scene = open_scene(settings.picture)
    machine = machine_facts()
    with TemporaryDirectory(prefix="pedpose-bench-") as name:
        folder = Path(name)
        search = None if scene.boxes is not None else str(scene.path)
        opened = 0

        def ask(opening: Opening) -> dict[str, Any] | Failure:
            nonlocal opened
            progress(f"opening {opening}", opened, None)
            opened += 1
            return run_job(Job(opening, name, search))

        variants, missing = find_variants(settings, ask)
        boxes, origin = _boxes(scene, variants)
        pictures = [scene.write(size, folder) for size in settings.sizes]
        prepared = tuple(
            Prepared(str(path), scene.resized(boxes, size))
            for path, size in zip(pictures, settings.sizes, strict=True)
        )
        version_s: list[float] = []
        shares = settings.shares
        total = opened + len(shares) * len(variants)
        for number, share in enumerate(shares):
            started = version_start()
            if isinstance(started, float):
                version_s.append(started)
            for place, variant in enumerate(variants):
                step = opened + number * len(variants) + place
                progress(f"round {number + 1} of {len(shares)}: {variant.label}", step, total)
                if variant.failure is None:
                    out = folder / f"{number}-{place}"
                    job = Job(variant.opening, str(out), None, prepared, settings.people, share)
                    _turn(variant, job, pictures[0])
        progress("done", total, total)
    broken = [each for each in missing if each.failure.error is None]
    return BenchResult(
        *(settings, machine, scene, boxes, origin),
        variants=[variant for variant in variants if variant.failure is None],
        failed=[(each.name, each.failure.reason) for each in broken]
        + [(variant.label, variant.failure) for variant in variants if variant.failure],
        missing=[each for each in missing if each.failure.error is not None],
        version_s=version_s,
    )


def _turn(variant: Variant, job: Job, picture: Path) -> None:
    """Measure one variant for one round."""
    started = cold_start(variant.opening, picture, Path(job.folder) / "cold")
    if isinstance(started, Failure):
        variant.failure = started.reason
        return
    variant.cold_start_s.append(started)
    answer = run_job(job)
    if isinstance(answer, Failure):
        variant.failure = answer.reason
    else:
        variant.add(answer)


def _boxes(scene: Scene, variants: Sequence[Variant]) -> tuple[list[list[float]], str]:
    """Return the boxes that all variants are given, and where they are from.

    Raises:
        SourceError: If nobody is in the picture.
    """
    if scene.boxes is not None:
        return [[round(v, 1) for v in box] for box in scene.boxes.tolist()], "known"
    for variant in variants:
        found = variant.boxes or []
        if found:
            return found, f"found by {variant.label}"
    if not variants:
        return [], "none"
    raise nobody(scene.path)
