"""What a page answers, and to whom."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from serving import PATIENCE_S, TOKEN, ask, connect, picture, port_of, size_of, source

from pedpose.errors import ConfigError
from pedpose.live.address import Address, parse_address
from pedpose.live.server import Server


@pytest.fixture
def server(hurried: None) -> Iterator[Server]:
    with Server(Address(), TOKEN) as server:
        server.show(source("walk"), picture(64, 48), 3, 1.5)
        yield server


PATHS = ["/", "/status.json", "/picture/walk.jpg", "/stream/walk.mjpg", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "%ff%00"])
def test_nothing_is_told_without_the_token(server: Server, path: str, token: str | None):
    answer = ask(server, path, token=token)
    assert (answer.status, answer.content) == (403, b"403 Forbidden\n")
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.1.2.3", "", "a b"])
def test_requests_for_other_hosts_are_refused(server: Server, host: str):
    assert ask(server, "/", headers={"Host": host}).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:8080"])
def test_requests_for_this_machine_are_answered(server: Server, host: str):
    assert ask(server, "/", headers={"Host": host}).status == 200


def test_the_token_sets_a_cookie_that_lets_in(server: Server):
    cookie = ask(server, "/").headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    pair = cookie.split(";")[0]
    answer = ask(server, "/status.json", token=None, headers={"Cookie": f"a=b; {pair}"})
    assert answer.status == 200
    assert answer.headers["Set-Cookie"] is None
    for wrong in (pair + "x", pair.replace("pedpose", "other"), "pedpose", ";;=;"):
        assert ask(server, "/", token=None, headers={"Cookie": wrong}).status == 403


def test_the_url_holds_the_token_and_what_is_shown_does_not(server: Server):
    assert server.url == f"http://127.0.0.1:{port_of(server)}/?token={TOKEN}"
    for path in PATHS[:3]:
        assert TOKEN.encode() not in ask(server, path).content
    assert TOKEN not in repr(server)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/picture/",
        "/picture/other.jpg",
        "/stream/other.mjpg",
        "/picture/walk.mjpg",
        "/../../etc/passwd",
        "/picture/../../etc/passwd",
        "/picture/..%2f..%2fetc%2fpasswd.jpg",
        "/picture/%2e%2e/walk.jpg",
        "//etc/passwd",
        "/status.json/",
        "/live.html",
        "/favicon.ico",
    ],
)
def test_other_paths_are_not_found(server: Server, path: str):
    answer = ask(server, path)
    assert (answer.status, answer.content) == (404, b"404 Not Found\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(server: Server, method: str):
    answer = ask(server, "/status.json", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert ask(server, "/status.json", method, token=None).status == 403


def test_what_is_no_request_is_refused_without_repeating_it(server: Server):
    answer = ask(server, "/", "<SCRIPT>")
    assert (answer.status, answer.content) == (501, b"501 Not Implemented\n")
    with connect(server, "http://[/") as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("path", PATHS)
def test_browsers_are_told_to_load_and_keep_nothing(server: Server, path: str):
    headers = ask(server, path, "HEAD").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Server"] == "pedpose"


def test_what_runs_in_the_page_is_named_by_a_number_used_once(server: Server):
    first, second = ask(server, "/"), ask(server, "/")
    nonce = first.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    page = first.content.decode()
    assert page.count("<script") == page.count("<style") == 1
    assert page.count(f'nonce="{nonce}"') == 2
    assert nonce not in second.content.decode()
    for outside in ("src=", "href=", "http:", "https:", "@import", "innerHTML", "{{", "{%"):
        assert outside not in page


def test_the_status_has_the_figures(server: Server):
    server.show(source("walk"), picture(640, 360), 5, 2.0)
    server.show(source("b"), picture(), 1, None)
    server.finish(source("b"))
    status = ask(server, "/status.json").json
    assert (status["running"], status["ended"], status["over"]) == (1, 1, False)
    walk, ended = status["sources"]
    assert walk.pop("rate") > 0
    assert walk == {
        **{"name": "walk", "people": 5, "frames": 2, "time_s": 2.0, "size": [640, 360]},
        **{"ended": False, "picture": "/picture/walk.jpg", "stream": "/stream/walk.mjpg"},
    }
    assert (ended["name"], ended["ended"], ended["time_s"], ended["rate"]) == ("b", True, None, 0)


def test_the_newest_picture_is_a_jpeg_of_its_size(server: Server):
    answer = ask(server, "/picture/walk.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert size_of(answer.content) == (64, 48)
    head = ask(server, "/picture/walk.jpg", "HEAD")
    assert (head.status, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "two words",
        "yard/gate 1",
        "höf/門",
        "../../etc/passwd",
        "..",
        ".",
        "100%",
        "a?b#c",
        '"quoted"',
        "caf�",
        "%2e%2e",
        "a.jpg",
        "",
    ],
)
def test_any_name_can_be_shown(server: Server, name: str):
    server.show(source(name), picture(30, 20), 1, None)
    entry = ask(server, "/status.json").json["sources"][1]
    assert entry["name"] == name
    assert size_of(ask(server, entry["picture"]).content) == (30, 20)
    server.finish(source(name))
    assert b"image/jpeg" in ask(server, entry["stream"]).content
    assert b"alert(1)" not in ask(server, "/").content


def test_many_requests_on_one_connection(server: Server):
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=PATIENCE_S)
    for path, status in (("/", 200), ("/no", 404), ("/status.json", 200)):
        connection.request("GET", f"{path}?token={TOKEN}")
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (status, True)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Set-Cookie"]) == (403, None)
    connection.close()


def test_a_port_in_use_is_named(server: Server):
    port = port_of(server)
    with pytest.raises(ConfigError, match=f"found 127.0.0.1:{port}: "):
        Server(Address(port=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a" * 70, "x..y"])
def test_an_address_that_is_not_of_this_machine_is_refused(host: str):
    with pytest.raises(ConfigError, match="expected an address to listen at"):
        Server(Address(host))


def test_listening_everywhere_is_reached_and_told_by_the_own_address():
    with Server(parse_address("0.0.0.0:0"), TOKEN) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server, "/", headers={"Host": "192.168.0.9:80"}).status == 200
        assert ask(server, "/", headers={"Host": "evil.example"}).status == 403
