"""Read pictures in order as if they were a video."""

from __future__ import annotations

from collections.abc import Iterator

from pedpose.errors import SourceError
from pedpose.pictures import read_picture
from pedpose.reading.frame import Frame
from pedpose.reading.reader import FiniteReader
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source
from pedpose.reading.taking import Taking

_MOST_NAMED = 5


class PictureSequence(FiniteReader):
    """Pictures of one size with a constant rate; a context manager that gives each once.

    Attributes:
        fps: Pictures a second.
        frame_count: How many there are.
        decoder: How they are decoded.
    """

    def __init__(self, source: Source, selection: Selection) -> None:
        """Take a source of kind ``sequence``.

        Raises:
            ValueError: If it has no rate.
        """
        if source.fps is None:
            raise ValueError(f"{source.label}: a sequence needs a rate")
        super().__init__()
        self._source = source
        self._selection = selection
        self.fps = source.fps
        self.frame_count: int | None = len(source.files)
        self.decoder = "pillow"

    def __iter__(self) -> Iterator[Frame]:
        """Yield the selected pictures that can be read and have the size of the first of them.

        Raises:
            SourceError: After the last one, if some were left out or the start lies behind the end.
        """
        taking = Taking(self._selection)
        left_out: list[str] = []
        size: tuple[int, ...] | None = None
        for index, file in enumerate(self._source.files):
            time_s = index / self.fps
            if self._stopped or taking.is_over(time_s):
                break
            if not taking.takes(time_s):
                continue
            try:
                image = read_picture(file)
            except SourceError as error:
                left_out.append(str(error))
                continue
            size = size or image.shape
            if image.shape != size:
                left_out.append(f"{file}: expected {_text(size)}, found {_text(image.shape)}")
                continue
            yield Frame(image, index, time_s)
        if self._stopped:
            return
        taking.check_started(self._source.label, len(self._source.files) / self.fps)
        if left_out:
            more = len(left_out) - _MOST_NAMED
            raise SourceError(
                f"{self._source.label}: expected {taking.taken} readable pictures of one size, "
                f"left out {len(left_out)}: {'; '.join(left_out[:_MOST_NAMED])}"
                + (f"; and {more} more" if more > 0 else "")
            )


def _text(shape: tuple[int, ...]) -> str:
    """Write the shape (H, W, 3) of a picture as its size."""
    return f"{shape[1]}x{shape[0]} pixels"
