"""The table of an account at Binance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from trading.config.values import Duration, SecretText, Section, Url

_DOMAINS = ("binance.com", "binance.us", "binance.vision")


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceAddresses:
    """Where everything is asked for; None: it is not streamed."""

    rest_url: str
    ws_url: str | None
    ws_api_url: str | None


_REAL = BinanceAddresses(
    rest_url="https://api.binance.com",
    ws_url="wss://stream.binance.com:9443",
    ws_api_url="wss://ws-api.binance.com:443/ws-api/v3",
)
_TESTNET = BinanceAddresses(
    rest_url="https://testnet.binance.vision",
    ws_url="wss://stream.testnet.binance.vision",
    ws_api_url="wss://ws-api.testnet.binance.vision/ws-api/v3",
)


class BinanceVenue(Section):
    """A spot account at Binance."""

    kind: Literal["binance"]
    key: SecretText | None = Field(
        default=None,
        description="API key, for reading and spot trading. It needs no right to withdraw; do "
        "not give it one, and tie it to the addresses of this machine.",
    )
    secret: SecretText | None = Field(
        default=None,
        description="The secret that belongs to it, or the private key of an RSA or Ed25519 key "
        "as PEM text.",
    )
    testnet: bool = Field(
        default=False,
        description="true trades at Binance's testnet, with a key made there. It has no wallet: "
        "deposits and withdrawals are not known, nor what the key may do.",
    )
    rest_url: Url = Field(default=_REAL.rest_url, description="Where the REST API is served.")
    ws_url: Url = Field(default=_REAL.ws_url or "", description="Where prices are streamed.")
    ws_api_url: Url = Field(
        default=_REAL.ws_api_url or "", description="Where the account is streamed."
    )
    streams: bool = Field(
        default=True,
        description="false asks by REST for everything. A rest_url that is not Binance's has no "
        "streams either until both addresses above are set too.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        description="How long one request may take; a new order is in doubt after 4 s.",
    )
    allow_withdrawal_key: bool = Field(
        default=False,
        description="true trades even with a key that may withdraw, which is refused otherwise. "
        "The bot never withdraws; whoever steals such a key does.",
    )

    @property
    def dead_man_switch(self) -> bool:
        """False: Binance has none for spot orders."""
        return False

    @property
    def addresses(self) -> BinanceAddresses:
        """Return where to ask: what is written, else the testnet's where that is wanted."""
        given = BinanceAddresses(
            rest_url=self.rest_url, ws_url=self.ws_url, ws_api_url=self.ws_api_url
        )
        if self.testnet and given == _REAL:
            given = _TESTNET
        if self.streams and not self._streams_elsewhere:
            return given
        return BinanceAddresses(rest_url=given.rest_url, ws_url=None, ws_api_url=None)

    @property
    def _streams_elsewhere(self) -> bool:
        """True where REST is not Binance's and nothing else was said of the sockets."""
        untouched = (self.ws_url, self.ws_api_url) == (_REAL.ws_url, _REAL.ws_api_url)
        return untouched and not _is_binance(self.rest_url)

    @field_validator("ws_url", "ws_api_url")
    @classmethod
    def _is_a_socket(cls, url: str) -> str:
        if not url.startswith(("wss://", "ws://")):
            message = f"must start with wss://, was {url!r}"
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _is_one_venue(self) -> Self:
        """Refuse balances from here and orders to there."""
        urls = {"rest_url": self.rest_url, "ws_url": self.ws_url, "ws_api_url": self.ws_api_url}
        theirs = [name for name, url in urls.items() if _is_binance(url)]
        if 0 < len(theirs) < len(urls) and self.streams and not self._streams_elsewhere:
            message = (
                f"{' and '.join(theirs)} would be Binance's own and the rest not: set all of "
                f"{', '.join(urls)}, or streams = false"
            )
            raise ValueError(message)
        return self


def _is_binance(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)
