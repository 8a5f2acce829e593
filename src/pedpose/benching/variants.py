"""Which runtimes and precisions there are to measure, and why others are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pedpose.benching.children import Failure
from pedpose.benching.job import Opening, Samples
from pedpose.benching.settings import BenchSettings
from pedpose.errors import CheckpointError, ConfigError, PedposeError
from pedpose.files import sha256_of
from pedpose.runtime.choice import RUNTIMES, Wanted, choose_runtime

Ask = Callable[[Opening], dict[str, Any] | Failure]
"""Opens a detector in a process of its own; returns what it says of itself."""


@dataclass(slots=True)
class Variant:
    """A runtime in a precision, and what was measured of it.

    Attributes:
        opening: How it is opened.
        device: Where it really runs.
        described: Its library, with version and precision, such as ``onnx 1.31.1 (fp32)``.
        weights: For each file its SHA-256 and that of the weights it was made of.
        boxes: Of the people it found where it was asked to.
        samples: For each size of the picture.
        cold_start_s: Seconds to the results of one picture.
        peak_memory_mib: Of each process.
        gpu_memory_mib: Of each process, where it is known.
        failure: Why it could not be measured to the end.
    """

    opening: Opening
    device: str
    described: str
    weights: list[dict[str, str]]
    boxes: list[list[float]] | None
    samples: list[Samples] = field(default_factory=list)
    cold_start_s: list[float] = field(default_factory=list)
    peak_memory_mib: list[float] = field(default_factory=list)
    gpu_memory_mib: list[float] = field(default_factory=list)
    failure: str | None = None

    @property
    def precision(self) -> str:
        """What it really computes in, also where ``auto`` was asked for."""
        found = re.search(r"\((.+)\)$", self.described)
        return self.opening.precision if found is None else found[1]

    @property
    def label(self) -> str:
        """What to call it, such as ``onnx fp32``."""
        return f"{self.opening.runtime} {self.precision}"

    def add(self, answer: dict[str, Any]) -> None:
        """Take the answer of one more process."""
        self.samples = self.samples or [{} for _ in answer["samples"]]
        for known, more in zip(self.samples, answer["samples"], strict=True):
            for stage, times in more.items():
                known.setdefault(stage, []).extend(times)
        self.peak_memory_mib.append(answer["peak_memory_mib"])
        if answer["gpu_memory_mib"] is not None:
            self.gpu_memory_mib.append(answer["gpu_memory_mib"])


@dataclass(frozen=True, slots=True)
class Missing:
    """A variant that is not there.

    Attributes:
        name: What was asked for, such as ``onnx bf16``.
        runtime: Its runtime.
        failure: Why it is not there.
    """

    name: str
    runtime: str
    failure: Failure


def find_variants(settings: BenchSettings, ask: Ask) -> tuple[list[Variant], list[Missing]]:
    """Open each runtime in each precision once.

    Where no precisions are named, a runtime that takes another one than fp32 itself is opened in
    fp32, too.

    Args:
        settings: What is wanted.
        ask: Opens one.

    Raises:
        CheckpointError: If weights are missing, or nothing can read them.
        ConfigError: If nothing at all can be opened, or nothing of a runtime that was named.
    """
    variants: list[Variant] = []
    missing: list[Missing] = []
    precisions = settings.precisions or ("auto", "fp32")
    for chosen in _runtimes(settings, missing):
        for precision in precisions:
            known = [variant.label for variant in variants]
            if settings.precisions is None and f"{chosen} {precision}" in known:
                continue
            opening = _opening(settings, chosen, precision)
            answer = ask(opening)
            if isinstance(answer, Failure):
                missing.append(Missing(str(opening), chosen, answer))
                if settings.precisions is None and answer.error is not None:
                    break  # fp32 would be refused for the same reason
                continue
            variant = _variant(opening, answer)
            if variant.label not in known:
                variants.append(variant)
        _check_named(settings, chosen, variants, missing)
    if not variants and all(each.failure.error is not None for each in missing):
        raise _joined(missing)
    return variants, missing


def _runtimes(settings: BenchSettings, missing: list[Missing]) -> list[str]:
    """Return the runtimes that are installed and read the weights; append the others.

    Raises:
        ConfigError: If one that was named is not among them.
    """
    found = []
    for runtime in settings.runtimes or RUNTIMES:
        files = [settings.weights, settings.person_weights]
        try:
            found.append(choose_runtime(Wanted(runtime, settings.device), files))
        except ConfigError as error:
            if settings.runtimes is not None:
                raise
            missing.append(Missing(runtime, runtime, Failure(str(error), error)))
    return list(dict.fromkeys(found))


def _opening(settings: BenchSettings, runtime: str, precision: str) -> Opening:
    weights, person = (
        None if path is None else str(path) for path in (settings.weights, settings.person_weights)
    )
    return Opening(runtime, precision, settings.device, weights, person, settings.batch)


def _variant(opening: Opening, answer: dict[str, Any]) -> Variant:
    weights = [
        {"file": file, "sha256": sha256_of(Path(file)), "made_of": identity}
        for file, identity in answer["weights"].items()
    ]
    return Variant(opening, answer["device"], answer["runtime"], weights, answer["boxes"])


def _check_named(
    settings: BenchSettings, runtime: str, variants: Sequence[Variant], missing: Sequence[Missing]
) -> None:
    """Refuse where a runtime that was named cannot be had in any precision."""
    if settings.runtimes is None or any(v.opening.runtime == runtime for v in variants):
        return
    refused = [each for each in missing if each.runtime == runtime]
    if all(each.failure.error is not None for each in refused):
        raise _joined(refused)


def _joined(missing: Sequence[Missing]) -> PedposeError:
    """Return one error that tells all reasons; it is about weights if one of them is."""
    errors = [each.failure.error for each in missing]
    about_weights = any(isinstance(error, CheckpointError) for error in errors)
    reasons = list(dict.fromkeys(each.failure.reason for each in missing))
    message = "; ".join(reasons)
    return CheckpointError(message) if about_weights else ConfigError(message)
