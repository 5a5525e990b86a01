"""What the Binance adapter must be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.errors import ConfigurationError
from trading.venues.websocket import SocketLimits

_SOCKET_LIMITS = SocketLimits(quiet_seconds=10.0, dead_seconds=20.0)
"""The venue itself pings every twenty seconds, out of our sight: we ask, twice as often."""
_A_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSettings:
    """Key and addresses; a withdrawal right on the key is never needed.

    Without a key only public questions are answered.
    """

    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    """Of an HMAC key, or the PEM text of an RSA or Ed25519 key."""
    rest_url: str = "https://api.binance.com"
    has_wallet: bool = True
    """False where there are no wallet endpoints (the testnet): what only they tell is unknown."""
    timeout_seconds: float = 10.0
    answer_seconds: float = 4.0
    """How long an order waits for its answer, if that is shorter: then it is in doubt and told."""
    emergency_timeout_seconds: float = 4.0
    queue_timeout_seconds: float = 30.0
    """How long a call may wait for the request limits before it gives up."""
    ws_url: str | None = None
    """Where prices are streamed; None: they are not."""
    ws_api_url: str | None = None
    """Where the account is streamed; None: it is not."""
    socket_limits: SocketLimits = _SOCKET_LIMITS
    reconnect_seconds: float = 0.5
    """The first pause before a new connection; it doubles with each failure."""
    renew_seconds: float = 23 * 3600.0
    """How old a connection grows before another takes its place: the venue ends it at 24 h."""

    @property
    def order_timeout_seconds(self) -> float:
        """How long the answer to a new order is waited for."""
        return min(self.timeout_seconds, self.answer_seconds)

    @property
    def streams_account(self) -> bool:
        """True where there is a socket to connect to and a key to do it with."""
        return bool(self.key) and self.ws_api_url is not None

    def __post_init__(self) -> None:
        """Refuse what cannot work, here rather than at the first request."""
        problems = []
        if bool(self.key) != bool(self.secret):
            problems.append("key and secret belong together; one of them is missing")
        if not self.rest_url.startswith(("https://", "http://")):
            problems.append(f"rest_url was {self.rest_url!r}; it starts with https://")
        for name, url in (("ws_url", self.ws_url), ("ws_api_url", self.ws_api_url)):
            if url is not None and not url.startswith(("wss://", "ws://")):
                problems.append(f"{name} was {url!r}; it starts with wss://")
        if not 0 < self.renew_seconds < _A_DAY:
            problems.append(f"renew_seconds was {self.renew_seconds:g}; it is less than a day")
        if problems:
            raise ConfigurationError(tuple(problems))
