"""Read JSON files of strangers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pedpose.errors import DataError


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        DataError: If the file cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected JSON text, found bytes that are not UTF-8") from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}: not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        # Thousands of brackets in each other, or of digits in one number.
        raise DataError(f"{path}: expected JSON that can be read, found: {error}") from error
