"""Passwords of cameras are in no output, whatever goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app

SECRET = "s3cr%40t"
PLAIN = "s3cr@t"


class Refusing(BaseHTTPRequestHandler):
    """Has no video for anybody."""

    def do_GET(self) -> None:
        """Refuse."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def said(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code not in (0, 1), result.output
    return result.output


@pytest.mark.parametrize(
    "form",
    [
        "http://user:SECRET@127.0.0.1:PORT/x.mp4",
        "http://127.0.0.1:PORT/x?password=SECRET&a=1",
        "http://127.0.0.1:PORT/x?user=me;pwd=SECRET",
        "rtsp://user:SECRET@127.0.0.1:PORT/x",
    ],
)
def test_results_of_a_stream_that_fails(tmp_path: Path, port: int, form: str):
    url = form.replace("PORT", str(port)).replace("SECRET", SECRET)
    (tmp_path / "cameras.txt").write_text(f"{url}\n")
    out = tmp_path / "out"
    listed = f"@{tmp_path / 'cameras.txt'}"
    output = said("detect", listed, "--out", out, "--reconnect", "0.1", "--track")
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"run.json", "failed.json", "people.csv"}
    told = output + "".join(str(p.relative_to(out)) + p.read_text() for p in files)
    assert "127.0.0.1" in told
    assert SECRET not in told and PLAIN not in told


@pytest.mark.parametrize(
    "words",
    [
        ("URL",),
        ("explain", "URL"),
        ("bench", "URL"),
        ("data", "view", "URL", "--out", "x.jpg"),
        ("eval", "--data", "URL"),
        ("detect", "URL", "--nonsense"),
        ("detect", "URL"),
        ("detect", "URL", "--out", "x", "--ray", "local"),
        ("detect", "URL", "--out", "x", "--boxes", "URL"),
    ],
)
def test_addresses_in_the_wrong_place(words: tuple[str, ...]):
    url = f"rtsp://user:{SECRET}@127.0.0.1:9/x"
    output = said(*(url if word == "URL" else word for word in words))
    assert "error" in output.lower()
    assert SECRET not in output and PLAIN not in output
