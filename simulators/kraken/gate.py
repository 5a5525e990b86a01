"""The gate before every private call: key, signature, nonce, rate, and the faults among them."""

from dataclasses import dataclass
from typing import Any

from simulators.clock import Clock
from simulators.kraken.authentication import Credentials, is_signed, nonce_of, parse_body
from simulators.kraken.books import KrakenBooks
from simulators.kraken.counters import Counters
from simulators.kraken.errors import (
    INVALID_KEY,
    INVALID_NONCE,
    INVALID_SIGNATURE,
    RATE_LIMIT,
    KrakenError,
)
from simulators.kraken.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A private request exactly as it was received."""

    endpoint: str
    path: str
    body: bytes
    content_type: str
    key: str
    signature: str


class Gate:
    """A nonce is used up, on the disk, before anything is done for its call."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        books: KrakenBooks,
        faults: Faults,
        counters: Counters,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._books = books
        self._faults = faults
        self._counters = counters
        self._clock = clock
        self._nonces = books.last_nonces()

    def last_nonce(self) -> int:
        return self._nonces.get(self._credentials.key, 0)

    def admit(self, call: Call) -> dict[str, Any]:
        """Answer the parameters of a call that may be executed; refuse it otherwise."""
        if call.key != self._credentials.key:
            raise KrakenError(INVALID_KEY)
        words = parse_body(call.body, call.content_type)
        nonce = nonce_of(words)
        if not is_signed(
            path=call.path,
            nonce=str(words["nonce"]),
            body=call.body,
            secret=self._credentials.secret,
            signature=call.signature,
        ):
            raise KrakenError(INVALID_SIGNATURE)
        if self._faults.strike("invalid_nonce", call.endpoint) or nonce <= self.last_nonce():
            raise KrakenError(INVALID_NONCE)
        with self._books.transaction():
            self._books.write_nonce(call.key, nonce)
        self._nonces[call.key] = nonce
        if not self._counters.allows_call(
            key=call.key, endpoint=call.endpoint, now=self._clock.monotonic()
        ):
            raise KrakenError(RATE_LIMIT)
        return words
