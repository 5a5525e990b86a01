"""The venue tables: one model for each kind that this version can trade on."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from trading.config.secret import Secret
from trading.config.values import Amount, AssetCode, Duration, Fraction, SecretText, Section, Url
from trading.model.identifiers import Asset

AVAILABLE_KINDS = ("kraken", "paper")
LATER_KINDS = ("binance", "oanda", "ibkr")

_PAPER_BALANCES: Mapping[Asset, Decimal] = {Asset("USD"): Decimal(10_000)}


class KrakenVenue(Section):
    """An account at Kraken."""

    kind: Literal["kraken"]
    key: SecretText | None = Field(
        default=None, description="API key. It needs no right to withdraw; do not give it one."
    )
    secret: SecretText | None = Field(
        default=None, description="The private key that belongs to it, as Kraken shows it."
    )
    rest_url: Url = Field(
        default="https://api.kraken.com", description="Where the REST API is served."
    )
    tier: Literal["starter", "intermediate", "pro"] = Field(
        default="intermediate", description="Verification level, which sets Kraken's call limits."
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10),
        ge=timedelta(milliseconds=100),
        description="How long one request may take.",
    )
    nonce_buffer_microseconds: int = Field(
        default=1500, ge=0, description="How far nonces run ahead of the clock."
    )
    paper_balances: Mapping[AssetCode, Amount] = Field(
        default=_PAPER_BALANCES, description="What you start with in paper mode."
    )

    @field_validator("secret")
    @classmethod
    def _secret_can_sign(cls, secret: Secret | None) -> Secret | None:
        if secret is None:
            return None
        try:
            signs = bool(base64.b64decode(secret.reveal(), validate=True))
        except (binascii.Error, ValueError):
            signs = False
        if not signs:
            message = "is not the private key as Kraken shows it (base64)"
            raise ValueError(message)
        return secret


class PaperVenue(Section):
    """The built-in matching engine on the public prices of a real venue; no account needed."""

    kind: Literal["paper"]
    prices: Literal["kraken"] = Field(
        default="kraken", description="Whose public prices and instruments are used."
    )
    rest_url: Url = Field(default="https://api.kraken.com", description="Where those are served.")
    balances: Mapping[AssetCode, Amount] = Field(
        default=_PAPER_BALANCES, description="What you start with."
    )
    taker_fee: Fraction = Field(
        default=Decimal("0.0026"), description="Fee of a trade, as a fraction of it."
    )


Venue = Annotated[KrakenVenue | PaperVenue, Field(discriminator="kind")]
