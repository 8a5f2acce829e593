import pytest

from pedpose.errors import ConfigError
from pedpose.live.access import Access
from pedpose.live.address import Address, host_of, is_served_by, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("8080", "127.0.0.1", 8080),
        ("0", "127.0.0.1", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("localhost:80", "localhost", 80),
        ("[::1]:8080", "::1", 8080),
        ("[::]:0", "::", 0),
    ],
)
def test_addresses_are_read(text: str, host: str, port: int):
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    " :8080 65536 -1 +1 host host: ::1:8080 [::1] [:::::]:80 http://localhost:80 a/b:80 u@h:80 ٨٠"
    " 8080\n 111111111111111111111111111111".split(" "),
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ConfigError, match="expected PORT"):
        parse_address(text)


@pytest.mark.parametrize(
    ("address", "text"),
    [(Address("::1", 80), "[::1]:80"), (Address("10.0.0.1", 8080), "10.0.0.1:8080")],
)
def test_an_address_is_written_as_in_a_url_and_read_back(address: Address, text: str):
    assert address.text == text
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("LocalHost:8080", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:80", "::1"),
        ("", None),
        ("a b", None),
        ("localhost:80:80", None),
        ("localhost@evil.example", None),
        ("localhost/evil", None),
    ],
)
def test_the_host_header_is_read(header: str, host: str | None):
    assert host_of(header) == host


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.9"])
def test_only_names_of_this_machine_are_served(host: str):
    assert not is_served_by(host, Address("127.0.0.1", 80))
    assert not is_served_by(host, Address("10.0.0.1", 80))


def test_listening_everywhere_serves_addresses_but_no_names():
    everywhere = Address("0.0.0.0", 80)
    assert is_served_by("192.168.1.7", everywhere)
    assert is_served_by("localhost", everywhere)
    assert not is_served_by("evil.example", everywhere)
    assert is_served_by("box.lan", Address("box.lan", 80))


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "with space and more", "ü" * 20, "a" * 15 + ";"]
)
def test_weak_tokens_are_refused_without_repeating_them(token: str):
    with pytest.raises(ConfigError) as refused:
        Access(Address(), token)
    assert not token or token not in str(refused.value)


def test_each_run_has_another_token_and_each_port_another_cookie():
    one, other = Access(Address(port=1)), Access(Address(port=2))
    assert one.query != other.query
    assert len(one.query) >= len("token=") + 32
    assert not other.in_query(one.query)
    assert not other.in_cookie(one.cookie)
    assert one.in_query(one.query)
    assert one.in_cookie(f"theme=dark; {one.cookie.split(';')[0]}; other=1")


@pytest.mark.parametrize("query", ["", "token", "token=", "token=%ff", "token=ü", "t=1&token=x"])
def test_what_is_not_the_token_does_not_let_in(query: str):
    assert not Access(Address(port=1)).in_query(query)
