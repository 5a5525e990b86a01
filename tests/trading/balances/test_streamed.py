"""What a live stream pushes is readable at once, proven by signs of life and a referee."""

import asyncio
from decimal import Decimal

import pytest

from tests.support.balance_parts import BalanceParts
from tests.support.pushing import Pusher
from tests.support.waiting import settle
from trading.errors import BalanceUnverified, VenueUnavailable
from trading.model.balance import BalanceReading, BalanceSource, BalanceStatus
from trading.model.identifiers import Asset

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")


@pytest.fixture
async def stream(parts: BalanceParts) -> Pusher:
    """A live stream with a referee behind it."""
    stream = Pusher(parts)
    stream.push(is_baseline=True)
    await parts.manager.sync(parts.name)
    return stream


def status(parts: BalanceParts) -> BalanceStatus:
    return parts.manager.status(parts.name)


async def reading(parts: BalanceParts, asset: Asset = USD) -> BalanceReading:
    return await parts.manager.balance(parts.name, asset)


async def test_an_update_is_readable_as_soon_as_it_was_pushed(
    parts: BalanceParts, stream: Pusher
) -> None:
    await parts.clock.advance(3)
    stream.change("USD", "250")

    usd = await reading(parts)

    assert (usd.total, usd.source, usd.verified) == (Decimal(1250), BalanceSource.STREAM, True)
    assert status(parts).source is BalanceSource.STREAM
    assert status(parts).age_seconds == 0


async def test_an_asset_never_seen_before_and_one_sold_out_are_believed_in_sequence(
    parts: BalanceParts, stream: Pusher
) -> None:
    stream.change("ETH", "2")
    stream.change("BTC", "-0.5")

    assert (await reading(parts, ETH)).total == 2
    assert (await reading(parts, BTC)).total == 0
    assert status(parts).verified


async def test_a_quiet_account_is_not_a_stale_one(parts: BalanceParts, stream: Pusher) -> None:
    began = parts.clock.now()
    await stream.pass_time(280)

    usd = await reading(parts)

    assert (usd.source, usd.verified) == (BalanceSource.STREAM, True)
    assert usd.changed_at == began
    assert usd.confirmed_at == parts.clock.now()
    assert parts.venue.count("fetch_balances") == 1


@pytest.mark.parametrize(
    ("silent", "verified", "source"),
    [
        (20.0, True, BalanceSource.STREAM),
        (20.5, True, BalanceSource.EXCHANGE),
        (60.0, True, BalanceSource.EXCHANGE),
        (60.5, False, BalanceSource.CACHE),
    ],
)
async def test_a_connected_but_silent_stream_is_not_a_live_one(
    parts: BalanceParts, stream: Pusher, silent: float, source: BalanceSource, *, verified: bool
) -> None:
    stream.sign()
    await parts.clock.advance(silent)

    assert (status(parts).source, status(parts).verified) == (source, verified)


@pytest.mark.parametrize(
    ("elapsed", "verified", "source"),
    [
        (0.0, True, BalanceSource.EXCHANGE),
        (60.0, True, BalanceSource.EXCHANGE),
        (60.5, False, BalanceSource.CACHE),
    ],
)
async def test_a_lost_stream_leaves_an_answer_that_grows_old(
    parts: BalanceParts, stream: Pusher, elapsed: float, source: BalanceSource, *, verified: bool
) -> None:
    await stream.pass_time(100)
    stream.lose()
    await parts.clock.advance(elapsed)
    stream.sign()

    assert (status(parts).source, status(parts).verified) == (source, verified)
    assert status(parts).age_seconds == elapsed


async def test_nothing_is_verified_five_minutes_after_the_last_referee(
    parts: BalanceParts, stream: Pusher
) -> None:
    await stream.pass_time(300)
    assert status(parts).verified

    await stream.pass_time(1)
    assert (status(parts).source, status(parts).verified) == (BalanceSource.CACHE, False)
    assert "besides it at least every 300 s" in status(parts).problems[0]
    with pytest.raises(BalanceUnverified):
        await parts.manager.free_to_spend(parts.name, USD)

    await parts.manager.sync(parts.name)
    assert (status(parts).source, status(parts).verified) == (BalanceSource.STREAM, True)
    assert status(parts).since == parts.clock.now()


async def test_a_baseline_is_an_answer_and_no_more(parts: BalanceParts) -> None:
    stream = Pusher(parts)
    stream.push(is_baseline=True)
    assert (status(parts).source, status(parts).verified) == (BalanceSource.STREAM, True)

    await stream.pass_time(60)
    assert status(parts).verified
    await stream.pass_time(1)
    assert not status(parts).verified


async def test_the_venue_is_asked_only_for_a_referee_while_a_stream_is_live(
    parts: BalanceParts, stream: Pusher
) -> None:
    assert not parts.manager.wants_answer(parts.name)
    await stream.pass_time(235)
    assert not parts.manager.wants_answer(parts.name)
    await stream.pass_time(5)
    assert parts.manager.wants_answer(parts.name)

    await parts.manager.sync(parts.name)
    assert not parts.manager.wants_answer(parts.name)
    stream.lose()
    assert parts.manager.wants_answer(parts.name)


async def test_the_latest_balances_of_a_live_stream_cost_no_request(
    parts: BalanceParts, stream: Pusher
) -> None:
    stream.change("USD", "1")
    assert (await parts.manager.latest(parts.name)).readings[USD].total == 1001
    assert parts.venue.count("fetch_balances") == 1

    stream.lose()
    await parts.manager.latest(parts.name)
    assert parts.venue.count("fetch_balances") == 2


async def test_an_answer_that_was_overtaken_rolls_nothing_back_and_fails_nothing(
    parts: BalanceParts, stream: Pusher
) -> None:
    gate = parts.venue.hold("fetch_balances")
    parts.venue.show({"USD": "1000"})
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(parts.manager.sync(parts.name))
        await settle()
        stream.heard.confirmed(parts.clock.now(), parts.clock.monotonic())
        parts.venue.show(None)
        stream.change("USD", "500")
        parts.venue.show({"USD": "1000"})
        gate.set()
        view = await asked

    assert view.readings[USD].total == 1500
    assert view.readings[BTC].total == Decimal("0.5")
    assert view.status.verified


async def test_an_answer_that_agrees_leaves_the_pushed_account_in_place(
    parts: BalanceParts, stream: Pusher
) -> None:
    await stream.pass_time(100)
    parts.venue.show({"USD": "1001", "BTC": "0.5"})

    view = await parts.manager.sync(parts.name)

    assert view.readings[USD].total == 1000
    assert view.readings[USD].source is BalanceSource.STREAM


async def test_a_referee_that_lost_an_asset_is_questioned_like_any_answer(
    parts: BalanceParts, stream: Pusher
) -> None:
    stream.sign()
    parts.venue.show({"USD": "1000"})
    with pytest.raises(BalanceUnverified, match="BTC"):
        await parts.manager.sync(parts.name)
    assert not status(parts).verified

    parts.venue.show(None)
    await parts.manager.sync(parts.name)
    assert (status(parts).source, status(parts).verified) == (BalanceSource.STREAM, True)


async def test_a_referee_that_fails_is_said_and_spoils_nothing_yet(
    parts: BalanceParts, stream: Pusher
) -> None:
    stream.sign()
    parts.venue.fail("fetch_balances", VenueUnavailable("memory", "blocked"))
    with pytest.raises(VenueUnavailable):
        await parts.manager.sync(parts.name)

    assert (status(parts).source, status(parts).verified) == (BalanceSource.STREAM, True)
    assert "blocked" in status(parts).problems[0]


async def test_an_account_that_no_baseline_began_is_ignored(parts: BalanceParts) -> None:
    stream = Pusher(parts)
    stream.push()
    assert status(parts).source is None

    stream.push(is_baseline=True)
    stream.lose()
    stream.change("USD", "500")
    assert (await reading(parts)).total == 1000
