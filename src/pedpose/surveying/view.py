"""Write pictures of annotations, as a contact sheet or as a page."""

from __future__ import annotations

from pathlib import Path

from pedpose.data.coco import read_coco
from pedpose.data.subset import refuse_existing
from pedpose.errors import ConfigError
from pedpose.files import write_bytes, write_text
from pedpose.surveying.contact_sheet import FORMATS, contact_sheet, encode, sheet_size
from pedpose.surveying.gallery import (
    PERSON_TILE,
    PICTURE_TILE,
    Choice,
    choose,
    draw_tiles,
    make_card,
)
from pedpose.surveying.page import view_page


def view(path: Path, out: Path, choice: Choice, columns: int, images: Path | None = None) -> str:
    """Draw some of the annotations of a file.

    Args:
        path: The annotation file; it is only read, and so are its pictures.
        out: The new file: a sheet where it ends in .jpg or .png, a page where it ends in .html.
        choice: Whom to draw.
        columns: Of a sheet; a page has as many as fit.
        images: Folder that file names are relative to; None for that of the annotation file.

    Returns:
        What is shown, and how it was chosen.

    Raises:
        ConfigError: If ``out`` exists or has another ending, or nobody has an id asked for.
        DataError: If the annotations or a picture that is shown are broken.
        OSError: If ``out`` cannot be written.
    """
    suffix = out.suffix.lower()
    if suffix != ".html" and suffix not in FORMATS:
        raise ConfigError(f"--out: expected a file ending in .html, .jpg or .png, found {out}")
    refuse_existing(out)
    data = read_coco(path, need_pictures=False, folder=images)
    chosen, note = choose(data, choice)
    folder = images or path.parent
    if suffix == ".html":
        tiles = draw_tiles(chosen, data.skeleton, choice.whole)
        cards = [make_card(tile, data.skeleton, folder) for tile in tiles]
        write_text(out, view_page(str(path), cards, note))
    else:
        shape = PICTURE_TILE if choice.whole else PERSON_TILE
        sheet_size(len(chosen), columns, shape)  # refuses before time is spent on drawing
        drawn = list(draw_tiles(chosen, data.skeleton, choice.whole))
        write_bytes(out, encode(contact_sheet(drawn, columns, folder, shape), suffix))
    return note
