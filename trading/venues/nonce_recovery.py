"""What to do when a venue refuses a nonce all the same: move on, a bounded number of times."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from trading.clock import Clock
from trading.errors import NonceRefused
from trading.events import OwnerNotice
from trading.venues.port import Priority

_log = logging.getLogger(__name__)

OnTrouble = Callable[[OwnerNotice], None]
"""Hears what a person should know of; returns at once and never raises."""

_SKIPS_SECONDS = (1.0, 60.0, 3600.0)
"""How far to jump after each refusal in a row: a hunt for what the venue has seen, once."""
_STILL_SECONDS = 60.0
"""After a hunt that found nothing: refusals that go on would have the venue lock us out."""
_WELL_SECONDS = 900.0
"""Without a refusal for so long it was well, and the next one is news."""
RIVAL = "nonce-rival"
"""Begins the key of the notice that somebody else goes on using the API key: stop trading."""
_RIVAL_EPISODES = 5
_RIVAL_SECONDS = 600.0
"""So many refusals, each after calls that passed, within so long: that is no relic of the past."""


class Skipping(Protocol):
    """What this asks of the nonces."""

    def skip(self, seconds: float) -> int:
        """Move on so far."""
        ...


class NonceRecovery:
    """Counts refusals of one key; tells the owner once what is probably wrong."""

    def __init__(
        self, *, venue: str, nonces: Skipping, clock: Clock, on_trouble: OnTrouble
    ) -> None:
        """Nothing was refused yet."""
        self._venue = venue
        self._nonces = nonces
        self._clock = clock
        self._on_trouble = on_trouble
        self._skips = 0
        self._still_until = 0.0
        self._refused_at: float | None = None
        self._episodes: list[float] = []

    def check(self, priority: Priority) -> None:
        """Raise NonceRefused while nothing but an emergency should be sent."""
        remaining = self._still_until - self._clock.monotonic()
        if remaining > 0 and priority is not Priority.EMERGENCY:
            raise NonceRefused(
                self._venue,
                f"every nonce was refused: keeping still for {remaining:.0f} s more, nothing was "
                "sent. Give Steelyard an API key of its own",
                retry_after_seconds=remaining,
            )

    def refused(self) -> bool:
        """Move on after a refusal; True when trying again makes sense."""
        is_news = self._refused_at is None
        self._refused_at = self._clock.monotonic()
        if is_news:
            self._tell()
        if self._skips == 0:
            self._suspect_a_rival(self._refused_at)
        is_hunting = self._skips < len(_SKIPS_SECONDS)
        seconds = _SKIPS_SECONDS[self._skips] if is_hunting else _SKIPS_SECONDS[0]
        _log.warning("nonce refused venue=%s skipping=%g", self._venue, seconds)
        self._nonces.skip(seconds)
        self._skips += 1
        if not is_hunting:
            self._still_until = self._clock.monotonic() + _STILL_SECONDS
        return is_hunting

    def accepted(self) -> None:
        """Take note that a private call passed."""
        self._skips, self._still_until = 0, 0.0
        refused_at = self._refused_at
        if refused_at is not None and self._clock.monotonic() - refused_at >= _WELL_SECONDS:
            self._refused_at = None

    def _suspect_a_rival(self, now: float) -> None:
        """Whoever used the key once is overtaken for good; whoever goes on overtakes us again."""
        self._episodes = [at for at in self._episodes if now - at < _RIVAL_SECONDS] + [now]
        if len(self._episodes) < _RIVAL_EPISODES:
            return
        self._episodes.clear()
        self._on_trouble(
            OwnerNotice(
                kind="nonce",
                text=(
                    f"{self._venue} refused our nonces {_RIVAL_EPISODES} times within minutes, "
                    "each time after calls that passed: somebody else uses this API key right "
                    "now, perhaps a second copy of this bot. Stop it, or give Steelyard a key of "
                    "its own"
                ),
                at=self._clock.now(),
                key=f"{RIVAL}:{self._venue}:{now:.0f}",
            )
        )

    def _tell(self) -> None:
        self._on_trouble(
            OwnerNotice(
                kind="nonce",
                text=(
                    f"{self._venue} refused a nonce; that call was not executed. Probably another "
                    "program uses this API key, or used it once with a finer clock. The bot "
                    "moves its nonces on and tries again. Give Steelyard an API key of its own"
                ),
                at=self._clock.now(),
                key=f"nonce:{self._venue}",
            )
        )
