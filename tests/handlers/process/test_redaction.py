"""No secret survives, in whatever spelling it comes."""

import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.process.redaction import Redactor

SECRET = 'kQH5HW/8p1uGOVjbgWA7"Funky/+Key=='


@pytest.mark.parametrize(
    "text",
    [
        f"secret={SECRET}",
        f"sent {quote(SECRET, safe='')}",
        f"sent {quote_plus(SECRET)}",
        f"body {urlencode({'key': SECRET})}",
        f"json {json.dumps({'key': SECRET})}",
        f"{SECRET}{SECRET}",
    ],
    ids=["as it is", "quoted", "plus", "form", "json", "twice"],
)
def test_a_known_secret_is_hidden_in_every_spelling(text: str) -> None:
    cleaned = Redactor([SECRET]).clean(text)
    assert "Funky" not in cleaned
    assert "***" in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (
            "POST https://api.telegram.org/bot123456:AAF-x_y1234567890abcdefghij/getMe 200",
            "POST https://api.telegram.org/bot123456:***/getMe 200",
        ),
        ("GET http://127.0.0.1/bot123:demo/getMe", "GET http://127.0.0.1/bot123:***/getMe"),
        ("token 123456:AAF-x_y1234567890abcdefghij was refused", "token 123456:*** was refused"),
        ("{'API-Key': 'abc/def', 'API-Sign': 'x=='}", "{'API-Key': '***', 'API-Sign': '***'}"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("sent bearer abc.def to it", "sent bearer *** to it"),
        ('"X-MBX-APIKEY": "abc"', '"X-MBX-APIKEY": "***"'),
    ],
    ids=["url", "dummy token", "token", "kraken", "header", "bearer", "binance"],
)
def test_what_looks_like_a_secret_is_hidden_unknown(text: str, cleaned: str) -> None:
    assert Redactor().clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "order planned id=SYab12-0kq3x9zf001 price=42000.10 at 12:30:05",
        "the authorization of a command took 3 ms",
        "http://127.0.0.1:8080/page 2026-01-05T12:00:00.123456+00:00",
        "nonce=1700000000000000000 key accepted",
    ],
)
def test_innocent_text_stays(text: str) -> None:
    assert Redactor([SECRET, "abc"]).clean(text) == text


def test_secrets_may_come_later_and_the_old_ones_stay_hidden() -> None:
    redactor = Redactor(["the first secret"])
    redactor.add(["the second secret"])
    assert redactor.clean("the first secret, the second secret") == "***, ***"


@given(st.text(min_size=6, max_size=40).filter(lambda text: text.strip("*")), st.text(), st.text())
def test_a_secret_never_stands_in_a_cleaned_line(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).clean(f"{before}{secret}{after}").replace("***", "")
