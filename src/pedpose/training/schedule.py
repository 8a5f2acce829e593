"""Learning rate over a run."""

from __future__ import annotations

import math


def learning_rate(step: int, total: int, warmup: int, peak: float, last: float = 0.01) -> float:
    """Return the learning rate of a step: linear warm-up, then half a cosine.

    Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts.

    Args:
        step: From 0.
        total: Steps of the run.
        warmup: Steps of the rise; at most a fifth of the run is used for it.
        peak: Largest rate.
        last: Rate at the end, as part of the peak.
    """
    warmup = min(warmup, total // 5)
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(total - warmup, 1)
    return peak * (last + (1 - last) * (1 + math.cos(math.pi * done)) / 2)
