"""Parse XML of strangers.

Python's parser expands entities, by which a small file can fill the memory ("billion laughs"), see
https://docs.python.org/3/library/xml.html#xml-security. They can only be declared in a DOCTYPE, and
label files have none: it is refused before anything is parsed.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from pedpose.errors import DataError

Element = ElementTree.Element

_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_xml(path: Path) -> Element:
    """Return the root element of an XML file in UTF-8.

    Raises:
        DataError: If it cannot be read, is not XML in UTF-8, or declares a DOCTYPE or entities.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected XML in UTF-8, found other bytes") from error
    if found := _DECLARATION.search(text):
        raise DataError(f"{path}: expected XML without DOCTYPE and entities, found {found[0]}")
    try:
        # Text, not bytes: the parser then cannot be led to another encoding than was looked at.
        return ElementTree.fromstring(text)  # noqa: S314  (entities are refused above)
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: not valid XML: {error}") from error
    except ValueError as error:
        raise DataError(f"{path}: expected XML in UTF-8, found: {error}") from error
