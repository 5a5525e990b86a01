"""A venue in this process on a fake clock, and a signing hand for it and for the real one."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from simulators.kraken.authentication import sign
from simulators.kraken.options import DEMO_KEY, DEMO_SECRET, parse
from simulators.kraken.venue import Venue, build, open_books
from tests.support.clock import FakeClock

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The venue's endpoints without a wire; time moves only when the test says so."""

    venue: Venue
    clock: FakeClock

    def public(self, endpoint: str, **words: str) -> Any:
        return self.venue.rest.public[endpoint](words)

    def private(self, endpoint: str, **words: Any) -> Any:
        self.venue.exchange.settle_time()
        return self.venue.rest.private[endpoint](words)

    def add(self, side: str, volume: str, price: str | None = None, **words: str) -> str:
        """Place an order for BTC/USD and answer its id."""
        kind = {"ordertype": "market"} if price is None else {"ordertype": "limit", "price": price}
        wish = {"pair": "XBTUSD", "type": side, "volume": volume, **kind, **words}
        (order_id,) = self.private("AddOrder", **wish)["txid"]
        return str(order_id)

    def query(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.private("QueryOrders", txid=order_id)[order_id]
        return found


@contextmanager
def open_desk(state: Path, *arguments: str) -> Iterator[Desk]:
    """Open a venue whose prices stand still, with 10000 USD, 1 BTC and 5 ETH."""
    options = parse(
        [
            *("--state", str(state), "--speed", "0"),
            *("--balances", "USD=10000,BTC=1,ETH=5"),
            *arguments,
        ]
    )
    clock = FakeClock()
    books = open_books(options)
    try:
        yield Desk(venue=build(options, books=books, clock=clock), clock=clock)
    finally:
        books.close()


@dataclass(slots=True, kw_only=True)
class Caller:
    """Calls a running venue over a socket, signing as documented."""

    session: aiohttp.ClientSession
    url: str
    key: str = DEMO_KEY
    secret: str = DEMO_SECRET
    nonces: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def public(self, endpoint: str, **words: str) -> dict[str, Any]:
        url = f"{self.url}/0/public/{endpoint}"
        async with self.session.get(url, params=words) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def private(
        self, endpoint: str, words: Mapping[str, Any] | None = None, *, as_json: bool = False
    ) -> dict[str, Any]:
        async with self.post(endpoint, words or {}, as_json=as_json) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    def post(
        self,
        endpoint: str,
        words: Mapping[str, Any],
        *,
        as_json: bool = False,
        nonce: int | None = None,
    ) -> Any:
        """Send one signed request; what comes back is for the caller to await."""
        written = str(next(self.nonces) if nonce is None else nonce)
        signed = {"nonce": written, **words}
        body = (json.dumps(signed) if as_json else urlencode(signed)).encode()
        path = f"/0/private/{endpoint}"
        headers = {
            "API-Key": self.key,
            "API-Sign": sign(path=path, nonce=written, body=body, secret=self.secret),
            "Content-Type": "application/json" if as_json else FORM,
        }
        return self.session.post(f"{self.url}{path}", data=body, headers=headers)
