"""The whole truth, with the nonce and the dead man's switch that only this venue has."""

from typing import Any

from simulators.exchange.reports import Reports
from simulators.exchange.tally import Tally
from simulators.kraken.exchange import Exchange
from simulators.kraken.gate import Gate


class KrakenReports(Reports):
    def __init__(self, *, exchange: Exchange, gate: Gate, tally: Tally) -> None:
        super().__init__(exchange=exchange, tally=tally)
        self._kraken = exchange
        self._gate = gate

    def state(self) -> dict[str, Any]:
        dead_man = self._kraken.dead_man
        shown = None if dead_man is None else dead_man.isoformat()
        return {**super().state(), "cancel_all_after": shown}

    def book(self) -> dict[str, Any]:
        return {**super().book(), "last_nonce": str(self._gate.last_nonce())}
