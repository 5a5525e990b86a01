"""How an order by hand ended, in words: with its price, its fee, and what is still open."""

from dataclasses import replace
from decimal import Decimal

import pytest

from handlers.rendering import trade
from handlers.rendering.text import plain
from tests.support.telegram_trading import FILL, order
from trading.intents.manual_model import ManualResult
from trading.model.fill import Fill
from trading.model.identifiers import CorrelationId
from trading.model.order_status import OrderStatus


def told(status: OrderStatus, fills: tuple[Fill, ...] = (), note: str | None = None) -> str:
    result = ManualResult(
        order=replace(order(status), note=note),
        fills=fills,
        middle=Decimal(39_900),
        duration_seconds=0.42,
        correlation_id=CorrelationId("tg7"),
    )
    return plain(trade.result(result))


@pytest.mark.parametrize(
    ("status", "fills", "words"),
    [
        (OrderStatus.FILLED, (FILL,), "✅ Done"),
        (OrderStatus.CANCELLED, (FILL,), "🟠 Filled in part"),
        (OrderStatus.CANCELLED, (), "❌ Not filled"),
        (OrderStatus.REJECTED, (), "❌ The venue refused it"),
        (OrderStatus.OPEN, (), "✅ In the book"),
        (OrderStatus.PARTIALLY_FILLED, (FILL,), "🟠 Filled in part"),
        (OrderStatus.UNKNOWN, (), "⚠ Outcome unknown"),
    ],
)
def test_every_end_has_its_head(status: OrderStatus, fills: tuple[Fill, ...], words: str) -> None:
    text = told(status, fills)
    assert text.startswith(words)
    assert "sy-one · tg7" in text


def test_a_fill_tells_price_fee_and_slippage() -> None:
    text = told(OrderStatus.FILLED, (FILL, replace(FILL, fee=Decimal("0.5"))))
    for words in (
        "0.25 of 0.5 BTC bought",
        "at 40,000 USD on average in 2 fills: 10000 USD, fee 13.5 USD",
        "slippage 25.00 USD (+0.25 %) against the middle of 39,900",
    ):
        assert words in text, text


def test_what_is_open_or_in_doubt_says_what_can_be_done() -> None:
    assert "with a button to cancel it" in told(OrderStatus.OPEN)
    assert "/resolve sy-one placed|not-placed" in told(OrderStatus.UNKNOWN)
    assert "The venue says: EOrder:Cost minimum" in told(
        OrderStatus.REJECTED, note="EOrder:Cost minimum"
    )
