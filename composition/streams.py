"""The parts that listen to the venues' streams, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

from composition.core import Core
from trading.clock import Clock
from trading.intents.machine import Component, Probe
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.portfolio.valuation import find_route
from trading.venues.port import VenueAdapter
from trading.venues.streaming import StreamStatus
from trading.workflow.stream_intake import StreamIntake
from trading.workflow.stream_watch import StreamWatch
from trading.workflow.supervisor import Part

_GRACE = timedelta(seconds=60)
"""A stream may be down for so long, or flap, before that is trouble."""


def build_streams(core: Core) -> Mapping[str, Part]:
    """Return the long-lived parts: a listener for each venue that streams, and the orders' own."""
    listeners = {
        f"streams_{name}": _intake(core, name, venue).run
        for name, venue in core.venues.items()
        if venue.traits.has_streams
    }
    return {"order_intake": core.desk.intake.run, **listeners} if listeners else {}


def build_streams_probe(core: Core) -> Probe:
    """Say how each stream does."""

    def has_use(venue: VenueName, stream: str) -> bool:
        return is_wanted(core, venue, stream)

    return streams_probe(core.venues, is_wanted=has_use, clock=core.ground.clock)


def streams_probe(
    venues: Mapping[VenueName, VenueAdapter],
    *,
    is_wanted: Callable[[VenueName, str], bool],
    clock: Clock,
) -> Probe:
    """Say how each stream does; one that was lost just now is no trouble yet."""

    def is_well(venue: VenueName, stream: StreamStatus) -> bool:
        if stream.is_live or not is_wanted(venue, stream.name):
            return True
        return stream.since is None or clock.now() - stream.since < _GRACE

    async def probe() -> tuple[Component, ...]:
        return tuple(
            Component(
                name=f"{name} {stream.name} stream",
                healthy=is_well(name, stream),
                detail=("" if stream.is_live or not is_wanted(name, stream.name) else "DOWN: ")
                + stream.detail
                + (f", reconnected {stream.reconnects}x" if stream.reconnects else ""),
                since=stream.since,
            )
            for name, venue in venues.items()
            for stream in venue.stream_status()
        )

    return probe


def _intake(core: Core, name: VenueName, venue: VenueAdapter) -> StreamIntake:
    account = core.balances.streamed(name)
    return StreamIntake(
        venue=venue,
        account=account,
        prices=core.feed,
        orders=core.desk.intake,
        wishes=price_wishes(core),
        watch=StreamWatch(
            venue=venue,
            account=account,
            breakers=core.breakers,
            bus=core.bus,
            clock=core.ground.clock,
            is_wanted=lambda stream: is_wanted(core, name, stream),
            grace_seconds=_GRACE.total_seconds(),
        ),
        clock=core.ground.clock,
    )


def is_wanted(core: Core, venue: VenueName, stream: str) -> bool:
    """A stream of prices has nothing to be up for while no price is watched."""
    return stream != "public" or bool(core.feed.watched(venue))


def price_wishes(core: Core) -> Callable[[VenueName], Awaitable[Collection[Symbol]]]:
    """Return who says whose prices are wanted: of what is held, and of what is to be held.

    And of every venue's currency in that of totals: another venue may list no such pair.
    """
    total = core.ground.configuration.bot.base_currency

    async def wanted(venue: VenueName) -> Collection[Symbol]:
        base = core.balances.base(venue)
        assets = {*core.balances.held(venue), *_targets(core, venue)}
        listed = await core.feed.instruments(venue)
        routes = [find_route(asset, base, listed) for asset in assets]
        bases = dict.fromkeys(core.balances.base(each) for each in core.venues)
        routes += [find_route(each, total, listed) for each in bases]
        return {leg.symbol for route in routes for leg in route or ()}

    return wanted


def _targets(core: Core, venue: VenueName) -> Collection[Asset]:
    allocation = core.rebalance.allocations.get(venue)
    return () if allocation is None else allocation.targets.weights.keys()
