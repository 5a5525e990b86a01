"""The assets and symbols this venue lists, with the steps and bounds of their filters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from simulators.binance.numbers import PRECISION
from trading.venues.paper.values import ZERO, Market

ASSET_NAME = re.compile(r"[A-Z0-9]{1,20}")
DEMO_SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "ADA/USDT", "BNB/USDT", "DOGE/USDT", "ETH/BTC")

# Symbol, tick size, lot step, price to begin with.
_SYMBOLS = (
    ("BTC/USDT", "0.01", "0.00001", "64000"),
    ("ETH/USDT", "0.01", "0.0001", "3100"),
    ("BNB/USDT", "0.1", "0.001", "590"),
    ("SOL/USDT", "0.01", "0.001", "145"),
    ("ADA/USDT", "0.0001", "0.1", "0.45"),
    ("XRP/USDT", "0.0001", "0.1", "0.62"),
    ("DOGE/USDT", "0.00001", "1", "0.125"),
    ("LTC/USDT", "0.01", "0.001", "85"),
    ("DOT/USDT", "0.001", "0.01", "7.1"),
    ("LINK/USDT", "0.01", "0.01", "14.2"),
    ("AVAX/USDT", "0.01", "0.01", "31.5"),
    ("ATOM/USDT", "0.001", "0.01", "8.4"),
    ("UNI/USDT", "0.001", "0.01", "7.9"),
    ("AAVE/USDT", "0.01", "0.001", "96"),
    ("BCH/USDT", "0.1", "0.001", "435"),
    ("ALGO/USDT", "0.0001", "1", "0.17"),
    ("NEAR/USDT", "0.001", "0.1", "5.3"),
    ("FIL/USDT", "0.001", "0.01", "5.8"),
    ("ETC/USDT", "0.01", "0.01", "26.4"),
    ("TRX/USDT", "0.0001", "0.1", "0.124"),
    ("XLM/USDT", "0.0001", "1", "0.11"),
    ("USDC/USDT", "0.0001", "1", "1"),
    ("ETH/BTC", "0.00001", "0.0001", "0.0484375"),
    ("BNB/BTC", "0.000001", "0.001", "0.0092"),
    ("LTC/BTC", "0.000001", "0.001", "0.0169"),
    ("XMR/BTC", "0.000001", "0.001", "0.0278"),
    ("ZEC/BTC", "0.000001", "0.001", "0.0475"),
    ("DASH/BTC", "0.000001", "0.001", "0.0755"),
    ("ETC/BTC", "0.0000001", "0.01", "0.00267"),
    ("XLM/BTC", "0.00000001", "1", "0.0000381"),
    ("ADA/BTC", "0.00000001", "0.1", "0.0000529"),
    ("TRX/BTC", "0.00000001", "1", "0.00000536"),
)
# More assets against USDT, with the price to begin with; their steps follow from it.
_MORE = """
1INCH 0.3 ACH 0.02 AEVO 0.4 AGLD 1.1 ANKR 0.026 APE 1.2 API3 2.2 APT 6.5 AR 26 ARB 0.55 ARKM 1.4
ASTR 0.06 AXS 5.1 BAL 2.3 BAND 1.2 BAT 0.18 BICO 0.25 BLUR 0.2 C98 0.13 CAKE 1.8 CELO 0.55 CFX 0.14
CHR 0.2 CHZ 0.06 COMP 46 COTI 0.09 CRV 0.27 CTSI 0.13 CVX 2.4 CYBER 3.2 DYDX 1 EGLD 27 ENA 0.35
ENJ 0.15 ENS 17.5 FET 1.3 FLOW 0.55 FXS 2.1 GALA 0.02 GLM 0.33 GMT 0.15 GMX 24 GRT 0.16 HBAR 0.05
HOT 0.0017 ICP 8 ICX 0.13 ID 0.4 ILV 38 IMX 1.5 INJ 20 IOTA 0.13 JASMY 0.02 JOE 0.4 JTO 2.3 JUP 0.8
KAVA 0.33 KSM 19 LDO 1.1 LPT 13 LRC 0.14 MAGIC 0.4 MANA 0.29 MANTA 0.8 MASK 2.2 MINA 0.5 NEO 10
OM 1.3 ONE 0.013 OP 1.6 ORDI 34 PENDLE 4.6 PEOPLE 0.07 PYTH 0.35 QNT 67 RENDER 5.6 ROSE 0.07
RUNE 4.9 SAND 0.27 SEI 0.4 SNX 1.5 STRK 0.4 STX 1.7 SUI 1.9 SUSHI 0.7 THETA 1.3 TIA 5.4 VET 0.023
WIF 2.1 WLD 1.9 XTZ 0.68 YFI 5100 ZIL 0.014 ZRX 0.33
"""
STEADY = frozenset({"USDC"})  # its price hardly moves


class UnknownListingError(Exception):
    """A symbol or asset that the catalogue does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSymbol:
    """One tradable symbol. `price` and `volatility` only start the simulated market."""

    base: str
    quote: str
    tick_size: Decimal
    lot_step: Decimal
    price: Decimal
    volatility: float

    @property
    def symbol(self) -> str:
        """Everyone's word: BTC/USDT."""
        return f"{self.base}/{self.quote}"

    @property
    def name(self) -> str:
        """The venue's word: BTCUSDT."""
        return f"{self.base}{self.quote}"

    @property
    def least_notional(self) -> Decimal:
        return Decimal("0.0001") if self.quote == "BTC" else Decimal(5)

    @property
    def largest_notional(self) -> Decimal:
        return Decimal(9_000_000)

    @property
    def largest_price(self) -> Decimal:
        return Decimal(1_000_000) if self.tick_size >= Decimal("0.01") else Decimal(1000)

    @property
    def largest_lot(self) -> Decimal:
        return Decimal(9000) if self.lot_step <= Decimal("0.001") else Decimal(9_000_000)

    @property
    def largest_market_lot(self) -> Decimal:
        return self.largest_lot / 50

    def market(self) -> Market:
        """Say it in the engine's words; the least cost is for the filters to look at."""
        unit = Decimal(1).scaleb(-PRECISION)
        return Market(
            symbol=self.symbol,
            base=self.base,
            quote=self.quote,
            tick_size=self.tick_size,
            lot_step=self.lot_step,
            cost_step=unit,
            minimum_quantity=self.lot_step,
            minimum_cost=ZERO,
            base_fee_step=unit,
        )


class Catalogue:
    """The symbols that are listed, and all assets, traded here or not."""

    def __init__(self, *, symbols: Iterable[str]) -> None:
        known = {listed.symbol: listed for listed in all_symbols()}
        missing = [symbol for symbol in symbols if symbol not in known]
        if missing:
            raise UnknownListingError(
                f"no listing for {', '.join(missing)}; known are {', '.join(known)}"
            )
        self._symbols = {symbol: known[symbol] for symbol in symbols}
        self._names = {listed.name: listed for listed in self._symbols.values()}
        parts = [part for each in all_symbols() for part in (each.base, each.quote)]
        self._assets = dict.fromkeys([*parts, "USD", "EUR"])
        self._later: set[str] = set()

    @property
    def symbols(self) -> tuple[ListedSymbol, ...]:
        return tuple(self._symbols.values())

    @property
    def assets(self) -> tuple[str, ...]:
        """All assets, those that were listed later by name after the others."""
        return (*self._assets, *sorted(self._later))

    def listed(self, symbol: str) -> ListedSymbol:
        """Find a symbol by everyone's name for it (BTC/USDT)."""
        try:
            return self._symbols[symbol]
        except KeyError:
            raise UnknownListingError(f"{symbol} is not listed here") from None

    def named(self, name: str) -> ListedSymbol | None:
        """Find a symbol by the venue's name for it (BTCUSDT)."""
        return self._names.get(name)

    def list_asset(self, name: str) -> None:
        """List one more asset, if it is not listed yet; it is traded nowhere."""
        if not ASSET_NAME.fullmatch(name):
            raise UnknownListingError(f"{name!r} cannot be the name of an asset")
        if name not in self._assets:
            self._later.add(name)

    def require_asset(self, name: str) -> str:
        if name not in self._assets and name not in self._later:
            raise UnknownListingError(f"no asset is named {name}")
        return name


def all_symbols() -> tuple[ListedSymbol, ...]:
    words = _MORE.split()
    more = [
        (f"{asset}/USDT", *_steps_at(Decimal(price)), price)
        for asset, price in zip(words[::2], words[1::2], strict=True)
    ]
    return tuple(_symbol(*row) for row in (*_SYMBOLS, *more))


def _symbol(symbol: str, tick: str, step: str, price: str) -> ListedSymbol:
    base, quote = symbol.split("/")
    volatility = 0.00008 if base == "BTC" else 0.00012
    return ListedSymbol(
        base=base,
        quote=quote,
        tick_size=Decimal(tick),
        lot_step=Decimal(step),
        price=Decimal(price),
        volatility=0.0000005 if base in STEADY else volatility,
    )


def _steps_at(price: Decimal) -> tuple[str, str]:
    """Say the tick size and the lot step that the venue gives an asset of such a price."""
    rows = (
        (Decimal(1000), "1", "0.00001"),
        (Decimal(10), "0.01", "0.001"),
        (Decimal(1), "0.001", "0.01"),
        (Decimal("0.1"), "0.0001", "0.1"),
        (Decimal("0.01"), "0.00001", "1"),
    )
    found = ((tick, step) for least, tick, step in rows if price >= least)
    return next(found, ("0.0000001", "1"))
