"""Change valid inputs a little, by a seeded generator: bytes, text, and trees of plain data."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

Mutate = Callable[[Random, bytes], bytes]

ODD: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 3, 0.5, -0.0, 1e-320, 1e9, 1e15, 1e16, 1e39, 1e308, -1e308),
    *(2**31, 2**53 + 1, 2**63, -(2**63), 10**30, 10**400, float("nan"), float("inf")),
    *("", " ", "x", "0", "1", "nan", "-inf", "1e999", "\0", "a\nb", "\ud800", "\u202eabc", "=1+1"),
    *("../../x", "/", "/none/such", "-x", "~", ".", "..", "%s{0}", "[bold]", "\x1b[31m", "ä", "😀"),
    *("a" * 300, "9" * 5000, "12345678-01-01", "2020-99-99"),
    *([], {}, [[]], [{}], [None], {"": None}, {"id": 1}, [1, 2], [[1, 2, 3]], [2] * 51, [0] * 9),
)
"""Values that nobody expects, in place of any other."""

ODD_BYTES = (
    *(b"\0", b"\xff", b"\xff" * 4, b"\0" * 4, b"\x80\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1"),
    *(b"\xff\xff\xff\x7f", b"\1\0\0\0", b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\xed\xa0\x80"),
)
ODD_TEXT = (
    *(
        "\0",
        "\ufeff",
        "\u2028",
        "\x85",
        "\r",
        "\t",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "-",
        "&",
    ),
    *(
        "*",
        "!",
        "<",
        ">",
        "nan",
        "inf",
        "1e999",
        "-1",
        "0",
        "99999999999999999999",
        "../",
        "=",
        "\ud800",
    ),
    *("[" * 3000, "9" * 5000, "&a [*a]", "!!python/object:os.system", "<!ENTITY", "<![CDATA["),
    *("!!int ", "!!timestamp ", "!!bool ", "!!float ", "!!binary ", "0x" + "f" * 5000, "1:1"),
    *("&b", "*b", "<<: ", "? ", "2020-02-31", ".nan", ".inf", "0x1p", "1_0", "~"),
)


def mutate_bytes(random: Random, data: bytes) -> bytes:
    """Change some bytes, or cut, double or move a piece; early bytes, the headers, more often."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        if not out:
            return random.randbytes(random.randint(0, 64))
        near = random.choice((16, 64, 512, len(out)))
        at = random.randrange(min(near, len(out)))
        match random.randrange(7):
            case 0:
                out[at] ^= 1 << random.randrange(8)
            case 1:
                out[at] = random.randrange(256)
            case 2:
                odd = random.choice(ODD_BYTES)
                out[at : at + len(odd)] = odd
            case 3:
                del out[at : at + random.choice((1, 2, 4, 16, len(out)))]
            case 4:
                out[at:at] = random.randbytes(random.choice((1, 2, 4, 64)))
            case 5:
                size = random.choice((4, 16, 64, 256))
                source = random.randrange(len(out))
                out[at : at + size] = out[source : source + size]
            case 6:
                size = random.choice((1, 2, 4, 8))
                number = int.from_bytes(out[at : at + size], "big") + random.choice((-1, 1, 8))
                size = len(out[at : at + size])
                out[at : at + size] = (number % 256**size).to_bytes(size, "big")
    return bytes(out)


def mutate_text(random: Random, data: bytes) -> bytes:
    """Change some characters or lines of text."""
    text = data.decode("utf-8", "replace")
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(text) + 1)
        match random.randrange(5):
            case 0:
                text = text[:at] + random.choice(ODD_TEXT) + text[at + random.randrange(4) :]
            case 1:
                text = text[:at] + text[at + random.choice((1, 2, 8, 64)) :]
            case 2:
                lines = text.splitlines(keepends=True)
                if lines:
                    line = random.choice(lines)
                    lines.insert(random.randrange(len(lines) + 1), line)
                    lines.pop(random.randrange(len(lines))) if random.random() < 0.5 else None
                text = "".join(lines)
            case 3:
                size = random.choice((2, 8, 32))
                source = random.randrange(len(text) + 1)
                text = text[:at] + text[source : source + size] + text[at:]
            case 4:
                text = text[:at] + chr(random.choice((0, 9, 10, 13, 34, 92, 0x7F, 0x2028, 0x1F600)))
    return text.encode("utf-8", "surrogatepass")


def mutate_tree(random: Random, tree: Any) -> Any:
    """Return a copy of plain data with some entries replaced, removed, doubled or moved."""
    holder = [copy.deepcopy(tree)]
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        places = _places(holder)
        owner, key = random.choice(places)
        match random.randrange(8):
            case 0 | 1 | 2:
                owner[key] = copy.deepcopy(random.choice(ODD))
            case 3:
                if owner is not holder:
                    del owner[key]
            case 4:
                if isinstance(owner, list) and owner is not holder:
                    owner.insert(random.randrange(len(owner) + 1), copy.deepcopy(owner[key]))
                elif isinstance(owner, dict):
                    owner[str(random.choice(ODD))[:400]] = owner[key]
            case 5:
                other, name = random.choice(places)
                if name in other if isinstance(other, dict) else name < len(other):
                    owner[key] = copy.deepcopy(other[name])
            case 6:
                value = owner[key]
                if isinstance(value, int | float) and -1e300 < value < 1e300:
                    owner[key] = random.choice(
                        (-value, value + 1, value * 0.5, value * 1000, str(value), [value])
                    )
                elif isinstance(value, str):
                    owner[key] = mutate_text(random, value.encode("utf-8", "replace")).decode(
                        "utf-8", "replace"
                    )
                elif isinstance(value, list):
                    random.shuffle(value)
            case 7:
                value = owner[key]
                if isinstance(value, dict):
                    value[str(random.choice(ODD))[:40]] = copy.deepcopy(random.choice(ODD))
                elif isinstance(value, list):
                    value.append(copy.deepcopy(random.choice(ODD)))
    return holder[0]


def mutate_json(random: Random, data: bytes) -> bytes:
    """Change JSON as a tree nine times of ten, else as text or bytes."""
    way = random.random()
    if way < 0.05:
        return mutate_bytes(random, data)
    if way < 0.1:
        return mutate_text(random, data)
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(random, data)
    return to_json(mutate_tree(random, tree))


def mutate_yaml(random: Random, data: bytes) -> bytes:
    """Change YAML as a tree where it is JSON, else as text."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(random, data)
    return mutate_json(random, data)


def to_json(tree: Any) -> bytes:
    """Write a tree; integers that Python itself refuses to write become text."""
    try:
        return json.dumps(tree).encode()
    except (ValueError, RecursionError):
        return b"{}"


def _places(holder: list[Any]) -> list[tuple[Any, Any]]:
    """Return owner and key of entries of a tree, at most some thousand."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [holder]
    while waiting and len(found) < 5000:
        owner = waiting.pop(0)
        keys = list(owner) if isinstance(owner, dict) else range(len(owner))
        for key in keys:
            found.append((owner, key))
            if isinstance(owner[key], dict | list):
                waiting.append(owner[key])
    return found
