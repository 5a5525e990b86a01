"""What can befall one submission, and the places where a process can be killed."""

import asyncio
from enum import StrEnum


class Fate(StrEnum):
    """What happens to one submission; the first three answer with certainty."""

    TAKEN = "taken"
    REJECTED = "rejected"
    UNREACHED = "unreached"
    NONCE_REFUSED = "nonce_refused"
    INSUFFICIENT = "insufficient"
    ANSWER_LOST = "answer_lost"
    """The engine has it, the answer is lost."""
    REQUEST_LOST = "request_lost"
    """The engine never gets it, and nobody knows."""
    DELAYED = "delayed"
    """It reaches the engine `delay` after it was sent; the engine looks at its deadline."""
    BROKEN = "broken"
    """The engine has it, and the adapter stumbles over the answer."""


class Crash:
    """Stops the world at one of the places that calls pass: there a test kills the process.

    Places are "venue" (before a call is answered), "taken" (the engine has the order, nobody has
    heard of it) and "database" (before and after each transaction).
    """

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._place: str | None = None
        self._left = 0

    def at(self, place: str | None, passes: int = 0) -> None:
        """Stop at that place after so many passes; None lets everything pass."""
        self.reached.clear()
        self._place = place
        self._left = passes

    async def point(self, place: str) -> None:
        """Pass, or never return."""
        if place != self._place:
            return
        self._left -= 1
        if self._left < 0:
            self.reached.set()
            await asyncio.Event().wait()
