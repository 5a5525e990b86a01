"""What the contract suite needs of a venue under test: the adapter, and hands on the world.

A new adapter passes the suite by adding a world of its own to `conftest.WORLDS`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tests.support.stream_ears import Ears
from trading.clock import Clock
from trading.model.identifiers import Asset, ClientOrderId, Symbol
from trading.venues.port import VenueAdapter, VenueState


class Call(StrEnum):
    """Which calls a trouble is meant for."""

    BALANCES = "balances"
    TOTALS = "totals"
    SUBMIT = "submit"
    CANCEL = "cancel"
    OPEN_ORDERS = "open_orders"
    CLOSED_ORDERS = "closed_orders"
    FILLS = "fills"
    LEDGER = "ledger"
    PRICES = "prices"


class Trouble(StrEnum):
    """What can happen between a venue and us."""

    REFUSED_BY_EDGE = "refused_by_edge"
    """A 5xx page of HTML, not executed."""
    EDGE_AFTER = "edge_after"
    """Executed, then a 5xx page of HTML."""
    DROPPED = "dropped"
    """Connection closed, not executed."""
    ANSWER_LOST = "answer_lost"
    """Executed, connection closed."""
    HANGS_BEFORE = "hangs_before"
    """No answer in time; executed late, if its deadline allows."""
    HANGS_AFTER = "hangs_after"
    """Executed at once, no answer in time."""
    GARBLED = "garbled"
    """Executed, the answer is not JSON."""
    TRUNCATED = "truncated"
    """Executed, the answer breaks off."""
    NONCE = "nonce"
    """The nonce, or whatever orders requests, is refused."""
    BUSY = "busy"
    """The venue says that it is busy; for an order that settles nothing."""
    LIMITED = "limited"
    """The venue says that we ask too much; certainly not executed."""
    BAD_KEY = "bad_key"
    """The key is refused."""
    NO_FUNDS = "no_funds"
    """The engine says that the funds are not there."""
    NEVER_HEARD = "never_heard"
    """An error that no documentation mentions."""


EXECUTED = frozenset(
    {
        Trouble.EDGE_AFTER,
        Trouble.ANSWER_LOST,
        Trouble.HANGS_AFTER,
        Trouble.GARBLED,
        Trouble.TRUNCATED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the venue's own books say of one asset."""

    free: Decimal
    locked: Decimal


class VenueWorld(Protocol):
    """A venue in a known state: it lists `symbol`, does not list `unlisted`, and holds funds."""

    adapter: VenueAdapter
    clock: Clock
    symbol: Symbol
    other: Symbol
    unlisted: Symbol

    async def holdings(self) -> Mapping[Asset, Holding]:
        """Return the venue's own books."""
        ...

    async def placed(self, client_order_id: ClientOrderId) -> int:
        """Return how many orders of this id the venue ever took."""
        ...

    async def deposit(self, asset: Asset, amount: Decimal) -> None:
        """Credit the account from outside."""
        ...

    async def withdraw(self, asset: Asset, amount: Decimal) -> None:
        """Debit the account from outside."""
        ...

    async def rest_by_hand(self, quantity: Decimal, price: Decimal) -> None:
        """Place a buy of `symbol` as its owner would on the website, without our id."""
        ...


class WireWorld(VenueWorld, Protocol):
    """A venue behind a real wire, where things go wrong."""

    @property
    def keys_carry_nonces(self) -> bool:
        """Tell whether the requests of a key are put in order by number."""
        ...

    @property
    def orders_carry_nonces(self) -> bool:
        """Tell whether what orders requests of a key by number orders orders too."""
        ...

    @property
    def states(self) -> Collection[VenueState]:
        """The states that this venue can be in as a whole."""
        ...

    async def trouble(self, kind: Trouble, call: Call, *, count: int | None = 1) -> None:
        """Let the next `count` calls meet it; None: all of them."""
        ...

    async def troubles_left(self) -> int:
        """Return how many counted troubles have not struck yet."""
        ...

    async def empty_balances(self) -> None:
        """Let both balance endpoints answer that there is nothing."""
        ...

    async def thin_market(self, fraction: Decimal) -> None:
        """Offer no more than this share of the next order."""
        ...

    async def set_state(self, state: VenueState) -> None:
        """Let the venue as a whole be in this state."""
        ...

    async def step_clock(self, seconds: float) -> None:
        """Let the venue's clock go this much ahead."""
        ...

    async def die(self) -> None:
        """End the venue as a power cut would."""
        ...

    async def come_back(self) -> None:
        """Start it again with the same books and addresses."""
        ...


class StreamWorld(WireWorld, Protocol):
    """A venue whose streams run; `ears` have heard all that they said."""

    ears: Ears
