"""What makes a training that takes a second."""

from __future__ import annotations

SMALL = (
    *("--backbone", "plain", "--backbone-stride", "4", "--stages", "8x1,8x1", "--width", "8"),
    *("--input-size", "32x32", "--batch", "4", "--device", "cpu", "--save-steps", "5"),
)
"""Options of ``pedpose train``."""
