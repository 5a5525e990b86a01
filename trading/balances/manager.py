"""The one source of truth about balances: whoever wants to know one asks here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from trading.balances.access_log import AccessLog, AccessPath, AccessPoint, access_point
from trading.balances.accounts import AccountParts
from trading.balances.evidence import EvidenceGatherer
from trading.balances.ports import (
    BalanceStore,
    BookedFills,
    Prices,
    PriceSource,
    SettingsStore,
)
from trading.balances.reservations import Reservations
from trading.balances.streamed import StreamedAccount
from trading.balances.synchroniser import Synchroniser
from trading.balances.totals import venue_share
from trading.clock import Clock
from trading.errors import BalanceUnknown, BalanceUnverified, PriceError
from trading.events import EventBus
from trading.model.balance import BalanceReading, BalanceStatus, VenueBalances
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import AssetValue, TotalValue, Valuation
from trading.venues.port import Priority, VenueAdapter

_ZERO = Decimal(0)


class BalanceManager:
    """Balances of every venue, each with its provenance; nothing else asks a venue for them.

    Reads are served from memory with the verdict computed at that moment. `access` is for
    the synchronous facade alone: everybody else is found by his frame.
    """

    def __init__(
        self,
        *,
        adapters: Mapping[VenueName, VenueAdapter],
        bases: Mapping[VenueName, Asset],
        store: BalanceStore,
        settings: SettingsStore,
        fills: BookedFills,
        prices: Prices,
        reservations: Reservations,
        clock: Clock,
        access_log: AccessLog,
        bus: EventBus,
        freshness_seconds: float = 60.0,
        timeout_seconds: float = 45.0,
        referee_seconds: float = 240.0,
    ) -> None:
        """Take the parts; `bases` is the currency in which each venue is valued.

        While a stream pushes balances, `wants_answer` every `referee_seconds`.
        """
        self._bases = dict(bases)
        self._prices = prices
        self._reservations = reservations
        self._clock = clock
        self._access_log = access_log
        self._referee_seconds = referee_seconds
        self._timeout_seconds = timeout_seconds
        parts = AccountParts(
            store=store,
            settings=settings,
            evidence=EvidenceGatherer(fills=fills, timeout_seconds=timeout_seconds),
            reservations=reservations,
            clock=clock,
            bus=bus,
            freshness_seconds=freshness_seconds,
            timeout_seconds=timeout_seconds,
        )
        self._accounts = {venue: parts.open(adapter) for venue, adapter in adapters.items()}

    @property
    def venues(self) -> tuple[VenueName, ...]:
        """Every venue there is, in the order of the configuration."""
        return tuple(self._accounts)

    @property
    def reservations(self) -> Reservations:
        """What accepted orders will still spend."""
        return self._reservations

    def base(self, venue: VenueName) -> Asset:
        """Return the currency in which a venue is valued."""
        return self._bases[venue]

    def set_referee(self, seconds: float) -> None:
        """Have streamed venues asked so often from now on."""
        self._referee_seconds = seconds

    async def start(self) -> None:
        """Load what an earlier run wrote down, as fallback; asks no venue."""
        for account in self._accounts.values():
            await account.asked.start()

    async def sync(
        self, venue: VenueName, *, priority: Priority = Priority.BALANCES
    ) -> VenueBalances:
        """Ask the venue now and return what stands up to questions.

        Raises VenueError when it did not answer, BalanceUnverified or BalanceUnknown when its
        answer is not believed; good data stays in place in every case. The answer is never
        older than the call: callers share a request only when it starts after they asked.
        """
        return await self._account(venue).sync(priority)

    async def fresh(self, venue: VenueName) -> VenueBalances:
        """Return verified, fresh balances from memory if there are any; else ask the venue."""
        account = self._account(venue)
        view = account.view()
        if view.status.verified:
            self._record_account(view, None)
            return view
        return await account.join()

    async def latest(self, venue: VenueName) -> VenueBalances:
        """Return what a live stream has pushed, which is as new as an answer; else ask now."""
        account = self._account(venue)
        if account.is_streamed():
            return await self.balances(venue)
        return await account.sync(Priority.BALANCES)

    def streamed(self, venue: VenueName) -> StreamedAccount:
        """Return whom to tell what the venue's stream pushes; `run` is a long-lived part."""
        return self._accounts[venue].pushed

    def held(self, venue: VenueName) -> frozenset[Asset]:
        """Return what is held at a venue as far as is known; says nothing of amounts."""
        readings = self._account(venue).view().readings
        return frozenset(asset for asset, reading in readings.items() if reading.total)

    def is_streamed(self, venue: VenueName) -> bool:
        """True while a live stream pushes the balances, and a referee stands behind it."""
        return self._account(venue).is_streamed()

    def wants_answer(self, venue: VenueName) -> bool:
        """True when the venue should be asked: always, but for a stream with a young referee."""
        return self._account(venue).wants_answer(every_seconds=self._referee_seconds)

    async def accept(self, venue: VenueName, by: str) -> VenueBalances:
        """Let the owner settle what is in question; anything not yet told stays in question."""
        return await self._account(venue).accept(by)

    async def balances(
        self, venue: VenueName, *, access: AccessPoint | None = None
    ) -> VenueBalances:
        """Return every reading of a venue from memory, with the verdict on them."""
        view = self._account(venue).view()
        self._record_account(view, access)
        return view

    async def all_balances(
        self, *, access: AccessPoint | None = None
    ) -> tuple[VenueBalances, ...]:
        """Return every reading of every venue."""
        return tuple([await self.balances(venue, access=access) for venue in self._accounts])

    async def balance(
        self, venue: VenueName, asset: Asset, *, access: AccessPoint | None = None
    ) -> BalanceReading:
        """Return one reading; BalanceUnknown rather than a zero that is not proven."""
        reading = self._account(venue).reading(asset)
        self._record(venue, asset, reading, access)
        if reading is None:
            raise BalanceUnknown(self._unknown(venue, asset))
        return reading

    async def has_position(
        self, venue: VenueName, asset: Asset, *, access: AccessPoint | None = None
    ) -> bool:
        """Tell whether any of it is held; BalanceUnverified when only an old zero says no."""
        reading = await self.balance(venue, asset, access=access)
        if reading.total == 0 and not reading.verified:
            message = f"{venue}: the last word on {asset} is an unverified zero; refresh first"
            raise BalanceUnverified(message)
        return reading.total > 0

    async def free_to_spend(
        self, venue: VenueName, asset: Asset, *, access: AccessPoint | None = None
    ) -> Decimal:
        """Return verified free less reservations; raises unless verified and fresh."""
        reading = await self.balance(venue, asset, access=access)
        if not reading.verified:
            problems = "; ".join(self._account(venue).view().status.problems)
            message = (
                f"{venue}: the balance of {asset} is not verified ({problems}); "
                "nothing is spent on it until a refresh succeeds"
            )
            raise BalanceUnverified(message)
        reserved = self._reservations.reserved(venue).get(asset, _ZERO)
        return max(_ZERO, reading.free - reserved)

    def status(self, venue: VenueName) -> BalanceStatus:
        """Return how far the balances of a venue can be trusted now."""
        return self._account(venue).view().status

    async def nav(self, venue: VenueName, *, access: AccessPoint | None = None) -> Valuation:
        """Value a venue in its base currency with fresh prices."""
        return await self._value(venue, self._prices, access)

    async def _value(
        self, venue: VenueName, prices: PriceSource, access: AccessPoint | None
    ) -> Valuation:
        view = await self.balances(venue, access=access)
        if view.status.source is None:
            raise BalanceUnknown(self._unknown(venue, None))
        base = self._bases[venue]
        held = {asset: r.total for asset, r in view.readings.items() if r.total}
        found = await prices.unit_prices(venue, held.keys(), base)
        lines, unpriced = [], []
        for asset, total in held.items():
            price = found.get(asset) or PriceError(f"{asset}: nobody prices it in {base}")
            if isinstance(price, PriceError):
                unpriced.append(str(price))
                lines.append(AssetValue(asset=asset, total=total, price=None, value=None))
            else:
                value = total * price.value
                lines.append(AssetValue(asset=asset, total=total, price=price, value=value))
        return Valuation(
            venue=venue,
            base=base,
            lines=tuple(lines),
            priced_value=sum((line.value for line in lines if line.value is not None), _ZERO),
            unpriced=tuple(unpriced),
            status=view.status,
            at=self._clock.now(),
        )

    async def total_value(
        self,
        base: Asset,
        *,
        access: AccessPoint | None = None,
        within_seconds: float | None = None,
        asking: bool = True,
    ) -> TotalValue:
        """Value every venue in one currency, all at once; what is not known is named.

        A venue that takes longer is not known then. Without `asking` only what is in memory
        counts, and nobody is waited for.
        """
        point = access or access_point(AccessPath.ASYNC)
        prices = self._prices if asking else self._prices.remembered
        patience = self._timeout_seconds if within_seconds is None else within_seconds
        async with asyncio.TaskGroup() as group:
            tasks = []
            for venue in self._accounts:
                value = partial(self._value, venue, prices, point)
                share = venue_share(venue, base, value, prices, patience)
                tasks.append(group.create_task(share))
        return TotalValue(
            base=base, shares=tuple(task.result() for task in tasks), at=self._clock.now()
        )

    def _account(self, venue: VenueName) -> Synchroniser:
        try:
            return self._accounts[venue].asked
        except KeyError:
            known = ", ".join(self._accounts) or "none"
            message = f"there is no venue called {venue}; known: {known}"
            raise BalanceUnknown(message) from None

    def _unknown(self, venue: VenueName, asset: Asset | None) -> str:
        problems = "; ".join(self._account(venue).view().status.problems)
        what = f"the balance of {asset}" if asset else "the account"
        return f"{venue}: {what} is not known ({problems}); it is not taken for zero"

    def _record_account(self, view: VenueBalances, access: AccessPoint | None) -> None:
        source = view.status.source
        self._access_log.record(
            access or access_point(AccessPath.ASYNC),
            venue=view.status.venue,
            source=source,
            error=None if source else BalanceUnknown.__name__,
        )

    def _record(
        self,
        venue: VenueName,
        asset: Asset,
        reading: BalanceReading | None,
        access: AccessPoint | None,
    ) -> None:
        self._access_log.record(
            access or access_point(AccessPath.ASYNC),
            venue=venue,
            asset=asset,
            value=reading.total if reading else None,
            source=reading.source if reading else None,
            error=None if reading else BalanceUnknown.__name__,
        )
