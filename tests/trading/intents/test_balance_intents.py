"""The doors' questions about balances and breakers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.telegram import services
from storage.breakers import BreakerRepository
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.errors import (
    BalanceUnverified,
    CommandError,
    VenueUnavailable,
)
from trading.intents.balances import BalanceIntents
from trading.intents.breakers import BreakerIntents
from trading.model.funds import required_funds
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName
from trading.model.instrument import Side
from trading.risk.breakers import Breakers
from trading.venues.streaming import StreamStatus

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
DOWN = VenueUnavailable("memory", "down")
ELSEWHERE = VenueName("elsewhere")


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[BalanceParts]:
    clock = FakeClock(instant=True)
    venue = MemoryVenue(clock=clock, fee=Decimal("0.004"))
    venue.list_instrument("BTC/USD", "999", "1001")
    venue.list_instrument("ETH/USD", "99", "101")
    venue.deposit("USD", "500")
    venue.deposit("BTC", "0.5")
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        yield parts


@pytest.fixture
def balances(parts: BalanceParts) -> BalanceIntents:
    return BalanceIntents(
        manager=parts.manager,
        instruments=parts.feed,
        access_log=parts.access_log,
        clock=parts.clock,
    )


def closed_breakers(parts: BalanceParts) -> Breakers:
    return Breakers(
        venues=[parts.name],
        store=BreakerRepository(database=parts.database),
        clock=parts.clock,
        bus=parts.bus,
        dice=lambda: 0.5,
    )


@pytest.fixture
async def breakers(parts: BalanceParts) -> BreakerIntents:
    return BreakerIntents(
        breakers=closed_breakers(parts), manager=parts.manager, clock=parts.clock
    )


def test_the_chat_finds_what_it_calls(balances: BalanceIntents, breakers: BreakerIntents) -> None:
    """Held by the type checker: the intents have the shapes that the handlers call."""
    called_balances: services.Balances = balances
    called_breakers: services.Breakers = breakers

    assert all([called_balances, called_breakers])


async def test_refresh_says_for_each_venue_how_it_went(
    balances: BalanceIntents, parts: BalanceParts
) -> None:
    (good,) = await balances.refresh(None)
    parts.venue.fail("fetch_balances", DOWN)
    (bad,) = await balances.refresh(parts.name)

    assert good.balances is not None
    assert good.error is None
    assert bad.balances is None
    assert bad.error == str(DOWN)
    (shown,) = await balances.show(None)
    assert shown.readings[BTC].total == Decimal("0.5")


async def test_accepting_settles_a_question(balances: BalanceIntents, parts: BalanceParts) -> None:
    await balances.refresh(None)
    parts.venue.show({"USD": "500"})
    (doubted,) = await balances.refresh(None)
    assert doubted.error is not None
    assert "BTC" in doubted.error

    assert (await balances.accept(parts.name, "42")).status.verified


@pytest.mark.parametrize(
    ("asset", "amount", "required", "sufficient"),
    [
        (USD, "490", "499.8", True),
        (USD, "491", "500.82", False),
        (BTC, "0.5", "0.5", True),
        (BTC, "0.51", "0.51", False),
        (ETH, "1", "1", False),
    ],
    ids=["buffer fits", "buffer does not fit", "a whole holding", "more than held", "not held"],
)
async def test_verify_adds_the_buffer_where_the_fee_is_paid(
    balances: BalanceIntents,
    parts: BalanceParts,
    asset: Asset,
    amount: str,
    required: str,
    *,
    sufficient: bool,
) -> None:
    outcome = await balances.verify(parts.name, asset, Decimal(amount))

    # What the venue's own rounding can add is part of it, as in the check of an order.
    margin = Decimal("2E-7") if asset == USD else Decimal(0)
    assert outcome.required == Decimal(required) + margin
    assert outcome.sufficient is sufficient
    assert outcome.asked_seconds is None


async def test_verify_asks_the_venue_when_it_is_told_to(
    balances: BalanceIntents, parts: BalanceParts
) -> None:
    await balances.verify(parts.name, BTC, Decimal("0.5"))
    parts.venue.deposit("BTC", "1")
    remembered = await balances.verify(parts.name, BTC, Decimal("0.6"))
    assert (remembered.sufficient, remembered.free) == (False, Decimal("0.5"))
    asked = await balances.verify(parts.name, BTC, Decimal("0.6"), now=True)
    assert (asked.sufficient, asked.free, asked.asked_seconds) == (True, Decimal("1.5"), 0)


async def test_verify_says_what_an_order_would_be_told(
    balances: BalanceIntents, parts: BalanceParts
) -> None:
    """Its sum is that of the check: the most it says yes to is the most that can be bought."""
    instrument = parts.venue.instruments[Symbol(BTC, USD)]
    price = Decimal(50_000)
    for cash in ("100", "123.45", "490.19"):
        outcome = await balances.verify(parts.name, USD, Decimal(cash))
        _, needed = required_funds(
            instrument,
            Side.BUY,
            quantity=Decimal(cash) / price,
            price=price,
            buffer_fraction=Decimal("0.02"),
        )
        assert outcome.required == needed


async def test_verify_counts_reservations_and_believes_only_fresh_money(
    balances: BalanceIntents, parts: BalanceParts
) -> None:
    parts.reservations.hold(ClientOrderId("a"), parts.name, USD, Decimal(400))
    outcome = await balances.verify(parts.name, USD, Decimal(200))
    assert outcome.spendable == 100
    assert outcome.reserved == 400
    assert not outcome.sufficient

    await parts.clock.advance(61)
    parts.venue.show({"BTC": "0.5"})
    with pytest.raises(BalanceUnverified):
        await balances.verify(parts.name, USD, Decimal(1))


async def test_verify_uses_its_buffer_while_fees_are_not_known(
    balances: BalanceIntents, parts: BalanceParts
) -> None:
    parts.venue.fail("fetch_instruments", DOWN)

    assert (await balances.verify(parts.name, USD, Decimal(100))).required == 102


@pytest.mark.parametrize("amount", ["0", "-1", "NaN"])
async def test_verify_wants_an_amount(
    balances: BalanceIntents, parts: BalanceParts, amount: str
) -> None:
    with pytest.raises(CommandError, match="amount"):
        await balances.verify(parts.name, USD, Decimal(amount))


async def test_accesses_name_their_callers(balances: BalanceIntents, parts: BalanceParts) -> None:
    await balances.show(parts.name)

    (access,) = balances.accesses(5)

    assert (access.venue, access.asset, access.value, access.source) == (
        parts.name,
        None,
        None,
        None,
    )
    assert access.error == "BalanceUnknown"
    assert access.point.file == "balances.py"


async def test_a_reset_is_followed_by_balances_with_retries(
    breakers: BreakerIntents, parts: BalanceParts
) -> None:
    parts.venue.fail("fetch_balances", DOWN, DOWN)

    (outcome,) = await breakers.reset(None, "42")

    assert outcome.balances is not None
    assert outcome.attempts == 3
    assert outcome.duration_seconds == pytest.approx(4)


async def test_a_reset_that_does_not_help_says_so(
    breakers: BreakerIntents, parts: BalanceParts
) -> None:
    parts.venue.fail("fetch_balances", DOWN, DOWN, DOWN)

    (outcome,) = await breakers.reset(parts.name, "42")

    assert outcome.balances is None
    assert outcome.error == str(DOWN)
    assert parts.venue.count("fetch_balances") == 3
    assert len(await breakers.show(parts.name)) == 3


@pytest.mark.parametrize("ask", ["show", "refresh", "accept", "verify", "breakers"])
async def test_an_unknown_venue_is_answered_with_those_there_are(
    balances: BalanceIntents, breakers: BreakerIntents, ask: str
) -> None:
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "show": lambda: balances.show(ELSEWHERE),
        "refresh": lambda: balances.refresh(ELSEWHERE),
        "accept": lambda: balances.accept(ELSEWHERE, "42"),
        "verify": lambda: balances.verify(ELSEWHERE, USD, Decimal(1)),
        "breakers": lambda: breakers.reset(ELSEWHERE, "42"),
    }

    with pytest.raises(CommandError, match="memory"):
        await calls[ask]()


async def test_a_reset_tells_what_it_closed_and_how_long_the_proof_took(
    breakers: BreakerIntents, parts: BalanceParts
) -> None:
    parts.venue.fail("fetch_balances", DOWN)
    outcome = await breakers.reset_whole(None, "1001")
    (proof,) = outcome.balances
    assert (proof.error, proof.attempts) == (None, 2)
    assert outcome.duration_seconds == proof.duration_seconds == 1.0
    assert outcome.closed == ()


async def test_resets_at_once_do_not_hinder_each_other(
    breakers: BreakerIntents, parts: BalanceParts
) -> None:
    parts.venue.fail("fetch_balances", *[DOWN] * 20)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(breakers.reset_whole(None, "1001")) for _ in range(2)]
    for task in tasks:
        (proof,) = task.result().balances
        assert "down" in str(proof.error)
        assert proof.attempts == 3


async def test_a_venue_that_hangs_is_given_up_in_time(parts: BalanceParts) -> None:
    gate = parts.venue.hold("fetch_balances")
    breakers = BreakerIntents(
        breakers=closed_breakers(parts),
        manager=parts.manager,
        clock=parts.clock,
        patience_seconds=0.05,
    )
    (proof,) = (await breakers.reset_whole(None, "1001")).balances
    assert proof.balances is None
    assert "no answer within 0.05 s" in str(proof.error)
    gate.set()


async def test_streams_are_those_of_the_venues_that_have_any(parts: BalanceParts) -> None:
    intents = BreakerIntents(
        breakers=closed_breakers(parts),
        manager=parts.manager,
        clock=parts.clock,
        venues={parts.name: parts.venue},
    )
    parts.venue.streams = ()
    assert await intents.streams(None) == ()
    status = StreamStatus(name="private", is_live=True, since=None, reconnects=0, detail="")
    parts.venue.streams = (status,)
    (found,) = await intents.streams(parts.name)
    assert (found.venue, found.streams) == (parts.name, (status,))
