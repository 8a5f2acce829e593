"""Write weights/SHA256SUMS, by which pedpose doctor knows damaged weights.

usage: hash_weights.py [FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pedpose.files import sha256_of, write_text

FOLDER = Path(__file__).resolve().parents[1] / "weights"
SUFFIXES = (".onnx", ".safetensors")


def hash_weights(folder: Path = FOLDER) -> None:
    """Write the sums of all weights of a folder."""
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    write_text(folder / "SHA256SUMS", "".join(f"{sha256_of(f)}  {f.name}\n" for f in files))


def main() -> None:
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    hash_weights(parser.parse_args().folder)


if __name__ == "__main__":
    main()
