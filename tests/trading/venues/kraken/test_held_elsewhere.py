"""What cannot be spent has one name, whether Kraken was asked for it or pushed it."""

from decimal import Decimal
from pathlib import Path

from tests.support.waiting import eventually
from tests.trading.venues.kraken.live_streams import BTC, LiveStreams, live_streams

HELD = {"BTC (earning)": Decimal("0.75"), "USD (on hold)": Decimal(7)}


def pushed(live: LiveStreams) -> dict[str, Decimal]:
    return dict(live.ears.accounts[-1].snapshot.held_elsewhere)


async def test_the_stream_and_rest_name_it_alike(tmp_path: Path) -> None:
    """By a wallet there and a suffix here, and by a suffix in both where there is no wallet."""
    async with live_streams(tmp_path) as live:
        for name, amount in (("BTC.M", "0.5"), ("BTC.B", "0.2"), ("USD.HOLD", "7")):
            await live.kraken.deposit(name, amount, newly_listed=True)
        # The lists have all of them now: nothing of it may be taken for spendable for that.
        await live.adapter.fetch_instruments()
        await live.adapter.reconnect_streams()
        await live.kraken.deposit("BTC.B", "0.05")
        await eventually(lambda: pushed(live) == HELD)
        asked = await live.adapter.fetch_balances()
        assert asked.held_elsewhere == HELD
        assert asked.balances[BTC].total == Decimal("0.5")
        assert live.ears.held.keys() == asked.balances.keys()
