"""Curves and pictures for TensorBoard, where it is installed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pedpose.diagnosis.history import Reading
from pedpose.geometry import Image

FOLDER = "tensorboard"


class TensorBoard:
    """Writes the events of a run into its folder ``tensorboard``."""

    def __init__(self, folder: Path, first_step: int) -> None:
        """Open the events of a run; those after its first step are hidden, since they come anew.

        Raises:
            ImportError: If TensorBoard is not installed.
        """
        from torch.utils.tensorboard import SummaryWriter

        # TensorBoard writes in a thread of its own, and raises what went wrong there with its next
        # call: it need not be printed as a traceback beside.
        self._excepthook = threading.excepthook
        threading.excepthook = self._thread_failed
        self._writer = SummaryWriter(str(folder / FOLDER), purge_step=first_step)

    def step(self, step: int, loss: float, rate: float) -> None:
        """Write what a step gave."""
        self._writer.add_scalar("training/loss", loss, step)
        self._writer.add_scalar("training/rate", rate, step)

    def validated(self, reading: Reading, samples: Sequence[tuple[str, Image]]) -> None:
        """Write figures, and pictures (H, W, 3) with their captions."""
        for kind, figures in (("train", reading.train), ("val", reading.val)):
            for name, value in figures.items():
                self._writer.add_scalar(f"{name}/{kind}", value, reading.step)
        for caption, image in samples:
            self._writer.add_image(caption, image, reading.step, dataformats="HWC")
        self._writer.flush()

    def close(self) -> None:
        """Write what is still in memory."""
        try:
            self._writer.close()
        finally:
            threading.excepthook = self._excepthook

    def _thread_failed(self, failure: threading.ExceptHookArgs) -> None:
        if not issubclass(failure.exc_type, OSError):
            self._excepthook(failure)
