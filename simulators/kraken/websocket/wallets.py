"""Where an asset lies: the codes with a suffix are the asset's own earn wallets on the socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.venues.paper.values import ZERO, Balance

# What REST shows as DOT.S is the asset DOT in a wallet of its own here.
EARN_WALLETS = {
    "F": "liquid",  # Kraken Rewards
    "M": "flexible",
    "B": "bonded",
    "S": "locked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    asset: str
    wallet_type: str
    wallet_id: str


def place_of(name: str) -> Place:
    asset, _, suffix = name.partition(".")
    wallet = EARN_WALLETS.get(suffix)
    if wallet is None:
        return Place(asset=name, wallet_type="spot", wallet_id="main")
    return Place(asset=asset, wallet_type="earn", wallet_id=wallet)


def total_of(asset: str, balances: Mapping[str, Balance]) -> Decimal:
    """Sum up an asset over all of its wallets."""
    held = (balance.total for name, balance in balances.items() if place_of(name).asset == asset)
    return sum(held, ZERO)
