"""The modes that a fault may put the venue in: its status, its clock, a market without offers."""

from collections.abc import Callable

from simulators.exchange.core import ExchangeCore
from simulators.exchange.faults import Fault, FaultBook


class Modes:
    """`listeners` are told when the status of the venue as a whole may have changed."""

    def __init__(self, *, exchange: ExchangeCore, faults: FaultBook) -> None:
        self._exchange = exchange
        self._faults = faults
        self.listeners: list[Callable[[], None]] = []

    def enter(self, *names: str) -> None:
        """Use up what modes are meant for this call, and put them in force."""
        status = self._faults.strike("status", *names)
        skew = self._faults.strike("clock_skew", *names)
        self._set(status=status, skew=skew)

    def follow(self) -> None:
        """Put in force what modes there are when nobody is calling: for the market's own steps."""
        exchange, faults = self._exchange, self._faults
        traded, offered = exchange.is_trading, exchange.has_liquidity
        self._set(status=faults.active("status"), skew=faults.active("clock_skew"))
        exchange.has_liquidity = faults.active("zero_liquidity") is None
        if exchange.has_liquidity != offered or (exchange.is_trading and not traded):
            exchange.renew()
        for listener in self.listeners:
            listener()

    def _set(self, *, status: Fault | None, skew: Fault | None) -> None:
        exchange = self._exchange
        exchange.status = "online" if status is None else str(status.parameters["status"])
        exchange.skew_seconds = 0.0 if skew is None else skew.seconds()
