"""The venue tables: one model for each kind that this version can trade on."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from trading.config.binance import BinanceVenue
from trading.config.secret import Secret
from trading.config.suggestions import did_you_mean
from trading.config.values import Duration, SecretText, Section, Url

AVAILABLE_KINDS = ("kraken", "binance")
LATER_KINDS = ("paper", "oanda", "ibkr")
_KRAKEN_REST = "https://api.kraken.com"
_KRAKEN_WS = "wss://ws.kraken.com/v2"
_KRAKEN_WS_AUTH = "wss://ws-auth.kraken.com/v2"
_KRAKEN_DOMAIN = "kraken.com"


class KrakenVenue(Section):
    """An account at Kraken."""

    kind: Literal["kraken"]
    key: SecretText | None = Field(
        default=None, description="API key. It needs no right to withdraw; do not give it one."
    )
    secret: SecretText | None = Field(
        default=None, description="The private key that belongs to it, as Kraken shows it."
    )
    rest_url: Url = Field(default=_KRAKEN_REST, description="Where the REST API is served.")
    ws_url: Url = Field(default=_KRAKEN_WS, description="Where prices are streamed.")
    ws_auth_url: Url = Field(
        default=_KRAKEN_WS_AUTH,
        description="Where the account is streamed and orders go; REST, while it is down.",
    )
    streams: bool = Field(
        default=True,
        description="false asks by REST for everything. A rest_url that is not Kraken's has no "
        "streams either until both addresses above are set too.",
    )
    tier: Literal["starter", "intermediate", "pro"] = Field(
        default="intermediate", description="Verification level, which sets Kraken's call limits."
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        description="How long one request may take; a new order is in doubt after 4 s.",
    )
    nonce_buffer_microseconds: int = Field(
        default=1500, ge=0, description="How far nonces run ahead of the clock."
    )
    allow_withdrawal_key: bool = Field(
        default=False,
        description="true trades even with a key that may withdraw, which is refused otherwise. "
        "The bot never withdraws; whoever steals such a key does.",
    )
    dead_man_switch: bool = Field(
        default=False,
        description="true has Kraken cancel every open order of the account when it has not "
        "heard of the bot for a minute: orders placed by hand and protective stops too.",
    )

    @property
    def stream_urls(self) -> tuple[str, str] | None:
        """The addresses of both sockets, prices first; None where nothing is streamed."""
        if not self.streams or self._streams_elsewhere:
            return None
        return self.ws_url, self.ws_auth_url

    @property
    def _streams_elsewhere(self) -> bool:
        """True where REST is not Kraken's and nothing else was said of the sockets."""
        untouched = (self.ws_url, self.ws_auth_url) == (_KRAKEN_WS, _KRAKEN_WS_AUTH)
        return untouched and not _is_kraken(self.rest_url)

    @field_validator("ws_url", "ws_auth_url")
    @classmethod
    def _is_a_socket(cls, url: str) -> str:
        if not url.startswith(("wss://", "ws://")):
            message = f"must start with wss://, was {url!r}"
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _is_one_venue(self) -> Self:
        """Refuse balances from here and orders to there."""
        urls = {"rest_url": self.rest_url, "ws_url": self.ws_url, "ws_auth_url": self.ws_auth_url}
        theirs = [name for name, url in urls.items() if _is_kraken(url)]
        mixed = 0 < len(theirs) < len(urls)
        if self.streams and mixed and not self._streams_elsewhere:
            message = (
                f"{' and '.join(theirs)} would be Kraken's own and the rest not: set all of "
                f"{', '.join(urls)}, or streams = false"
            )
            raise ValueError(message)
        return self

    @field_validator("secret")
    @classmethod
    def _secret_can_sign(cls, secret: Secret | None) -> Secret | None:
        if secret is None or secret.is_absent:
            return secret
        try:
            signs = bool(base64.b64decode(secret.reveal(), validate=True))
        except (binascii.Error, ValueError):
            signs = False
        if not signs:
            message = "is not the private key as Kraken shows it (base64)"
            raise ValueError(message)
        return secret


def _is_kraken(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == _KRAKEN_DOMAIN or host.endswith(f".{_KRAKEN_DOMAIN}")


def _of_a_known_kind(written: Any) -> Any:
    if not isinstance(written, dict):
        return written
    kind = written.get("kind")
    if kind in AVAILABLE_KINDS:
        return written
    available = f"available: {', '.join(AVAILABLE_KINDS)}"
    if kind is None:
        message = f"kind is missing; it says whose account this is ({available})"
    elif kind in LATER_KINDS:
        message = f"kind {kind!r} is not available in this version; {available}"
    else:
        hint = did_you_mean(str(kind), AVAILABLE_KINDS + LATER_KINDS) or available
        message = f"kind was {kind!r}; {hint}"
    raise ValueError(message)


Venue = Annotated[
    Annotated[KrakenVenue | BinanceVenue, Field(discriminator="kind")],
    BeforeValidator(_of_a_known_kind),
]
