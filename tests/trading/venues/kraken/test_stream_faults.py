"""Whatever happens to the stream, the account is the venue's book again, or is said to be lost."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.waiting import eventually
from tests.trading.venues.kraken.live_streams import BTC, SOON_DEAD, USD, LiveStreams, live_streams
from trading.errors import VenueError
from trading.model.identifiers import Asset
from trading.model.order import TimeInForce
from trading.model.order_status import OrderStatus


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[LiveStreams]:
    async with live_streams(tmp_path) as streams:
        yield streams


async def trade(live: LiveStreams) -> str:
    """Have an order filled as from the website: frames on both channels."""
    answer = await live.kraken.order_by_hand(
        pair="BTC/USD", side="buy", type="market", volume="0.01"
    )
    return str(answer["order_id"])


async def test_a_silent_connection_is_dead(tmp_path: Path) -> None:
    async with live_streams(tmp_path, wire=SOON_DEAD) as live:
        await live.kraken.fault("ws_silent", match="private", count=1)
        await live.lost()
        assert "nothing was heard" in live.ears.lost[0]
        await live.kraken.deposit("USD", "7")
        await live.baseline(2)
        await live.agrees()


async def test_a_silent_channel_is_found_by_the_referee(live: LiveStreams) -> None:
    await live.kraken.fault("ws_silent_channel", match="balances")
    await live.kraken.deposit("USD", "7")
    confirmed = live.ears.confirmations
    await eventually(lambda: live.ears.confirmations > confirmed)
    assert live.ears.lost == []
    await live.kraken.clear_faults()
    await live.adapter.fetch_balances()
    await live.lost()
    assert "BalanceEx" in live.ears.lost[0]
    await live.baseline(2)
    await live.agrees()
    assert live.status().reconnects == 0


async def test_the_referee_is_patient_with_what_is_on_its_way(live: LiveStreams) -> None:
    for _ in range(5):
        await live.kraken.deposit("USD", "1")
        await trade(live)
        await live.adapter.fetch_balances()
    await live.agrees()
    assert live.ears.lost == []


@pytest.mark.parametrize("channel", ["balances", "executions"])
async def test_a_gap_ends_the_account_and_is_closed_on_the_same_connection(
    live: LiveStreams, channel: str
) -> None:
    await live.kraken.fault("ws_gap", match=channel, count=1)
    await trade(live)
    await live.lost()
    assert channel in live.ears.lost[0]
    await live.baseline(2)
    await live.agrees()
    assert live.status().reconnects == 0


@pytest.mark.parametrize(
    ("fault", "parameters", "heals"),
    [
        ("ws_duplicate", {}, True),
        ("ws_swap", {"numbers_stay": True}, True),
        ("ws_swap", {"numbers_stay": False}, False),
    ],
)
async def test_frames_that_come_twice_or_overtake_end_in_the_truth(
    live: LiveStreams, fault: str, parameters: dict[str, bool], *, heals: bool
) -> None:
    await live.kraken.fault(fault, match="executions", count=2, **parameters)
    order_id = await trade(live)
    await live.agrees()
    await eventually(lambda: live.ears.ended(order_id) is OrderStatus.FILLED)
    book = await live.kraken.book()
    assert sorted(fill.fill_id for fill in live.ears.fills) == sorted(
        fill["trade_id"] for fill in book["fills"]
    )
    assert (live.ears.lost == []) is heals


@pytest.mark.parametrize("spelling", ["float", "exponent", "string", "exponent_string"])
async def test_numbers_may_be_spelled_in_any_way(live: LiveStreams, spelling: str) -> None:
    await live.kraken.fault("spell_numbers", spelling=spelling)
    await live.kraken.deposit("BTC", "0.0000100000")
    await trade(live)
    await live.adapter.reconnect_streams()
    await live.agrees()


async def test_a_malformed_frame_is_answered_by_a_new_connection(live: LiveStreams) -> None:
    await live.kraken.fault("ws_malformed", match="balances", count=1)
    await live.kraken.deposit("USD", "7")
    await live.lost()
    assert "not understood" in live.ears.lost[0]
    await live.baseline(2)
    await live.agrees()
    assert live.status().reconnects == 1


async def test_a_refused_token_is_replaced_by_a_new_one(live: LiveStreams) -> None:
    await live.kraken.fault("ws_refuse_token", count=1)
    await live.kraken.fault("ws_drop", match="private", count=1)
    await live.baseline(2)
    await live.agrees()


async def test_what_was_missed_while_disconnected_is_told_once(live: LiveStreams) -> None:
    order_id = await live.trader.submit(await live.trader.far(TimeInForce.GTC))
    await live.kraken.fault("ws_refuse", match="private", status=503)
    await live.kraken.fault("ws_drop", match="private", count=1)
    await live.lost()
    traded = await trade(live)
    await live.kraken.cancel_all()
    assert live.ears.fills == []
    await live.kraken.clear_faults()
    await live.baseline(2)
    await live.agrees()
    (fill,) = live.ears.fills
    assert fill.venue_order_id == traded
    await eventually(lambda: live.ears.ended(order_id) is OrderStatus.CANCELLED)
    await eventually(lambda: live.ears.ended(traded) is OrderStatus.FILLED)
    await live.adapter.reconnect_streams()
    assert len(live.ears.fills) == 1


async def test_a_forbidden_connection_is_not_hammered_until_somebody_asks(
    live: LiveStreams,
) -> None:
    await live.kraken.fault("ws_refuse", match="private", status=403)
    await live.kraken.fault("ws_drop", match="private", count=1)
    await live.lost()
    await eventually(lambda: "403" in live.status().detail)
    assert not live.status().is_live
    await live.kraken.clear_faults()
    await live.adapter.reconnect_streams()
    assert live.status().is_live
    await live.agrees()


async def test_who_asks_for_a_connection_does_not_wait_for_a_token_that_hangs(
    tmp_path: Path,
) -> None:
    """The call that hangs is given up, its nonce with it, and the key's next call has its turn."""
    async with live_streams(tmp_path, wire={"timeout_seconds": 90.0}) as live:
        await live.kraken.fault("hang_before", match="GetWebSocketsToken", count=1, seconds=90.0)
        await live.kraken.fault("ws_drop", match="private", count=1)
        await live.lost()

        async def hangs() -> bool:
            return not (await live.kraken.current())["faults"]

        await eventually(hangs)
        async with asyncio.timeout(30.0):
            await live.adapter.reconnect_streams()
            assert live.status().is_live
        await live.agrees()
        await live.adapter.fetch_balances()


async def test_a_token_is_asked_for_once_for_each_connection(tmp_path: Path) -> None:
    """The pauses are between connections: asking again inside of one would multiply them."""
    async with live_streams(tmp_path, wire={"reconnect_seconds": 60.0}) as live:

        async def asked() -> int:
            calls = (await live.kraken.current())["calls"]["rest"]
            return int(calls["GetWebSocketsToken"])

        before = await asked()
        await live.kraken.fault("http_5xx_before", match="GetWebSocketsToken")
        await live.adapter.reconnect_streams()
        assert "502" in live.status().detail
        assert await asked() == before + 1
        await live.kraken.clear_faults()
        await live.adapter.reconnect_streams()
        await live.agrees()


async def test_in_a_lockout_the_one_emergency_is_not_spent_on_a_token(live: LiveStreams) -> None:
    words = "EGeneral:Temporary lockout"
    await live.kraken.fault("error", match="BalanceEx", error=words, count=1)
    with pytest.raises(VenueError, match=words):
        await live.adapter.fetch_balances()
    await live.adapter.reconnect_streams()
    assert "keeping still" in live.status().detail
    assert await live.adapter.cancel_all() == 0


async def test_a_venue_in_maintenance_is_waited_for(live: LiveStreams) -> None:
    await live.kraken.fault("status", status="maintenance")
    await live.kraken.fault("ws_drop", match="private", count=1)
    await live.lost()
    await eventually(lambda: "Unavailable" in live.status().detail)
    assert not live.ears.is_live
    with pytest.raises(VenueError):
        await live.adapter.fetch_balances()
    await live.kraken.clear_faults()
    await live.adapter.reconnect_streams()
    await live.agrees()


async def test_a_whole_holding_can_be_sold_and_reads_as_nothing(live: LiveStreams) -> None:
    await live.kraken.order_by_hand(pair="BTC/USD", side="sell", type="market", volume="0.5")
    await live.agrees()
    assert BTC not in live.ears.held
    assert live.ears.accounts[-1].snapshot.balances[BTC].total == 0


async def test_an_asset_listed_a_moment_ago_is_read_once_the_lists_have_it(
    live: LiveStreams,
) -> None:
    """The lists are younger than what may be asked for again; then somebody else asks."""
    await live.kraken.deposit("NEWCOIN", "12.5", newly_listed=True)
    await eventually(lambda: "NEWCOIN" in live.ears.accounts[-1].snapshot.held_elsewhere)
    await live.adapter.fetch_instruments()
    await eventually(lambda: Asset("NEWCOIN") in live.ears.accounts[-1].snapshot.balances)
    await live.agrees()


async def test_an_asset_never_seen_before_is_read(live: LiveStreams) -> None:
    await live.kraken.deposit("XLM", "12.5")
    await live.agrees()
    assert live.ears.accounts[-1].snapshot.balances[USD].free == Decimal(10000)
