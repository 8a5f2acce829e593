"""A measurement as plain data, with every sample."""

from __future__ import annotations

import statistics
from typing import Any

from pedpose.benching.bench import BenchResult
from pedpose.benching.job import Samples
from pedpose.benching.settings import PEOPLE_AT_ONCE, PICTURES_AT_ONCE, WARM_UP
from pedpose.benching.table import throughput
from pedpose.benching.variants import Variant


def bench_record(result: BenchResult) -> dict[str, Any]:
    """Return what ``--json`` writes.

    Stages are ``read``, ``finder``, ``batch`` and, for each number N of people, ``joints/N``,
    ``write/N`` and ``total/N``.
    """
    settings = result.settings
    return {
        "machine": result.machine,
        "picture": {
            "file": str(result.scene.path),
            "sha256": result.scene.sha256,
            "boxes": result.boxes,
            "boxes_from": result.boxes_from,
        },
        "settings": {
            "people": settings.people,
            "sizes": settings.sizes,
            "device": settings.device,
            "batch": settings.batch,
            "repeats": settings.repeats,
            "rounds": len(settings.shares),
            "warm_up": WARM_UP,
            "pictures_at_once": PICTURES_AT_ONCE,
            "people_at_once": PEOPLE_AT_ONCE,
        },
        "version_s": result.version_s,
        "variants": [_variant(result, variant) for variant in result.variants],
        "missing": [
            {"variant": each.name, "reason": each.failure.reason} for each in result.missing
        ],
        "failed": [{"variant": name, "reason": reason} for name, reason in result.failed],
    }


def _variant(result: BenchResult, variant: Variant) -> dict[str, Any]:
    return {
        "variant": variant.label,
        "runtime": variant.opening.runtime,
        "precision": variant.precision,
        "described": variant.described,
        "device": variant.device,
        "weights": variant.weights,
        "sizes": [
            _size(size, samples)
            for size, samples in zip(result.settings.sizes, variant.samples, strict=True)
        ],
        "peak_memory_mib": variant.peak_memory_mib,
        "gpu_memory_mib": variant.gpu_memory_mib,
        "cold_start_s": variant.cold_start_s,
    }


def _size(size: tuple[int, int], samples: Samples) -> dict[str, Any]:
    return {
        "size": size,
        "median_ms": {stage: statistics.median(times) for stage, times in samples.items()},
        "least_ms": {stage: min(times) for stage, times in samples.items()},
        "pictures_per_s": throughput(statistics.median(samples["batch"])),
        "samples_ms": samples,
    }
