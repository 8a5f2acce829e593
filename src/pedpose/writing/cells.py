"""Texts in tables: those of strangers, such as names of files and joints."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_cell(text: str) -> str:
    """Return a text as a cell of a CSV table: where it begins like a formula, behind a ``'``.

    Spreadsheets run such a cell when the table is opened, which a name can use to send data away:
    https://owasp.org/www-community/attacks/CSV_Injection. They show the rest of one that begins
    with ``'`` as it is.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def unicode_text(text: str) -> str:
    r"""Return a text that UTF-8 can hold: bytes of a file name that are no text as ``\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
