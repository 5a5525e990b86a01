"""Moves a venue's targets by its signals, within bounds; the one planner does the rest.

An asset on which the strategy has no opinion is not traded in that run: neither its own target nor
an old signal is what the owner wants to see traded because candles are missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Protocol

from trading.errors import VenueError
from trading.intents.rebalance import Advice
from trading.intents.signal_reading import Said, SignalReader, SignalRules
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.signal import NoSignal
from trading.portfolio.targets import Targets
from trading.portfolio.tilting import tilted_targets, tilted_weight

_STEP = Decimal("0.0001")


class Listings(Protocol):
    """What is asked of the market feed."""

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]: ...


class SignalTargets:
    """Satisfies the adviser of `trading.intents.rebalance`."""

    def __init__(
        self,
        *,
        reader: SignalReader,
        market: Listings,
        rules: Mapping[VenueName, SignalRules],
    ) -> None:
        """Take the rules of each venue that has any."""
        self._reader = reader
        self._market = market
        self._rules = dict(rules)

    def rules(self, venue: VenueName) -> SignalRules | None:
        """Return what holds at a venue; None where no signal counts."""
        return self._rules.get(venue)

    def replace_rules(self, rules: Mapping[VenueName, SignalRules]) -> None:
        """Put other rules in force."""
        self._rules = dict(rules)

    async def advise(self, venue: VenueName, targets: Targets) -> Advice:
        """Return the targets to plan by."""
        rules = self._rules.get(venue)
        if rules is None or not rules.enabled:
            return Advice(targets=targets)
        wanted = [asset for asset in rules.bounds if asset in targets.weights]
        try:
            listed = await self._market.instruments(venue)
        except VenueError as error:
            return _nothing_known(targets, wanted, str(error))
        symbols = {asset: traded_as(asset, targets.base, listed) for asset in wanted}
        asked = [symbol for symbol in symbols.values() if symbol is not None]
        said = await self._reader.read(venue, asked, rules) if asked else {}
        found = {
            asset: None if symbol is None else said[symbol] for asset, symbol in symbols.items()
        }
        return _advice(targets, rules, found)


def _advice(targets: Targets, rules: SignalRules, found: Mapping[Asset, Said | None]) -> Advice:
    proposed = {
        asset: proposed_weight(asset, targets, rules, said) for asset, said in found.items()
    }
    weights = {asset: weight for asset, weight in proposed.items() if weight is not None}
    return Advice(
        targets=tilted_targets(targets, weights),
        withheld={
            asset: _denied(asset, found[asset])
            for asset, weight in proposed.items()
            if weight is None
        },
        notes=tuple(
            _note(asset, targets.weights[asset], weight, rules)
            for asset, weight in weights.items()
            if weight != targets.weights[asset]
        ),
    )


def traded_as(asset: Asset, base: Asset, listed: Collection[Symbol]) -> Symbol | None:
    """Return the symbol of an asset with the base currency, whichever way it is listed."""
    both = (Symbol(asset, base), Symbol(base, asset))
    return next((symbol for symbol in both if symbol in listed), None)


def proposed_weight(
    asset: Asset, targets: Targets, rules: SignalRules, said: Said | None
) -> Decimal | None:
    """Return where a signal moves an asset's target; None where there is none, or no bounds."""
    bounds, target = rules.bounds.get(asset), targets.weights.get(asset)
    if bounds is None or target is None or said is None or isinstance(said, NoSignal):
        return None
    strength = said.strength if said.symbol.base == asset else -said.strength
    weight = tilted_weight(target, bounds, strength).quantize(_STEP)
    return min(bounds.highest, max(bounds.lowest, weight))


def _denied(asset: Asset, said: Said | None) -> Denied:
    why = said.reason if isinstance(said, NoSignal) else "it is not listed against the base"
    return Denied(
        code=DenialCode.NO_SIGNAL, reason=f"{asset} has no signal, so it is left as it is: {why}"
    )


def _nothing_known(targets: Targets, wanted: Collection[Asset], why: str) -> Advice:
    return Advice(
        targets=targets,
        withheld={
            asset: Denied(code=DenialCode.NO_SIGNAL, reason=f"{asset} has no signal: {why}")
            for asset in wanted
        },
    )


def _note(asset: Asset, target: Decimal, weight: Decimal, rules: SignalRules) -> str:
    return (
        f"{rules.strategy} moves the target of {asset} from {target * 100:.1f} % to "
        f"{weight * 100:.1f} %"
    )
