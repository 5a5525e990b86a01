"""A venue in this process on a fake clock, and a signing hand for it and for the real one."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from simulators.binance.authentication import signed_call
from simulators.binance.calls import Answer
from simulators.binance.gate import Call
from simulators.binance.options import DEMO_KEY, DEMO_SECRET, parse
from simulators.binance.venue import Venue, build, open_books
from simulators.binance.words import parse as parse_words
from tests.support.clock import FakeClock

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def sign(payload: str, secret: str = DEMO_SECRET) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The venue's calls without a wire; time moves only when the test says so."""

    venue: Venue
    clock: FakeClock

    @property
    def exchange(self) -> Any:
        return self.venue.exchange

    def milliseconds(self) -> int:
        return round(self.clock.now().timestamp() * 1000)

    def ask(self, method: str, path: str, **words: Any) -> Answer:
        """Call as a client does, signed; a word that is None is not sent."""
        wanted = {"timestamp": self.milliseconds(), **words}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return self.raw(method, path, f"{query}&signature={sign(query)}")

    def raw(
        self, method: str, path: str, query: str, *, body: str = "", key: str | None = DEMO_KEY
    ) -> Answer:
        whole = path if path.startswith("/") else f"/api/v3/{path}"
        return self.venue.rest.calls.execute(
            Call(
                endpoint=self.venue.rest.calls.by_path[(method, whole)],
                words=parse_words(query, body),
                key=key,
                signed=signed_call(query, body),
            )
        )

    def good(self, method: str, path: str, **words: Any) -> Any:
        answer = self.ask(method, path, **words)
        assert answer.status == 200, answer.body
        return answer.body

    def bad(self, method: str, path: str, **words: Any) -> tuple[int, str]:
        """Call in the expectation of a refusal; answer its code and its words."""
        answer = self.ask(method, path, **words)
        assert answer.is_error, answer.body
        return answer.body["code"], answer.body["msg"]

    def place(
        self, side: str, quantity: str | None, price: str | None = None, **words: Any
    ) -> Any:
        """Place an order for BTCUSDT, limited or at the market."""
        wish = {"type": "MARKET"} if price is None else _limited(price)
        return self.good(
            "POST",
            "order",
            **{"symbol": "BTCUSDT", "side": side, "quantity": quantity, **wish, **words},
        )

    def held(self, asset: str) -> tuple[str, str]:
        rows = self.good("GET", "account")["balances"]
        (row,) = [row for row in rows if row["asset"] == asset]
        return row["free"], row["locked"]


@contextmanager
def open_desk(state: Path, *arguments: str) -> Iterator[Desk]:
    """Open a venue whose prices stand still, with 10000 USDT, 1 BTC and 5 ETH."""
    options = parse(
        [
            *("--state", str(state), "--speed", "0"),
            *("--balances", "USDT=10000,BTC=1,ETH=5"),
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
    now: Any
    key: str = DEMO_KEY
    secret: str = DEMO_SECRET

    def send(self, method: str, path: str, words: Mapping[str, Any]) -> Any:
        """Send one signed request; what comes back is for the caller to await."""
        written = urlencode({"timestamp": self.now(), **words})
        signed = f"{written}&signature={sign(written, self.secret)}"
        headers = {"X-MBX-APIKEY": self.key}
        whole = path if path.startswith("/") else f"/api/v3/{path}"
        if method == "POST":
            headers |= FORM
            return self.session.post(f"{self.url}{whole}", data=signed, headers=headers)
        return self.session.request(method, f"{self.url}{whole}?{signed}", headers=headers)

    async def call(self, method: str, path: str, **words: Any) -> Any:
        async with self.send(method, path, words) as response:
            return await response.json()


def _limited(price: str) -> dict[str, str]:
    return {"type": "LIMIT", "timeInForce": "GTC", "price": price}
