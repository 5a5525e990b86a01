"""Every fault that Kraken is known for, on the real wire, with both books compared after it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.contracts.kraken_world import KrakenWorld
from tests.contracts.trader import Trader
from tests.support.haste import hasten
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import PATIENCE_SECONDS
from trading.clock import Clock, SystemClock
from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OutcomeUnknown,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.identifiers import Asset, VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier

pytestmark = pytest.mark.asyncio(loop_scope="module")

EPOCH = datetime(1970, 1, 2, tzinfo=UTC)

# The words, what they are for an order, and whether a question is asked again at once (None: it
# waits for the call counter first, which the scripted venue shows without waiting).
WORDS: list[tuple[str, type[VenueError], bool | None]] = [
    ("EService:Unavailable", OutcomeUnknown, True),
    ("EService:Busy", OutcomeUnknown, True),
    ("EService:Throttled", VenueUnavailable, True),
    ("EService:Throttled: 1700000000", VenueUnavailable, True),
    ("EService:Throttled:1700000000", VenueUnavailable, True),
    ("EAPI:Rate limit exceeded", VenueUnavailable, None),
    ("EAPI:Invalid nonce", NonceRefused, True),
    ("EOrder:Rate limit exceeded", VenueRejected, False),
    ("EOrder:Insufficient funds", InsufficientFunds, False),
    ("EService:Deadline elapsed", VenueRejected, False),
]
WIRE: list[tuple[str, dict[str, Any], bool]] = [
    ("http_5xx_before", {"status": 503}, False),
    ("http_5xx_after", {"status": 520}, True),
    ("drop_before", {}, False),
    ("lose_answer", {}, True),
    ("malformed_json", {}, True),
    ("truncate_body", {}, True),
    ("hang_before", {"seconds": 600.0}, True),
    ("hang_after", {"seconds": 600.0}, True),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kraken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalKraken]:
    balances = {"BTC": "0.5", "ETH": "2", "USD": "10000"}
    folder = tmp_path_factory.mktemp("failures")
    async with running_local_kraken(folder, balances=balances) as running:
        yield running


@dataclass(slots=True, kw_only=True)
class Wire:
    """One venue for all tests, and one adapter for each: none waits for another's call limit."""

    kraken: LocalKraken
    nonces: Path
    world: KrakenWorld
    trader: Trader

    @asynccontextmanager
    async def opened(self, clock: Clock) -> AsyncIterator[KrakenWorld]:
        settings = self.world.settings = settings_of(self.kraken)
        async with adapter_of(settings, self.nonces, clock) as adapter:
            self.world.adapter, self.world.clock = adapter, clock
            yield self.world
        await self.kraken.clear_faults()
        async with adapter_of(settings_of(self.kraken), self.nonces, clock) as adapter:
            self.world.adapter = adapter
            await agree(self.world)


def settings_of(kraken: LocalKraken) -> KrakenSettings:
    return KrakenSettings(
        key=kraken.key,
        secret=kraken.secret,
        rest_url=kraken.rest_url,
        tier=Tier.PRO,
        timeout_seconds=PATIENCE_SECONDS,
        answer_seconds=PATIENCE_SECONDS,
    )


def adapter_of(settings: KrakenSettings, nonces: Path, clock: Clock) -> KrakenAdapter:
    return KrakenAdapter(
        name=VenueName("kraken"), settings=settings, clock=clock, nonce_directory=nonces
    )


@pytest.fixture(scope="module")
def wire(kraken: LocalKraken, tmp_path_factory: pytest.TempPathFactory) -> Wire:
    nonces = tmp_path_factory.mktemp("nonces")
    settings = settings_of(kraken)
    adapter = adapter_of(settings, nonces, SystemClock())
    world = KrakenWorld(kraken=kraken, adapter=adapter, settings=settings)
    return Wire(kraken=kraken, nonces=nonces, world=world, trader=Trader(world))


@pytest_asyncio.fixture(loop_scope="module")
async def world(wire: Wire) -> AsyncIterator[KrakenWorld]:
    async with wire.opened(SystemClock()) as opened:
        yield opened


@pytest.fixture
def trader(wire: Wire) -> Trader:
    return wire.trader


async def agree(world: KrakenWorld) -> None:
    """Compare what the adapter tells with the venue's own book, digit for digit."""
    snapshot = await world.adapter.fetch_balances()
    told = {asset: (each.free, each.locked) for asset, each in snapshot.balances.items()}
    kept = {asset: (each.free, each.locked) for asset, each in (await world.holdings()).items()}
    assert told == kept
    fills = await world.adapter.fetch_fills(since=EPOCH)
    book = await world.kraken.book()
    assert {(fill.fill_id, fill.quantity, fill.cost, fill.fee) for fill in fills} == {
        (row["trade_id"], Decimal(row["volume"]), Decimal(row["cost"]), Decimal(row["fee"]))
        for row in book["fills"]
    }
    assert await world.kraken.audit() == []


@pytest.mark.parametrize(("word", "fault", "_is_passing"), WORDS)
async def test_an_order_refused_in_these_words_is_what_they_say_and_in_no_book(
    world: KrakenWorld,
    trader: Trader,
    word: str,
    fault: type[VenueError],
    _is_passing: bool | None,
) -> None:
    order = await trader.crossing()
    await world.kraken.fault("error", match="AddOrder", count=1, error=word)
    with pytest.raises(fault) as caught:
        await world.adapter.submit(order)
    assert type(caught.value) is fault
    assert await world.placed(order.client_order_id) == 0


@pytest.mark.parametrize(
    ("word", "_fault", "is_passing"), [row for row in WORDS if row[2] is not None]
)
async def test_a_question_refused_in_these_words_is_asked_again_or_told(
    world: KrakenWorld, word: str, _fault: type[VenueError], is_passing: bool
) -> None:
    await world.kraken.fault("error", match="BalanceEx", count=1, error=word)
    if is_passing:
        snapshot = await world.adapter.fetch_balances()
        assert set(snapshot.balances) == {Asset("BTC"), Asset("ETH"), Asset("USD")}
    else:
        with pytest.raises(VenueRejected, match=word):
            await world.adapter.fetch_balances()


@pytest.mark.parametrize(
    ("name", "parameters", "is_executed"), WIRE, ids=[name for name, *_ in WIRE]
)
async def test_an_order_whose_answer_is_lost_is_in_doubt_and_looking_it_up_tells_the_truth(
    world: KrakenWorld,
    trader: Trader,
    name: str,
    parameters: Mapping[str, Any],
    is_executed: bool,
) -> None:
    order = await trader.crossing()
    await world.kraken.fault(name, match="AddOrder", count=1, **parameters)
    if name.startswith("hang"):
        hasten(world.settings, answer_seconds=0.4)
    with pytest.raises(OutcomeUnknown):
        await world.adapter.submit(order)
    if name == "hang_before":
        return  # it may arrive later, and its deadline decides: the order desk waits for that
    assert await world.placed(order.client_order_id) == int(is_executed)
    assert len(
        await world.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol)
    ) == int(is_executed)


@pytest.mark.parametrize(
    ("name", "parameters", "_is_executed"), WIRE, ids=[name for name, *_ in WIRE]
)
async def test_a_question_whose_answer_is_lost_is_asked_again_and_never_half_believed(
    world: KrakenWorld, name: str, parameters: Mapping[str, Any], _is_executed: bool
) -> None:
    await world.kraken.fault(name, match="BalanceEx", count=1, **parameters)
    if name.startswith("hang"):
        hasten(world.settings, timeout_seconds=0.4)
    if name == "malformed_json":
        with pytest.raises(VenueError):
            await world.adapter.fetch_balances()
    await agree(world)


async def test_an_empty_answer_and_half_of_one_are_handed_on_as_they_are_for_others_to_doubt(
    world: KrakenWorld,
) -> None:
    await world.kraken.fault("empty_balances", count=1)
    assert (await world.adapter.fetch_balances()).balances == {}
    await world.kraken.fault("partial_balances", count=1)
    assert len((await world.adapter.fetch_balances()).balances) == 2


@pytest.mark.parametrize("spelling", ["float", "exponent", "string", "exponent_string"])
async def test_numbers_spelled_in_any_way_are_the_same_numbers(
    world: KrakenWorld, trader: Trader, spelling: str
) -> None:
    await world.adapter.submit(await trader.crossing("0.00012345"))
    await world.kraken.fault("spell_numbers", match="Balance*", spelling=spelling)
    await agree(world)


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        ("cancel_only", VenueRejected),
        ("post_only", VenueRejected),
        ("maintenance", OutcomeUnknown),
    ],
)
async def test_in_a_mode_that_takes_none_an_order_is_in_no_book(
    world: KrakenWorld, trader: Trader, mode: str, fault: type[VenueError]
) -> None:
    """Maintenance says "unavailable", which Kraken also says of orders that it did execute."""
    order = await trader.crossing()
    await world.kraken.fault("status", status=mode)
    with pytest.raises(fault):
        await world.adapter.submit(order)
    await world.kraken.clear_faults()
    assert await world.adapter.find_orders(order.client_order_id, symbol=order.intent.symbol) == ()
    assert await world.placed(order.client_order_id) == 0
    await world.adapter.submit(trader.again(order))


class SkewedClock(SystemClock):
    """A machine whose clock is wrong, and is stepped while the bot runs."""

    def __init__(self, seconds: float) -> None:
        self.off = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self.off


@pytest.mark.parametrize(
    ("venue_ahead", "ours_ahead"), [(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0), (5.0, -5.0)]
)
async def test_orders_go_although_a_clock_is_off(
    wire: Wire, venue_ahead: float, ours_ahead: float
) -> None:
    clock = SkewedClock(ours_ahead)
    await wire.kraken.fault("clock_skew", seconds=venue_ahead)
    before = len((await wire.kraken.book())["fills"])
    async with wire.opened(clock) as world:
        await world.adapter.submit(await wire.trader.crossing())
        clock.off -= timedelta(seconds=30)  # as when a machine's clock is put right
        await world.adapter.submit(await wire.trader.crossing())
        assert len((await wire.kraken.book())["fills"]) == before + 2
        late = wire.trader.again(await wire.trader.crossing(), within=timedelta(seconds=-1))
        with pytest.raises(VenueUnavailable, match="past its deadline"):
            await world.adapter.submit(late)


async def test_an_engine_that_calls_a_deadline_past_is_asked_for_its_time(wire: Wire) -> None:
    """As after a machine slept: its monotonic clock stood still, Kraken's went on."""
    before = len((await wire.kraken.book())["fills"])
    async with wire.opened(SystemClock()) as world:
        await world.adapter.submit(await wire.trader.crossing())
        await wire.kraken.fault("clock_skew", seconds=60.0)
        with pytest.raises(VenueRejected, match="Deadline elapsed"):
            await world.adapter.submit(await wire.trader.crossing())
        await world.adapter.submit(await wire.trader.crossing())
        assert len((await wire.kraken.book())["fills"]) == before + 2
