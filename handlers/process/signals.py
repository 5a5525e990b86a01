"""SIGINT, SIGTERM and SIGHUP as states that the loop waits for."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class ProcessSignals:
    """What the outside asked of the process; whoever waits clears `reload` itself."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        self.reason = ""
        """The signal's name, or what else asked to stop; empty until then."""

    def request_stop(self, reason: str) -> None:
        """Ask for a clean stop from inside, as a signal does from outside."""
        if not self.stop.is_set():
            self.reason = reason
            self.stop.set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive signals in the running loop until the block is left."""
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            loop.add_signal_handler(number, self._asked_to_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload)
        try:
            yield
        finally:
            for number in (*_STOPPING, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self.stop.is_set():
            # Somebody insists: the next one ends the process at once, as it would any other.
            _log.warning("stopping already, once more ends at once signal=%s", number.name)
            loop = asyncio.get_running_loop()
            for each in _STOPPING:
                loop.remove_signal_handler(each)
                signal.signal(each, signal.SIG_DFL)
            return
        _log.info("asked to stop signal=%s", number.name)
        self.request_stop(number.name)

    def _asked_to_reload(self) -> None:
        _log.info("asked to reload signal=SIGHUP")
        self.reload.set()
