"""Kraken's names of assets and pairs, and ours; they meet here and nowhere else."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.model.identifiers import Asset, Symbol, asset
from trading.venues.decoding import Malformed, Row

_log = logging.getLogger(__name__)

_CANONICAL = {"XBT": "BTC", "XDG": "DOGE"}
"""The two altnames that the rest of the world spells differently."""

_LEGACY = {
    "XXBT": "BTC", "XXDG": "DOGE", "XETH": "ETH", "XETC": "ETC", "XLTC": "LTC", "XMLN": "MLN",
    "XREP": "REP", "XXLM": "XLM", "XXMR": "XMR", "XXRP": "XRP", "XZEC": "ZEC",
    "ZUSD": "USD", "ZEUR": "EUR", "ZGBP": "GBP", "ZJPY": "JPY", "ZCAD": "CAD", "ZAUD": "AUD",
}  # fmt: skip
"""Old four-letter codes, should the asset list ever leave one out; stripping letters would turn
XTZ, XRP or ZRX into something else."""

_HELD = re.compile(r"(.+)\.(B|F|HOLD|M|P|S|T)")
"""Staked, earning, held back or tokenised shares: shown, never counted as spendable."""

_EARNING = "earning"
_WHY = {"HOLD": "on hold", "T": "tokenised"}
"""Why it cannot be spent, by suffix; all others earn, one way or another."""

_MOST_DECIMALS = 30


def is_held_elsewhere(code: str) -> bool:
    """True for balances that no spot order can spend, by Kraken's suffix."""
    return _HELD.fullmatch(code) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetCodes:
    """Canonical asset by Kraken code; both the code and its altname are understood.

    `steps` is the unit in which Kraken keeps the balance of each.
    """

    assets: Mapping[str, Asset]
    steps: Mapping[Asset, Decimal] = field(default_factory=dict)

    def elsewhere(self, code: str, *, earns: bool = False) -> str:
        """Return the owner's name of a balance that no spot order can spend.

        REST tells by a suffix that it is staked or earning, the socket by a wallet, and Kraken
        does not say which suffix is which wallet: so all of them have one word.
        """
        held = _HELD.fullmatch(code)
        name = held[1] if held else code
        why = _WHY.get(held[2], _EARNING) if held else _EARNING if earns else None
        known = self.find(name) or name
        return known if why is None else f"{known} ({why})"

    @classmethod
    def parse(cls, result: object) -> AssetCodes:
        """Read the answer to Assets; a row that cannot be read is left out and logged."""
        assets: dict[str, Asset] = {}
        steps: dict[Asset, Decimal] = {}
        for code, row in Row.of(result, "Assets").rows():
            try:
                name = row.text("altname")
                canonical = asset(_CANONICAL.get(name, name))
            except ValueError as error:
                _log.warning("asset left out code=%s reason=%s", code, error)
                continue
            assets[code] = canonical
            assets.setdefault(name, canonical)
            if (step := _step(row)) is not None:
                steps[canonical] = step
        if not assets:
            raise Malformed("Assets is empty")
        return cls(assets=assets, steps=steps)

    def find(self, code: str) -> Asset | None:
        """Return the asset of a code; None when neither Kraken nor the old table lists it."""
        found = self.assets.get(code)
        if found is None and code in _LEGACY:
            return Asset(_LEGACY[code])
        return found

    def name(self, code: str) -> Asset:
        """Return the asset of a code for the record: an unlisted one keeps Kraken's name."""
        try:
            return self.find(code) or asset(code)
        except ValueError as error:
            raise Malformed(str(error)) from error


def _step(row: Row) -> Decimal | None:
    decimals = row.fields.get("decimals")
    if not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        return None
    return Decimal(1).scaleb(-decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCodes:
    """Pairs in both directions: Kraken's key and altname to our symbol, our symbol to its key."""

    symbols: Mapping[str, Symbol]
    keys: Mapping[Symbol, str]

    def symbol(self, code: str, codes: AssetCodes) -> Symbol | None:
        """Return the symbol of a pair; one that is no longer listed is read from its halves."""
        listed = self.symbols.get(code)
        if listed is not None:
            return listed
        halves = {
            Symbol(base, quote)
            for cut in range(2, len(code) - 1)
            if (base := codes.find(code[:cut]))
            and (quote := codes.find(code[cut:]))
            and base != quote
        }
        return halves.pop() if len(halves) == 1 else None
