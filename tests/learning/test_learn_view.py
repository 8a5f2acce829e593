"""What the terminal shows, drawn to a console that records it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from pedpose.cli.learn_view import LearnView, half_blocks, live_view
from pedpose.diagnosis.history import Reading
from pedpose.learning.figure import SKELETON
from pedpose.learning.figure_set import make_picture
from pedpose.learning.moments import HeldOut, Moment
from pedpose.learning.record import Record
from pedpose.learning.story import happening


def moment(step: int, peak: float) -> Moment:
    random = np.random.default_rng(step)
    heatmaps = np.full((13, 24, 18), (1 - peak) / (24 * 18), np.float32)
    heatmaps[:, 20, 9] += peak
    filters = random.normal(0, 0.1, (12, 3, 5, 5)).astype(np.float32)
    return Moment(step, step / 10, filters, heatmaps, np.ones((13, 3), np.float32))


def made(readings: list[tuple[float, float]] = ()) -> Record:  # type: ignore[assignment]
    """Return a run of 20 steps with training and validation PCK at each fifth."""
    figure, image = make_picture((0, 0, 1))
    crop = np.ascontiguousarray(image[:96, :72])
    held_out = HeldOut(crop, figure.joints.astype(np.float32))
    record = Record(SKELETON.names, 20, held_out, {"pck@0.2": 0.5, "error": 0.2})
    record.moments.append(moment(0, 0.0))
    record.losses = [2.0]
    for number, (train, val) in enumerate(readings, start=1):
        figures = [{"pck@0.2": share, "error": 1 - share} for share in (train, val)]
        record.readings.append(Reading(5 * number, number / 2, 1.0, 0.01, 1.0, *figures))
        record.moments.append(moment(5 * number, 0.05 * number))
        record.losses += [2.0 / number] * 5
    return record


def terminal(width: int = 80) -> Console:
    return Console(
        *(),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        width=width,
        height=24,
        record=True,
        no_color=False,
    )


def shown(console: Console) -> str:
    return console.export_text(clear=False)


def drawn(record: Record, width: int = 80) -> str:
    console = terminal(width)
    console.print(live_view(record, width))
    return shown(console)


def test_all_parts_fit_a_small_terminal() -> None:
    text = drawn(made([(0.6, 0.4), (0.95, 0.6)]))
    lines = text.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "epoch 1.0 measured, step 11 of 20, loss 1.000" in lines[0]
    for part in ("loss of each step", "found: training, held out, chance", "left wrist?", "first"):
        assert part in text
    assert "\u2026" not in text  # nothing is cut off
    assert " 2.0\u2502" in text and " 1.0\u2502" in text and "step 20" in text
    assert "It learns its pictures by heart: it finds 95 of 100 joints in those, and 60" in text


@pytest.mark.parametrize("width", [40, 200])
def test_other_widths(width: int) -> None:
    assert "step 1 of 20" in drawn(made(), width)


def test_the_view_changes_as_it_learns() -> None:
    early, late = made([(0.3, 0.2)]), made([(0.3, 0.2), (0.9, 0.88)])
    consoles = [terminal(), terminal()]
    for console, record in zip(consoles, (early, late), strict=True):
        console.print(live_view(record, 80))
    first, second = (console.export_svg(title="learn") for console in consoles)
    assert first != second


def test_half_blocks_are_two_pixels_each() -> None:
    image = np.zeros((3, 2, 3), np.uint8)
    image[0, 0], image[1, 0], image[2, 1] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    text = half_blocks(image)
    assert text.plain == "\u2580\u2580\n\u2580\u2580"
    styles = [span.style for span in text.spans]
    assert styles[0].color.triplet == (255, 0, 0) and styles[0].bgcolor.triplet == (0, 255, 0)
    # The last row has nothing under it.
    assert styles[3].color.triplet == (0, 0, 255) and styles[3].bgcolor is None


def test_a_terminal_is_drawn_on() -> None:
    console = terminal()
    with LearnView(console) as view:
        view.changed(made(), False)
        view.changed(made([(0.6, 0.55)]), True)
    assert "\u2580" in shown(console)
    assert "What it learns holds for new pictures" in shown(console)


@pytest.mark.parametrize("how", ["plain", "piped", "colourless"])
def test_elsewhere_there_is_a_line_at_each_validation(how: str) -> None:
    console = Console(
        file=io.StringIO(),
        record=True,
        width=60,
        force_terminal=how != "piped",
        color_system="truecolor",
        no_color=how == "colourless",
    )
    with LearnView(console, plain=how == "plain") as view:
        view.changed(made(), False)
        view.changed(made([(0.6, 0.55)]), True)
        view.note("[bold]no markup")
    assert shown(console).splitlines() == [
        "epoch 0.5, step 5/20: loss 1.000; pck@0.2 0.600 on training pictures, 0.550 on held-out "
        "ones; error 0.400 and 0.450",
        "[bold]no markup",
    ]


def test_what_is_going_on_is_said_by_the_numbers() -> None:
    assert "random numbers" in happening(made())
    below = happening(made([(0.4, 0.3)]))
    assert below.startswith("It finds 30 of 100 joints: fewer than 50 of 100")
    assert "holds for new pictures" in happening(made([(0.9, 0.85)]))
    assert "by heart" in happening(made([(0.9, 0.7)]))
