"""Tokens that open the private stream: short-lived until used, then alive as long as their use."""

import secrets
from dataclasses import dataclass

from simulators.clock import Clock
from simulators.kraken.errors import INVALID_SESSION, KrakenError

DEFAULT_SECONDS = 900.0


@dataclass(slots=True, kw_only=True)
class Token:
    """`subscriptions` counts the private subscriptions that keep it alive."""

    issued_at: float
    subscriptions: int = 0


class Tokens:
    """Kept in memory only: a restart makes all of them invalid, as at the real venue."""

    def __init__(self, *, clock: Clock, seconds: float = DEFAULT_SECONDS) -> None:
        self._clock = clock
        self.seconds = seconds
        self._tokens: dict[str, Token] = {}

    def issue(self) -> str:
        self._tokens = {text: token for text, token in self._tokens.items() if self._lives(token)}
        text = secrets.token_urlsafe(32)
        self._tokens[text] = Token(issued_at=self._clock.monotonic())
        return text

    def check(self, text: str) -> None:
        """Refuse a token that was never given out, is too old, or was taken back."""
        token = self._tokens.get(text)
        if token is None or not self._lives(token):
            raise KrakenError(INVALID_SESSION)

    def revoke(self, text: str) -> None:
        self._tokens.pop(text, None)

    def attach(self, text: str) -> None:
        """Keep it alive for one more private subscription."""
        if text in self._tokens:
            self._tokens[text].subscriptions += 1

    def detach(self, text: str) -> None:
        if text in self._tokens:
            self._tokens[text].subscriptions -= 1

    def _lives(self, token: Token) -> bool:
        age = self._clock.monotonic() - token.issued_at
        return token.subscriptions > 0 or age < self.seconds
