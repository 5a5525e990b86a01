"""Puts the local venue together from its options, and runs it."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from aiohttp import web

from simulators.binance.account import AccountEndpoints
from simulators.binance.books import BinanceBooks
from simulators.binance.calls import Calls, Ground
from simulators.binance.catalogue import DEMO_SYMBOLS, Catalogue, UnknownListingError
from simulators.binance.counter import Counter
from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.gate import Gate
from simulators.binance.history import HistoryEndpoints
from simulators.binance.limits import Limits
from simulators.binance.options import Options
from simulators.binance.prices import playable, shapes_of
from simulators.binance.public import PublicEndpoints
from simulators.binance.server import RestServer
from simulators.binance.trading import TradingEndpoints
from simulators.binance.websocket.clients import Lifetime
from simulators.binance.websocket.server import API_PATH, STREAM_PATH, Doors, SocketServer
from simulators.clock import Clock
from simulators.exchange.control import ControlServer
from simulators.exchange.modes import Modes
from simulators.exchange.prices import Listings, build_market, build_tapes
from simulators.exchange.reports import Reports
from simulators.exchange.serving import serving
from simulators.exchange.tally import Tally
from simulators.market.candles import candle_files
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.values import Fees

KEPT_BARS = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue put together, not yet listening."""

    exchange: Exchange
    faults: Faults
    modes: Modes
    rest: RestServer
    streams: SocketServer
    control: ControlServer

    def application(self) -> web.Application:
        """Serve REST and the streams on one address."""
        application = self.rest.application(*self.streams.routes())
        application.on_shutdown.append(self.streams.close)
        return application


async def run(options: Options, *, clock: Clock, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; say on stdout, in one line of JSON, when and where."""
    with closing(open_books(options)) as books:
        venue = build(options, books=books, clock=clock)
        async with (
            serving(venue.application(), options.listen) as rest_url,
            serving(venue.control.application(), options.control) as control_url,
            asyncio.TaskGroup() as group,
        ):
            ticking = group.create_task(_tick(venue, clock, options.tick_seconds))
            print(json.dumps(_ready(options, rest_url, control_url)), flush=True)
            await stop.wait()
            ticking.cancel()


def open_books(options: Options) -> BinanceBooks:
    return BinanceBooks.open(options.state, seed=options.seed)


def build(options: Options, *, books: BinanceBooks, clock: Clock) -> Venue:
    files = {} if options.candles is None else candle_files(options.candles)
    recordings = playable(files)
    if options.candles is not None and not recordings:
        raise UnknownListingError(f"{options.candles} holds no candles of a symbol listed here")
    catalogue = Catalogue(symbols=options.symbols or tuple(recordings) or DEMO_SYMBOLS)
    state = books.load_state()
    for asset in state.balances:
        catalogue.list_asset(asset)
    for order in state.orders.values():
        catalogue.listed(order.request.market)
    shapes = shapes_of(catalogue)
    listings = Listings(
        shapes=shapes,
        money="USDT",
        recordings=recordings,
        seed=options.seed,
        speed=options.speed,
    )
    market = build_market(listings, books)
    now = clock.now()
    with books.transaction():
        books.forget_bars(before=int((now - KEPT_BARS).timestamp()))
    exchange = Exchange(
        catalogue=catalogue,
        engine=MatchingEngine(
            markets=[listed.market() for listed in catalogue.symbols], state=state
        ),
        books=books,
        market=market,
        tapes=build_tapes(shapes, books=books, market=market, now=now),
        fees=Fees(taker=options.commission, maker=options.commission),
        clock=clock,
    )
    if books.setting("opened") is None:
        _open_account(exchange, books, options.balances)
    exchange.renew()
    return _wire(options, exchange=exchange, clock=clock)


def _wire(options: Options, *, exchange: Exchange, clock: Clock) -> Venue:
    faults, limits = Faults(), Limits(allowance=options.allowance)
    ground = Ground(
        exchange=exchange,
        faults=faults,
        limits=limits,
        modes=Modes(exchange=exchange, faults=faults),
        tally=Tally(),
        clock=clock,
        gate=Gate(
            exchange=exchange, credentials=options.credentials, faults=faults, limits=limits
        ),
    )
    public = PublicEndpoints(exchange=exchange, limits=limits)
    rest = RestServer(
        calls=_calls(options, ground, public),
        faults=faults,
        clock=clock,
        latency_seconds=options.latency_seconds,
    )
    streams = _streams(options, ground, public, rest)
    control = ControlServer(
        exchange=exchange,
        counter=Counter(exchange=exchange),
        faults=faults,
        modes=ground.modes,
        rest=rest,
        streams=streams,
        reports=Reports(exchange=exchange, tally=ground.tally),
    )
    return Venue(
        exchange=exchange,
        faults=faults,
        modes=ground.modes,
        rest=rest,
        streams=streams,
        control=control,
    )


def _streams(
    options: Options, ground: Ground, public: PublicEndpoints, rest: RestServer
) -> SocketServer:
    doors = Doors(
        calls=rest.calls,
        public=public,
        latency=lambda: rest.latency_seconds,
        lifetime=Lifetime(ping_seconds=options.ping_seconds, life_seconds=options.life_seconds),
    )
    return SocketServer(ground=ground, doors=doors)


def _calls(options: Options, ground: Ground, public: PublicEndpoints) -> Calls:
    exchange, faults, limits = ground.exchange, ground.faults, ground.limits
    account = AccountEndpoints(
        exchange=exchange, faults=faults, limits=limits, can_withdraw=options.can_withdraw
    )
    trading = TradingEndpoints(exchange=exchange, faults=faults, limits=limits)
    history = HistoryEndpoints(exchange=exchange)
    return Calls(
        endpoints=[
            endpoint
            for part in (public, account, trading, history)
            for endpoint in part.endpoints()
        ],
        ground=ground,
    )


def _open_account(
    exchange: Exchange, books: BinanceBooks, balances: Mapping[str, Decimal]
) -> None:
    for name, amount in balances.items():
        asset = exchange.catalogue.require_asset(name)
        if amount:
            exchange.deposit(asset, amount)
    with books.transaction():
        books.write_setting("opened", exchange.now().isoformat())


async def _tick(venue: Venue, clock: Clock, seconds: float) -> None:
    """Step the market by the nominal time, so that a seed always gives the same path."""
    while True:
        await clock.sleep(seconds)
        venue.modes.follow()
        venue.exchange.tick(seconds)


def _ready(options: Options, rest_url: str, control_url: str) -> dict[str, str]:
    socket_url = rest_url.replace("http://", "ws://", 1)
    return {
        "rest_url": rest_url,
        "ws_api_url": f"{socket_url}{API_PATH}",
        "stream_url": f"{socket_url}{STREAM_PATH}",
        "control_url": control_url,
        "key": options.credentials.key,
        "secret": options.credentials.secret,
    }
