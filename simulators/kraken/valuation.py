"""What assets are worth in USD, as far as the listed markets can tell."""

from collections.abc import Callable
from decimal import Decimal

from simulators.kraken.catalogue import Catalogue, all_pairs

USD_LIKE = frozenset({"USD", "USDT"})


class Valuer:
    """Goes through a direct USD market, or through BTC; a listing's start price comes last."""

    def __init__(self, *, catalogue: Catalogue, price: Callable[[str], Decimal]) -> None:
        self._listed = {pair.symbol for pair in catalogue.pairs}
        self._price = price
        self._reference = {pair.symbol: pair.price for pair in all_pairs()}

    def in_usd(self, asset: str) -> Decimal | None:
        """Give the price of one unit; None where no market tells it."""
        if asset in USD_LIKE:
            return Decimal(1)
        direct, crossed = f"{asset}/USD", f"{asset}/BTC"
        if direct in self._listed:
            return self._price(direct)
        if crossed in self._listed and (bitcoin := self.in_usd("BTC")) is not None:
            return self._price(crossed) * bitcoin
        return self._reference.get(direct)
