"""Orders by hand on a real desk: 20,000 USD in BTC and cash, a resting hand on nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, order_world, working
from tests.support.perilous_venue import PerilousVenue
from trading.intents.manual_model import (
    ManualPreview,
    ManualRequest,
    ManualResult,
    Size,
    TradeRules,
)
from trading.intents.manual_orders import ManualOrders, ManualParts
from trading.intents.portfolio import Allocation
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId
from trading.model.instrument import Side
from trading.model.order import OrderIntent, TimeInForce
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
ASKED, CONFIRMED = CorrelationId("asked"), CorrelationId("confirmed")
RULES = TradeRules(
    max_slippage=Decimal("0.005"),
    order_buffer=Decimal("0.02"),
    allocation=Allocation(
        targets=Targets(base=USD, weights={BTC: Decimal("0.5")}),
        settings=RebalanceSettings(
            band_abs=Decimal("0.05"),
            band_rel=None,
            to=TradeTo.TARGET,
            cash_buffer=Decimal(0),
            min_order=Decimal(10),
            max_turnover=Decimal(1),
            max_orders=10,
            max_slippage=Decimal("0.005"),
            order_buffer=Decimal("0.02"),
        ),
    ),
)


class Near:
    """A limit that every order stands close to."""

    async def cautions(self, intent: OrderIntent) -> Sequence[str]:
        return (f"{intent.symbol} is at 90 % of a limit",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualWorld:
    """The intents with everything real under them."""

    orders: OrderWorld
    manual: ManualOrders

    @property
    def venue(self) -> PerilousVenue:
        return self.orders.venue

    def wish(
        self,
        side: Side,
        base: Asset = BTC,
        *,
        amount: str | None = None,
        unit: Asset | None = None,
        fraction: str | None = None,
        limit: str | None = None,
        style: TimeInForce | None = None,
    ) -> ManualRequest:
        return ManualRequest(
            venue=self.venue.name,
            side=side,
            base=base,
            quote=None,
            size=Size(
                amount=None if amount is None else Decimal(amount),
                unit=unit,
                fraction=None if fraction is None else Decimal(fraction),
            ),
            limit_price=None if limit is None else Decimal(limit),
            time_in_force=style,
        )

    async def shown(self, wish: ManualRequest) -> ManualPreview:
        preview = await self.manual.preview(wish, "1001", ASKED)
        assert isinstance(preview, ManualPreview), str(preview)
        return preview

    async def refused(self, wish: ManualRequest) -> Denied:
        denied = await self.manual.preview(wish, "1001", ASKED)
        assert isinstance(denied, Denied), str(denied)
        return denied

    async def confirm(self, shown: ManualPreview) -> ManualResult | Denied | ManualPreview:
        return await self.manual.execute(shown.request, shown.hash, CONFIRMED)

    async def done(self, wish: ManualRequest) -> ManualResult:
        result = await self.confirm(await self.shown(wish))
        assert isinstance(result, ManualResult), str(result)
        return result


@asynccontextmanager
async def manual_world(
    folder: Path, clock: FakeClock, *, cautions: Near | None = None
) -> AsyncIterator[ManualWorld]:
    venue = PerilousVenue(clock=clock, fee=Decimal("0.002"))
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.list_instrument("ETH/USD", "2499", "2501")
    venue.deposit("BTC", "0.2")
    venue.deposit("USD", "10000")
    async with order_world(folder, clock=clock, venue=venue) as orders, working(orders):
        parts = ManualParts(
            balances=orders.balances.manager,
            market=orders.balances.feed,
            executor=orders.desk.executor,
            clock=clock,
            cautions=cautions,
        )
        manual = ManualOrders(rules={venue.name: RULES}, parts=parts)
        yield ManualWorld(orders=orders, manual=manual)
