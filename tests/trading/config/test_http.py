"""The table of the HTTP door: where it may listen, and what it must be told for more."""

from pathlib import Path

import pytest

from tests.trading.config.texts import WHOLE, read
from trading.config.description import secrets, settings
from trading.config.http import HttpSection, TcpAddress, UnixAddress
from trading.errors import ConfigurationError

TOKEN = "a-token-that-nobody-guesses"


def http(lines: str, **environment: str) -> HttpSection:
    found = read(f"{WHOLE}\n[http]\n{lines}\n", environment=environment).http
    assert found is not None
    return found


def test_without_the_table_nothing_listens() -> None:
    assert read(WHOLE).http is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1:8787", TcpAddress(host="127.0.0.1", port=8787)),
        ("localhost:1", TcpAddress(host="localhost", port=1)),
        ("[::1]:65535", TcpAddress(host="::1", port=65535)),
        ("unix:run/http.sock", UnixAddress(path=Path("/nowhere/run/http.sock"))),
        ("unix:/run/http.sock", UnixAddress(path=Path("/run/http.sock"))),
    ],
)
def test_it_listens_on_this_machine(written: str, address: object) -> None:
    section = http(f'listen = "{written}"')
    assert section.listen == address
    assert section.token is None


def test_an_empty_table_opens_the_door_on_loopback() -> None:
    assert http("").listen == TcpAddress(host="127.0.0.1", port=8787)
    assert str(http("").listen) == "127.0.0.1:8787"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('listen = "0.0.0.0:8787"', "can be reached from other machines"),
        ('listen = "[::]:8787"', "can be reached from other machines"),
        ('listen = "192.0.2.7:8787"', "can be reached from other machines"),
        ('listen = "0.0.0.0:8787"\nallow_other_machines = true', "token is missing"),
        ('listen = "bot.example:8787"', "must be an address of this machine"),
        ('listen = "127.0.0.1"', "must be an address of this machine"),
        ('listen = "127.0.0.1:0"', "must be an address of this machine"),
        ('listen = "127.0.0.1:65536"', "must be an address of this machine"),
        ('listen = "127.0.0.1:٨"', "must be an address of this machine"),
        ('listen = "unix:"', "must be an address of this machine"),
        ("listen = 8787", "must be an address of this machine"),
        ('token = "too short"', "shorter than 16 characters"),
        ('token = "long enough, but with spaces"', "no header can carry"),
        ('host_names = ["http://bot.example"]', "must be the name of a host"),
        ('host_names = ["bot.example:443"]', "must be the name of a host"),
        ('host_name = "bot.example"', "there is no such key; did you mean 'host_names'?"),
    ],
)
def test_what_is_not_safe_or_not_meant_is_refused(lines: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        http(lines)
    assert problem in str(refusal.value)
    assert "too short" not in str(refusal.value)


def test_other_machines_are_let_in_only_when_that_is_said_and_with_a_token() -> None:
    section = http(
        'listen = "0.0.0.0:8787"\nallow_other_machines = true\n'
        'host_names = ["Bot.Example"]\ntoken = { env = "TOKEN" }',
        TOKEN=TOKEN,
    )
    assert section.host_names == ("bot.example",)
    assert section.token is not None
    assert section.token.reveal() == TOKEN


def test_the_token_is_shown_nowhere() -> None:
    found = read(f'{WHOLE}\n[http]\ntoken = "{TOKEN}"\n')
    assert TOKEN in secrets(found)
    shown = {each.key: each.value for each in settings(found)}
    assert shown["http.token"] == "set"
    assert shown["http.listen"] == "127.0.0.1:8787"
    assert TOKEN not in repr(found)
