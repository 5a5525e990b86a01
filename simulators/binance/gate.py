"""The gate before every call: weight, key, time and signature, and the faults among them."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from simulators.binance.authentication import KEY_FORMAT, Credentials, Signed, is_signed
from simulators.binance.endpoints import Endpoint, Security
from simulators.binance.errors import BinanceError, bad_key, bad_signature, missing
from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.limits import Limits
from simulators.binance.numbers import milliseconds
from simulators.binance.words import Words, moment

LONGEST_WINDOW, USUAL_WINDOW = 60_000, 5000
MOST_AHEAD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call exactly as it was received. `key` is None where none came with it."""

    endpoint: Endpoint
    words: Words
    key: str | None
    signed: Signed


class Gate:
    def __init__(
        self, *, exchange: Exchange, credentials: Credentials, faults: Faults, limits: Limits
    ) -> None:
        self._exchange = exchange
        self._credentials = credentials
        self._faults = faults
        self._limits = limits

    def admit(self, call: Call) -> None:
        """Let a call through, counted; refuse it otherwise."""
        endpoint, now = call.endpoint, self._exchange.now()
        self._limited(endpoint.names)
        self._limits.charge(endpoint.weight_of(call.words), now)
        if endpoint.security is not Security.NONE:
            self.check_key(call.key, endpoint.names)
        if endpoint.security is Security.SIGNED:
            self.check_time(call.words, endpoint.names)
            self.check_signature(call.signed, endpoint.names)

    def check_key(self, key: str | None, names: tuple[str, ...]) -> None:
        if not key or not KEY_FORMAT.fullmatch(key):
            raise BinanceError(-2014, "API-key format invalid.", status=401)
        if key != self._credentials.key or self._faults.strike("refuse_key", *names):
            raise bad_key()

    def check_time(self, words: Words, names: tuple[str, ...] = ()) -> None:
        """Hold a request to its own time: not from the future, and not too old."""
        timestamp = moment(words, "timestamp")
        if timestamp is None:
            raise missing("timestamp")
        window, now = _window(words), milliseconds(self._exchange.now())
        fault = self._faults.strike("refuse_timestamp", *names)
        if timestamp >= now + MOST_AHEAD or (fault and fault.parameters["ahead"]):
            raise BinanceError(
                -1021, "Timestamp for this request was 1000ms ahead of the server's time."
            )
        if now - timestamp > window or fault:
            raise BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")

    def check_signature(self, signed: Signed, names: tuple[str, ...]) -> None:
        if signed.signature is None:
            raise missing("signature")
        is_right = is_signed(signed, self._credentials)
        if not is_right or self._faults.strike("refuse_signature", *names):
            raise bad_signature()

    def _limited(self, names: tuple[str, ...]) -> None:
        now = self._exchange.now()
        if fault := self._faults.strike("ban", *names):
            self._limits.ban(now, fault.seconds())
        if fault := self._faults.strike("rate_limit", *names):
            limit = self._limits.allowance.weight
            raise BinanceError(
                -1003,
                f"Too much request weight used; current limit is {limit} request weight per"
                " 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling"
                " the API.",
                status=429,
                retry_after=max(1, round(fault.seconds())),
            )
        if fault := self._faults.strike("order_limit", *names):
            raise BinanceError(
                -1015,
                "Too many new orders; current limit is"
                f" {self._limits.allowance.orders_in_ten_seconds} orders per 10 SECOND.",
                status=429,
                retry_after=max(1, round(fault.seconds())),
            )


def _window(words: Words) -> Decimal:
    written = words.get("recvWindow")
    if not written:
        return Decimal(USUAL_WINDOW)
    try:
        window = Decimal(written)
    except InvalidOperation:
        raise missing("recvWindow") from None
    if not 0 < window <= LONGEST_WINDOW:
        raise BinanceError(-1131, f"recvWindow must be less than {LONGEST_WINDOW}.")
    return window
