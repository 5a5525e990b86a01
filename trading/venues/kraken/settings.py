"""What the Kraken adapter must be told."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum

from trading.errors import ConfigurationError
from trading.venues.rate_limit import CallBudget
from trading.venues.websocket import SocketLimits


class Tier(StrEnum):
    """Kraken's verification levels, which set how much one may ask."""

    STARTER = "starter"
    INTERMEDIATE = "intermediate"
    PRO = "pro"


PRIVATE_BUDGETS = {
    Tier.STARTER: CallBudget(ceiling=15, decay_per_second=0.33, headroom=1),
    Tier.INTERMEDIATE: CallBudget(ceiling=20, decay_per_second=0.5, headroom=1),
    Tier.PRO: CallBudget(ceiling=20, decay_per_second=1, headroom=1),
}
ORDER_BUDGETS = {
    Tier.STARTER: CallBudget(ceiling=60, decay_per_second=1),
    Tier.INTERMEDIATE: CallBudget(ceiling=125, decay_per_second=2.34),
    Tier.PRO: CallBudget(ceiling=180, decay_per_second=3.75),
}
"""The matching engine's own counter, one for each pair."""
PUBLIC_BUDGET = CallBudget(ceiling=20, decay_per_second=1, headroom=1)
"""By address; Kraken promises one a second and bears short bursts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KrakenSettings:
    """Key and addresses; a withdrawal right on the key is never needed.

    Without a key only public questions are answered.
    """

    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    rest_url: str = "https://api.kraken.com"
    tier: Tier = Tier.INTERMEDIATE
    timeout_seconds: float = 10.0
    answer_seconds: float = 4.0
    """How long an order waits for its answer, if that is shorter: then it is in doubt and told.
    The engine takes it for hardly longer, and a look tells more than a late answer."""
    emergency_timeout_seconds: float = 4.0
    emergency_patience_seconds: float = 1.0
    """How long an emergency waits for the call before it; then it goes beside it."""
    queue_timeout_seconds: float = 30.0
    """How long a call may wait for its turn and for the call limit before it gives up."""
    public_budget: CallBudget = PUBLIC_BUDGET
    """How much may be asked without a key."""
    nonce_buffer_microseconds: int = 1500
    lockout_seconds: float = 900.0
    """How long to keep still after a temporary lockout; each try in it makes it longer."""
    ws_url: str | None = None
    """Where prices are streamed; None: they are not."""
    ws_auth_url: str | None = None
    """Where the account is streamed and orders go; None: REST does both."""
    socket_limits: SocketLimits = field(default_factory=SocketLimits)
    reconnect_seconds: float = 0.5
    """The first pause before a new connection; it doubles with each failure."""

    @property
    def order_timeout_seconds(self) -> float:
        """How long the answer to a new order is waited for."""
        return min(self.timeout_seconds, self.answer_seconds)

    @property
    def streams_account(self) -> bool:
        """True where there is a private socket to connect to and a key to do it with."""
        return bool(self.key) and self.ws_auth_url is not None

    def __post_init__(self) -> None:
        """Refuse a secret that cannot sign, here rather than at the first request."""
        problems = []
        if bool(self.key) != bool(self.secret):
            problems.append("key and secret belong together; one of them is missing")
        elif self.secret and not _is_base64(self.secret):
            problems.append("secret is not the private key as Kraken shows it (base64)")
        if not self.rest_url.startswith(("https://", "http://")):
            problems.append(f"rest_url was {self.rest_url!r}; it starts with https://")
        for name, url in (("ws_url", self.ws_url), ("ws_auth_url", self.ws_auth_url)):
            if url is not None and not url.startswith(("wss://", "ws://")):
                problems.append(f"{name} was {url!r}; it starts with wss://")
        if problems:
            raise ConfigurationError(tuple(problems))


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
