"""Closing in words: every asset accounted for, nothing rosier than it is."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from handlers.rendering.closing import at_the_end, preview, result
from handlers.rendering.notices import render_notice
from tests.support.telegram_emergency import DUST, LEFT, SOLD, UNKNOWN, closed
from trading.intents.closing import VenueClosing, closing_payload
from trading.model.denial import DenialCode, Denied

REFUSED = Denied(code=DenialCode.TRADING_DISABLED, reason="trading_enabled is false")


def told(closing: VenueClosing) -> str:
    return result(closing_payload(closing))


def test_a_whole_closing_says_what_was_sold_for_how_much() -> None:
    text = told(closed(SOLD, LEFT))
    assert "✅ <b>Closed</b> · kraken" in text
    assert "2 open orders cancelled" in text
    assert "BTC: sold 0.4 of 0.4 for 20,000.00 USD" in text
    assert "ADA: sold 0 of 0.1, 0.1 left: below the minimum" in text
    assert "fees 10.40 USD" in text


@pytest.mark.parametrize(
    ("closing", "words"),
    [
        (closed(SOLD, problems=("the venue fell silent",)), "⚠ the venue fell silent"),
        (closed(SOLD, cancelled=None), "not known whether open orders were"),
        (closed(replace(LEFT, is_expected=False, reason="no pair")), "0.1 left: no pair"),
        (closed(replace(LEFT, is_expected=False, left=None)), "sold 0 of 0.1: below"),
    ],
    ids=["a problem", "orders not known", "left unexpectedly", "left not known"],
)
def test_what_is_not_whole_never_reads_as_if_it_were(closing: VenueClosing, words: str) -> None:
    text = told(closing)
    assert "🟠 <b>Closed in part</b>" in text
    assert words in text


def test_a_refusal_and_an_empty_account() -> None:
    refused = told(closed(cancelled=None, refused=REFUSED))
    assert "❌ <b>Not closed</b>" in refused
    assert "trading_enabled is false" in refused
    assert "Nothing was held that could be sold" in told(closed(cancelled=0))


def test_what_is_not_closed_says_what_became_of_open_orders() -> None:
    text = told(closed(cancelled=None, refused=REFUSED, problems=("orders may still work",)))
    assert "⚠ orders may still work" in text


def test_nothing_to_sell_is_known_not_unknown() -> None:
    text = preview(replace(UNKNOWN, unknown=None))
    assert "Nothing is held that can be sold." in text
    assert "not known" not in text


def test_a_preview_without_a_plan_names_what_stays() -> None:
    text = preview(UNKNOWN)
    assert "not known now: kraken: no answer" in text
    assert f"ADA stays: {DUST.reason}" in text
    assert "ETH.S: 3 cannot be sold from here" in text
    assert "❌ no" in preview(replace(UNKNOWN, refused="no"))


def test_the_end_of_the_process_is_told_with_every_venue() -> None:
    held = closed(SOLD, held_elsewhere={"ETH.S": Decimal(3)})
    payload = {"venues": [closing_payload(held), closing_payload(closed(refused=REFUSED))]}
    text = render_notice("closed_at_the_end", payload, zone=UTC)
    assert text == at_the_end(payload, UTC)
    assert "Closed</b> · kraken" in text
    assert "Not closed" in text
