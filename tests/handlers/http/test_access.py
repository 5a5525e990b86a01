"""Who may come in by the HTTP door."""

import pytest

from handlers.http.access import DoorRules, has_token, is_own_name

TOKEN = "a-token-that-nobody-guesses"


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("localhost", True),
        ("LocalHost:8787", True),
        ("127.0.0.1", True),
        ("127.0.0.1:9", True),
        ("127.8.9.10:8787", True),
        ("[::1]", True),
        ("[::1]:8787", True),
        ("bot.example", True),
        ("bot.example:443", True),
        ("evil.example", False),
        ("evil.example:8787", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("bot.example.evil.example:8787", False),
        ("192.0.2.7", False),
        ("192.0.2.7:8787", False),
        ("", False),
        (":8787", False),
        ("localhost:8787:8787", False),
        ("0x7f000001", False),
    ],
)
def test_a_name_that_is_not_ours_is_refused(host: str, *, is_ours: bool) -> None:
    rules = DoorRules(host_names=frozenset({"bot.example"}))
    assert is_own_name(host, rules) is is_ours


def test_where_others_may_come_in_any_address_is_ours_and_still_no_name() -> None:
    rules = DoorRules(is_open_to_others=True, token=TOKEN)
    assert is_own_name("192.0.2.7:8787", rules)
    assert not is_own_name("evil.example:8787", rules)


def test_a_unix_socket_is_asked_for_by_any_name() -> None:
    assert is_own_name("whatever", DoorRules(checks_host=False))


@pytest.mark.parametrize(
    ("header", "is_let_in"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        (f"Bearer  {TOKEN} ", True),
        (TOKEN, False),
        (f"Basic {TOKEN}", False),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {TOKEN.upper()}", False),
        ("Bearer ", False),
        ("Bearer", False),
        ("", False),
        ("Bearer \udcff\u20ac", False),
    ],
)
def test_only_the_whole_token_lets_in(header: str, *, is_let_in: bool) -> None:
    assert has_token(header, DoorRules(token=TOKEN)) is is_let_in


def test_without_a_token_nobody_needs_one() -> None:
    assert has_token("", DoorRules())


def test_the_rules_do_not_show_the_token() -> None:
    assert TOKEN not in repr(DoorRules(token=TOKEN))
