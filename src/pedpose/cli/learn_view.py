"""What ``pedpose learn`` shows while the network learns."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.color import Color
from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pedpose.geometry import Image
    from pedpose.learning.curves import Points
    from pedpose.learning.record import Record

_EVERY_S = 0.2  # between two drawings: more often costs the network time
_HEAT_WIDTH = 24  # pixels, as half blocks half as many lines as rows
_FILTER_COLUMNS = 3
_CHART_ROWS = 6
_CHART_WIDTHS = (24, 60)  # columns, least and most
_LABEL = 5  # columns of the numbers beside a chart
_TRAIN, _VAL, _CHANCE = "orange1", "deep_sky_blue1", "grey50"
_HALF = "\N{UPPER HALF BLOCK}"


class LearnView:
    """Charts, filters and a heatmap on a terminal; a plain line at each validation elsewhere."""

    def __init__(self, console: Console | None = None, plain: bool = False) -> None:
        """Look for a terminal; ``plain`` does without one that is there."""
        self.console = console or Console()
        # Without colours half blocks are all alike.
        self._drawn = self.console.is_terminal and self.console.color_system is not None
        self._drawn = self._drawn and not plain and not self.console.no_color
        self._live = Live(console=self.console, auto_refresh=False)
        self._last = 0.0

    def __enter__(self) -> Self:
        """Begin to draw, where there is a terminal."""
        if self._drawn:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last view as it is."""
        self._live.stop()

    def note(self, text: str) -> None:
        """Print a fact, above what is drawn."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def changed(self, record: Record, measured: bool) -> None:
        """Draw the record anew, or print a line where it was measured."""
        if not self._drawn:
            if measured:
                self.note(plain_line(record))
            return
        now = time.monotonic()
        if measured or now - self._last >= _EVERY_S or len(record.losses) == record.steps:
            self._live.update(live_view(record, self.console.width), refresh=True)
            # After the drawing: however slow the terminal is, the network gets its time.
            self._last = time.monotonic()


def plain_line(record: Record) -> str:
    """Return the last validation in a line."""
    from pedpose.learning.story import FIGURE

    last = record.readings[-1]
    return (
        f"epoch {last.epoch:.1f}, step {last.step}/{record.steps}: loss {last.loss:.3f}; "
        f"{FIGURE} {last.train[FIGURE]:.3f} on training pictures, {last.val[FIGURE]:.3f} on "
        f"held-out ones; error {last.train['error']:.3f} and {last.val['error']:.3f}"
    )


def live_view(record: Record, width: int) -> Group:
    """Return all that is shown of a run after its first step, for so many columns."""
    from pedpose.learning.page import SHOWN_JOINT
    from pedpose.learning.pictures import filter_scale, filter_sheet, heat_picture
    from pedpose.learning.story import happening

    moment = record.moments[-1]
    filters = filter_sheet(moment.filters, _FILTER_COLUMNS, filter_scale([moment]))
    heatmap = moment.heatmaps[record.names.index(SHOWN_JOINT)]
    heat = heat_picture(record.held_out, heatmap, _HEAT_WIDTH)
    room = width - _HEAT_WIDTH - filters.shape[1] - _LABEL - 5
    columns = max(min(room, _CHART_WIDTHS[1]), _CHART_WIDTHS[0])
    joint = SHOWN_JOINT.replace("_", " ")
    table = Table.grid(padding=(0, 2))
    table.add_row(
        Group(_loss_chart(record, columns), _joint_chart(record, columns)),
        Group(Text(f"held out: {joint}?", style="dim"), half_blocks(heat)),
        Group(Text("first layer", style="dim"), half_blocks(filters)),
    )
    step = len(record.losses)
    epoch = f"epoch {moment.epoch:.1f} measured, " if record.readings else ""
    head = Text(f"{epoch}step {step} of {record.steps}, loss {record.losses[-1]:.3f}", "bold")
    return Group(head, table, Text(happening(record)))


def half_blocks(image: Image) -> Text:
    """Return a picture (H, W, 3) as text: each character is two pixels, one above the other."""
    text = Text(no_wrap=True, end="\n")
    for top in range(0, len(image), 2):
        for x, upper in enumerate(image[top].tolist()):
            lower = None
            if top + 1 < len(image):
                lower = Color.from_rgb(*image[top + 1, x].tolist())
            text.append(_HALF, Style(color=Color.from_rgb(*upper), bgcolor=lower))
        text.append("\n")
    text.right_crop(1)
    return text


def _loss_chart(record: Record, columns: int) -> Text:
    points = [(step, loss) for step, loss in enumerate(record.losses, start=1)]
    most = max(record.losses)
    title = Text("loss of each step", style="dim")
    return _chart(title, [(points, _TRAIN)], record.steps, most, columns)


def _joint_chart(record: Record, columns: int) -> Text:
    from pedpose.learning.story import FIGURE

    chance = record.chance[FIGURE]
    curves: list[tuple[Points, str]] = [
        ([(1, chance), (record.steps, chance)], _CHANCE),
        ([(reading.step, reading.train[FIGURE]) for reading in record.readings], _TRAIN),
        ([(reading.step, reading.val[FIGURE]) for reading in record.readings], _VAL),
    ]
    title = Text("found: ", style="dim")
    title.append("training", _TRAIN).append(", ").append("held out", _VAL)
    title.append(", ").append("chance", _CHANCE)
    return _chart(title, curves, record.steps, 1.0, columns)


def _chart(
    title: Text, curves: list[tuple[Points, str]], steps: int, most: float, columns: int
) -> Text:
    """Return curves with their colours, from 0 to a number over all steps, with axes."""
    from pedpose.learning.curves import draw_curves

    points, colours = [curve for curve, _ in curves], [colour for _, colour in curves]
    rows = draw_curves(points, (1, max(steps, 2)), (0, most), (_CHART_ROWS, columns))
    text = Text(no_wrap=True)
    text.append_text(title)
    for number, row in enumerate(rows):
        label = f"{most:.1f}" if number == 0 else "0" if number == len(rows) - 1 else ""
        text.append(f"\n{label:>{_LABEL - 1}}\N{BOX DRAWINGS LIGHT VERTICAL}", "dim")
        for character, curve in row:
            text.append(character, colours[curve] if curve >= 0 else None)
    ends = f"1{f'step {steps}':>{columns - 1}}"
    text.append(f"\n{'':{_LABEL}}{ends}\n", "dim")
    return text
