"""Puts the local venue together from its options, and runs it."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from aiohttp import web

from simulators.clock import Clock
from simulators.exchange.control import ControlServer
from simulators.exchange.modes import Modes
from simulators.exchange.prices import Listings, build_market, build_tapes
from simulators.exchange.serving import serving
from simulators.exchange.tally import Tally
from simulators.kraken.account import AccountEndpoints
from simulators.kraken.books import KrakenBooks
from simulators.kraken.catalogue import DEMO_PAIRS, Catalogue, UnknownListingError
from simulators.kraken.counter import Counter
from simulators.kraken.counters import TIERS, Counters
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.fees import FeeSchedule
from simulators.kraken.gate import Gate
from simulators.kraken.history import HistoryEndpoints
from simulators.kraken.options import Options
from simulators.kraken.prices import shapes_of
from simulators.kraken.public import PublicEndpoints
from simulators.kraken.reports import KrakenReports
from simulators.kraken.server import RestServer
from simulators.kraken.tokens import Tokens
from simulators.kraken.trading import TradingEndpoints
from simulators.kraken.websocket.opening import Ground, open_streams
from simulators.kraken.websocket.server import PRIVATE_PATH, PUBLIC_PATH, WebSocketServer
from simulators.market.candles import candle_files
from trading.venues.paper.engine import MatchingEngine

KEPT_BARS = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue put together, not yet listening."""

    exchange: Exchange
    faults: Faults
    modes: Modes
    rest: RestServer
    streams: WebSocketServer
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


def open_books(options: Options) -> KrakenBooks:
    return KrakenBooks.open(options.state, seed=options.seed)


def build(options: Options, *, books: KrakenBooks, clock: Clock) -> Venue:
    recordings = {} if options.candles is None else candle_files(options.candles)
    catalogue = Catalogue(symbols=options.pairs or tuple(recordings) or DEMO_PAIRS)
    state = books.load_state()
    for asset in state.balances:
        catalogue.list_asset(asset)
    _require_listed(catalogue, (order.request.market for order in state.orders.values()))
    if options.candles is not None and not recordings:
        raise UnknownListingError(f"{options.candles} holds no candle files")
    shapes = shapes_of(catalogue)
    listings = Listings(
        shapes=shapes,
        money="USD",
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
        engine=MatchingEngine(markets=[pair.market() for pair in catalogue.pairs], state=state),
        books=books,
        market=market,
        tapes=build_tapes(shapes, books=books, market=market, now=now),
        fees=FeeSchedule(by_volume=options.fees_by_volume),
        clock=clock,
    )
    if books.setting("opened") is None:
        _open_account(exchange, books, options.balances)
    exchange.renew()
    return _wire(options, exchange=exchange, books=books, clock=clock)


def _wire(options: Options, *, exchange: Exchange, books: KrakenBooks, clock: Clock) -> Venue:
    faults = Faults()
    counters = Counters(tier=TIERS.get(options.counters))
    ground = Ground(
        exchange=exchange,
        faults=faults,
        modes=Modes(exchange=exchange, faults=faults),
        counters=counters,
        tally=Tally(),
        clock=clock,
    )
    gate = _gate(options, ground, books)
    tokens = Tokens(clock=clock, seconds=options.token_seconds)
    trading = TradingEndpoints(exchange=exchange, faults=faults, counters=counters)
    rest = _rest(options, ground, gate=gate, tokens=tokens, trading=trading)
    streams = open_streams(
        ground,
        trading=trading,
        tokens=tokens,
        latency=lambda: rest.latency_seconds,
        idle_seconds=options.idle_seconds,
    )
    control = ControlServer(
        exchange=exchange,
        counter=Counter(exchange=exchange),
        faults=faults,
        modes=ground.modes,
        rest=rest,
        streams=streams,
        reports=KrakenReports(exchange=exchange, gate=gate, tally=ground.tally),
    )
    return Venue(
        exchange=exchange,
        faults=faults,
        modes=ground.modes,
        rest=rest,
        streams=streams,
        control=control,
    )


def _gate(options: Options, ground: Ground, books: KrakenBooks) -> Gate:
    return Gate(
        credentials=options.credentials,
        books=books,
        faults=ground.faults,
        counters=ground.counters,
        clock=ground.clock,
    )


def _rest(
    options: Options, ground: Ground, *, gate: Gate, tokens: Tokens, trading: TradingEndpoints
) -> RestServer:
    account = AccountEndpoints(
        exchange=ground.exchange,
        key=options.credentials.key,
        can_withdraw=options.can_withdraw,
        last_nonce=gate.last_nonce,
        tokens=tokens,
    )
    history = HistoryEndpoints(exchange=ground.exchange)
    return RestServer(
        exchange=ground.exchange,
        public=PublicEndpoints(exchange=ground.exchange).routes(),
        private={**account.routes(), **history.routes(), **trading.routes()},
        gate=gate,
        faults=ground.faults,
        modes=ground.modes,
        tally=ground.tally,
        clock=ground.clock,
        latency_seconds=options.latency_seconds,
    )


def _open_account(exchange: Exchange, books: KrakenBooks, balances: Mapping[str, Decimal]) -> None:
    for name, amount in balances.items():
        asset = exchange.catalogue.named_asset(name)
        if asset is None:
            raise UnknownListingError(f"no asset is named {name}")
        if amount:
            exchange.deposit(asset.name, amount)
    with books.transaction():
        books.write_setting("opened", exchange.now().isoformat())


def _require_listed(catalogue: Catalogue, symbols: Iterable[str]) -> None:
    for symbol in symbols:
        catalogue.pair(symbol)


async def _tick(venue: Venue, clock: Clock, seconds: float) -> None:
    """Step the market by the nominal time, so that a seed always gives the same path."""
    while True:
        await clock.sleep(seconds)
        venue.modes.follow()
        venue.exchange.tick(seconds)


def _ready(options: Options, rest_url: str, control_url: str) -> dict[str, str]:
    stream_url = rest_url.replace("http://", "ws://", 1)
    return {
        "rest_url": rest_url,
        "ws_url": f"{stream_url}{PUBLIC_PATH}",
        "ws_auth_url": f"{stream_url}{PRIVATE_PATH}",
        "control_url": control_url,
        "key": options.credentials.key,
        "secret": options.credentials.secret,
    }
