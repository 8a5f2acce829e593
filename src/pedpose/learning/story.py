"""What is going on in a run, in one plain sentence with its own numbers."""

from __future__ import annotations

from pedpose.diagnosis.history import Reading
from pedpose.learning.record import Record

FIGURE = "pck@0.2"
"""What the story is told by: the share of joints closer to their labels than a fifth of the box."""

GAP = 0.1
"""Difference of that share between training and validation from which it is told as a gap."""


def happening(record: Record) -> str:
    """Return what the network is doing now."""
    if not record.losses:
        return "Pictures are being drawn; the weights will begin as random numbers."
    if not record.readings:
        return (
            "The weights began as random numbers, and the heatmap is alike everywhere. Each step "
            "changes all weights a little, the way that makes the loss smaller."
        )
    return _told(record.readings[-1], record.chance[FIGURE])


def _told(reading: Reading, chance: float) -> str:
    train, val = reading.train[FIGURE], reading.val[FIGURE]
    if max(train, val) < chance:
        return (
            f"It finds {_per_100(val)} joints: fewer than {_per_100(chance)}, which the mean pose "
            "gets right by chance."
        )
    if train - val > GAP:
        return (
            f"It learns its pictures by heart: it finds {_per_100(train)} joints in those, and "
            f"{_per_100(val)} in pictures that it has never learned from."
        )
    return (
        f"What it learns holds for new pictures, too: it finds {_per_100(val)} joints in those "
        f"that it has never learned from, {_per_100(train)} in its own."
    )


def _per_100(share: float) -> str:
    return f"{100 * share:.0f} of 100"
