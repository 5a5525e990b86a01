"""Puts the streams together on the ground that REST stands on too."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.clock import Clock
from simulators.exchange.connection import Way
from simulators.exchange.modes import Modes
from simulators.exchange.tally import Tally
from simulators.kraken.counters import Counters
from simulators.kraken.exchange import Exchange
from simulators.kraken.faults import Faults
from simulators.kraken.tokens import Tokens
from simulators.kraken.trading import TradingEndpoints
from simulators.kraken.websocket.account_channels import AccountChannels
from simulators.kraken.websocket.order_entry import OrderEntry
from simulators.kraken.websocket.server import TokenCheck, WebSocketServer
from simulators.kraken.websocket.session import House
from simulators.kraken.websocket.subscriptions import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What both doors share."""

    exchange: Exchange
    faults: Faults
    modes: Modes
    counters: Counters
    tally: Tally
    clock: Clock


def open_streams(
    ground: Ground,
    *,
    trading: TradingEndpoints,
    tokens: Tokens,
    latency: Callable[[], float],
    idle_seconds: float,
) -> WebSocketServer:
    exchange, faults = ground.exchange, ground.faults
    check_token = TokenCheck(tokens=tokens, faults=faults)
    orders = OrderEntry(exchange=exchange, trading=trading, faults=faults, check_token=check_token)
    desk = Desk(
        exchange=exchange,
        counters=ground.counters,
        tokens=tokens,
        account=AccountChannels(exchange=exchange, counters=ground.counters),
        check_token=check_token,
    )
    house = House(
        exchange=exchange,
        faults=faults,
        modes=ground.modes,
        tally=ground.tally,
        clock=ground.clock,
        orders=orders,
        idle_seconds=idle_seconds,
    )
    way = Way(clock=ground.clock, now=exchange.now, latency=latency)
    return WebSocketServer(house=house, desk=desk, way=way)
