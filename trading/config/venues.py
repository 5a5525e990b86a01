"""The venue tables: one model for each kind that this version can trade on."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from trading.config.secret import Secret
from trading.config.suggestions import did_you_mean
from trading.config.values import Duration, SecretText, Section, Url

AVAILABLE_KINDS = ("kraken",)
LATER_KINDS = ("paper", "binance", "oanda", "ibkr")


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


Venue = Annotated[KrakenVenue, BeforeValidator(_of_a_known_kind)]
"""A union of the kinds, once there are more of them."""
