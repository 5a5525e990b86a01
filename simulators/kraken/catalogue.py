"""The assets and pairs this venue lists, under all the names it gives them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from trading.venues.paper.values import Market

ASSET_NAME = re.compile(r"[A-Z0-9]{2,12}(\.[A-Z]{1,4})?")
DEMO_PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD", "XMR/USD", "DOGE/USD", "ETH/BTC")

# Symbol, the venue's key, decimals of its prices, least order, price to begin with.
_PAIRS = (
    ("BTC/USD", "XXBTZUSD", 1, "0.00005", "64000"),
    ("BTC/USDT", "XBTUSDT", 1, "0.00005", "64000"),
    ("USDT/USD", "USDTZUSD", 5, "5", "0.9995"),
    ("ETH/USD", "XETHZUSD", 2, "0.001", "3100"),
    ("SOL/USD", "SOLUSD", 2, "0.02", "145"),
    ("ADA/USD", "ADAUSD", 6, "4", "0.45"),
    ("XMR/USD", "XXMRZUSD", 2, "0.02", "165"),
    ("DOGE/USD", "XDGUSD", 7, "13", "0.125"),
    ("LTC/USD", "XLTCZUSD", 2, "0.04", "85"),
    ("XRP/USD", "XXRPZUSD", 5, "2", "0.62"),
    ("DOT/USD", "DOTUSD", 4, "0.8", "7.1"),
    ("LINK/USD", "LINKUSD", 5, "0.4", "14.2"),
    ("AVAX/USD", "AVAXUSD", 2, "0.2", "31.5"),
    ("ATOM/USD", "ATOMUSD", 4, "0.7", "8.4"),
    ("UNI/USD", "UNIUSD", 3, "0.6", "7.9"),
    ("AAVE/USD", "AAVEUSD", 2, "0.05", "96"),
    ("BCH/USD", "BCHUSD", 2, "0.01", "435"),
    ("ALGO/USD", "ALGOUSD", 5, "32", "0.17"),
    ("NEAR/USD", "NEARUSD", 3, "0.9", "5.3"),
    ("FIL/USD", "FILUSD", 3, "1", "5.8"),
    ("ETC/USD", "XETCZUSD", 3, "0.2", "26.4"),
    ("TRX/USD", "TRXUSD", 6, "20", "0.124"),
    ("ETH/BTC", "XETHXXBT", 5, "0.001", "0.0484375"),
    ("LTC/BTC", "XLTCXXBT", 6, "0.04", "0.0169"),
    ("XMR/BTC", "XXMRXXBT", 6, "0.02", "0.0278"),
    ("ZEC/BTC", "XZECXXBT", 6, "0.03", "0.0475"),
    ("DASH/BTC", "DASHXBT", 6, "0.03", "0.0755"),
    ("ETC/BTC", "XETCXXBT", 6, "0.2", "0.00267"),
    ("XLM/BTC", "XXLMXXBT", 8, "20", "0.0000381"),
    ("ADA/BTC", "ADAXBT", 8, "4", "0.0000529"),
    ("TRX/BTC", "TRXXBT", 9, "20", "0.0001072"),
)

_VOLATILITY = {"BTC": 0.00008, "USDT": 0.0000005}


_MADE_UP = re.compile(r"TOY\d{3}/USD")
"""TOY000/USD and so on: as many markets as anybody wants to ask about at once."""


class UnknownListingError(Exception):
    """A pair or asset that the catalogue does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAsset:
    """`name` is everyone's word (BTC), `code` the venue's key (XXBT), `altname` its short one."""

    name: str
    code: str
    altname: str
    decimals: int
    display_decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPair:
    """One tradable pair. `price` and `volatility` only start the simulated market."""

    base: ListedAsset
    quote: ListedAsset
    key: str
    price_decimals: int
    cost_decimals: int
    order_minimum: Decimal
    cost_minimum: Decimal
    price: Decimal
    volatility: float
    lot_decimals: int = 8

    @property
    def symbol(self) -> str:
        return f"{self.base.name}/{self.quote.name}"

    @property
    def altname(self) -> str:
        return f"{self.base.altname}{self.quote.altname}"

    @property
    def wsname(self) -> str:
        return f"{self.base.altname}/{self.quote.altname}"

    @property
    def tick_size(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_decimals)

    def market(self) -> Market:
        """Say it in the engine's words.

        Costs and fees are counted in units that the quote's ledger can hold (four decimals for
        USD although a trade prints five), so that trades and ledger agree to the last digit.
        """
        cost_decimals = min(self.cost_decimals, self.quote.decimals)
        return Market(
            symbol=self.symbol,
            base=self.base.name,
            quote=self.quote.name,
            tick_size=self.tick_size,
            lot_step=Decimal(1).scaleb(-self.lot_decimals),
            cost_step=Decimal(1).scaleb(-cost_decimals),
            minimum_quantity=self.order_minimum,
            minimum_cost=self.cost_minimum,
        )


class Catalogue:
    """The pairs that are listed, and all assets, traded here or not."""

    def __init__(self, *, symbols: Iterable[str]) -> None:
        self._assets = all_assets()
        known = {pair.symbol: pair for pair in all_pairs()}
        for symbol in filter(_MADE_UP.fullmatch, symbols):
            known[symbol] = _made_up(symbol, self._assets)
        missing = [symbol for symbol in symbols if symbol not in known]
        if missing:
            raise UnknownListingError(
                f"no listing for {', '.join(missing)}; known are {', '.join(known)}"
            )
        self._pairs = {symbol: known[symbol] for symbol in symbols}
        self._pair_names = {
            name: pair
            for pair in self._pairs.values()
            for name in (pair.key, pair.altname, pair.wsname)
        }
        self._asset_names: dict[str, ListedAsset] = {}
        for asset in self._assets.values():
            self._name(asset)

    @property
    def pairs(self) -> tuple[ListedPair, ...]:
        return tuple(self._pairs.values())

    @property
    def assets(self) -> tuple[ListedAsset, ...]:
        return tuple(self._assets.values())

    def pair(self, symbol: str) -> ListedPair:
        """Find a pair by everyone's name for it (BTC/USD)."""
        try:
            return self._pairs[symbol]
        except KeyError:
            raise UnknownListingError(f"{symbol} is not listed here") from None

    def asset(self, name: str) -> ListedAsset:
        """Find an asset by everyone's name for it (BTC)."""
        try:
            return self._assets[name]
        except KeyError:
            raise UnknownListingError(f"{name} is not listed here") from None

    def list_asset(self, name: str) -> None:
        """List one more asset, if it is not listed yet; it is traded in no pair.

        A code with a suffix (SOL.F, DOT.S) has the digits of the asset it is a balance of.
        """
        if name in self._asset_names:
            return
        if not ASSET_NAME.fullmatch(name):
            raise UnknownListingError(f"{name!r} cannot be the name of an asset")
        base = self._asset_names.get(name.partition(".")[0])
        decimals, display = (base.decimals, base.display_decimals) if base else (8, 5)
        asset = _asset(name, name, name, decimals, display)
        self._assets[name] = asset
        self._name(asset)

    def _name(self, asset: ListedAsset) -> None:
        for name in (asset.code, asset.altname, asset.name):
            self._asset_names[name] = asset

    def named_pair(self, name: str) -> ListedPair | None:
        """Find a pair by one of the venue's names: XXBTZUSD, XBTUSD or XBT/USD."""
        return self._pair_names.get(name)

    def named_asset(self, name: str) -> ListedAsset | None:
        """Find an asset by one of its names: XXBT, XBT or BTC."""
        return self._asset_names.get(name)


def _made_up(symbol: str, assets: dict[str, ListedAsset]) -> ListedPair:
    """List an asset that nobody has heard of, and its pair; its number sets the price."""
    name, quote = symbol.split("/")
    assets[name] = _asset(name, name, name, 8, 5)
    return ListedPair(
        base=assets[name],
        quote=assets[quote],
        key=f"{name}{quote}",
        price_decimals=4,
        cost_decimals=5,
        order_minimum=Decimal("0.1"),
        cost_minimum=Decimal("0.5"),
        price=Decimal(1) + Decimal(name.removeprefix("TOY")) / 10,
        volatility=0.00012,
    )


def _asset(name: str, code: str, altname: str, decimals: int, display: int) -> ListedAsset:
    return ListedAsset(
        name=name, code=code, altname=altname, decimals=decimals, display_decimals=display
    )


def all_assets() -> dict[str, ListedAsset]:
    listed = (
        _asset("USD", "ZUSD", "USD", 4, 2),
        _asset("USDT", "USDT", "USDT", 8, 4),
        _asset("BTC", "XXBT", "XBT", 10, 5),
        _asset("ETH", "XETH", "ETH", 10, 5),
        _asset("SOL", "SOL", "SOL", 10, 5),
        _asset("ADA", "ADA", "ADA", 8, 6),
        _asset("XMR", "XXMR", "XMR", 10, 5),
        _asset("DOGE", "XXDG", "XDG", 8, 2),
        _asset("LTC", "XLTC", "LTC", 10, 5),
        _asset("ZEC", "XZEC", "ZEC", 10, 5),
        _asset("ETC", "XETC", "ETC", 10, 5),
        _asset("XLM", "XXLM", "XLM", 8, 5),
        _asset("DASH", "DASH", "DASH", 10, 5),
        _asset("TRX", "TRX", "TRX", 8, 8),
        _asset("XRP", "XXRP", "XRP", 8, 5),
        _asset("DOT", "DOT", "DOT", 10, 5),
        _asset("LINK", "LINK", "LINK", 10, 5),
        _asset("AVAX", "AVAX", "AVAX", 10, 5),
        _asset("ATOM", "ATOM", "ATOM", 8, 6),
        _asset("UNI", "UNI", "UNI", 10, 5),
        _asset("AAVE", "AAVE", "AAVE", 10, 5),
        _asset("BCH", "BCH", "BCH", 10, 5),
        _asset("ALGO", "ALGO", "ALGO", 8, 5),
        _asset("NEAR", "NEAR", "NEAR", 10, 5),
        _asset("FIL", "FIL", "FIL", 10, 5),
    )
    return {asset.name: asset for asset in listed}


def all_pairs() -> tuple[ListedPair, ...]:
    """Every pair the venue could list, with its steps and minimums as the real one has them."""
    assets = all_assets()
    pairs = []
    for symbol, key, decimals, least, price in _PAIRS:
        base, quote = symbol.split("/")
        in_bitcoin = quote == "BTC"
        pair = ListedPair(
            base=assets[base],
            quote=assets[quote],
            key=key,
            price_decimals=decimals,
            cost_decimals=10 if in_bitcoin else 5,
            order_minimum=Decimal(least),
            cost_minimum=Decimal("0.00002" if in_bitcoin else "0.5"),
            price=Decimal(price),
            volatility=_VOLATILITY.get(base, 0.00012),
        )
        pairs.append(pair)
    return tuple(pairs)
