"""An incident is told whole: what was proven, what the venue says, and what to do."""

from datetime import UTC
from typing import Any

from handlers.rendering.notices import render_notice
from handlers.rendering.text import plain

EVIDENCE = {
    "asset": "USD",
    "required": "101.50",
    "free": "500.0000",
    "locked": "0",
    "reserved": "12",
    "source": "exchange",
    "as_of": "2026-01-05T12:00:00+00:00",
    "age_seconds": "0.4",
    "said": "EOrder:Insufficient funds",
}
NOW = {
    "now_free": "3.5",
    "now_locked": "496.5",
    "now_reserved": "0",
    "now_source": "exchange",
    "now_seconds": "0.21",
}


def told(**evidence: str) -> str:
    payload: dict[str, Any] = {
        "client_order_id": "sytest-1",
        "venue": "kraken",
        "symbol": "BTC/USD",
        "side": "buy",
        "quantity": "0.00150000",
        "limit_price": "65000",
        "note": "EOrder:Insufficient funds",
        "status": "rejected",
        "correlation_id": "tg7",
        "incident": True,
        "evidence": EVIDENCE | evidence,
    }
    return plain(render_notice("order_incident", payload, zone=UTC))


def test_it_holds_the_proof_the_venues_words_what_was_done_and_what_to_do() -> None:
    text = told(**NOW)
    for words in (
        "buy 0.0015 BTC/USD: kraken said EOrder:Insufficient funds",
        "Nothing was placed, and it is not sent again",
        "101.5",
        "exchange, 0 s old then",
        "Fresh balances were asked for at once",
        "496.5",
        "in 0.21 s",
        "another program or person uses this account",
        "/verify kraken USD 101.5 now",
        "sytest-1",
    ):
        assert words in text, text


def test_balances_that_could_not_be_had_are_said() -> None:
    text = told(now_error="kraken: timed out")
    assert "not had: kraken: timed out" in text
