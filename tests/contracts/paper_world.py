"""An account on paper in front of a local Kraken's public prices."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from storage.database import Database
from storage.paper import PaperRepository
from tests.contracts.orders import approved
from tests.contracts.venue_world import Holding
from tests.support.local_kraken import LocalKraken, running_local_kraken
from trading.clock import Clock, SystemClock
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName
from trading.model.order import TimeInForce
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.paper.account import PaperTerms
from trading.venues.paper.adapter import PaperAdapter
from trading.venues.port import VenueAdapter

OPENING = {"BTC": "0.5", "ETH": "2", "USD": "10000"}


class PaperWorld:
    """Satisfies `VenueWorld`."""

    symbol = Symbol.parse("BTC/USD")
    other = Symbol.parse("ETH/BTC")
    unlisted = Symbol.parse("NOPE/USD")

    def __init__(
        self, *, kraken: LocalKraken, paper: PaperAdapter, store: PaperRepository
    ) -> None:
        self.kraken = kraken
        self.paper = paper
        self.adapter: VenueAdapter = paper
        self.clock: Clock = SystemClock()
        self._store = store

    async def holdings(self) -> Mapping[Asset, Holding]:
        books = await self._store.load(self.adapter.name)
        assert books is not None
        return {
            Asset(row.asset): Holding(free=row.total - row.hold, locked=row.hold)
            for row in books.balances
        }

    async def placed(self, client_order_id: ClientOrderId) -> int:
        return len(await self._store.orders_of(self.adapter.name, client_order_id))

    async def deposit(self, asset: Asset, amount: Decimal) -> None:
        await self.paper.account.transfer(asset, amount)

    async def withdraw(self, asset: Asset, amount: Decimal) -> None:
        await self.paper.account.transfer(asset, -amount)

    async def rest_by_hand(self, quantity: Decimal, price: Decimal) -> None:
        order = approved(
            ClientOrderId("by-hand"),
            symbol=self.symbol,
            quantity=quantity,
            price=price,
            deadline_at=self.clock.now() + timedelta(seconds=30),
            time_in_force=TimeInForce.GTC,
        )
        await self.adapter.submit(replace(order, client_order_id=cast("ClientOrderId", None)))


def build_paper(
    kraken: LocalKraken, database: Database, nonces: Path, *, streams: bool = False
) -> PaperAdapter:
    """Build the adapter as the catalogue does: the real venue has no key."""
    public = KrakenAdapter(
        name=VenueName("kraken"),
        settings=KrakenSettings(
            rest_url=kraken.rest_url,
            ws_url=kraken.ws_url if streams else None,
            tier=Tier.PRO,
            reconnect_seconds=0.05,
        ),
        clock=SystemClock(),
        nonce_directory=nonces,
    )
    opening = {Asset(code): Decimal(amount) for code, amount in OPENING.items()}
    return PaperAdapter(
        public=public,
        store=PaperRepository(database=database),
        terms=PaperTerms(opening=opening),
        clock=SystemClock(),
    )


@asynccontextmanager
async def paper_world(folder: Path) -> AsyncIterator[PaperWorld]:
    """Open an account on paper; the venue behind it has no account to ask for."""
    async with (
        running_local_kraken(folder / "kraken") as kraken,
        Database.open(folder / "steelyard.db", clock=SystemClock()) as database,
        build_paper(kraken, database, folder / "nonce") as paper,
    ):
        store = PaperRepository(database=database)
        await paper.fetch_balances()
        yield PaperWorld(kraken=kraken, paper=paper, store=store)
