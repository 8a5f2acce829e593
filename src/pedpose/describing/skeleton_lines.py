"""A skeleton on a page of text: drawn, and its joints in a table beside or below."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap

from pedpose.describing.characters import Paper, draw_in_characters
from pedpose.describing.facts import why_no_pairs
from pedpose.describing.layout import lay_out
from pedpose.describing.words import WIDTH, counted, shown
from pedpose.model.text_table import aligned
from pedpose.skeleton import Skeleton

_GAP = "    "


def skeleton_lines(skeleton: Skeleton, paper: Paper) -> list[str]:
    """Return a heading, the drawing, the table of the joints, and the limbs."""
    layout = lay_out(skeleton)
    drawing = draw_in_characters(skeleton, layout, paper)
    table = _table(skeleton)
    wide = max(map(len, drawing))
    if wide + len(_GAP) + max(map(len, table)) <= WIDTH:
        both = [
            f"{left.ljust(wide)}{_GAP}{right}".rstrip()
            for left, right in zip_longest(drawing, table, fillvalue="")
        ]
    else:
        both = [*drawing, "", *table]
    seen = " (seen from the front)" if layout.from_front else ""
    joints, limbs = counted(len(skeleton), "joint"), counted(len(skeleton.limbs), "limb")
    return [f"skeleton: {joints}, {limbs}{seen}", "", *both, *_limbs(skeleton), *_doubts(skeleton)]


def _table(skeleton: Skeleton) -> list[str]:
    """Return a row for each joint."""
    names = [shown(name) for name in skeleton.names]
    sigmas = skeleton.sigmas or (None,) * len(skeleton)
    rows = [("", "joint", "side", "mirrored", "sigma")]
    for joint, (mirror, sigma) in enumerate(zip(skeleton.mirrors, sigmas, strict=True)):
        rows.append(
            (
                str(joint),
                names[joint],
                skeleton.side(joint),
                names[mirror] if mirror != joint else "-",
                "-" if sigma is None else f"{sigma:.3f}",
            )
        )
    return aligned(rows, right=(0, 4))


def _limbs(skeleton: Skeleton) -> list[str]:
    """Return which joints are connected."""
    if not skeleton.limbs:
        return []
    pairs = [f"{shown(skeleton.names[a])}-{shown(skeleton.names[b])}" for a, b in skeleton.limbs]
    lines = wrap(
        "limbs: " + ", ".join(pairs), WIDTH, subsequent_indent="  ", break_on_hyphens=False
    )
    return ["", *lines]


def _doubts(skeleton: Skeleton) -> list[str]:
    """Return what is not known."""
    lines = []
    if skeleton.sigmas is None:
        lines += ["", "sigmas: nobody has measured them for this skeleton"]
    if why := why_no_pairs(skeleton):
        why = shown(why.removeprefix("skeleton: "))
        lines += ["", *wrap(f"mirrored pairs are not certain: {why}", WIDTH)]
    return lines
